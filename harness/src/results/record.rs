//! What the summaries of all units have in common.

use std::collections::BTreeMap;

use spyglass_dashboards::run::{Checkpoint, Cost, UnitInputs, UnitRecord};

use super::unit_key;

/// The summary of a unit of which nothing but its inputs is known yet, finished now by this version of the program.
pub(crate) fn new_record(checkpoint: &Checkpoint, inputs: UnitInputs) -> UnitRecord {
    UnitRecord {
        key: unit_key(&inputs),
        checkpoint: checkpoint.clone(),
        task: inputs.task.clone(),
        shots: inputs.shots,
        inputs,
        chance: None,
        primary_metric: String::new(),
        metrics: Vec::new(),
        higher_is_better: BTreeMap::new(),
        items: 0,
        items_total: 0,
        truncated: 0,
        off_token_edge: 0,
        warnings: Vec::new(),
        chunks: Vec::new(),
        cost: Cost::default(),
        finished: now(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

/// The present time, RFC 3339, UTC, in whole seconds.
pub(crate) fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}
