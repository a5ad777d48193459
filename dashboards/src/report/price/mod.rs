//! What fewer bits cost along a run: the same checkpoints in another arithmetic, task by task and checkpoint by checkpoint.

mod anneals;
mod checkpoints;
mod course;
mod flips;
mod onsets;
mod page;
mod table;

pub(super) use page::write;

use std::path::{Path, PathBuf};

use super::Error;
use crate::analysis::Z95;
use crate::run::{At, Run};

/// The same run in another arithmetic.
#[derive(Debug, Clone)]
pub struct Rounded {
    /// Its name: `q4`.
    pub precision: String,
    /// Its scores.
    pub run: Run,
    /// What happened to next tokens, where it was measured or could not be.
    pub prices: Vec<TokenPrice>,
}

/// What happened to the next token's distribution of one checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenPrice {
    /// The branch.
    pub branch: String,
    /// The step.
    pub step: u64,
    /// Which form of it.
    pub variant: Option<String>,
    /// What was measured.
    pub measured: Option<TokenShifts>,
    /// Why nothing was.
    pub problem: Option<String>,
    /// Tasks of which some text was left out for want of memory.
    pub left_out: Vec<String>,
}

/// What changed before the tokens of the right answers of the run's tasks. Shares and probabilities in [0, 1].
#[derive(Debug, Clone, PartialEq)]
pub struct TokenShifts {
    /// Tokens compared.
    pub tokens: usize,
    /// Mean Kullback-Leibler divergence of the second distribution from the first, nats.
    pub divergence: f64,
    /// Its standard error, texts varying as wholes.
    pub divergence_error: Option<f64>,
    /// 99th percentile of it.
    pub divergence_99: f64,
    /// 99.9th percentile, where there are tokens enough.
    pub divergence_999: Option<f64>,
    /// Root mean square of the change in the right token's probability.
    pub probability_change: f64,
    /// Share of tokens before which the most probable one is the same.
    pub same_best: f64,
    /// Perplexity over the one before.
    pub ratio: f64,
    /// Its 95 % interval.
    pub ratio_interval: Option<[f64; 2]>,
}

impl TokenPrice {
    fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }
}

impl TokenShifts {
    /// Half of the divergence's 95 % interval, nats.
    fn half(&self) -> Option<f64> {
        self.divergence_error.map(|error| Z95 * error)
    }

    /// The divergence with its error: `0.01234 ± 0.00056`.
    fn told(&self) -> String {
        let half = self.half().map(|half| format!(" ± {half:.5}")).unwrap_or_default();
        format!("{:.5}{half}", self.divergence)
    }
}

/// `trunk`, or with a variant `trunk (ema)`.
fn line_name(branch: &str, variant: Option<&str>) -> String {
    variant.map_or_else(|| branch.to_owned(), |variant| format!("{branch} ({variant})"))
}

/// The report of a run with what other arithmetics cost, in their order.
///
/// # Errors
/// As [`super::write`].
pub fn write_priced(run: &Run, rounded: &[Rounded], out: &Path) -> Result<PathBuf, Error> {
    super::write_all(run, rounded, out)
}

#[cfg(test)]
mod tests;
