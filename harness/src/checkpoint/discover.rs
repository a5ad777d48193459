//! Finds a branch's checkpoint folders, in order of step.

use crate::run_file::BranchSpec;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A folder that holds, or should hold, one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The number in its name.
    pub step: u64,
    /// The folder.
    pub folder: PathBuf,
}

/// A folder that is being written, with the reason why it was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAlone {
    /// The folder.
    pub folder: PathBuf,
    /// Why it looks unfinished.
    pub reason: String,
}

/// A trainer that is still writing touches its folder at least this often.
const STILL_WRITING: Duration = Duration::from_mins(10);

/// Lists a branch's checkpoints in ascending steps (by number, not by name) and the folders that are still being written.
///
/// A folder counts as unfinished when it holds no weights yet, was touched in the last ten minutes and lacks
/// `trainer_state.json`, which trainers write last; everything else is scored or fails by name.
///
/// # Errors
/// The folder is missing, holds no checkpoint, two of one step, or one under the names of two steps.
pub fn discover(spec: &BranchSpec) -> Result<(Vec<Found>, Vec<LeftAlone>)> {
    let bad = |what: String, help: String| Err(Error::Checkpoint { folder: spec.path.clone(), what, help });
    if !spec.path.is_dir() {
        let what = if spec.path.exists() { "is no folder" } else { "is not there" };
        return bad(
            format!("the checkpoint folder of branch `{}` {what}", spec.branch),
            "`path` is the folder that holds one folder a checkpoint, relative to the run file".into(),
        );
    }
    let (before, after) = spec.pattern.split_once("{step}").expect("the run file was validated");
    let (mut found, mut left_alone, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for entry in fs_err::read_dir(&spec.path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let digits = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        let is_number = |digits: &&str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let folder = entry.path();
        match digits.filter(is_number).map(str::parse) {
            Some(Ok(step)) if folder.is_dir() => match unfinished(&folder)? {
                Some(reason) => left_alone.push(LeftAlone { folder, reason }),
                None => found.push(Found { step, folder }),
            },
            _ => others.push(name),
        }
    }
    found.sort_by_key(|found| found.step);
    if let Some(pair) = found.windows(2).find(|pair| pair[0].step == pair[1].step) {
        let names = |i: usize| pair[i].folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return bad(
            format!("`{}` and `{}` are both step {} of branch `{}`", names(0), names(1), pair[0].step, spec.branch),
            "remove one, or list the second kind as an entry of its own with a `variant:` and another `pattern:`"
                .into(),
        );
    }
    if let Some((alias, folder)) = aliases(&found) {
        return bad(
            format!(
                "step {} and step {} of branch `{}` are one folder, `{}`: one of the two is a link",
                alias.0,
                alias.1,
                spec.branch,
                folder.display()
            ),
            "a checkpoint is placed at the step in its name: remove the link, or let `pattern:` pass it over".into(),
        );
    }
    if found.is_empty() {
        others.sort();
        others.truncate(5);
        let what = match left_alone.first() {
            Some(first) => format!("no finished checkpoint: `{}` {}", first.folder.display(), first.reason),
            None => format!("no folder here is named `{}`", spec.pattern),
        };
        let help = match others.as_slice() {
            [] => "point `path` at the folder that holds one folder a checkpoint".into(),
            names => format!("`pattern` says how checkpoints are named; here lie: {}", names.join(", ")),
        };
        return bad(what, help);
    }
    Ok((found, left_alone))
}

/// Two steps of one branch whose names lead to the same folder, and that folder.
fn aliases(found: &[Found]) -> Option<((u64, u64), PathBuf)> {
    let mut known: BTreeMap<PathBuf, u64> = BTreeMap::new();
    found.iter().find_map(|found| {
        let folder = fs_err::canonicalize(&found.folder).ok()?;
        known.insert(folder.clone(), found.step).map(|earlier| ((earlier, found.step), folder))
    })
}

/// Why a checkpoint folder looks as if a trainer were still writing it.
fn unfinished(folder: &Path) -> Result<Option<String>> {
    let (mut empty, mut weights, mut newest) = (true, false, SystemTime::UNIX_EPOCH);
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        empty = false;
        let name = entry.file_name().to_string_lossy().into_owned();
        weights |= [".safetensors", ".bin", ".pt", ".pth", ".index.json"].iter().any(|end| name.ends_with(end));
        if let Ok(modified) = entry.metadata().and_then(|metadata| metadata.modified()) {
            newest = newest.max(modified);
        }
    }
    let recent = newest.elapsed().is_ok_and(|age| age < STILL_WRITING);
    Ok(if empty {
        Some("is empty".into())
    } else if !weights && recent && !folder.join("trainer_state.json").exists() {
        Some("holds no weights yet and was touched in the last ten minutes".into())
    } else {
        None
    })
}
