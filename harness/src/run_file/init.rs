//! A first run file, written from what lies in a folder of checkpoints.

use std::path::{Path, PathBuf};

use spyglass_tasks::python::from_json;

use crate::checkpoint::{Naming, TokensIn, namings, other_steps, own_count, step_in};
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
    let tokens = if counted { TokensIn::Checkpoint } else { TokensIn::Name };
    let (namings, unnamed) = namings(&names, tokens);
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
mod tests;
