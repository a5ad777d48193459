//! Onset and sharpness of a curve of which only the scores are known, whoever measured them.

use serde::Serialize;

use super::contrast::Contrast;
use super::curve::Curve;
use super::growth::first_to_last_quarter;
use super::onset::{Onset, onset};
use super::sample::Sample;
use super::sharpness::{Sharpness, sharpness};
use super::wobble::wobble;

/// One task on one branch.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreCurve {
    /// The task.
    pub task: String,
    /// The branch, where branches are told apart.
    pub branch: Option<String>,
    /// Its points, those of the parent before the fork included where the fork is known.
    pub curve: Curve,
}

/// What `spyglass onset` prints of a curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreVerdict {
    /// The task.
    pub task: String,
    /// The branch, where branches are told apart.
    pub branch: Option<String>,
    /// The onset's keys.
    #[serde(flatten)]
    pub onset: Onset,
    /// The shape of the rise.
    pub sharpness: Sharpness,
}

impl ScoreCurve {
    /// Onset and sharpness; `beside` is how many curves are told beside each other, this one included.
    pub fn verdict(&self, beside: usize) -> ScoreVerdict {
        let onset = onset(&self.curve).if_seen(self.rise(), beside);
        let sharpness = sharpness(&self.curve, &onset);
        ScoreVerdict { task: self.task.clone(), branch: self.branch.clone(), onset, sharpness }
    }

    /// The rise from the first quarter to the last; of a table nobody knows which items agree.
    fn rise(&self) -> Option<Contrast> {
        let curve = &self.curve;
        let usable = curve.usable();
        let variance = |&k: &usize| curve.spread(k, curve.score[k], 0.0).powi(2);
        let sample = Sample::Scores { score: curve.scores(&usable), variance: usable.iter().map(variance).collect() };
        first_to_last_quarter(&sample, wobble(&curve.scores(&usable), None).for_contrast)
    }
}
