//! Each branch beside the one that it left, beside its siblings, and beside its like in another run: at equal tokens, on the same items.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::compare::{Comparison, compare};
use crate::run::{At, Branch, Checkpoint, Run, RunTree, Unit};

/// Units by the checkpoint that they are of, groups included.
pub(crate) type UnitsAt<'a> = BTreeMap<At<'a>, Vec<&'a Unit>>;

/// Two checkpoints of different branches, and what they differ in.
#[derive(Debug, Clone, PartialEq)]
pub struct BranchPair<'a> {
    /// The checkpoint of the branch that was left, or of the earlier sibling or run.
    pub a: &'a Checkpoint,
    /// That of the branch itself.
    pub b: &'a Checkpoint,
    /// Task by task; never empty.
    pub compared: Comparison,
}

impl BranchPair<'_> {
    /// Both have seen as many tokens.
    pub fn is_equal(&self) -> bool {
        self.a.tokens == self.b.tokens
    }
}

/// The units of every checkpoint that is what its name says.
pub(crate) fn units_at(run: &Run) -> UnitsAt<'_> {
    let mut at: UnitsAt<'_> = BTreeMap::new();
    for unit in run.units.iter().filter(|unit| run.tree.is_in_place(unit.record.checkpoint.at())) {
        at.entry(unit.record.checkpoint.at()).or_default().push(unit);
    }
    at
}

/// All pairs of branches that share items, each at the latest count of tokens that both have; a branch whose parent has no such count
/// stands beside the nearest that the parent has. `run` holds its groups as units ([`add_groups`](crate::series::add_groups)).
pub fn branch_pairs(run: &Run) -> Vec<BranchPair<'_>> {
    let units = units_at(run);
    let compared =
        |(a, b): (&'_ Checkpoint, &'_ Checkpoint)| compare(&units[&a.at()], &units[&b.at()], [&run.groups; 2]);
    let pairs = places(&run.tree, &units).into_par_iter().map(|(a, b)| BranchPair { a, b, compared: compared((a, b)) });
    pairs.filter(|pair| !pair.compared.rows.is_empty()).collect()
}

/// Where a branch meets the one that it left, of the checkpoints that are `measured`: at the latest tokens that both have, else its end
/// beside what is nearest.
pub(crate) fn meeting<'a>(
    tree: &'a RunTree,
    branch: &'a Branch,
    measured: &dyn Fn(&Checkpoint) -> bool,
) -> Option<(&'a Checkpoint, &'a Checkpoint)> {
    let is_in = |at: &&Checkpoint| measured(at) && tree.is_in_place(at.at());
    let path: Vec<&Checkpoint> = tree.path(&branch.fork.as_ref()?.branch).into_iter().filter(is_in).collect();
    let own: Vec<&Checkpoint> = branch.checkpoints.iter().filter(is_in).collect();
    latest_equal(&path, &own).or_else(|| nearest(&path, &own))
}

/// The checkpoints of all pairs: runs first, then forks, then siblings.
fn places<'a>(tree: &'a RunTree, units: &UnitsAt<'_>) -> Vec<(&'a Checkpoint, &'a Checkpoint)> {
    let is_measured = |at: &Checkpoint| units.contains_key(&at.at());
    let own = |branch: &'a Branch| -> Vec<&'a Checkpoint> {
        branch.checkpoints.iter().filter(|at| is_measured(at)).collect()
    };
    let branches = &tree.branches;
    let parents = branches.iter().filter_map(|branch| meeting(tree, branch, &is_measured));
    let others = |is_pair: &dyn Fn(&Branch, &Branch) -> bool| -> Vec<(&'a Checkpoint, &'a Checkpoint)> {
        let each = branches.iter().enumerate();
        let pairs = each.flat_map(|(first, a)| branches[first + 1..].iter().map(move |b| (a, b)));
        pairs.filter(|(a, b)| is_pair(a, b)).filter_map(|(a, b)| latest_equal(&own(a), &own(b))).collect()
    };
    let parent = |branch: &Branch| branch.fork.as_ref().map(|fork| fork.branch.clone());
    let siblings = others(&|a, b| a.fork.is_some() && parent(a) == parent(b));
    let runs = others(&|a, b| {
        tree.run_of(&a.name) != tree.run_of(&b.name) && tree.own_name(&a.name) == tree.own_name(&b.name)
    });
    runs.into_iter().chain(parents).chain(siblings).collect()
}

/// The last count of tokens that both have, plain checkpoints before their variants.
fn latest_equal<'a>(a: &[&'a Checkpoint], b: &[&'a Checkpoint]) -> Option<(&'a Checkpoint, &'a Checkpoint)> {
    let plain = |own: &[&'a Checkpoint], tokens: u64| {
        own.iter().filter(|at| at.tokens == tokens).min_by_key(|at| at.variant.is_some()).copied()
    };
    let both = b.iter().filter_map(|at| Some((plain(a, at.tokens)?, plain(b, at.tokens)?)));
    both.max_by_key(|(_, at)| at.tokens)
}

/// The end of `b` and what of `a` lies nearest to it.
fn nearest<'a>(a: &[&'a Checkpoint], b: &[&'a Checkpoint]) -> Option<(&'a Checkpoint, &'a Checkpoint)> {
    let end = b.iter().max_by_key(|at| (at.tokens, at.variant.is_none()))?;
    let before = a.iter().min_by_key(|at| (at.tokens.abs_diff(end.tokens), at.variant.is_some()))?;
    Some((before, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Fork;

    /// Name, fork and steps of a branch; a step is a token.
    type Made<'m> = (&'m str, Option<(&'m str, u64)>, &'m [u64]);

    fn tree(branches: &[Made<'_>]) -> Vec<Branch> {
        let checkpoint = |branch: &str, step: u64| Checkpoint {
            branch: branch.into(),
            step,
            variant: None,
            tokens: step,
            learning_rate: None,
            location: String::new(),
        };
        let made = |(name, fork, steps): &Made<'_>| Branch {
            name: (*name).to_owned(),
            fork: fork.map(|(branch, step)| Fork { branch: branch.to_owned(), step, tokens: step }),
            checkpoints: steps.iter().map(|step| checkpoint(name, *step)).collect(),
            log: crate::run::TrainingLog::default(),
            phases: Vec::new(),
        };
        branches.iter().map(made).collect()
    }

    #[test]
    fn branches_meet_at_the_latest_tokens_that_both_have() {
        let cases: [(&[Made], &[&str], &[&str]); 4] = [
            (&[("t", None, &[0, 10, 20, 30]), ("a", Some(("t", 10)), &[20, 25])], &[], &["t@20 a@20"]),
            (&[("t", None, &[0, 10]), ("a", Some(("t", 10)), &[15, 25])], &[], &["t@10 a@25"]),
            (
                &[("t", None, &[0, 10, 20]), ("a", Some(("t", 10)), &[20, 30]), ("b", Some(("t", 0)), &[20, 30, 40])],
                &[],
                &["t@20 a@20", "t@20 b@20", "a@30 b@30"],
            ),
            (
                &[("r/t", None, &[0, 10, 20]), ("s/t", None, &[0, 10]), ("s/u", None, &[10])],
                &["r", "s"],
                &["r/t@10 s/t@10"],
            ),
        ];
        for (branches, runs, wanted) in cases {
            let runs = runs.iter().map(|run| (*run).to_owned()).collect();
            let tree = RunTree { branches: tree(branches), runs, ..RunTree::default() };
            let units: UnitsAt<'_> =
                tree.branches.iter().flat_map(|b| &b.checkpoints).map(|at| (at.at(), Vec::new())).collect();
            let found = places(&tree, &units);
            let words: Vec<String> =
                found.iter().map(|(a, b)| format!("{}@{} {}@{}", a.branch, a.step, b.branch, b.step)).collect();
            assert_eq!(words, wanted, "{branches:?}");
        }
    }
}
