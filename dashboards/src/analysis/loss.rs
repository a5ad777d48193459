//! The training loss: spikes, collapse, plateau.

use super::moments::{finite, line, mean, median};
use serde::Serialize;

/// Calm entries that a spike is measured against.
const WINDOW: usize = 50;
/// Before so many calm entries nothing is said.
const FEWEST: usize = 10;
/// A spike open for so many entries is a collapse.
const OPEN: usize = 50;
/// Blocks of a plateau's window.
const BLOCKS: usize = 10;
/// Entries that a plateau's window needs.
const PLATEAU_ENTRIES: usize = 20;
/// 97.5 % point of Student's t with 8 degrees of freedom.
const T8: f64 = 2.306;

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
/// Above the median m of the last 50 calm entries (10 at least) by more than max(6 sd, 5 % of m), sd = 1.4826 · median absolute
/// deviation; a loss that is no finite number counts. It is over when the loss is back within max(3 sd, 2.5 % of m); open at the
/// end of the log, or for 50 entries, it has not recovered. RUN.md §14.
pub fn loss_spikes(loss: &[f64]) -> Vec<LossSpike> {
    let mut spikes: Vec<LossSpike> = Vec::new();
    let mut calm: Vec<f64> = Vec::new();
    let mut open: Option<(usize, Calm)> = None;
    for (index, &value) in loss.iter().enumerate() {
        match open {
            None => match Calm::of(&calm) {
                Some(typical) if !value.is_finite() || value - typical.median > typical.spike => {
                    open = Some((index, typical));
                }
                None if !value.is_finite() => {} // too early to tell a spike, and no calm entry either
                _ => calm.push(value),
            },
            Some((from, typical)) if value.is_finite() && value - typical.median <= typical.over => {
                spikes.push(LossSpike { from, to: index - 1, recovered: index - from < OPEN });
                calm.push(value);
                open = None;
            }
            Some(_) => {}
        }
    }
    spikes.extend(open.map(|(from, _)| LossSpike { from, to: loss.len() - 1, recovered: false }));
    spikes
}

/// What calm entries look like.
#[derive(Clone, Copy)]
struct Calm {
    median: f64,
    /// Further above the median is a spike.
    spike: f64,
    /// Back within this above the median is its end.
    over: f64,
}

impl Calm {
    fn of(calm: &[f64]) -> Option<Self> {
        if calm.len() < FEWEST {
            return None;
        }
        let recent = &calm[calm.len().saturating_sub(WINDOW)..];
        let middle = median(recent)?;
        let away: Vec<f64> = recent.iter().map(|value| (value - middle).abs()).collect();
        let sd = 1.4826 * median(&away)?;
        Some(Self { median: middle, spike: (6.0 * sd).max(0.05 * middle), over: (3.0 * sd).max(0.025 * middle) })
    }
}

/// Whether the loss still falls at the end of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Plateau {
    /// Change of the loss per doubling of tokens.
    pub slope: f64,
    /// Its standard error.
    pub se: f64,
    /// It no longer falls by 2 % of the mean loss per doubling.
    pub plateau: bool,
}

/// The slope of the loss over the last fifth of a phase, by tokens.
///
/// At least 20 entries, 10 blocks of equal count (what does not divide is left out at the front), least squares of block means on
/// block means of log2 tokens; a plateau when `slope − 2.306 se > −2 %` of the mean loss. RUN.md §14. Entries without tokens or a
/// finite loss are skipped; `None` with fewer than 20.
pub fn plateau(tokens: &[f64], loss: &[f64]) -> Option<Plateau> {
    let entries = tokens.iter().copied().zip(loss.iter().copied());
    let entries: Vec<(f64, f64)> = entries.filter(|(t, l)| *t > 0.0 && t.is_finite() && l.is_finite()).collect();
    let (first, last) = (entries.first()?.0, entries.last()?.0);
    let from = first + 0.8 * (last - first);
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
    Some(Plateau { slope, se, plateau: slope - T8 * se > -0.02 * typical })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_spike_open_for_fifty_entries_is_a_collapse() {
        let mut loss = vec![2.0; 20];
        loss.extend(vec![6.0; 60]);
        loss.extend(vec![2.0; 20]);
        assert_eq!(loss_spikes(&loss), [LossSpike { from: 20, to: 79, recovered: false }]);
    }

    #[test]
    fn nothing_is_said_before_ten_calm_entries() {
        assert!(loss_spikes(&[2.0, 2.0, 9.0, f64::NAN, 2.0]).is_empty());
        assert!(loss_spikes(&[]).is_empty());
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
