//! The raters: whether they agree, and how each of them votes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::{Z95, circles, wilson};
use crate::number::percent;
use crate::run::{Rating, RatingPlace};

/// How one rater votes.
#[derive(Debug, Serialize)]
pub(super) struct RaterRow {
    rater: String,
    stars: usize,
    pairs: usize,
    ties: usize,
    /// Of the pairs that were decided, the share that went to the left side, which was drawn by lot.
    left: String,
    /// The interval of that share does not hold one half.
    is_biased: bool,
    /// Of three checkpoints' pairs on one conversation, those that go in a circle.
    circles: String,
}

/// Each rater, by name.
pub(super) fn raters(ratings: &[&Rating]) -> Vec<RaterRow> {
    let mut by_name: BTreeMap<&str, Vec<&Rating>> = BTreeMap::new();
    for rating in ratings {
        by_name.entry(&rating.rater).or_default().push(rating);
    }
    by_name.into_iter().map(|(rater, own)| row(rater, &own)).collect()
}

fn row(rater: &str, own: &[&Rating]) -> RaterRow {
    let games: Vec<_> = own.iter().filter_map(|rating| Some((rating.talk(), rating.game()?))).collect();
    let decided = || games.iter().filter(|(_, (.., score))| (score - 0.5).abs() > 0.1);
    let (all, left) = (decided().count(), decided().filter(|(_, (.., score))| *score > 0.5).count());
    let share = wilson(left as f64 / all as f64, all as f64, Z95);
    let mut wins: BTreeMap<&str, Vec<(&RatingPlace, &RatingPlace)>> = BTreeMap::new();
    for (talk, (a, b, score)) in decided() {
        wins.entry(talk).or_default().push(if *score > 0.5 { (a, b) } else { (b, a) });
    }
    let found = wins.values().map(|wins| circles(wins)).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    RaterRow {
        rater: rater.to_owned(),
        stars: own.len() - games.len(),
        pairs: games.len(),
        ties: games.len() - all,
        left: share.as_ref().map_or_else(String::new, |share| {
            let [value, low, high] = [left as f64 / all as f64, share.0, share.1].map(percent);
            format!("{value} % ({low} to {high})")
        }),
        is_biased: share.is_some_and(|share| share.0 > 0.5 || share.1 < 0.5),
        circles: if found.1 == 0 { String::new() } else { format!("{} of {}", found.0, found.1) },
    }
}

/// Krippendorff's α over the pairs that several raters judged, in words. A verdict is −1, 0 or 1: for the checkpoint of fewer tokens,
/// neither, or the one of more, whichever side it stood on.
pub(super) fn agreement(ratings: &[&Rating], tokens_of: impl Fn(&RatingPlace) -> u64) -> String {
    let mut judged: BTreeMap<(String, &RatingPlace, &RatingPlace), BTreeMap<&str, f64>> = BTreeMap::new();
    for rating in ratings {
        let Some((a, b, score)) = rating.game() else { continue };
        let in_order = (tokens_of(a), a) <= (tokens_of(b), b);
        let (a, b, score) = if in_order { (a, b, score) } else { (b, a, 1.0 - score) };
        judged.entry((rating.talk(), a, b)).or_default().insert(&rating.rater, 1.0 - 2.0 * score);
    }
    let things: Vec<Vec<f64>> = judged.into_values().map(|votes| votes.into_values().collect()).collect();
    match crate::analysis::agreement(&things) {
        None => "no ten pairs were judged by two raters yet".into(),
        Some(found) => format!(
            "Krippendorff's α = {:.2} (95 % {:.2} to {:.2}) on {} pairs that two or more raters judged",
            found.alpha, found.low, found.high, found.things
        )
        .replace('-', "−"),
    }
}
