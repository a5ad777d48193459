//! A training loss that stands still.

use serde::Serialize;

use super::line::line;
use super::statistics::{finite, mean};

/// Blocks of a plateau's window.
const BLOCKS: usize = 10;
/// Entries that a plateau's window needs.
const PLATEAU_ENTRIES: usize = 20;
/// A loss that falls by less than this share of its mean per doubling of tokens stands still. Laws of training losses still fall
/// by more at 15 T tokens; 2 % is less than a healthy run falls by after some hundred billions.
const STANDS_STILL: f64 = 0.005;
/// 97.5 % point of Student's t with 8 degrees of freedom: of a line through ten blocks.
pub(crate) const T8: f64 = 2.306;

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
