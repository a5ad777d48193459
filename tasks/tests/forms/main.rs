//! Forms of files: how YAML is written, how data files are named, packed and encoded.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod files;
mod yaml;

use miette::Diagnostic;
use spyglass_tasks::vibes::PackCatalogue;
use spyglass_tasks::{Catalogue, Items};
use tempfile::TempDir;

const HEAD: &str = "task: mine\ntest_split: test\ndataset_kwargs: {data_files: {test: items.jsonl}}\n";
const REST: &str = "doc_to_text: '{{q}}'\ndoc_to_choice: c\ndoc_to_target: g\n";
const ROWS: &str =
    "{\"q\": \"ask 0\", \"c\": [\"x\", \"y\"], \"g\": 1}\n{\"q\": \"ask 1\", \"c\": [\"x\", \"y\"], \"g\": 0}\n";

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, bytes).unwrap();
    }
    dir
}

/// The items of a task file beside two rows; or message and help of the error.
fn items(task: &str) -> Result<Items, String> {
    let dir = folder(&[("t.yaml", task.as_bytes()), ("items.jsonl", ROWS.as_bytes())]);
    let path = dir.path().join("t.yaml").display().to_string();
    let selection = Catalogue::shipped().unwrap().select(&path);
    selection.and_then(|mut selection| selection.leaves.remove(0).items(&[], None)).map_err(|error| in_full(&error))
}

fn in_full(error: &spyglass_tasks::Error) -> String {
    format!("{error} ({})", error.help().map_or_else(String::new, |help| help.to_string()))
}

#[test]
fn what_a_task_says_and_is_not_obeyed_is_told() {
    let warned = |text: &str| items(text).unwrap().warnings.join("\n");
    let plain = format!("{HEAD}{REST}");
    assert_eq!(warned(&plain), "");
    let acc = |value: &str| format!("{plain}metric_list: [{{metric: acc, higher_is_better: {value}}}]\n");
    assert_eq!(warned(&acc("true")), "");
    assert_eq!(warned(&acc("false")), "`higher_is_better` of `acc` is not obeyed: more is better");
    let digits = plain.replace("doc_to_choice: c", "doc_to_choice: ['3', '1', '0']");
    assert!(warned(&digits).contains("in 1 of 2 items"), "{}", warned(&digits));
    let letters = plain.replace("doc_to_choice: c", "doc_to_choice: [A, B]");
    assert_eq!(warned(&letters), "");
}

#[test]
fn a_folder_may_hold_a_whole_project() {
    let task = format!("{HEAD}{REST}");
    let dir = folder(&[
        ("mine.yaml", task.as_bytes()),
        ("._mine.yaml", b"\0\x05\x16\x07 no YAML"),
        (".ipynb_checkpoints/mine-checkpoint.yaml", task.as_bytes()),
        ("run.yaml", b"checkpoints: [{path: x}]\ntasks: [mine]\nprompts: [chat]\n"),
        ("chat.yaml", b"pack: chat\nprompts: [{id: a, turns: [{user: hi}]}]\n"),
        ("items.jsonl", ROWS.as_bytes()),
    ]);
    let mut tasks = Catalogue::default();
    tasks.with_folder(dir.path()).unwrap();
    let names: Vec<String> = tasks.entries().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["mine"]);
    let mut packs = PackCatalogue::default();
    packs.with_folder(dir.path()).unwrap();
    assert_eq!(packs.packs().map(|pack| pack.name.as_str()).collect::<Vec<_>>(), ["chat"]);
    // A file that is not one of the three is still named.
    fs_err::write(dir.path().join("slip.yaml"), "tsk: mine\n").unwrap();
    assert!(Catalogue::default().with_folder(dir.path()).unwrap_err().to_string().contains("slip.yaml"));
    assert!(packs.with_folder(dir.path()).unwrap_err().to_string().contains("slip.yaml"));
}

#[test]
fn a_group_finds_its_members_beside_it() {
    let task = "task: one\ntag: mine\ntest_split: test\ndoc_to_text: a\ndoc_to_choice: [x, y]\ndoc_to_target: 0\n";
    let files = [("group.yaml", "group: all\ntask: [mine]\n"), ("one.yaml", task), ("bad.yaml", "task: [\n")];
    let dir = folder(&files.map(|(name, text)| (name, text.as_bytes())));
    let path = dir.path().join("group.yaml");
    let catalogue = Catalogue::default();
    assert_eq!(catalogue.check(&path, &[]).unwrap().leaves, ["one"]);
    fs_err::remove_file(dir.path().join("one.yaml")).unwrap();
    let error = catalogue.check(&path, &[]).unwrap_err().to_string();
    assert!(error.contains("holds `mine`, which is not a task, group or tag"), "{error}");
}
