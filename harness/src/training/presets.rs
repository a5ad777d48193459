//! Schedules of public runs, by name.

use std::sync::LazyLock;

use serde::Deserialize;
use spyglass_tasks::yaml;

use super::schedule::Fault;
use super::spec::{TrainingMap, TrainingSpec};

/// The schedule of a public run, as its authors tell it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Preset {
    /// What the run file calls it.
    pub(crate) name: String,
    /// Where the checkpoints lie on the hub.
    pub(crate) of: Vec<String>,
    /// Who says so.
    pub(crate) source: String,
    /// How its checkpoints are named.
    pub(crate) pattern: String,
    /// What `{index}` stands for where the pattern numbers them, as a run file writes it.
    pub(crate) index: Option<String>,
    /// The schedule.
    pub(crate) training: TrainingSpec,
}

/// A preset as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    of: Vec<String>,
    source: String,
    pattern: String,
    index: Option<String>,
    training: TrainingMap,
}

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let written: Vec<Written> =
        yaml::parse("presets.yaml", include_str!("presets.yaml")).expect("a test reads the shipped file");
    let of = |own: Written| {
        let Written { name, of, source, pattern, index, training } = own;
        Preset { name, of, source, pattern, index, training: training.into() }
    };
    written.into_iter().map(of).collect()
});

/// All schedules that are shipped.
pub(crate) fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The schedule of that name.
///
/// # Errors
/// There is none; the nearest and the list are named.
pub(super) fn preset(name: &str) -> Result<&'static Preset, Fault> {
    presets().iter().find(|preset| preset.name == name).ok_or_else(|| {
        let names = || presets().iter().map(|preset| preset.name.as_str());
        let nearest = spyglass_tasks::nearest(name, names());
        let known = names().collect::<Vec<_>>().join(", ");
        let mean = nearest.map_or_else(String::new, |nearest| format!("did you mean `{nearest}`? "));
        (
            format!("no schedule is known as `{name}`"),
            format!("{mean}known are {known}; or write `tokens_per_step:` and `learning_rate:`"),
        )
    })
}

#[cfg(test)]
mod tests;
