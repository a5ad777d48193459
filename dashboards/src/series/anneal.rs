//! What a branch added beyond the trunk.

use serde::Serialize;

use super::calm::{since_onset, wobble_near};
use super::items::ItemScores;
use super::path::{PathFindings, around, phase_at};
use super::path_point::Difference;
use super::values::Series;
use crate::analysis::anneal_weights;
use crate::analysis::confidence::Z95;
use crate::analysis::intervals::Interval;
use crate::analysis::wobble::Step;
use crate::run::{Branch, Run};

/// What a branch's end is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    /// The same with item noise alone, as `spyglass compare` asks: whether these weights differ on items like these.
    pub of_weights: Difference,
    /// The interval that holds for all gains told beside each other.
    pub together: Interval,
    /// How many those are.
    pub beside: usize,
    /// Sum of the squares of what the points weigh: how much of the wobble's variance is in the gain's.
    pub(crate) squares: f64,
}

impl BranchGain {
    /// News: surely no zero, beside all others.
    pub fn is_clear(&self) -> bool {
        self.together.0 > 0.0 || self.together.1 < 0.0
    }
}

/// The branch's last point minus what its parent has, or would have, at equal tokens.
///
/// The trend is that of the phase the branch leaves; where it cannot be drawn, the fork is taken instead. METHODS.md §6. The wobble is that
/// of the parent and of the branch's own calm steps (`paths` holds both): the fall after a rate is raised again is what the branch
/// does, not noise.
pub(crate) fn branch_gain(
    run: &Run,
    series: &Series<'_>,
    branch: &Branch,
    paths: &[PathFindings],
) -> Option<BranchGain> {
    let fork = branch.fork.as_ref()?;
    let parent = run.tree.branch(&fork.branch)?;
    let own = series.path(&run.tree, &branch.name);
    let (end, newest) = own.last().filter(|(checkpoint, _)| checkpoint.branch == branch.name)?;
    let trunk = series.path(&run.tree, &parent.name);
    let ahead = trunk.last().is_none_or(|(checkpoint, _)| checkpoint.tokens < end.tokens);
    let leaves = phase_at(parent, fork.tokens).map_or(0..u64::MAX, |(_, range)| range);
    let trend: Vec<_> = trunk.iter().filter(|(c, _)| !ahead || leaves.contains(&c.tokens)).collect();
    let tokens: Vec<u64> = trend.iter().map(|(checkpoint, _)| checkpoint.tokens).collect();
    let expected = anneal_weights(&tokens, end.tokens).and_then(|weights| {
        let weighed = trend.iter().zip(weights).filter(|(_, weight)| *weight != 0.0);
        let before: Vec<_> = weighed.map(|((_, point), weight)| (&point.items, weight)).collect();
        Some((of_weights(series, &before, &newest.items)?, before))
    });
    let basis = if ahead { Basis::Trend } else { Basis::EqualTokens };
    let (basis, of_weights, before) = if let Some((difference, before)) = expected {
        (basis, difference, before)
    } else {
        let (_, at_fork) = own.iter().rfind(|(checkpoint, _)| checkpoint.tokens <= fork.tokens)?;
        let before = vec![(&at_fork.items, 1.0)];
        (Basis::Fork, of_weights(series, &before, &newest.items)?, before)
    };
    let squares = 1.0 + before.iter().map(|(_, weight)| weight * weight).sum::<f64>();
    let noise = wobble_near(&steps(paths, branch, parent), spread_at(series, newest.estimate.value, of_weights.value));
    let se = (of_weights.se * of_weights.se + noise * noise * squares).sqrt();
    let gain = Difference { se, interval: around(of_weights.value, Z95 * se), ..of_weights };
    Some(BranchGain {
        branch: branch.name.clone(),
        parent: parent.name.clone(),
        tokens: end.tokens,
        basis,
        together: gain.interval,
        gain,
        of_weights,
        beside: 1,
        squares,
    })
}

/// The newest point minus the weighed ones before, oriented so that more is better, with item noise alone.
fn of_weights(series: &Series<'_>, before: &[(&ItemScores, f64)], newest: &ItemScores) -> Option<Difference> {
    let (mut points, mut weights): (Vec<&ItemScores>, Vec<f64>) =
        before.iter().map(|(point, weight)| (*point, -weight * series.orientation())).unzip();
    points.push(newest);
    weights.push(series.orientation());
    Difference::of(&points, &weights, 0.0)
}

/// Calm steps of the parent's path since its onset, and those of the branch itself.
fn steps(paths: &[PathFindings], branch: &Branch, parent: &Branch) -> Vec<Step> {
    let of = |name: &str| paths.iter().find(|path| path.branch == name);
    let parents = of(&parent.name).map(|path| since_onset(&path.calm, &path.curve, path.onset.as_ref()));
    let own = of(&branch.name);
    // Without a path of the parent's own, what the branch has of it stands in.
    let from = own.filter(|_| parents.is_some()).map_or(0, |path| path.own_from);
    let own = own.into_iter().flat_map(|path| &path.calm).filter(|step| step.from >= from).copied();
    parents.into_iter().flatten().chain(own).collect()
}

/// The share, of the branch's and the parent's, at which more items can change; `None` for what is no share.
fn spread_at(series: &Series<'_>, newest: f64, gain: f64) -> Option<f64> {
    let parents = (newest - gain).clamp(0.0, 1.0);
    let nearer_half = if (newest - 0.5).abs() < (parents - 0.5).abs() { newest } else { parents };
    series.is_share().then_some(nearer_half)
}
