//! The wobble of a curve before it jumps.

use super::statistics::{finite, mean, median};
use super::wobble::{NU0, WOBBLE0, Z_RISE};

/// Fewer steps do not tell a jump from the rest.
const TELLS_JUMP: usize = 4;

/// Standard deviation of the wobble before an ability came: of the points `y`, in order of tokens, up to the one before the first that
/// is clearly above.
///
/// A curve at chance steps up by noise as it steps down, so all m steps count, around the mean step: even growth is no wobble.
/// `sd² = (2·.01² + (m−1)·max(0, (var(D) − item)/2)) / (m+1)`, var over m−1. `item` is the variance that items give a step. Few items
/// see a jump some points before they are sure of it, and the jump is no wobble either: the largest of four steps or more, when the
/// median of the points after it is over `level` and it exceeds the mean of the others by more than `3.5 √(item + 2 sd²)`, sd theirs, is left out. `None` below two
/// steps.
pub(crate) fn wobble_before(y: &[f64], item: f64, level: f64) -> Option<f64> {
    let mut steps: Vec<f64> = y.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let all = wobble_of_steps(&steps, item)?;
    let (largest, jump) = steps.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let stays = median(&y[largest + 1..]).is_some_and(|median| median > level);
    if steps.len() < TELLS_JUMP || !stays {
        return Some(all);
    }
    steps.swap_remove(largest);
    let rest = wobble_of_steps(&steps, item)?;
    let is_rise = jump - mean(&steps)? > Z_RISE * (item + 2.0 * rest * rest).sqrt();
    Some(if is_rise { rest } else { all })
}

fn wobble_of_steps(steps: &[f64], item: f64) -> Option<f64> {
    let m = steps.len() as f64;
    let centre = mean(steps).filter(|_| steps.len() > 1)?;
    let var = steps.iter().map(|step| (step - centre).powi(2)).sum::<f64>() / (m - 1.0);
    let own = ((var - item) / 2.0).max(0.0);
    finite(((NU0 * WOBBLE0 * WOBBLE0 + (m - 1.0) * own) / (NU0 + m - 1.0)).sqrt())
}
