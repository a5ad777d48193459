//! What readers thought of it: the chance that a checkpoint beats the first, and whether the raters agree.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::statistics::mean;
use crate::analysis::{Game, bradley_terry, cohen_kappa};
use crate::number::{percent, tokens};
use crate::run::{Checkpoint, Rating, RatingPlace, Run};

/// What the template shows of the ratings.
#[derive(Debug, Serialize)]
pub(super) struct RatingsPage {
    raters: usize,
    votes: usize,
    rows: Vec<RatingRow>,
    agreement: String,
    /// Votes on checkpoints that the run does not have, which count nowhere.
    elsewhere: usize,
}

#[derive(Debug, Serialize)]
struct RatingRow {
    place: String,
    beats: String,
    mean: String,
    votes: usize,
}

impl RatingsPage {
    /// `None` where nobody rated anything.
    pub(super) fn of(run: &Run) -> Option<Self> {
        if run.ratings.is_empty() {
            return None;
        }
        let tokens_of = |place: &RatingPlace| {
            let checkpoints = &run.tree.branch(&place.branch)?.checkpoints;
            let is_it = |c: &&Checkpoint| c.step == place.step && c.variant == place.variant;
            checkpoints.iter().find(is_it).map(|checkpoint| checkpoint.tokens)
        };
        let known = |rating: &&Rating| rating.places().into_iter().all(|place| tokens_of(place).is_some());
        let ratings: Vec<&Rating> = run.ratings.iter().filter(known).collect();
        let mut places: Vec<(u64, &RatingPlace)> = ratings
            .iter()
            .flat_map(|rating| rating.places())
            .filter_map(|place| Some((tokens_of(place)?, place)))
            .collect();
        places.sort();
        places.dedup();
        let index = |place: &RatingPlace| places.iter().position(|(_, known)| *known == place);
        let games: Vec<Game> = (ratings.iter())
            .filter_map(|rating| {
                let (a, b, score) = rating.game()?;
                Some(Game { first: index(a)?, second: index(b)?, score })
            })
            .collect();
        let strengths = bradley_terry(places.len(), &games);
        let word = run.tree.axis.word();
        let rows = places.iter().enumerate().map(|(i, (seen, place))| {
            let stars: Vec<f64> =
                ratings.iter().filter_map(|rating| rating.stars().filter(|(at, _)| at == place)).map(|s| s.1).collect();
            let votes = games.iter().filter(|game| game.first == i || game.second == i).count();
            let beats = (votes > 0 && i > 0).then(|| strengths.beats_first(i)).flatten();
            RatingRow {
                place: match &place.variant {
                    Some(variant) => format!("{} {variant} at {} {word}", place.branch, tokens(*seen as f64)),
                    None => format!("{} at {} {word}", place.branch, tokens(*seen as f64)),
                },
                beats: beats.map_or_else(String::new, |chance| format!("{} %", percent(chance))),
                mean: mean(&stars).map_or_else(String::new, |mean| format!("{mean:.1} of 5 ({})", stars.len())),
                votes,
            }
        });
        let mut raters: Vec<&str> = ratings.iter().map(|rating| rating.rater.as_str()).collect();
        raters.sort_unstable();
        raters.dedup();
        Some(Self {
            rows: rows.collect(),
            votes: ratings.len(),
            elsewhere: run.ratings.len() - ratings.len(),
            agreement: agreement(&ratings, &raters),
            raters: raters.len(),
        })
    }
}

/// Cohen's κ of each two raters over the pairs that both judged.
fn agreement(ratings: &[&Rating], raters: &[&str]) -> String {
    let mut judged: BTreeMap<(String, &RatingPlace, &RatingPlace), BTreeMap<&str, i8>> = BTreeMap::new();
    for rating in ratings {
        if let Some((a, b, score)) = rating.game() {
            // The same pair may have been shown the other way round.
            let (a, b, score) = if a <= b { (a, b, score) } else { (b, a, 1.0 - score) };
            let verdict = (score * 2.0).round() as i8;
            judged.entry((rating.talk(), a, b)).or_default().insert(&rating.rater, verdict);
        }
    }
    let mut found = Vec::new();
    for (i, one) in raters.iter().enumerate() {
        for other in &raters[i + 1..] {
            let both: Vec<(i8, i8)> =
                judged.values().filter_map(|votes| Some((*votes.get(one)?, *votes.get(other)?))).collect();
            if let Some(kappa) = cohen_kappa(&both) {
                found.push(format!("{one} and {other}: κ = {kappa:.2} on {} pairs", both.len()));
            }
        }
    }
    if found.is_empty() { "no two raters judged ten pairs in common yet".into() } else { found.join("; ") }
}
