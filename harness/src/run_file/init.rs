//! A first run file, written from what lies in a folder of checkpoints.

use std::path::{Path, PathBuf};

use spyglass_tasks::python::from_json;

use crate::checkpoint::{Naming, namings, other_steps, own_count, step_in};
use crate::results::{entries, subfolders};
use crate::{Error, Result};

/// The run file with holes for its name and its checkpoints.
pub(super) const TEMPLATE: &str = include_str!("init.yaml");
/// A run file is named in full, but of what is left out only so much.
const LEFT_OUT_SHOWN: usize = 12;
/// A checkpoint lies at most so deep in the folder that has its step: `iter_1000/hf`, `iter_1000/export/hf`.
const DEEPEST: usize = 2;

/// A first run file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FirstFile {
    /// Its text.
    pub text: String,
    /// The folders that are not part of it, each with the reason.
    pub left_out: Vec<String>,
}

/// One branch as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FoundBranch {
    name: String,
    folder: PathBuf,
    /// Its checkpoints, the plain ones before their variants.
    namings: Vec<Naming>,
    left_out: Vec<LeftOut>,
}

/// A folder that is not part of the run file, and why.
type LeftOut = (PathBuf, String);

impl FoundBranch {
    /// Steps of its plain checkpoints, ascending.
    fn steps(&self) -> Vec<u64> {
        self.namings.first().map(|plain| plain.names.keys().copied().collect()).unwrap_or_default()
    }
}

/// A commented run file for the checkpoints in `folder`: one branch when it holds checkpoints itself, one for
/// each subfolder that does otherwise. Paths in it are relative to `base`, the folder that the run file will lie in.
///
/// # Errors
/// The folder is missing, no checkpoint is in it, or no name tells a step.
pub(crate) fn run_file_for(folder: &Path, base: &Path) -> Result<FirstFile> {
    let bad = |what: &str, help: &str| Error::Checkpoint {
        folder: folder.to_path_buf(),
        problem: what.into(),
        help: help.into(),
    };
    if !folder.is_dir() {
        return Err(bad("there is no such folder", "name the folder that holds one folder a checkpoint"));
    }
    let own = branch_in(folder, "trunk")?;
    let mut left_out = own.left_out.clone();
    let mut branches = Vec::new();
    if own.namings.is_empty() {
        for sub in subfolders(folder)? {
            let branch = branch_in(&sub, &name_of(&sub))?;
            left_out.extend(branch.left_out.clone());
            branches.extend((!branch.namings.is_empty()).then_some(branch));
        }
    } else {
        for sub in subfolders(folder)? {
            if !is_checkpoint(&sub) && !branch_in(&sub, "")?.namings.is_empty() {
                left_out.push((sub, "holds checkpoints of its own; add it as a branch".into()));
            }
        }
        branches.push(own);
    }
    let left_out: Vec<String> = left_out
        .into_iter()
        .map(|(path, reason)| format!("{}: {reason}", path.strip_prefix(folder).unwrap_or(&path).display()))
        .collect();
    if branches.is_empty() && left_out.is_empty() {
        return Err(bad(
            "no folder with a number in its name and a config.json in it is here, nor one level below",
            "a checkpoint is a folder such as checkpoint-1000 with config.json, weights and tokenizer",
        ));
    }
    if branches.is_empty() {
        return Err(bad(
            &format!("no step can be told from the names here ({})", shown(&left_out).join("; ")),
            "name them such as checkpoint-1000, or write a run file whose `pattern:` says where the step stands: `{step}`, and `*` for what varies",
        ));
    }
    // The trunk is what the others leave: a branch of that name, else the one that begins first.
    let is_trunk = |branch: &FoundBranch| ["trunk", "main", "pretrain"].contains(&branch.name.as_str());
    branches.sort_by_key(|branch| (!is_trunk(branch), branch.steps().first().copied(), branch.name.clone()));
    let name = fs_err::canonicalize(folder)?
        .file_name()
        .map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    Ok(FirstFile { text: text(&name, &branches, &left_out, base), left_out })
}

/// The first of what is left out, and how much more there is.
pub(super) fn shown(left_out: &[String]) -> Vec<String> {
    let mut shown: Vec<String> = left_out.iter().take(LEFT_OUT_SHOWN).cloned().collect();
    if left_out.len() > shown.len() {
        shown.push(format!("and {} more", left_out.len() - shown.len()));
    }
    shown
}

fn text(name: &str, branches: &[FoundBranch], left_out: &[String], base: &Path) -> String {
    let namings = branches.iter().flat_map(|branch| branch.namings.iter().map(move |naming| (branch, naming)));
    let entries: String = namings.map(|(branch, naming)| entry(branch, naming, &branches[0], base)).collect();
    let left_out = shown(left_out).into_iter();
    let left_out = left_out.map(|line| format!("  # left out: {}\n", line.replace(char::is_control, "?")));
    TEMPLATE.replace("NAME", &quoted(name)).replace("  CHECKPOINTS\n", &(entries + &left_out.collect::<String>()))
}

/// How many checkpoints there are, and their steps; `places` has one for each, in ascending order.
pub(super) fn said(pattern: &str, places: &[u64]) -> String {
    match (pattern.contains("{step}"), places) {
        (true, [one]) => format!("1 checkpoint, step {one}"),
        (true, [first, .., last]) => format!("{} checkpoints, steps {first} to {last}", places.len()),
        _ => format!("{} checkpoints, told by what they have seen", places.len()),
    }
}

/// What to think of where checkpoints may only be numbered: steps do not go up by one.
fn numbered(naming: &Naming) -> Option<String> {
    let steps: Vec<u64> = naming.names.keys().copied().collect();
    let is_dense = steps.len() > 2 && steps.windows(2).all(|pair| pair[1] - pair[0] == 1);
    let pattern = naming.pattern.replace("{step}", "{index}");
    (is_dense && pattern.contains("{index}")).then(|| {
        format!("    # the numbers go up by 1: if they count checkpoints, say `pattern: \"{pattern}\"` and `index: {{every: 1000}}`")
    })
}

/// The lines of one naming of a branch.
fn entry(branch: &FoundBranch, naming: &Naming, trunk: &FoundBranch, base: &Path) -> String {
    let steps: Vec<u64> = naming.names.keys().copied().collect();
    let (first, last) = (steps[0], steps[steps.len() - 1]);
    let (name, path) = (quoted(&branch.name), quoted(&relative(&branch.folder, base)));
    let mut lines = vec![
        format!("  - branch: {name}"),
        format!("    path: {path}    # {}", said(&naming.pattern, &naming.places())),
    ];
    if naming.pattern != "checkpoint-{step}" {
        lines.push(format!("    pattern: {}", quoted(&naming.pattern)));
    }
    lines.extend(numbered(naming));
    if let Some(variant) = &naming.variant {
        lines.push(format!("    variant: {}    # the same steps, another kind of checkpoint", quoted(variant)));
    }
    if branch.name != trunk.name {
        let before = trunk.steps();
        let fork = before.iter().rev().find(|step| **step < first).copied().unwrap_or(before[0]);
        let parent = quoted(&trunk.name);
        lines.push(format!(
            "    parent: {{branch: {parent}, step: {fork}}}    # a guess: the last step before it; correct it"
        ));
    }
    let newest = naming.names.values().flatten().next_back().map(|name| branch.folder.join(name)).unwrap_or_default();
    lines.join("\n") + "\n" + &tokens_lines(naming, &newest, last)
}

/// Where tokens seen come from, as far as the newest checkpoint, of this step, and the names tell.
fn tokens_lines(naming: &Naming, newest: &Path, step: u64) -> String {
    let state = fs_err::read_to_string(newest.join("trainer_state.json")).ok();
    let state: Option<serde_json::Value> = state.and_then(|text| from_json(&text).ok());
    let state = state.filter(|state| other_steps(state, step).is_none());
    let tokens =
        state.as_ref().and_then(|state| state.get("num_input_tokens_seen")).and_then(serde_json::Value::as_u64);
    match (tokens, state.is_some()) {
        (Some(tokens), _) if tokens > 0 => "    # tokens seen and the log are read from each trainer_state.json\n".into(),
        _ if naming.pattern.contains("{words}") => "    # words are read from the names, and are what the report counts\n".into(),
        _ if naming.pattern.contains("{tokens}") => "    # tokens seen are read from the names, which round them; a log or this line is more exact:\n    # tokens_per_step: 4_194_304    # batch size × sequence length × devices\n".into(),
        (_, true) => "    # trainer_state.json holds the log but no tokens:\n    tokens_per_step: 4_194_304    # batch size × sequence length × devices; correct it\n".into(),
        _ => "    tokens_per_step: 4_194_304    # batch size × sequence length × devices; correct it\n    # log: {file: train.csv, columns: {step: step, tokens: tokens, lr: lr, loss: loss}}\n".into(),
    }
}

/// The checkpoints that lie side by side in `folder`, and what beside them is none.
fn branch_in(folder: &Path, name: &str) -> Result<FoundBranch> {
    let (mut names, mut left_out) = (Vec::new(), Vec::new());
    for path in entries(folder)? {
        let own = name_of(&path);
        if is_checkpoint(&path) {
            names.push(own);
        } else if path.is_symlink() && !path.exists() {
            left_out.push((path, "is a link that leads nowhere".into()));
        } else if let (true, Some(step)) = (path.is_dir(), step_in(&own)) {
            match inner(&path, step, DEEPEST)? {
                Inner::Checkpoints(inner) => names.extend(inner.into_iter().map(|inner| format!("{own}/{inner}"))),
                Inner::Nothing => left_out.push((path, "holds no config.json".into())),
                Inner::Branch => {}
            }
        }
    }
    let counted =
        names.iter().any(|name| own_count(&folder.join(name), step_in(name)).is_ok_and(|count| count > Some(0)));
    let (namings, unnamed) = namings(&names, counted);
    left_out.extend(unnamed.into_iter().map(|(name, reason)| (folder.join(name), reason)));
    Ok(FoundBranch { name: name.into(), folder: folder.to_path_buf(), namings, left_out })
}

/// What lies in a folder that is named after a step.
enum Inner {
    /// The step's checkpoints, by their path in it: `hf`.
    Checkpoints(Vec<String>),
    /// Checkpoints with steps of their own: it is a branch whose name has a number.
    Branch,
    Nothing,
}

fn inner(folder: &Path, step: u64, depth: usize) -> Result<Inner> {
    let mut found = Vec::new();
    for path in subfolders(folder)? {
        let own = name_of(&path);
        if is_checkpoint(&path) {
            if step_in(&own).is_some_and(|other| other != step) {
                return Ok(Inner::Branch);
            }
            found.push(own);
        } else if depth > 1 {
            match inner(&path, step, depth - 1)? {
                Inner::Checkpoints(inner) => found.extend(inner.into_iter().map(|inner| format!("{own}/{inner}"))),
                Inner::Branch => return Ok(Inner::Branch),
                Inner::Nothing => {}
            }
        }
    }
    Ok(if found.is_empty() { Inner::Nothing } else { Inner::Checkpoints(found) })
}

fn is_checkpoint(folder: &Path) -> bool {
    folder.join("config.json").is_file() || spyglass_model::is_gguf(folder)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// `path` as seen from `base`, without asking what links lead where; as it is where they share nothing but the root.
fn relative(path: &Path, base: &Path) -> String {
    let base = if base.as_os_str().is_empty() { Path::new(".") } else { base };
    let (Ok(path), Ok(base)) = (std::path::absolute(path), std::path::absolute(base)) else {
        return path.display().to_string();
    };
    let shared = path.components().zip(base.components()).take_while(|(a, b)| a == b).count();
    if shared <= 1 {
        return path.display().to_string();
    }
    let mut relative: PathBuf = base.components().skip(shared).map(|_| "..").collect();
    relative.extend(path.components().skip(shared));
    if relative.as_os_str().is_empty() { ".".into() } else { relative.display().to_string() }
}

/// A YAML scalar that reads back as `text` whatever it holds.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let number_like =
        text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')) && text.parse::<f64>().is_ok();
    let word = ["true", "false", "null", "yes", "no", "on", "off", "~", ""].contains(&text.to_lowercase().as_str());
    if text.chars().all(plain) && !number_like && !word && !text.starts_with('-') {
        text.into()
    } else {
        serde_json::to_string(text).expect("a string is JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_the_run_file() {
        assert_eq!(relative(Path::new("/a/b/c"), Path::new("/a/d")), "../b/c");
        assert_eq!(relative(Path::new("/a"), Path::new("/a")), ".");
    }

    #[test]
    fn scalars_read_back() {
        for text in ["trunk", "a: b", "1e5", "true", "#", "{step}", "a\"b", "-", "é"] {
            let read: String = spyglass_tasks::yaml::parse("test", &quoted(text)).unwrap();
            assert_eq!(read, text);
        }
    }

    /// A folder with checkpoints of these names; `notes` is none.
    fn folder_of(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            let folder = dir.path().join("all").join(name);
            fs_err::create_dir_all(&folder).unwrap();
            if !name.ends_with("notes") {
                fs_err::write(folder.join("config.json"), "{}").unwrap();
                fs_err::write(folder.join("model.safetensors"), "").unwrap();
            }
        }
        dir
    }

    /// The run file for them, as it is read again, and what it leaves out.
    fn read_back(dir: &tempfile::TempDir) -> (crate::run_file::RunFile, Vec<String>) {
        let first = run_file_for(&dir.path().join("all"), dir.path()).unwrap();
        let path = dir.path().join("run.yaml");
        fs_err::write(&path, &first.text).unwrap();
        (crate::run_file::RunFile::read(&path).unwrap(), first.left_out)
    }

    #[test]
    fn a_folder_of_branches_makes_a_run_file_that_reads_back() {
        let names =
            ["trunk/checkpoint-0", "trunk/checkpoint-90", "trunk/checkpoint-100", "anneal/checkpoint-110", "notes"];
        let (run, left_out) = read_back(&folder_of(&names));
        assert_eq!(run.checkpoints.len(), 2);
        assert_eq!(run.checkpoints[0].branch, "trunk");
        let parent = run.checkpoints[1].parent.as_ref().unwrap();
        assert_eq!((parent.branch.as_str(), parent.step), ("trunk", 100));
        assert!(run.checkpoints[0].path.ends_with("all/trunk"));
        assert!(left_out.is_empty(), "{left_out:?}");
        // A number in a branch's name is not a step.
        let (run, _) = read_back(&folder_of(&["seed-1000/step10", "seed-1000/step20", "seed-2000/step10"]));
        assert_eq!(
            run.checkpoints.iter().map(|spec| spec.branch.as_str()).collect::<Vec<_>>(),
            ["seed-1000", "seed-2000"]
        );
    }

    #[test]
    fn variants_names_in_depth_and_tokens_are_written_down() {
        let names = [
            "checkpoint-1000",
            "checkpoint-2000",
            "checkpoint-1000-ema",
            "checkpoint-2000-ema",
            "final",
            "checkpoint-3000/notes",
        ];
        let (run, left_out) = read_back(&folder_of(&names));
        let told: Vec<_> =
            run.checkpoints.iter().map(|spec| (spec.pattern.as_str(), spec.variant.as_deref())).collect();
        assert_eq!(told, [("checkpoint-{step}", None), ("checkpoint-{step}-ema", Some("ema"))]);
        assert_eq!(left_out, ["checkpoint-3000: holds no config.json", "final: no step in its name"]);
        let (run, _) = read_back(&folder_of(&["iter_1000/hf", "iter_2000/hf"]));
        assert_eq!((run.checkpoints.len(), run.checkpoints[0].pattern.as_str()), (1, "iter_{step}/hf"));
        let dir = folder_of(&["step1000-tokens4B", "step2000-tokens8B"]);
        let (run, _) = read_back(&dir);
        assert_eq!(run.checkpoints[0].pattern, "step{step}-tokens{tokens}");
        assert_eq!(run.checkpoints[0].tokens_per_step, None, "the names tell the tokens");
        let tree = crate::checkpoint::discover_tree(&run).unwrap().tree;
        let seen: Vec<_> = tree.branches[0].checkpoints.iter().map(|at| (at.step, at.tokens)).collect();
        assert_eq!(seen, [(1000, 4_000_000_000), (2000, 8_000_000_000)]);
    }

    #[test]
    fn an_exact_count_wins_over_a_label_that_allows_it() {
        let dir = folder_of(&["step1000-tokens4B", "step2000-tokens8B", "step3000-tokens13B"]);
        let tree = |tokens_per_step: u64| {
            let path = dir.path().join("own.yaml");
            let branch =
                format!("path: all, pattern: 'step{{step}}-tokens{{tokens}}', tokens_per_step: {tokens_per_step}");
            fs_err::write(&path, format!("checkpoints: [{{{branch}}}]\n")).unwrap();
            crate::checkpoint::discover_tree(&crate::run_file::RunFile::read(&path).unwrap())
        };
        let exact = tree(4_194_304).unwrap().tree;
        let seen: Vec<_> = exact.branches[0].checkpoints.iter().map(|at| at.tokens).collect();
        assert_eq!(seen, [4_194_304_000, 8_388_608_000, 12_582_912_000]);
        let error = tree(6_000_000).unwrap_err().in_full();
        assert!(
            error.contains("step1000-tokens4B: ")
                && error.contains("its name says 4000000000, `tokens_per_step` says 6000000000"),
            "{error}"
        );
    }

    #[test]
    fn a_count_of_other_steps_is_the_last_resort_and_told() {
        let dir = folder_of(&["step1000", "step2000"]);
        for (step, counted) in [(1000, 300), (2000, 600)] {
            let state = format!(
                r#"{{"global_step": {counted}, "num_input_tokens_seen": {}, "log_history": [{{"step": 1000, "loss": 2.0}}]}}"#,
                step * 7
            );
            fs_err::write(dir.path().join(format!("all/step{step}/trainer_state.json")), state).unwrap();
        }
        let (run, _) = read_back(&dir);
        let found = crate::checkpoint::discover_tree(&run).unwrap();
        let branch = &found.tree.branches[0];
        // Neither 14000 tokens nor the log: the run file that was written for them asks for `tokens_per_step`.
        assert_eq!((branch.checkpoints[1].tokens, branch.log.entries.len()), (2000 * 4_194_304, 0));
        let told = found.skipped[0].to_string();
        assert!(
            told.contains("trainer_state.json") && told.contains("600 steps where the folder's name says 2000"),
            "{told}"
        );
        assert!(told.contains("one of 2 such files"), "{told}");
        // Without `tokens_per_step` their counts are all there is: taken, and told.
        let text = fs_err::read_to_string(&run.path).unwrap();
        let bare: String =
            text.lines().filter(|line| !line.contains("tokens_per_step")).map(|l| format!("{l}\n")).collect();
        let path = run.path.with_file_name("bare.yaml");
        fs_err::write(&path, bare).unwrap();
        let found = crate::checkpoint::discover_tree(&crate::run_file::RunFile::read(&path).unwrap()).unwrap();
        assert_eq!(found.tree.branches[0].checkpoints[1].tokens, 14_000);
        assert!(found.skipped[0].to_string().contains("only where nothing else tells"));
        // The names' tokens are kept where the files beside them are of other steps.
        let dir = folder_of(&["step1000-tokens4B", "step2000-tokens8B"]);
        let state = dir.path().join("all/step1000-tokens4B/trainer_state.json");
        fs_err::write(state, r#"{"global_step": 300, "num_input_tokens_seen": 7}"#).unwrap();
        let (run, _) = read_back(&dir);
        assert_eq!(run.checkpoints[0].pattern, "step{step}-tokens{tokens}");
        let found = crate::checkpoint::discover_tree(&run).unwrap();
        assert_eq!(found.tree.branches[0].checkpoints[0].tokens, 4_000_000_000);
        assert_eq!(found.skipped.len(), 1, "the older one is told too");
    }

    #[test]
    fn names_without_a_step_are_named() {
        let dir = folder_of(&["0123abc456", "9f00a1"]);
        let error = run_file_for(&dir.path().join("all"), dir.path()).unwrap_err().in_full();
        for words in ["no step can be told", "0123abc456", "9f00a1", "`{step}`"] {
            assert!(error.contains(words), "{words}: {error}");
        }
    }
}
