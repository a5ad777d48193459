//! What a training loss does between spikes.

use super::statistics::{mean, median};

/// Calm entries that a spike is measured against.
const WINDOW: usize = 50;

/// Entries after which noise with heavy tails has had more chances of a single high entry than the rules were made for.
const MANY: f64 = 100.0;

/// Their last entries: a loss that stops falling is above the line and not above these.
const LAST: usize = 10;
/// Before so many calm entries no height is a spike.
const FEWEST: usize = 30;

/// What a calm entry would be like.
#[derive(Clone, Copy)]
pub(super) struct Calm {
    expected: f64,
    /// Further above it is a spike, if the next entry is out too.
    spike: f64,
    /// The next one is out when it is further above than this.
    stays: f64,
    /// Further above a single entry is one.
    alone: f64,
    /// Back within this above it is a spike's end.
    over: f64,
}

impl Calm {
    /// The entry `at`, by those before it; with too few of them every number is calm.
    pub(super) fn of(calm: &[(f64, f64)], at: usize) -> Self {
        Self::on_line(calm, at).unwrap_or({
            let never = f64::INFINITY;
            Self { expected: 0.0, spike: never, stays: never, alone: never, over: never }
        })
    }

    fn on_line(calm: &[(f64, f64)], at: usize) -> Option<Self> {
        if calm.len() < FEWEST {
            return None;
        }
        let recent = &calm[calm.len().saturating_sub(WINDOW)..];
        let half = recent.len() / 2;
        let middle = |part: &[(f64, f64)]| -> Option<(f64, f64)> {
            let (x, y): (Vec<f64>, Vec<f64>) = part.iter().copied().unzip();
            Some((mean(&x)?, median(&y)?))
        };
        let (early, late) = (middle(&recent[..half])?, middle(&recent[recent.len() - half..])?);
        let slope = ((late.1 - early.1) / (late.0 - early.0)).min(0.0);
        let levelled: Vec<f64> = recent.iter().map(|(x, y)| y - slope * x).collect();
        let centre = median(&levelled)?;
        let away: Vec<f64> = levelled.iter().map(|value| (value - centre).abs()).collect();
        let (_, last) = middle(&recent[recent.len() - LAST..])?;
        let (sd, expected) = (1.4826 * median(&away)?, (centre + slope * at as f64).max(last));
        let (share, late) = (expected.abs(), sd * (at as f64 / MANY).powf(0.25).max(1.0));
        Some(Self {
            expected,
            spike: (6.0 * sd).max(0.05 * share),
            stays: (3.0 * late).max(0.025 * share),
            alone: (12.0 * late).max(0.1 * share),
            over: (3.0 * sd).max(0.025 * share),
        })
    }

    pub(super) fn is_spike(self, value: f64, next: Option<&f64>) -> bool {
        let out = value - self.expected;
        let stays = || next.is_some_and(|&next| !next.is_finite() || next - self.expected > self.stays);
        !value.is_finite() || out > self.alone || (out > self.spike && stays())
    }

    pub(super) fn is_calm(self, value: f64) -> bool {
        value - self.expected <= self.spike
    }

    pub(super) fn is_over(self, value: f64) -> bool {
        value.is_finite() && value - self.expected <= self.over
    }
}
