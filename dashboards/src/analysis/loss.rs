//! The training loss: spikes, collapse, plateau.

use serde::Serialize;

use super::calm::Calm;

/// Before so many a loss that is not a number and comes back is none either: some trainers begin with one.
const FEWEST_NUMBERS: usize = 10;
/// A spike open for so many entries is a collapse.
const OPEN: usize = 50;

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

#[cfg(test)]
mod tests;
