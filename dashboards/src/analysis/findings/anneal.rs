//! What a branch added beyond the trunk.

use super::items::ItemScores;
use super::path::{Difference, phase_at};
use super::series::Series;
use crate::analysis::anneal_weights;
use crate::run::{Branch, Run};
use serde::Serialize;

/// What a branch's end is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The parent at equal tokens, measured there or between two of its points.
    EqualTokens,
    /// The parent's trend, drawn on to the branch's tokens.
    Trend,
    /// The fork: the gain includes what the extra tokens gave.
    Fork,
}

/// A branch's end against its parent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BranchGain {
    /// The branch.
    pub branch: String,
    /// The branch it left.
    pub parent: String,
    /// Tokens of its end.
    pub tokens: u64,
    /// What it is compared with.
    pub basis: Basis,
    /// Branch minus parent, wobble included; positive is better.
    pub gain: Difference,
}

/// The branch's last point minus what its parent has, or would have, at equal tokens.
///
/// The trend is that of the phase the branch leaves; where it cannot be drawn, the fork is taken instead. SPEC.md §6.
pub(crate) fn branch_gain(run: &Run, series: &Series<'_>, branch: &Branch, wobble: f64) -> Option<BranchGain> {
    let fork = branch.fork.as_ref()?;
    let parent = run.tree.branch(&fork.branch)?;
    let own = series.path(&run.tree, &branch.name);
    let (end, newest) = own.last().filter(|(checkpoint, _)| checkpoint.branch == branch.name)?;
    let trunk = series.path(&run.tree, &parent.name);
    let ahead = trunk.last().is_none_or(|(checkpoint, _)| checkpoint.tokens < end.tokens);
    let leaves = phase_at(parent, fork.tokens).map_or(0..u64::MAX, |(_, range)| range);
    let trend: Vec<_> = trunk.iter().filter(|(c, _)| !ahead || leaves.contains(&c.tokens)).collect();
    let tokens: Vec<u64> = trend.iter().map(|(checkpoint, _)| checkpoint.tokens).collect();
    let difference = |before: Vec<(&ItemScores, f64)>| {
        let (mut points, mut weights): (Vec<&ItemScores>, Vec<f64>) = before.into_iter().unzip();
        for weight in &mut weights {
            *weight *= -series.orientation();
        }
        points.push(&newest.items);
        weights.push(series.orientation());
        Difference::of(&points, &weights, wobble)
    };
    let expected = anneal_weights(&tokens, end.tokens).and_then(|weights| {
        let weighed = trend.iter().zip(weights).filter(|(_, weight)| *weight != 0.0);
        difference(weighed.map(|((_, point), weight)| (&point.items, weight)).collect())
    });
    let (basis, gain) = if let Some(gain) = expected {
        (if ahead { Basis::Trend } else { Basis::EqualTokens }, gain)
    } else {
        let (_, at_fork) = own.iter().rfind(|(checkpoint, _)| checkpoint.tokens <= fork.tokens)?;
        (Basis::Fork, difference(vec![(&at_fork.items, 1.0)])?)
    };
    Some(BranchGain { branch: branch.name.clone(), parent: parent.name.clone(), tokens: end.tokens, basis, gain })
}
