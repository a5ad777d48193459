//! Branches in order, each after its parent.

use std::collections::{BTreeMap, BTreeSet};

use super::lanes::Lane;
use crate::run_file::{BranchSpec, RunFile};
use crate::{Error, Result};

/// The run file with the branches that it comes to.
#[derive(Clone, Copy)]
pub(super) struct Lanes<'a> {
    pub(super) run: &'a RunFile,
    pub(super) lanes: &'a [Lane],
}

impl<'a> Lanes<'a> {
    pub(super) fn specs(self) -> impl Iterator<Item = &'a BranchSpec> {
        self.lanes.iter().map(|lane| &lane.spec)
    }

    /// The entries of a branch, one for each variant.
    pub(super) fn of(self, branch: &str) -> Vec<&'a Lane> {
        self.lanes.iter().filter(|lane| lane.spec.branch == branch).collect()
    }
}

pub(super) fn unknown_branch(run: Lanes<'_>, name: &str, place: &str) -> Error {
    let known: BTreeSet<_> = run.specs().map(|spec| spec.branch.as_str()).collect();
    let nearest = spyglass_tasks::nearest(name, known.iter().copied());
    Error::RunFile {
        file: run.run.path.clone(),
        problem: format!("{place} names the branch `{name}`, which `checkpoints` does not hold"),
        help: match nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("the branches are: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
        },
    }
}

/// Branch names, each after its parent.
pub(super) fn branches_in_order(run: Lanes<'_>) -> Result<Vec<String>> {
    let mut parents: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut names: Vec<&str> = Vec::new();
    for spec in run.specs() {
        let parent = spec.parent.as_ref().map(|parent| parent.branch.as_str());
        if let Some(known) = parents.get(spec.branch.as_str()) {
            let twice = run.specs().filter(|other| other.branch == spec.branch && other.variant == spec.variant);
            if twice.count() > 1 {
                return Err(Error::RunFile {
                    file: run.run.path.clone(),
                    problem: format!("the branch `{}` is listed twice", spec.branch),
                    help: "two kinds of checkpoint of one branch need a `variant:` each (such as `ema`); two branches need two names".into(),
                });
            }
            if parent.is_some() && parent != *known {
                return Err(Error::RunFile {
                    file: run.run.path.clone(),
                    problem: format!("the branch `{}` has two parents", spec.branch),
                    help: "a branch leaves one parent; name it at its first entry".into(),
                });
            }
            continue;
        }
        parents.insert(&spec.branch, parent);
        names.push(&spec.branch);
    }
    let mut order: Vec<String> = Vec::new();
    for &name in &names {
        let (mut chain, mut at) = (vec![name], name);
        while let Some(Some(parent)) = parents.get(at) {
            if !parents.contains_key(parent) {
                return Err(unknown_branch(run, parent, &format!("the parent of branch `{at}`")));
            }
            if chain.contains(parent) {
                chain.push(parent);
                return Err(Error::RunFile {
                    file: run.run.path.clone(),
                    problem: format!("the parents of the branches form a cycle: {}", chain.join(" → ")),
                    help: "the trunk has no `parent`".into(),
                });
            }
            chain.push(parent);
            at = parent;
        }
        for name in chain.into_iter().rev() {
            if !order.iter().any(|known| known == name) {
                order.push(name.to_string());
            }
        }
    }
    Ok(order)
}
