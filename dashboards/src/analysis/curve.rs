//! A curve: scores against tokens seen, with what each is worth.

/// What each point of a curve is worth.
#[derive(Debug, Clone, PartialEq)]
pub enum Noise {
    /// Shares in [0, 1] of so many items each (effective counts where items hang together).
    Items(Vec<f64>),
    /// Continuous values with these standard errors.
    StandardErrors(Vec<f64>),
}

/// One metric of one task along one path (the trunk up to the fork, then the branch).
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Tokens seen, ascending, each once.
    pub tokens: Vec<u64>,
    /// Scores; one that is not a finite number is a missing point.
    pub score: Vec<f64>,
    /// What each is worth.
    pub noise: Noise,
    /// Score of guessing.
    pub chance: f64,
    /// The level above chance that counts as an onset; found from items and wobble when not given.
    pub delta: Option<f64>,
    /// Variance of the mean paired difference between each point *that has a score* and the next one that has; from item records.
    pub item_diff_var: Option<Vec<f64>>,
}

impl Curve {
    /// The points that count: a finite score, of at least one item (or with a finite standard error).
    pub(crate) fn usable(&self) -> Vec<usize> {
        let worth = |index: usize| match &self.noise {
            Noise::Items(n) => n.get(index).is_some_and(|n| *n >= 1.0 && n.is_finite()),
            Noise::StandardErrors(se) => se.get(index).is_some_and(|se| *se >= 0.0 && se.is_finite()),
        };
        let count = self.tokens.len().min(self.score.len());
        (0..count).filter(|&index| self.score[index].is_finite() && worth(index)).collect()
    }

    /// Standard deviation of point `index` at a true value of `level`: item noise and wobble together.
    pub(crate) fn spread(&self, index: usize, level: f64, wobble_sd: f64) -> f64 {
        let items = match &self.noise {
            Noise::Items(n) => (level * (1.0 - level)).max(0.0) / n[index],
            Noise::StandardErrors(se) => se[index] * se[index],
        };
        (items + wobble_sd * wobble_sd).sqrt()
    }

    /// What each of `points` weighs in the fit: its items; continuous values weigh the same.
    pub(crate) fn weights(&self, points: &[usize]) -> Vec<f64> {
        match &self.noise {
            Noise::Items(n) => points.iter().map(|&index| n[index]).collect(),
            Noise::StandardErrors(_) => vec![1.0; points.len()],
        }
    }

    /// Scores of `points`.
    pub(crate) fn scores(&self, points: &[usize]) -> Vec<f64> {
        points.iter().map(|&index| self.score[index]).collect()
    }

    /// Tokens of `points`.
    pub(crate) fn tokens_at(&self, points: &[usize]) -> Vec<u64> {
        points.iter().map(|&index| self.tokens[index]).collect()
    }
}
