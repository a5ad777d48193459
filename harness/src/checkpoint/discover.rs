//! Finds a branch's checkpoint folders, in order of step.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::pattern::{Label, Named, Names, Pattern};
use super::tokens;
use crate::run_file::BranchSpec;
use crate::training::Amount;
use crate::{Error, Result};

/// A folder that holds, or should hold, one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its step.
    pub step: u64,
    /// What the step was made of.
    pub counts: Counts,
    /// Tokens that its name tells.
    pub tokens: Option<Label>,
    /// The stage in its name.
    pub stage: Option<String>,
    /// The seed in its name.
    pub seed: Option<String>,
    /// The folder; on the hub the address, pinned to a commit.
    pub folder: PathBuf,
}

/// What the name of a checkpoint counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// Steps.
    Steps,
    /// Tokens seen, or what else the run counts: the step follows from them.
    Tokens,
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

/// Lists the checkpoints of an entry of the run file in ascending steps (by number, not by name), stage by stage and seed by seed, and
/// the folders that are passed over: those that are still being written, and links that lead nowhere.
///
/// A folder counts as unfinished when it holds no weights yet, was touched in the last ten minutes and lacks
/// `trainer_state.json`, which trainers write last; everything else is scored or fails by name.
///
/// # Errors
/// The folder is missing, holds no checkpoint, two of one step, one under the names of two steps, or one in whose name the step
/// cannot be told; an index that the run file does not place.
pub(crate) fn discover(spec: &BranchSpec) -> Result<(Vec<Found>, Vec<SkippedFolder>)> {
    let (fitting, skipped) = match &spec.source {
        Some(source) => {
            let (found, skipped) = crate::hub::discover(source, spec)?;
            let placed = found.into_iter().map(|(named, pinned)| (PathBuf::from(pinned.to_string()), named));
            (placed.collect(), skipped)
        }
        None => in_folders(spec)?,
    };
    let bad = |problem: String, help: String| Err(Error::Checkpoint { folder: spec.path.clone(), problem, help });
    let placed = fitting.into_iter().map(|(folder, named)| placed(spec, folder, &named));
    let mut found = placed.collect::<Result<Vec<Found>>>()?;
    found.sort_by(|a, b| (&a.stage, &a.seed, a.step).cmp(&(&b.stage, &b.seed, b.step)));
    for pair in found.windows(2).filter(|pair| is_same_branch(&pair[0], &pair[1])) {
        if pair[0].step == pair[1].step {
            let name =
                |i: usize| pair[i].folder.strip_prefix(&spec.path).unwrap_or(&pair[i].folder).display().to_string();
            let what = format!(
                "`{}` and `{}` both come to step {} of branch `{}`",
                name(0),
                name(1),
                pair[0].step,
                spec.branch
            );
            return bad(
                what,
                "less than the tokens of a step lies between them: correct `tokens_per_step` or `index`".into(),
            );
        }
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
    Ok((found, skipped))
}

/// The folders of an entry with what their names tell, and those that are passed over.
fn in_folders(spec: &BranchSpec) -> Result<(Vec<(PathBuf, Named)>, Vec<SkippedFolder>)> {
    let bad = |problem: String, help: String| Err(Error::Checkpoint { folder: spec.path.clone(), problem, help });
    if !spec.path.is_dir() && (spec.folders.is_empty() || !spec.path.as_os_str().is_empty()) {
        let what = if spec.path.exists() { "is not a folder" } else { "is not there" };
        return bad(
            format!("the checkpoint folder of branch `{}` {what}", spec.branch),
            "`path` is the folder that holds one folder a checkpoint, relative to the run file".into(),
        );
    }
    let pattern = Pattern::new(&spec.pattern).expect("the run file was validated");
    let Listing { names, mut skipped } =
        if spec.folders.is_empty() { Listing::of(spec, &pattern)? } else { listed(spec)? };
    let mut finished = Names { fitting: Vec::new(), ..names };
    for (name, named) in names.fitting {
        let folder = spec.path.join(&name);
        let left_alone = spec.passed_over.get(&folder).cloned();
        match left_alone.map_or_else(|| unfinished(&folder), |reason| Ok(Some(reason)))? {
            Some(reason) => skipped.push(SkippedFolder { folder, reason }),
            None => finished.fitting.push((name, named)),
        }
    }
    let is_nothing = finished.fitting.is_empty();
    match finished.checked(&spec.branch, &pattern) {
        Ok(names) => {
            let placed = names.fitting.into_iter().map(|(name, named)| (spec.path.join(name), named));
            Ok((placed.collect(), skipped))
        }
        Err(fault) => {
            let first = skipped.first().filter(|_| is_nothing);
            let none = |first: &SkippedFolder| {
                format!("no finished checkpoint: `{}` {}", first.folder.display(), first.reason)
            };
            bad(first.map_or(fault.problem, none), fault.help)
        }
    }
}

/// The folders that are named as checkpoints of an entry, whatever is in them; none where its own folder is not there yet.
///
/// # Errors
/// A folder cannot be read; a name fits in ways that tell different things.
pub(crate) fn folders(spec: &BranchSpec) -> Result<Vec<PathBuf>> {
    if spec.source.is_some() || (!spec.path.is_dir() && spec.folders.is_empty()) {
        return Ok(Vec::new());
    }
    let pattern = Pattern::new(&spec.pattern).expect("the run file was validated");
    let listing = if spec.folders.is_empty() { Listing::of(spec, &pattern)? } else { listed(spec)? };
    Ok(listing.names.fitting.into_iter().map(|(name, _)| spec.path.join(name)).collect())
}

fn is_same_branch(a: &Found, b: &Found) -> bool {
    (&a.stage, &a.seed) == (&b.stage, &b.seed)
}

/// Two steps of one branch whose names lead to the same folder, and that folder.
fn aliases(found: &[Found]) -> Option<((u64, u64), PathBuf)> {
    let mut known: BTreeMap<PathBuf, &Found> = BTreeMap::new();
    found.iter().find_map(|found| {
        let folder = fs_err::canonicalize(&found.folder).ok()?;
        let earlier = known.insert(folder.clone(), found).filter(|earlier| is_same_branch(earlier, found))?;
        Some(((earlier.step, found.step), folder))
    })
}

/// Where a name puts its checkpoint: at its step, or at the step that its amount comes to.
fn placed(spec: &BranchSpec, folder: PathBuf, named: &Named) -> Result<Found> {
    let wrong = |problem: String| Error::Checkpoint {
        folder: folder.clone(),
        problem,
        help: "correct `index:` of the run file: an amount from one checkpoint to the next, or a list from index 0 on"
            .into(),
    };
    let at = |amount: u64| tokens::step_of(spec, &folder, amount);
    let (step, counts, tokens) = match (named.step, named.index) {
        (Some(step), _) => (step, Counts::Steps, named.tokens),
        (None, Some(index)) => {
            let map = spec.index.as_ref().expect("the run file was validated");
            match map.at(index).map_err(|what| wrong(format!("is index {index}, but {what}")))? {
                Amount::Steps(step) => (step, Counts::Steps, named.tokens),
                Amount::Tokens(tokens) => {
                    if let Some(label) = named.tokens.filter(|label| !label.allows(tokens)) {
                        let what =
                            format!("its name says {} {}, `index:` says {tokens}", label.tokens, spec.axis.word());
                        return Err(wrong(what));
                    }
                    // An even spacing is as good as two sources of tokens have to agree.
                    (at(tokens)?, Counts::Tokens, Some(Label { tokens, unit: tokens / 100 }))
                }
            }
        }
        (None, None) => {
            let amount = named.tokens.map_or(0, |label| label.tokens);
            (at(amount)?, Counts::Tokens, named.tokens)
        }
    };
    Ok(Found { step, counts, tokens, stage: named.stage.clone(), seed: named.seed.clone(), folder })
}

/// The checkpoints that the run file lists one by one.
fn listed(spec: &BranchSpec) -> Result<Listing> {
    let mut listing = Listing::default();
    for entry in &spec.folders {
        let folder = spec.path.join(&entry.path);
        if !is_place(&folder) {
            let what = if folder.exists() { "is neither a folder nor a .gguf file" } else { "is not there" };
            let problem = format!("{what}, but `folders:` of branch `{}` lists it", spec.branch);
            let help = "correct its `path`, which is seen from the branch's `path`".into();
            return Err(Error::Checkpoint { folder, problem, help });
        }
        let named = Named { step: entry.step, tokens: entry.tokens, ..Named::default() };
        listing.names.fitting.push((entry.path.display().to_string(), named));
    }
    Ok(listing)
}

/// What lies in a branch's folder.
#[derive(Debug, Default)]
struct Listing {
    /// Folders as seen from the branch's own.
    names: Names,
    skipped: Vec<SkippedFolder>,
}

impl Listing {
    /// Looks through the folder of a branch.
    ///
    /// # Errors
    /// A folder cannot be read; a name fits in ways that tell different things.
    fn of(spec: &BranchSpec, pattern: &Pattern) -> Result<Self> {
        let mut listing = Self::default();
        let mut names = Vec::new();
        listing.list(&spec.path, pattern, &[], &mut names)?;
        let sorted = pattern.sort(names).map_err(|fault| {
            let folder = fault.name.map_or_else(|| spec.path.clone(), |name| spec.path.join(name));
            Error::Checkpoint { folder, problem: fault.problem, help: fault.help }
        })?;
        listing.names.fitting = sorted.fitting;
        listing.names.others.extend(sorted.others);
        Ok(listing)
    }

    /// Collects the names of folders as deep as the pattern goes; `above` are the folders between the branch's own and `folder`.
    fn list(&mut self, folder: &Path, pattern: &Pattern, above: &[String], names: &mut Vec<String>) -> Result<()> {
        let is_last = above.len() + 1 == pattern.depth();
        for entry in fs_err::read_dir(folder)? {
            let entry = entry?;
            let own = entry.file_name().to_string_lossy().into_owned();
            let (path, folder) = ([above, std::slice::from_ref(&own)].concat(), entry.path());
            let name = path.join("/");
            if !pattern.leads_through(above.len(), &own) {
                let is_hidden = own.starts_with('.');
                self.names.others.extend((!is_hidden).then_some(name));
            } else if is_last && is_place(&folder) {
                names.push(name);
            } else if folder.is_dir() {
                let before = (names.len(), self.skipped.len());
                self.list(&folder, pattern, &path, names)?;
                if before == (names.len(), self.skipped.len()) {
                    let reason = "holds no folder that fits the rest of the pattern".into();
                    self.skipped.push(SkippedFolder { folder, reason });
                }
            } else if folder.is_symlink() && !folder.exists() {
                self.skipped.push(SkippedFolder { folder, reason: "is a link that leads nowhere".into() });
            } else {
                self.names.others.push(name);
            }
        }
        Ok(())
    }
}

/// Whether a checkpoint may lie here: in a folder, or in one `.gguf` file.
fn is_place(path: &Path) -> bool {
    path.is_dir() || spyglass_model::is_gguf(path)
}

/// Why a checkpoint looks as if it were still being written.
fn unfinished(folder: &Path) -> Result<Option<String>> {
    if folder.is_file() {
        let modified = fs_err::metadata(folder)?.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let recent = modified.elapsed().is_ok_and(|age| age < STILL_WRITING);
        let problem = if recent { spyglass_model::check(folder).err() } else { None };
        let told = |error| crate::Error::from(error).in_full().replace('\n', " ");
        return Ok(
            problem.map(|error| format!("was touched in the last ten minutes and cannot be read yet: {}", told(error)))
        );
    }
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
