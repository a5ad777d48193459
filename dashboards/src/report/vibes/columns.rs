//! The columns of a table: checkpoints, under the names of their branches.

use serde::Serialize;

use crate::number::tokens;
use crate::run::{Checkpoint, Run};

/// All columns of one table.
#[derive(Debug, Serialize)]
pub(crate) struct Columns {
    /// A name over the columns of each branch.
    branches: Vec<BranchHead>,
    pub(super) each: Vec<Column>,
    /// The column with most tokens; of several, the last.
    pub(super) newest: Option<usize>,
    /// `anneal, 14.1 M`
    newest_name: String,
}

/// What stands over the columns of one branch.
#[derive(Debug, Serialize)]
struct BranchHead {
    name: String,
    colour: usize,
    width: usize,
}

/// One checkpoint.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Column {
    pub(super) branch: String,
    pub(super) colour: usize,
    pub(super) step: u64,
    pub(super) tokens: String,
    /// Classes of its cells: a rule is drawn before the first of a branch, and the newest is tinted.
    class: String,
    #[serde(skip)]
    pub(super) count: u64,
    #[serde(skip)]
    pub(super) variant: Option<String>,
}

impl Columns {
    /// A column for each of `checkpoints`, which come branch by branch.
    pub(super) fn of(run: &Run, checkpoints: &[&Checkpoint]) -> Self {
        let newest = (0..checkpoints.len()).max_by_key(|&i| checkpoints[i].tokens);
        let column = |(number, checkpoint): (usize, &&Checkpoint)| {
            let first = number > 0 && checkpoints[number - 1].branch != checkpoint.branch;
            let (edge, tint) = (if first { " edge" } else { "" }, if newest == Some(number) { " newest" } else { "" });
            Column {
                branch: checkpoint.branch.clone(),
                colour: run.tree.colour(&checkpoint.branch),
                step: checkpoint.step,
                tokens: tokens(checkpoint.tokens as f64),
                class: format!("c{edge}{tint}"),
                count: checkpoint.tokens,
                variant: checkpoint.variant.clone(),
            }
        };
        let each: Vec<Column> = checkpoints.iter().enumerate().map(column).collect();
        let head = |columns: &[Column]| BranchHead {
            name: columns[0].branch.clone(),
            colour: columns[0].colour,
            width: columns.len(),
        };
        Self {
            branches: each.chunk_by(|a, b| a.branch == b.branch).map(head).collect(),
            newest_name: newest.map_or_else(String::new, |newest| each[newest].name()),
            newest,
            each,
        }
    }
}

impl Column {
    /// `anneal, 14.1 M`
    pub(super) fn name(&self) -> String {
        format!("{}, {}", self.branch, self.tokens)
    }

    /// Whether it is the column of that checkpoint.
    pub(super) fn is(&self, checkpoint: &Checkpoint) -> bool {
        (self.branch.as_str(), self.step, self.variant.as_deref()) == checkpoint.at()
    }
}
