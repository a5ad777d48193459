//! One side of a comparison: a checkpoint of a run, named as `RUN.yaml[:branch[@step]]`, with its results.

use std::path::{Path, PathBuf};

use spyglass_dashboards::run::{Branch, Checkpoint, Run, RunTree, Unit, UnitRecord};
use spyglass_dashboards::series::add_groups;

use crate::results::{Snapshot, Store, gather_some, is_pack};
use crate::{Error, Result};

/// One side of a comparison.
#[derive(Debug)]
pub(crate) struct Side {
    /// The run, with the units of this checkpoint only; groups are units too.
    pub run: Run,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// A message for each unit that is damaged and left out.
    pub damaged: Vec<String>,
}

/// The two parts of `RUN.yaml[:branch[@step]]`.
///
/// Paths may hold colons: the run file is the longest part before a colon (or all) that is a file. Where there is none, it ends at
/// the last `.yaml`, so that the message about it names what was meant.
pub(crate) fn split_name(name: &str) -> (PathBuf, &str) {
    let cuts = || name.match_indices(':').map(|(at, _)| at).rev();
    let file = |end: &usize| is_run(Path::new(&name[..*end]));
    let named = |end: &usize| [".yaml", ".yml"].iter().any(|ending| name[..*end].ends_with(ending));
    let whole = Some(name.len()).into_iter();
    let end = whole.clone().chain(cuts()).find(file).or_else(|| cuts().find(named)).unwrap_or(name.len());
    (PathBuf::from(&name[..end]), name[end..].strip_prefix(':').unwrap_or(""))
}

/// Whether this is a run file or a results folder.
pub(crate) fn is_run(path: &Path) -> bool {
    path.is_file() || path.join("run.json").is_file()
}

impl Side {
    /// Reads the results of the checkpoint that `place` names in the run of this run file: `branch`, `branch@step` or `@step`, the step with `-variant`
    /// where it has several. Without a branch the trunk is meant, without a step the newest checkpoint that has results.
    ///
    /// # Errors
    /// There is no such branch or step, with the nearest that there is; it has no results.
    pub(crate) fn read(run: &Path, store: &Store, snapshot: Snapshot, place: &str) -> Result<Self> {
        let (units, _) = store.units()?;
        let all = || units.iter().map(|(_, record)| record);
        let mut records: Vec<&UnitRecord> = all().filter(|record| !is_pack(record)).collect();
        if records.is_empty() {
            records = all().collect(); // a run of conversations alone
        }
        let checkpoint = find(run, &snapshot.tree, &records, place)?.clone();
        let gathered = gather_some(store, snapshot, |record| record.checkpoint.at() == checkpoint.at())?;
        let mut run = gathered.run;
        add_groups(&mut run);
        Ok(Self { run, checkpoint, damaged: gathered.damaged })
    }

    /// Its units, those of groups included.
    pub(crate) fn units(&self) -> Vec<&Unit> {
        self.run.units.iter().collect()
    }
}

/// The checkpoint that `place` names.
fn find<'a>(run: &Path, tree: &'a RunTree, records: &[&UnitRecord], place: &str) -> Result<&'a Checkpoint> {
    let wrong = |what: String, help: String| Error::Usage { problem: format!("{}: {what}", run.display()), help };
    let (name, step) = match place.rsplit_once('@') {
        Some((name, step)) if tree.branch(place).is_none() => (name, Some(step)),
        _ => (place, None),
    };
    let branch = if name.is_empty() { trunk(tree) } else { tree.branch(name) };
    let branch = branch.ok_or_else(|| {
        let names: Vec<&str> = tree.branches.iter().map(|branch| branch.name.as_str()).collect();
        let help = match spyglass_tasks::nearest(name, names.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("name one of its branches as {}:BRANCH: {}", run.display(), names.join(", ")),
        };
        let what =
            if name.is_empty() { "it has several trunks".into() } else { format!("there is no branch `{name}`") };
        wrong(what, help)
    })?;
    let is_scored = |at: &&Checkpoint| records.iter().any(|record| record.checkpoint.at() == at.at());
    let scored: Vec<&Checkpoint> = branch.checkpoints.iter().filter(is_scored).collect();
    let Some(step) = step else {
        let newest = scored.iter().max_by_key(|at| (at.step, at.variant.is_none()));
        return newest.copied().ok_or_else(|| {
            let help = format!("`spyglass sweep {}` scores it", run.display());
            wrong(format!("branch `{}` has no results yet", branch.name), help)
        });
    };
    let (number, variant) = step.split_once('-').map_or((step, None), |(number, variant)| (number, Some(variant)));
    let number: u64 = number.replace('_', "").parse().map_err(|_| {
        wrong(format!("`{step}` is not a step"), "name a checkpoint as BRANCH@STEP, such as trunk@90000".into())
    })?;
    let here =
        |at: &&Checkpoint| at.step == number && variant.is_none_or(|variant| at.variant.as_deref() == Some(variant));
    if let Some(found) = scored.iter().copied().find(here) {
        return Ok(found);
    }
    let there = branch.checkpoints.iter().any(|at| here(&at));
    let what = if there { "has no results yet" } else { "is not there" };
    Err(wrong(format!("step {step} of branch `{}` {what}", branch.name), nearest_step(run, branch, &scored, number)))
}

/// The branch that is meant where none is named: `trunk`, or the only one that leaves no other.
fn trunk(tree: &RunTree) -> Option<&Branch> {
    let mut roots = tree.branches.iter().filter(|branch| branch.fork.is_none());
    let only = roots.next().filter(|_| roots.next().is_none());
    tree.branch("trunk").or(only)
}

fn nearest_step(run: &Path, branch: &Branch, scored: &[&Checkpoint], step: u64) -> String {
    match scored.iter().min_by_key(|at| at.step.abs_diff(step)) {
        Some(nearest) => format!("the nearest with results is {}@{}", branch.name, nearest.step),
        None => format!("none of the branch is scored yet: `spyglass sweep {}`", run.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::split_name;
    use std::path::PathBuf;

    #[test]
    fn a_colon_in_a_path_is_no_separator() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        for name in ["run.yaml", "a:b.yaml", "a"] {
            fs_err::write(path(name), "").unwrap();
        }
        let split = |name: &str| {
            let name = path(name);
            let (file, place) = split_name(&name);
            (file.strip_prefix(dir.path()).unwrap().display().to_string(), place.to_owned())
        };
        let parts = |file: &str, place: &str| (file.to_owned(), place.to_owned());
        assert_eq!(split("run.yaml"), parts("run.yaml", ""));
        assert_eq!(split("run.yaml:anneal@1300"), parts("run.yaml", "anneal@1300"));
        assert_eq!(split("a:b.yaml"), parts("a:b.yaml", ""));
        assert_eq!(split("a:b.yaml:x:y@3"), parts("a:b.yaml", "x:y@3"));
        assert_eq!(split("a:b"), parts("a", "b"));
        let nowhere = split_name("no:where.yaml:trunk@5");
        assert_eq!(nowhere, (PathBuf::from("no:where.yaml"), "trunk@5"));
        assert_eq!(split_name("nowhere").1, "");
    }
}
