//! Task files, prompt packs and data that nobody wrote: read or refused.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::path::{Path, PathBuf};

use spyglass_tasks::Catalogue;
use spyglass_tasks::vibes::PromptPack;

#[path = "../../tests/support/fuzz.rs"]
mod fuzz;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The YAML files of a folder.
fn yaml(folder: &str) -> Vec<Vec<u8>> {
    let files = fs_err::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")).collect();
    files.sort();
    assert!(!files.is_empty());
    files.iter().map(|file| fs_err::read(file).unwrap()).collect()
}

#[test]
fn task_files() {
    let folder = tempfile::tempdir().unwrap();
    let (file, catalogue) = (folder.path().join("task.yaml"), Catalogue::shipped().unwrap());
    fuzz::each("task", &[yaml("tests/pilot/tasks"), yaml("tasks/definitions")].concat(), |bytes| {
        fs_err::write(&file, bytes).unwrap();
        drop(catalogue.check(&file, &[]));
    });
}

#[test]
fn prompt_packs() {
    fuzz::each("prompts", &[yaml("prompts"), yaml("tests/pilot/prompts")].concat(), |bytes| {
        drop(PromptPack::parse("pack.yaml", &String::from_utf8_lossy(bytes)));
    });
}

#[test]
fn data_lines() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::copy(root().join("tests/pilot/tasks/pilot_letters.yaml"), folder.path().join("pilot_letters.yaml"))
        .unwrap();
    let catalogue = Catalogue::shipped().unwrap();
    let whole = fs_err::read(root().join("tests/pilot/tasks/pilot_letters.jsonl")).unwrap();
    let few: Vec<u8> = whole.split_inclusive(|byte| *byte == b'\n').take(5).flatten().copied().collect();
    fuzz::each("data", &[few, b"\n\n".to_vec(), Vec::new()], |bytes| {
        fs_err::write(folder.path().join("pilot_letters.jsonl"), bytes).unwrap();
        drop(catalogue.check(&folder.path().join("pilot_letters.yaml"), &[folder.path().to_owned()]));
    });
}
