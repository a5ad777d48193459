//! What a change along a curve is read from: the same items at each checkpoint, or no more than their scores.

use std::borrow::Cow;
use std::ops::Range;

use super::contrast::{Contrast, clustered_contrast, contrast};
use super::intervals::{clustered_se, mean_se};
use super::statistics::{finite, mean};

/// The checkpoints of a curve, in order of tokens.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample<'a> {
    /// The value of every item at each of them, the same items at all.
    Items {
        /// A row a checkpoint.
        rows: Vec<Cow<'a, [f64]>>,
        /// What each item shares with others, where items hang together.
        clusters: Option<Cow<'a, [u64]>>,
    },
    /// The score of each and its variance; which items agree is not known.
    Scores {
        /// The scores.
        score: Vec<f64>,
        /// Beside each the square of its standard error.
        variance: Vec<f64>,
    },
}

impl Sample<'_> {
    /// How many checkpoints there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Items { rows, .. } => rows.len(),
            Self::Scores { score, .. } => score.len(),
        }
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Score of checkpoint `k`.
    pub(crate) fn score(&self, k: usize) -> f64 {
        match self {
            Self::Items { rows, .. } => mean(&rows[k]).unwrap_or(f64::NAN),
            Self::Scores { score, .. } => score[k],
        }
    }

    /// The [`contrast`] `Σ weights_k score_k` over `points`, over items exactly, whatever their memory from checkpoint to checkpoint;
    /// of scores alone `SE² = Σ weights_k² variance_k + wobble² Σ weights_k²`.
    pub(crate) fn contrast(&self, points: Range<usize>, weights: &[f64], wobble: f64) -> Option<Contrast> {
        match self {
            Self::Items { rows, clusters } => {
                let rows: Vec<&[f64]> = rows[points].iter().map(AsRef::as_ref).collect();
                match clusters {
                    Some(clusters) => clustered_contrast(weights, &rows, wobble, clusters),
                    None => contrast(weights, &rows, wobble),
                }
            }
            Self::Scores { score, variance } => {
                let square = |(w, variance): (&f64, &f64)| w * w * (variance + wobble * wobble);
                let se: f64 = weights.iter().zip(&variance[points.clone()]).map(square).sum::<f64>().sqrt();
                let value = weights.iter().zip(&score[points]).map(|(w, y)| w * y).sum();
                Some(Contrast { value: finite(value)?, se: finite(se)? })
            }
        }
    }

    /// Variance that items give one checkpoint's score around those of the others in `points`: what every item has at all of them is
    /// no noise.
    pub(crate) fn item_variance(&self, points: Range<usize>) -> f64 {
        let count = points.len() as f64;
        match self {
            Self::Items { rows, clusters } => {
                let rows = &rows[points];
                let items = rows.first().map_or(0, |row| row.len());
                let usual: Vec<f64> = (0..items).map(|i| rows.iter().map(|row| row[i]).sum::<f64>() / count).collect();
                let of_row = |row: &Cow<'_, [f64]>| {
                    let off: Vec<f64> = row.iter().zip(&usual).map(|(x, usual)| x - usual).collect();
                    let se = match clusters {
                        Some(clusters) => clustered_se(&off, clusters),
                        None => mean_se(&off).1,
                    };
                    se.map_or(0.0, |se| se * se)
                };
                let all: Vec<f64> = rows.iter().map(of_row).collect();
                mean(&all).map_or(0.0, |mean| mean * count / (count - 1.0))
            }
            Self::Scores { variance, .. } => mean(&variance[points]).unwrap_or(0.0),
        }
    }
}
