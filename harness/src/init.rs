//! A first run file, written from what lies in a folder of checkpoints.

use crate::{Error, Result};
use spyglass_tasks::python::from_json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One branch as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FoundBranch {
    name: String,
    folder: PathBuf,
    pattern: String,
    steps: Vec<u64>,
    newest: PathBuf,
}

/// The text of a commented run file for the checkpoints in `folder`: one branch when it holds checkpoints itself, one for
/// each subfolder that does otherwise. Paths in it are relative to `base`, the folder that the run file will lie in.
///
/// # Errors
/// The folder is missing, or no checkpoint is in it.
pub fn run_file_for(folder: &Path, base: &Path) -> Result<String> {
    let bad = |what: &str, help: &str| Error::Checkpoint {
        folder: folder.to_path_buf(),
        what: what.into(),
        help: help.into(),
    };
    if !folder.is_dir() {
        return Err(bad("there is no such folder", "name the folder that holds one folder a checkpoint"));
    }
    let mut branches = Vec::from_iter(branch_in(folder, "trunk")?);
    if branches.is_empty() {
        for sub in subfolders(folder)? {
            let name = sub.file_name().unwrap_or_default().to_string_lossy().into_owned();
            branches.extend(branch_in(&sub, &name)?);
        }
    }
    if branches.is_empty() {
        return Err(bad(
            "no folder with a number in its name and a config.json in it is here, nor one level below",
            "a checkpoint is a folder such as checkpoint-1000 with config.json, weights and tokenizer",
        ));
    }
    // The trunk is what the others leave: a branch of that name, else the one that begins first.
    let is_trunk = |branch: &FoundBranch| ["trunk", "main", "pretrain"].contains(&branch.name.as_str());
    branches.sort_by_key(|branch| (!is_trunk(branch), branch.steps.first().copied(), branch.name.clone()));
    let name = fs_err::canonicalize(folder)?
        .file_name()
        .map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    Ok(text(&name, &branches, base))
}

fn text(name: &str, branches: &[FoundBranch], base: &Path) -> String {
    let mut text = format!(
        "# A run file of Spyglass. Relative paths are relative to this file; everything but `checkpoints` has a default.\n\
         # `spyglass plan` tells what it would do, `spyglass sweep` does it.\n\
         name: {}\n\ncheckpoints:\n",
        quoted(name)
    );
    let trunk = &branches[0];
    for branch in branches {
        let (first, last) = (branch.steps[0], branch.steps[branch.steps.len() - 1]);
        let (name, path) = (quoted(&branch.name), quoted(&relative(&branch.folder, base)));
        let mut lines = vec![
            format!("  - branch: {name}"),
            format!("    path: {path}    # {} checkpoints, steps {first} to {last}", branch.steps.len()),
        ];
        if branch.pattern != "checkpoint-{step}" {
            lines.push(format!("    pattern: {}", quoted(&branch.pattern)));
        }
        if branch.name != trunk.name {
            let fork = trunk.steps.iter().rev().find(|step| **step < first).copied().unwrap_or(trunk.steps[0]);
            let parent = quoted(&trunk.name);
            lines.push(format!(
                "    parent: {{branch: {parent}, step: {fork}}}    # a guess: the last step before it; correct it"
            ));
        }
        text += &(lines.join("\n") + "\n");
        text += &tokens_lines(branch);
    }
    text += "\n\
        # Learning-rate phases: found from the log, or a list of {branch, phase, from_step}.\n\
        phases: auto\n\n\
        # A name that `spyglass list tasks` shows, the path of a task file, or either with settings.\n\
        tasks:\n\
        \x20 - hellaswag\n\
        \x20 - arc_easy\n\
        \x20 - {task: mmlu, shots: 5, limit: 20}    # 20 items of each subject\n\n\
        # Folders with task files of your own, and the folder searched for each task's data.\n\
        # task_folders: [tasks]\n\
        data: data\n\n\
        # Scores and the report go here; it can be moved and copied.\n\
        results: results\n\n\
        # The ends first, then halving the gaps: the curve's shape shows early. Or `ascending`, `descending`, or `find_onset`: only\n\
        # the checkpoints that tell when each task emerged.\n\
        schedule: {order: coarse_to_fine, every: 1}\n\
        # f32 arithmetic on the weights as they lie on disk; bf16 is faster and less exact.\n\
        precision: f32\n";
    text
}

/// Where tokens seen come from, as far as the newest checkpoint tells.
fn tokens_lines(branch: &FoundBranch) -> String {
    let state = fs_err::read_to_string(branch.newest.join("trainer_state.json")).ok();
    let state: Option<serde_json::Value> = state.and_then(|text| from_json(&text).ok());
    let tokens =
        state.as_ref().and_then(|state| state.get("num_input_tokens_seen")).and_then(serde_json::Value::as_u64);
    match (tokens, state.is_some()) {
        (Some(tokens), _) if tokens > 0 => "    # tokens seen and the log are read from each trainer_state.json\n".into(),
        (_, true) => "    # trainer_state.json holds the log but no tokens:\n    tokens_per_step: 4_194_304    # batch size × sequence length × devices; correct it\n".into(),
        _ => "    tokens_per_step: 4_194_304    # batch size × sequence length × devices; correct it\n    # log: {file: train.csv, columns: {step: step, tokens: tokens, lr: lr, loss: loss}}\n".into(),
    }
}

/// The checkpoints that lie side by side in `folder`: those of the most common naming.
fn branch_in(folder: &Path, name: &str) -> Result<Option<FoundBranch>> {
    let mut by_pattern: BTreeMap<String, BTreeMap<u64, PathBuf>> = BTreeMap::new();
    for sub in subfolders(folder)? {
        let file_name = sub.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let (Some((pattern, step)), true) = (step_pattern(&file_name), sub.join("config.json").is_file()) {
            by_pattern.entry(pattern).or_default().insert(step, sub);
        }
    }
    let most = by_pattern.into_iter().max_by_key(|(_, found)| found.len());
    Ok(most.and_then(|(pattern, found)| {
        let newest = found.values().next_back()?.clone();
        let steps = found.into_keys().collect();
        Some(FoundBranch { name: name.into(), folder: folder.to_path_buf(), pattern, steps, newest })
    }))
}

/// `step_0100` → (`step_{step}`, 100): the last run of digits is the step.
fn step_pattern(name: &str) -> Option<(String, u64)> {
    let end = name.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = name[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
    let step = name[start..end].parse().ok()?;
    Some((format!("{}{{step}}{}", &name[..start], &name[end..]), step))
}

fn subfolders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
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
fn quoted(text: &str) -> String {
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
    fn names_give_their_pattern_and_step() {
        assert_eq!(step_pattern("checkpoint-1200"), Some(("checkpoint-{step}".into(), 1200)));
        assert_eq!(step_pattern("iter_0000042_hf"), Some(("iter_{step}_hf".into(), 42)));
        assert_eq!(step_pattern("7"), Some(("{step}".into(), 7)));
        assert_eq!(step_pattern("étape9"), Some(("étape{step}".into(), 9)));
        assert_eq!(step_pattern("final"), None);
    }

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

    #[test]
    fn a_folder_of_branches_makes_a_run_file_that_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        for name in
            ["trunk/checkpoint-0", "trunk/checkpoint-90", "trunk/checkpoint-100", "anneal/checkpoint-110", "notes"]
        {
            let folder = dir.path().join("all").join(name);
            fs_err::create_dir_all(&folder).unwrap();
            if name != "notes" {
                fs_err::write(folder.join("config.json"), "{}").unwrap();
            }
        }
        let text = run_file_for(&dir.path().join("all"), dir.path()).unwrap();
        let path = dir.path().join("run.yaml");
        fs_err::write(&path, &text).unwrap();
        let run = crate::run_file::RunFile::read(&path).unwrap();
        assert_eq!(run.checkpoints.len(), 2);
        assert_eq!(run.checkpoints[0].branch, "trunk");
        let parent = run.checkpoints[1].parent.as_ref().unwrap();
        assert_eq!((parent.branch.as_str(), parent.step), ("trunk", 100));
        assert!(run.checkpoints[0].path.ends_with("all/trunk"));
    }
}
