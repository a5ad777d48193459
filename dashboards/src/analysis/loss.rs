//! The training loss: spikes, collapse, plateau.

use serde::Serialize;

use super::statistics::{finite, line, mean, median};

/// Calm entries that a spike is measured against.
const WINDOW: usize = 50;
/// Their last entries: a loss that stops falling is above the line and not above these.
const LAST: usize = 10;
/// Before so many calm entries no height is a spike.
const FEWEST: usize = 30;
/// Before so many a loss that is not a number and comes back is none either: some trainers begin with one.
const FEWEST_NUMBERS: usize = 10;
/// A spike open for so many entries is a collapse.
const OPEN: usize = 50;
/// Entries after which noise with heavy tails has had more chances of a single high entry than the rules were made for.
const MANY: f64 = 100.0;
/// Blocks of a plateau's window.
const BLOCKS: usize = 10;
/// Entries that a plateau's window needs.
const PLATEAU_ENTRIES: usize = 20;
/// A loss that falls by less than this share of its mean per doubling of tokens stands still. Laws of training losses still fall
/// by more at 15 T tokens; 2 % is less than a healthy run falls by after some hundred billions.
const STANDS_STILL: f64 = 0.005;
/// 97.5 % point of Student's t with 8 degrees of freedom: of a line through ten blocks.
pub(crate) const T8: f64 = 2.306;

/// A spike of the loss, by index of the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LossSpike {
    /// Its first entry.
    pub from: usize,
    /// Its last entry.
    pub to: usize,
    /// The loss came back within 50 entries; if not, it is a collapse.
    pub recovered: bool,
}

/// Spikes of the loss inside one phase, in order.
///
/// A spike lies above the line through the last 50 calm entries (30 at least) by more than max(6 sd, 5 % of the line), sd = 1.4826 ·
/// median absolute deviation around the line; by less than max(12 sd·g, 10 %) it counts only if the next entry is out too, by more than
/// max(3 sd·g, 2.5 %), so that noise with heavy tails is none. Its tail falls as the fourth power or faster (Student's t with 4 degrees
/// of freedom), so `g = max(1, (i/100)^¼)` at entry i keeps a long log from more false spikes than a short one. It is over when the loss is back within max(3 sd, 2.5 %); open at the end of the log, or for 50
/// entries, it has not recovered. A loss that is not a finite number counts. The line has the slope between the medians of the
/// window's halves, at most 0: a flat middle would hide what rises on a falling loss, and a slow rise widens the deviation. Where it lies below the
/// median of the last ten calm entries those count: a loss that stops falling does not rise.
pub fn loss_spikes(loss: &[f64]) -> Vec<LossSpike> {
    let mut spikes: Vec<LossSpike> = Vec::new();
    let mut calm: Vec<(f64, f64)> = Vec::new(); // index and loss
    let mut open: Option<(usize, Calm)> = None;
    for (index, &value) in loss.iter().enumerate() {
        match open {
            None => {
                let typical = Calm::of(&calm, index);
                if typical.is_spike(value, loss.get(index + 1)) {
                    open = Some((index, typical));
                } else if typical.is_calm(value) {
                    calm.push((index as f64, value));
                }
            }
            Some((from, typical)) if typical.is_over(value) => {
                if calm.len() >= FEWEST_NUMBERS {
                    spikes.push(LossSpike { from, to: index - 1, recovered: index - from < OPEN });
                }
                calm.push((index as f64, value));
                open = None;
            }
            Some(_) => {}
        }
    }
    let to_the_end = open.filter(|_| !calm.is_empty()); // a column without a single number is a loss that was not logged
    spikes.extend(to_the_end.map(|(from, _)| LossSpike { from, to: loss.len() - 1, recovered: false }));
    spikes
}

/// What a calm entry would be like.
#[derive(Clone, Copy)]
struct Calm {
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
    fn of(calm: &[(f64, f64)], at: usize) -> Self {
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

    fn is_spike(self, value: f64, next: Option<&f64>) -> bool {
        let out = value - self.expected;
        let stays = || next.is_some_and(|&next| !next.is_finite() || next - self.expected > self.stays);
        !value.is_finite() || out > self.alone || (out > self.spike && stays())
    }

    fn is_calm(self, value: f64) -> bool {
        value - self.expected <= self.spike
    }

    fn is_over(self, value: f64) -> bool {
        value.is_finite() && value - self.expected <= self.over
    }
}

/// Whether the loss still falls at the end of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Plateau {
    /// Change of the loss per doubling of tokens.
    pub slope: f64,
    /// Its standard error.
    pub se: f64,
    /// It surely falls by less than half a per cent of the mean loss per doubling.
    pub plateau: bool,
    /// Mean loss of its blocks.
    #[serde(skip)]
    pub mean: f64,
    /// Doublings of tokens between its first and its last entry.
    #[serde(skip)]
    pub doublings: f64,
}

/// The slope of the loss over the last half of a phase, by tokens: one doubling, where the phase began early.
///
/// At least 20 entries, 10 blocks of equal count (what does not divide is left out at the front), least squares of block means on
/// block means of log2 tokens; a plateau when `slope − 2.306 se > −.5 %` of the mean loss. Entries without tokens or a finite loss
/// are skipped; `None` with fewer than 20.
pub fn plateau(tokens: &[f64], loss: &[f64]) -> Option<Plateau> {
    let entries = tokens.iter().copied().zip(loss.iter().copied());
    let entries: Vec<(f64, f64)> = entries.filter(|(t, l)| *t > 0.0 && t.is_finite() && l.is_finite()).collect();
    let (first, last) = (entries.first()?.0, entries.last()?.0);
    let from = first + 0.5 * (last - first);
    let recent: Vec<(f64, f64)> = entries.into_iter().filter(|entry| entry.0 >= from).collect();
    if recent.len() < PLATEAU_ENTRIES {
        return None;
    }
    let size = recent.len() / BLOCKS;
    let even = &recent[recent.len() - size * BLOCKS..];
    let block = |of: fn(&(f64, f64)) -> f64| -> Option<Vec<f64>> {
        even.chunks(size).map(|block| mean(&block.iter().map(of).collect::<Vec<_>>())).collect()
    };
    let (x, y) = (block(|entry| entry.0.log2())?, block(|entry| entry.1)?);
    let line = line(&x, &y)?;
    let (slope, se) = (line.slope, line.slope_error?);
    let typical = finite(mean(&y)?)?;
    let doublings = (last / even.first()?.0).log2();
    Some(Plateau { slope, se, plateau: slope - T8 * se > -STANDS_STILL * typical.abs(), mean: typical, doublings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_spike_open_for_fifty_entries_is_a_collapse() {
        let mut loss = vec![2.0; 30];
        loss.extend(vec![6.0; 60]);
        loss.extend(vec![2.0; 20]);
        assert_eq!(loss_spikes(&loss), [LossSpike { from: 30, to: 89, recovered: false }]);
    }

    #[test]
    fn little_is_said_before_thirty_calm_entries() {
        let none = f64::NAN;
        assert!(loss_spikes(&[2.0, 2.0, 9.0, none, 2.0]).is_empty(), "it came back");
        assert!(loss_spikes(&[]).is_empty());
        assert!(loss_spikes(&[none; 40]).is_empty(), "a loss that was never logged");
        let to_the_end = [LossSpike { from: 2, to: 4, recovered: false }];
        assert_eq!(loss_spikes(&[2.0, 2.0, none, none, none]), to_the_end, "no number is none from the start");
    }

    #[test]
    fn a_fall_that_ends_is_no_rise() {
        let noise = |k: u32| 0.004 * (f64::from(k) * 2.4).sin();
        for kink in (60..150).step_by(7) {
            let loss: Vec<f64> = (0..300).map(|k| 3.0 - 0.015 * f64::from(k.min(kink)) + noise(k)).collect();
            assert!(loss_spikes(&loss).is_empty(), "it falls to entry {kink}: {:?}", loss_spikes(&loss));
        }
    }

    #[test]
    fn one_entry_counts_from_twice_the_threshold_on() {
        let spikes = |high: &[f64]| {
            let mut loss = vec![2.0; 40];
            loss.splice(35..35, high.iter().copied());
            loss_spikes(&loss).len()
        };
        assert_eq!([&[2.15][..], &[2.25], &[2.15, 2.15], &[2.15, 2.0, 2.15]].map(spikes), [0, 1, 1, 0]);
    }

    #[test]
    fn a_single_entry_must_be_higher_in_a_long_log() {
        let spikes = |at: usize, high: &[f64]| {
            let mut loss: Vec<f64> = (0..at + 40).map(|k| if k % 2 == 0 { 2.02 } else { 1.98 }).collect(); // sd .03
            loss.splice(at..at, high.iter().copied());
            loss_spikes(&loss).len()
        };
        assert_eq!([90, 1600].map(|at| spikes(at, &[2.5])), [1, 0], "16.9 sd: more than 12, less than 24");
        assert_eq!([90, 1600].map(|at| spikes(at, &[2.8])), [1, 1]);
        assert_eq!([90, 1600].map(|at| spikes(at, &[2.3, 2.13])), [1, 0], "the second is 4.4 sd out");
        assert_eq!([90, 1600].map(|at| spikes(at, &[2.3, 2.3])), [1, 1]);
    }

    proptest! {
        #[test]
        fn any_loss_gives_ordered_spikes(loss in prop::collection::vec(prop::num::f64::ANY, 0..120)) {
            let found = loss_spikes(&loss);
            prop_assert!(found.iter().all(|spike| spike.from <= spike.to && spike.to < loss.len()));
            prop_assert!(found.windows(2).all(|pair| pair[0].to < pair[1].from));
            prop_assert!(plateau(&loss, &loss).is_none_or(|p| p.slope.is_finite() && p.se.is_finite()));
        }
    }
}
