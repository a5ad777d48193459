//! Emergence analysis: pure functions from curves, items and logs to statements with error bars.
//!
//! Scores are fractions in [0, 1]; everything is a closed formula, so two machines agree. No function panics or returns NaN: where
//! there is not a number there is `None`.

mod attribution;
pub(crate) mod contrast;
pub(crate) mod curve;
pub(crate) mod growth;
pub(crate) mod hops;
pub(crate) mod intervals;
mod isotonic;
pub(crate) mod letters;
mod limit;
mod loss;
pub(crate) mod lr_phases;
pub(crate) mod onset;
pub(crate) mod onset_words;
mod ratings;
pub(crate) mod regression;
pub(crate) mod sample;
mod score_curve;
mod search;
pub(crate) mod sharpness;
pub(crate) mod statistics;
mod student;
mod survival;
pub(crate) mod trend;
mod verdicts;
pub(crate) mod wobble;

pub use attribution::{PhaseProbabilities, anneal_weights, phase_probabilities};
pub use contrast::{Contrast, benjamini_hochberg, clustered_contrast, contrast, holm, mcnemar_exact};
pub use curve::{Curve, Noise};
pub use growth::{Growth, first_to_last_quarter, growth, last_quarter};
pub use hops::{Hops, hops};
pub use intervals::{
    Interval, PackInterval, clustered_se, clustered_wilson, effective_count, half_width, mean_se, pack_interval, wilson,
};
pub use isotonic::isotonic;
pub use letters::{
    EmergenceKind, LetterDecomposition, MetricEffect, Sighting, emergence_kind, letter_decomposition, metric_effect,
};
pub use limit::{Bound, Measured};
pub(crate) use loss::T8;
pub use loss::{LossSpike, Plateau, loss_spikes, plateau};
pub use lr_phases::lr_phases;
pub use onset::{Fit, Onset, Scale, Status, onset};
pub use ratings::{Game, Strengths, bradley_terry, cohen_kappa};
pub use regression::{Drop, worst_drop};
pub use sample::Sample;
pub use score_curve::{ScoreCurve, ScoreVerdict};
pub use search::{bracket_width, first_checkpoints, most_left, narrowing_checkpoint, next_checkpoint};
pub use sharpness::{Rise, Shape, Sharpness, Width, sharpness, sharpness_without_chance};
pub use statistics::{ALPHA, Z95};
pub(crate) use student::t_tail;
pub use survival::{Survival, pack_survival, survival};
pub use trend::{Trend, WindowGain, window_gain};
pub use verdicts::{VerdictHops, beyond_luck, rise_by_luck, verdict_hops};
pub use wobble::{Wobble, continuous_level, level, wobble};
