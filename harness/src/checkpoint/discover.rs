//! Finds a branch's checkpoint folders, in order of step.

use super::pattern::{Label, Named, Pattern};
use crate::hub::Pinned;
use crate::run_file::BranchSpec;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A folder that holds, or should hold, one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The number in its name.
    pub step: u64,
    /// Tokens in its name, where they are part of the pattern.
    pub tokens: Option<Label>,
    /// The folder; on the hub the address, pinned to a commit.
    pub folder: PathBuf,
}

/// A folder that is passed over, such as one that is being written, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedFolder {
    /// The folder.
    pub folder: PathBuf,
    /// Why it cannot be scored, or not yet.
    pub reason: String,
}

impl fmt::Display for SkippedFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is left alone: it {}", self.folder.display(), self.reason)
    }
}

/// A trainer that is still writing touches its folder at least this often.
const STILL_WRITING: Duration = Duration::from_mins(10);

/// Lists a branch's checkpoints in ascending steps (by number, not by name) and the folders that are passed over: those that are
/// still being written, and links that lead nowhere.
///
/// A folder counts as unfinished when it holds no weights yet, was touched in the last ten minutes and lacks
/// `trainer_state.json`, which trainers write last; everything else is scored or fails by name.
///
/// # Errors
/// The folder is missing, holds no checkpoint, two of one step, one under the names of two steps, or one in whose name the step
/// cannot be told.
pub(crate) fn discover(spec: &BranchSpec) -> Result<(Vec<Found>, Vec<SkippedFolder>)> {
    if let Some(repo) = spec.repo() {
        let found = crate::hub::discover(&repo, spec)?.into_iter();
        let place = |(named, pinned): (Named, Pinned)| Found {
            step: named.step,
            tokens: named.tokens,
            folder: pinned.to_string().into(),
        };
        return Ok((found.map(place).collect(), Vec::new()));
    }
    let bad = |what: String, help: String| Err(Error::Checkpoint { folder: spec.path.clone(), problem: what, help });
    if !spec.path.is_dir() {
        let what = if spec.path.exists() { "is not a folder" } else { "is not there" };
        return bad(
            format!("the checkpoint folder of branch `{}` {what}", spec.branch),
            "`path` is the folder that holds one folder a checkpoint, relative to the run file".into(),
        );
    }
    let pattern = Pattern::new(&spec.pattern).expect("the run file was validated");
    let mut listing = Listing { pattern: &pattern, found: Vec::new(), skipped: Vec::new(), others: Vec::new() };
    listing.list(&spec.path, "", 0)?;
    let Listing { mut found, skipped, mut others, .. } = listing;
    found.sort_by_key(|found| found.step);
    if let Some(pair) = found.windows(2).find(|pair| pair[0].step == pair[1].step) {
        let name = |i: usize| pair[i].folder.strip_prefix(&spec.path).unwrap_or(&pair[i].folder).display().to_string();
        return bad(
            format!("`{}` and `{}` are both step {} of branch `{}`", name(0), name(1), pair[0].step, spec.branch),
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
        let what = match skipped.first() {
            Some(first) => format!("no finished checkpoint: `{}` {}", first.folder.display(), first.reason),
            None => format!("no folder here is named `{}`", spec.pattern),
        };
        let help = match others.as_slice() {
            [] => "point `path` at the folder that holds one folder a checkpoint".into(),
            names => format!(
                "`pattern` says how checkpoints are named, `*` stands for what varies; here lie: {}",
                names.join(", ")
            ),
        };
        return bad(what, help);
    }
    Ok((found, skipped))
}

/// Two steps of one branch whose names lead to the same folder, and that folder.
fn aliases(found: &[Found]) -> Option<((u64, u64), PathBuf)> {
    let mut known: BTreeMap<PathBuf, u64> = BTreeMap::new();
    found.iter().find_map(|found| {
        let folder = fs_err::canonicalize(&found.folder).ok()?;
        known.insert(folder.clone(), found.step).map(|earlier| ((earlier, found.step), folder))
    })
}

/// What lies in a branch's folder.
struct Listing<'p> {
    pattern: &'p Pattern,
    found: Vec<Found>,
    skipped: Vec<SkippedFolder>,
    /// Names that do not fit.
    others: Vec<String>,
}

impl Listing<'_> {
    /// Looks through `folder`, which is called `above` below the branch's own and is `depth` levels deep.
    fn list(&mut self, folder: &Path, above: &str, depth: usize) -> Result<()> {
        let is_last = depth + 1 == self.pattern.depth();
        for entry in fs_err::read_dir(folder)? {
            let entry = entry?;
            let own = entry.file_name().to_string_lossy().into_owned();
            let name = if above.is_empty() { own.clone() } else { format!("{above}/{own}") };
            let folder = entry.path();
            if !self.pattern.leads_through(depth, &own) {
                let is_hidden = own.starts_with('.');
                self.others.extend((!is_hidden).then_some(name));
            } else if folder.is_dir() && is_last {
                self.checkpoint(folder, &name)?;
            } else if folder.is_dir() {
                let before = (self.found.len(), self.skipped.len());
                self.list(&folder, &name, depth + 1)?;
                if before == (self.found.len(), self.skipped.len()) {
                    let reason = "holds no folder that fits the rest of the pattern".into();
                    self.skipped.push(SkippedFolder { folder, reason });
                }
            } else if folder.is_symlink() && !folder.exists() {
                self.skipped.push(SkippedFolder { folder, reason: "is a link that leads nowhere".into() });
            } else {
                self.others.push(name);
            }
        }
        Ok(())
    }

    fn checkpoint(&mut self, folder: PathBuf, name: &str) -> Result<()> {
        match self.pattern.read(name).as_slice() {
            [] => self.others.push(name.into()),
            &[Named { step, tokens }] => match unfinished(&folder)? {
                Some(reason) => self.skipped.push(SkippedFolder { folder, reason }),
                None => self.found.push(Found { step, tokens, folder }),
            },
            [one, other, ..] => {
                let or = |named: &Named| match named.tokens {
                    Some(label) => format!("step {} with {} tokens", named.step, label.tokens),
                    None => format!("step {}", named.step),
                };
                return Err(Error::Checkpoint {
                    folder,
                    problem: format!("the pattern fits in more than one way: {} or {}", or(one), or(other)),
                    help: "write more of the name into `pattern:`, so that `*` stands for less".into(),
                });
            }
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with checkpoints of these names, and what a pattern finds there.
    fn found(names: &[&str], pattern: &str) -> (tempfile::TempDir, Result<(Vec<Found>, Vec<SkippedFolder>)>) {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            fs_err::create_dir_all(dir.path().join(name)).unwrap();
            fs_err::write(dir.path().join(name).join("model.safetensors"), "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("nowhere", dir.path().join("checkpoint-1200")).unwrap();
        let text = format!("checkpoints: [{{path: ., pattern: '{pattern}'}}]\n");
        fs_err::write(dir.path().join("run.yaml"), text).unwrap();
        let run = crate::run_file::RunFile::read(&dir.path().join("run.yaml")).unwrap();
        let found = discover(&run.checkpoints[0]);
        (dir, found)
    }

    #[test]
    fn folders_are_found_by_their_names() {
        let names = [
            "checkpoint-20",
            "checkpoint-3",
            "checkpoint-20-ema",
            ".checkpoint-7",
            "step5-x/hf",
            "step6-y/notes",
            "step7k-z/hf",
        ];
        let cases: [(&str, &[u64], &[&str]); 5] = [
            ("checkpoint-{step}", &[3, 20], &["checkpoint-1200"]),
            ("checkpoint-{step}-ema", &[20], &[]),
            ("*-{step}-ema", &[20], &[]),
            ("step{step}-*/hf", &[5, 7000], &["step6-y"]),
            (".checkpoint-{step}", &[7], &[]),
        ];
        for (pattern, steps, alone) in cases {
            let (dir, listed) = found(&names, pattern);
            let (listed, skipped) = listed.unwrap();
            assert_eq!(listed.iter().map(|found| found.step).collect::<Vec<_>>(), steps, "{pattern}");
            let left: Vec<PathBuf> =
                skipped.iter().map(|left| left.folder.strip_prefix(dir.path()).unwrap().into()).collect();
            let alone: Vec<PathBuf> = alone
                .iter()
                .map(PathBuf::from)
                .filter(|name| cfg!(unix) || !name.ends_with("checkpoint-1200"))
                .collect();
            assert_eq!(left, alone, "{pattern}");
        }
        let (_, link) = found(&["checkpoint-20"], "checkpoint-{step}");
        if cfg!(unix) {
            assert!(
                link.unwrap().1[0]
                    .to_string()
                    .ends_with("checkpoint-1200 is left alone: it is a link that leads nowhere")
            );
        }
    }

    #[test]
    fn a_name_in_which_the_step_cannot_be_told_is_an_error() {
        let error = found(&["2026-01-02_step1000"], "*{step}*").1.unwrap_err().in_full();
        assert!(error.contains("2026-01-02_step1000") && error.contains("step 1 or step 2"), "{error}");
        let error = found(&["step1000-tokens4B"], "step{step}").1.unwrap_err().in_full();
        assert!(error.contains("step1000-tokens4B") && error.contains("`*` stands for what varies"), "{error}");
    }
}
