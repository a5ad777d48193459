//! What measuring the prices of an arithmetic will cost.

use serde::Serialize;
use spyglass_model::ScorerOptions;

use super::key::key;
use super::texts::TextsOnce;
use crate::checkpoint::Settings;
use crate::results::Store;
use crate::run_file::PrecisionSpec;
use crate::sweep::Work;
use crate::sweep::plan::{Plan, Rates};

/// What measuring the prices of an arithmetic will cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct PriceEstimate {
    /// Checkpoints that are not measured yet; those of the hub that are not here are not counted.
    pub(crate) checkpoints: usize,
    /// Tokens that will go through both models together.
    pub(crate) tokens_computed: u64,
    /// Wall time.
    pub(crate) seconds: f64,
    /// Weights in memory: of both models together.
    pub(crate) memory_bytes: u64,
    /// What texts leave behind at the most, in both together.
    pub(crate) state_bytes: u64,
    /// Tasks of which some text leaves more behind than states may take by default.
    pub(crate) left_out: Vec<String>,
}

/// Estimates what is left to measure of `after` when what `plans` hold (of the first arithmetic, and of `after`) is scored. Nothing is told of
/// what cannot be read: the plan of the scores does.
pub(crate) fn estimate_prices(work: &Work, plans: [&Plan; 2], after: (PrecisionSpec, &Store)) -> PriceEstimate {
    let (after, store) = after;
    let rounded = Settings { precision: after, ..work.settings.clone() };
    let (known, mut estimate) = (store.prices(), PriceEstimate::default());
    let memory = ScorerOptions::default().state_memory;
    let mut once = TextsOnce::new(work, memory);
    let rates = plans.map(Rates::of);
    for planned in &plans[0].checkpoints {
        let price = |identity| key(work, identity, after);
        let is_known = |key: String| known.iter().any(|line| line.holds(planned.checkpoint.at(), &key, memory));
        if planned.problem.is_some() || planned.identity.as_ref().map(price).is_some_and(is_known) {
            continue;
        }
        let bytes = |settings: &Settings| settings.weight_bytes(&planned.folder);
        let (Ok(texts), Ok(one), Ok(other)) = (once.of(planned), bytes(&work.settings), bytes(&rounded)) else {
            continue;
        };
        estimate.checkpoints += 1;
        estimate.tokens_computed += texts.tokens;
        estimate.memory_bytes = estimate.memory_bytes.max(one + other);
        estimate.state_bytes = estimate.state_bytes.max(texts.state_bytes);
        let each = texts.tokens / 2;
        let seconds = |rates: &Rates| rates.seconds_of_any(each, (each * texts.parameters, 0));
        estimate.seconds += rates.iter().map(seconds).sum::<f64>();
        let new = texts.roomy.left_out.iter().filter(|task| !estimate.left_out.contains(task)).cloned();
        estimate.left_out = estimate.left_out.iter().cloned().chain(new).collect();
    }
    estimate
}
