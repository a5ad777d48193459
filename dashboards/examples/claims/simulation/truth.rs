//! What is true of a made-up run, whatever its answers look like.

use std::collections::BTreeMap;

/// Accuracy that nothing tells from another: what is nearer than this counts as equal.
const SAME: f64 = 1e-9;

/// The true accuracy of one task along the path to the end of one branch, without wobble: what items like these would give.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrueCurve(pub(crate) Vec<(u64, f64)>);

impl TrueCurve {
    pub(crate) fn first(&self) -> f64 {
        self.0[0].1
    }

    pub(crate) fn last(&self) -> f64 {
        self.0[self.0.len() - 1].1
    }

    /// The accuracy at a checkpoint.
    pub(crate) fn at(&self, tokens: u64) -> Option<f64> {
        self.0.iter().find(|point| point.0 == tokens).map(|point| point.1)
    }

    /// The points from `from` tokens on.
    pub(crate) fn since(&self, from: u64) -> Self {
        Self(self.0.iter().copied().filter(|point| point.0 >= from).collect())
    }

    /// Whether the accuracy first reaches `level` after `after` and at or before `by`; `None` is an open end.
    pub(crate) fn crosses(&self, level: f64, after: Option<u64>, by: Option<u64>) -> bool {
        let below = |tokens| self.at(tokens).is_some_and(|p| p < level);
        let reached = |tokens| self.0.iter().any(|(t, p)| *t <= tokens && *p >= level);
        after.is_none_or(below) && by.is_none_or(reached)
    }

    /// Least-squares slope on log2 tokens.
    pub(crate) fn slope(&self) -> f64 {
        let x: Vec<f64> = self.0.iter().map(|point| (point.0 as f64).log2()).collect();
        let centre = x.iter().sum::<f64>() / x.len() as f64;
        let square: f64 = x.iter().map(|x| (x - centre).powi(2)).sum();
        let joint: f64 = x.iter().zip(&self.0).map(|(x, point)| (x - centre) * point.1).sum();
        if square > 0.0 { joint / square } else { 0.0 }
    }

    /// Gain along the least-squares line over the last quarter of the points, four at least.
    pub(crate) fn late_gain(&self) -> f64 {
        let from = self.0.len().saturating_sub(self.0.len().div_ceil(4).max(4));
        let late = Self(self.0[from..].to_vec());
        let span = (late.0[late.0.len() - 1].0 as f64 / late.0[0].0 as f64).log2();
        late.slope() * span
    }

    /// Rises in both halves: what grows steadily.
    pub(crate) fn is_steady(&self) -> bool {
        let half = self.0.len() / 2;
        let halves = [&self.0[..self.0.len() - half], &self.0[self.0.len() - half..]];
        halves.into_iter().all(|half| Self(half.to_vec()).slope() > SAME)
    }

    /// The largest fall from an earlier point to the last.
    pub(crate) fn fall(&self) -> f64 {
        self.0.iter().map(|point| point.1).fold(0.0, f64::max) - self.last()
    }

    /// Under `level` at some point after it was reached by `by`.
    pub(crate) fn falls_under(&self, level: f64, by: u64) -> bool {
        self.0.iter().any(|(tokens, p)| *tokens > by && *p < level)
    }

    /// Ratio of tokens within which a fifth to four fifths of the rise above `chance` surely lie: at least, at most.
    pub(crate) fn width(&self, chance: f64) -> Option<(f64, f64)> {
        let top = self.0.iter().map(|point| point.1).fold(0.0, f64::max);
        let reach = |share: f64| self.0.iter().position(|point| point.1 >= chance + share * (top - chance) - SAME);
        let (low, high) = (reach(0.2)?, reach(0.8)?);
        let (before_low, before_high) = (low.checked_sub(1)?, high.checked_sub(1)?);
        let tokens = |k: usize| self.0[k].0 as f64;
        Some(((tokens(before_high) / tokens(low)).max(1.0), tokens(high) / tokens(before_low)))
    }
}

/// What happens to the loss of a made-up log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LossTruth {
    pub(crate) spikes: bool,
    pub(crate) collapses: bool,
    pub(crate) stands_still: bool,
}

/// What is true of a prompt or a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Learned {
    /// Every verdict is a coin's.
    Never,
    /// It fails before that many tokens, and passes from then on.
    Since(u64),
}

/// What is true of a run.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    pub(crate) chance: f64,
    /// By branch and task.
    pub(crate) curves: BTreeMap<(String, String), TrueCurve>,
    /// By task: what the trunk has at every checkpoint of the run, measured or not.
    pub(crate) expected: BTreeMap<String, TrueCurve>,
    /// The tasks, in order.
    pub(crate) tasks: Vec<String>,
    /// The task whose exact items leaked, and since how many tokens.
    pub(crate) leaked: Option<(String, u64)>,
    /// Tokens of a checkpoint that holds an earlier one's weights.
    pub(crate) copied: Option<u64>,
    /// Lettered tasks are answered with one letter because nothing is learned.
    pub(crate) is_young: bool,
    pub(crate) loss: LossTruth,
    pub(crate) vibes: BTreeMap<String, Learned>,
}

impl Truth {
    pub(crate) fn curve(&self, branch: &str, task: &str) -> Option<&TrueCurve> {
        self.curves.get(&(branch.to_owned(), task.to_owned()))
    }
}
