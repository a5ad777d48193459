//! Stickiness: how many turns a persona is kept.

use serde::Serialize;
use spyglass_tasks::vibes::PackSummary;

use super::confidence::Z95;
use super::intervals::wilson;
use super::statistics::finite;

/// Kaplan and Meier's estimate over the turns of conversations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survival {
    /// For each turn: the turn, the share of talks that still keep the persona, and its 95 % interval.
    pub rows: Vec<(usize, f64, f64, f64)>,
    /// First turn at which half have dropped it; `None`: longer than the talks.
    pub median: Option<usize>,
    /// Turns kept on average within the talks' length.
    pub mean: f64,
}

/// A conversation that keeps its persona for `turns_kept` turns, then drops it (`dropped`) or ends.
///
/// With d of n talks at risk dropping it at turn t: S(t) = Π(1 − d/n). Interval: log-log with Greenwood's variance Σ d/(n(n−d))
/// (Kalbfleisch and Prentice); S = 1: Wilson of n of n; S = 0: Wilson of 0 of n, n being the talks at risk. `weight` is 1/R for
/// talks repeated R times, so that prompts are counted; 1 unless given. METHODS.md §15. Talks with a weight that is no positive number
/// are left out; `None` without talks.
pub fn survival(turns_kept: &[usize], dropped: &[bool], weight: Option<&[f64]>) -> Option<Survival> {
    let talks = turns_kept.iter().zip(dropped).enumerate();
    let talks =
        talks.map(|(index, (&kept, &dropped))| (kept, dropped, weight.map_or(Some(1.0), |w| w.get(index).copied())));
    let talks: Vec<(usize, bool, f64)> = talks
        .filter_map(|(kept, dropped, weight)| Some((kept, dropped, weight.filter(|w| *w > 0.0 && w.is_finite())?)))
        .collect();
    let longest = talks.iter().map(|(kept, dropped, _)| kept.saturating_add(usize::from(*dropped))).max()?;
    let (mut share, mut greenwood, mut turns) = (1.0, 0.0, 0.0);
    let (mut rows, mut median) = (Vec::new(), None);
    for turn in 1..=longest {
        // At risk: who kept it through the turn, and who dropped it at this one.
        let at_risk: f64 = talks.iter().filter(|t| t.0 >= turn || (t.1 && t.0 + 1 == turn)).map(|t| t.2).sum();
        let lost: f64 = talks.iter().filter(|t| t.1 && t.0 + 1 == turn).map(|t| t.2).sum();
        if at_risk <= 0.0 {
            break;
        }
        turns += share;
        let left = (at_risk - lost).max(0.0);
        share *= left / at_risk;
        if left > 0.0 {
            greenwood += lost / (at_risk * left);
        }
        let (low, high) = interval(share, greenwood, at_risk)?;
        rows.push((turn, share, low, high));
        if share <= 0.5 && median.is_none() {
            median = Some(turn);
        }
    }
    Some(Survival { rows, median, mean: turns })
}

/// [`survival`] of a pack's conversations with a persona: prompts are counted, not their repeats.
pub fn pack_survival(summary: &PackSummary) -> Option<Survival> {
    let talks = &summary.talks;
    let kept: Vec<usize> = talks.iter().map(|talk| talk.turns_kept).collect();
    let dropped: Vec<bool> = talks.iter().map(|talk| talk.dropped).collect();
    let weights: Vec<f64> = talks.iter().map(|talk| talk.weight).collect();
    survival(&kept, &dropped, Some(&weights))
}

fn interval(share: f64, greenwood: f64, at_risk: f64) -> Option<(f64, f64)> {
    if share <= 0.0 || share >= 1.0 {
        return wilson(share.clamp(0.0, 1.0), at_risk, Z95);
    }
    let stretch = Z95 * greenwood.sqrt() / share.ln().abs();
    Some((finite(share.powf(stretch.exp()))?, finite(share.powf((-stretch).exp()))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_never_rise_and_lie_in_their_intervals(talks in prop::collection::vec((0_usize..8, any::<bool>(), 0.1..2.0_f64), 1..30)) {
            let kept: Vec<usize> = talks.iter().map(|t| t.0).collect();
            let dropped: Vec<bool> = talks.iter().map(|t| t.1).collect();
            let weight: Vec<f64> = talks.iter().map(|t| t.2).collect();
            let found = survival(&kept, &dropped, Some(&weight)).unwrap();
            prop_assert!(found.rows.windows(2).all(|pair| pair[1].1 <= pair[0].1 + 1e-12));
            prop_assert!(found.rows.iter().all(|r| r.2 <= r.1 + 1e-12 && r.1 <= r.3 + 1e-12));
        }
    }

    #[test]
    fn no_talk_no_number() {
        assert_eq!(survival(&[], &[], None), None);
        assert_eq!(survival(&[3], &[true], Some(&[0.0])), None);
    }
}
