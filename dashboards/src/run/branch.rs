//! A branch of a run and its checkpoints.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::phase::PhaseStart;
use super::training_log::TrainingLog;

/// One saved state of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Name of the branch it lies on.
    pub branch: String,
    /// Optimiser step, counted from the start of the trunk.
    pub step: u64,
    /// Tells several checkpoints of one step apart (EMA, merged).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Tokens seen in training.
    pub tokens: u64,
    /// Learning rate at this step, where the log tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// Folder, as the run file names it (relative to the run file).
    pub location: String,
}

/// Branch, step and variant: what tells a checkpoint from the others of its run.
pub type At<'a> = (&'a str, u64, Option<&'a str>);

impl Checkpoint {
    /// What tells it from the others of its run.
    pub fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }
}

/// How the variant of a checkpoint ends whose rotary positions are divided: with this, and by what.
const STRETCHED: &str = "rope-";

impl Checkpoint {
    /// The same weights with their rotary positions divided by `scale`: a variant of its own, so that its scores are never mixed with the
    /// plain one's.
    #[must_use]
    pub fn stretched(mut self, scale: &str) -> Self {
        let own = self.variant.map_or_else(String::new, |variant| variant + "-");
        self.variant = Some(format!("{own}{STRETCHED}{scale}"));
        self
    }

    /// What its rotary positions are divided by, where they are.
    pub fn stretch(&self) -> Option<&str> {
        stretch_of(self.at())
    }
}

fn stretch_of<'a>((.., variant): At<'a>) -> Option<&'a str> {
    let (before, scale) = variant?.rsplit_once(STRETCHED)?;
    ((before.is_empty() || before.ends_with('-')) && scale.parse::<f64>().is_ok()).then_some(scale)
}

/// Leaves the scores of plain checkpoints alone, and only where there are none those that are stretched least: a curve mixes no two.
pub(crate) fn keep_one_stretch<V>(scores: &mut BTreeMap<At<'_>, V>) {
    let stretch = |at: &At<'_>| stretch_of(*at).map_or(1.0, |scale| scale.parse::<f64>().unwrap_or(1.0));
    let Some(least) = scores.keys().map(stretch).min_by(f64::total_cmp) else { return };
    scores.retain(|at, _| stretch(at) <= least);
}

/// Where a branch leaves its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The parent branch.
    pub branch: String,
    /// Step of the fork.
    pub step: u64,
    /// Tokens seen at the fork.
    pub tokens: u64,
}

/// One branch of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// Name, unique in the run.
    pub name: String,
    /// Where it leaves its parent; `None` for a trunk.
    pub fork: Option<Fork>,
    /// Its own checkpoints, in ascending steps.
    pub checkpoints: Vec<Checkpoint>,
    /// Its own log.
    pub log: TrainingLog,
    /// Its learning-rate phases, in ascending steps, those of the path before the fork included.
    pub phases: Vec<PhaseStart>,
}

/// Colours beside the trunk's; branches beyond them begin again.
pub(super) const COLOURS: usize = 6;
