//! What readers thought of it: how often a checkpoint is preferred to the first, whether the raters agree, and how each of them votes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::raters::{RaterRow, agreement, raters};
use crate::analysis::statistics::mean;
use crate::analysis::{Game, WinRate, win_rates};
use crate::number::{percent, tokens};
use crate::plots::{Geometry, Point};
use crate::report::checkpoint_curves::checkpoint_curves;
use crate::report::curves::{Lacking, Measured, Shared, TaskCurves};
use crate::report::figure::{Figure, figure};
use crate::report::plot_data::PlotData;
use crate::run::{Checkpoint, Rating, RatingPlace, Run, Subject};

/// What the template shows of the ratings.
#[derive(Debug, Serialize)]
pub(super) struct RatingsPage {
    votes: usize,
    /// The checkpoint that the others are compared with.
    reference: String,
    rows: Vec<RatingRow>,
    raters: Vec<RaterRow>,
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

/// The ratings of checkpoints that the run has, and how often each of these is preferred to the first.
pub(super) struct Judged<'a> {
    run: &'a Run,
    ratings: Vec<&'a Rating>,
    /// By tokens.
    places: Vec<(&'a Checkpoint, &'a RatingPlace)>,
    /// Votes on pairs of each.
    votes: Vec<usize>,
    rates: Vec<Option<WinRate>>,
}

impl<'a> Judged<'a> {
    /// `None` where nobody rated anything.
    pub(super) fn of(run: &'a Run) -> Option<Self> {
        if run.ratings.is_empty() {
            return None;
        }
        let checkpoint = |place: &RatingPlace| {
            let checkpoints = &run.tree.branch(&place.branch)?.checkpoints;
            checkpoints.iter().find(|at| at.step == place.step && at.variant == place.variant)
        };
        let known = |rating: &&Rating| rating.places().into_iter().all(|place| checkpoint(place).is_some());
        let ratings: Vec<&Rating> = run.ratings.iter().filter(known).collect();
        let named = ratings.iter().flat_map(|rating| rating.places());
        let mut places: Vec<_> = named.filter_map(|place| Some((checkpoint(place)?, place))).collect();
        places.sort_by_key(|(at, place)| (at.tokens, *place));
        places.dedup_by_key(|(_, place)| *place);
        let index = |place: &RatingPlace| places.iter().position(|(_, known)| *known == place);
        let mut talks: BTreeMap<String, Vec<Game>> = BTreeMap::new();
        let mut votes = vec![0; places.len()];
        for rating in &ratings {
            let Some((a, b, score)) = rating.game() else { continue };
            if let (Some(first), Some(second)) = (index(a), index(b)) {
                [first, second].into_iter().for_each(|player| votes[player] += 1);
                talks.entry(rating.talk()).or_default().push(Game { first, second, score });
            }
        }
        let rates = win_rates(places.len(), &talks.into_values().collect::<Vec<_>>());
        Some(Self { run, ratings, places, votes, rates })
    }

    fn name(&self, index: usize) -> String {
        let (at, place) = self.places[index];
        let variant = place.variant.as_deref().map_or_else(String::new, |variant| format!(" {variant}"));
        format!("{}{variant} at {} {}", place.branch, tokens(at.tokens as f64), self.run.tree.axis.word())
    }

    pub(super) fn page(&self) -> RatingsPage {
        let row = |(index, (_, place)): (usize, &(&Checkpoint, &RatingPlace))| {
            let stars = self.ratings.iter().filter_map(|rating| rating.stars().filter(|(at, _)| at == place));
            let stars: Vec<f64> = stars.map(|(_, stars)| stars).collect();
            let beats = |rate: &WinRate| {
                let [value, low, high] = [rate.value, rate.low, rate.high].map(percent);
                format!("{value} % ({low} to {high})")
            };
            RatingRow {
                place: self.name(index),
                beats: self.rates[index].as_ref().map_or_else(String::new, beats),
                mean: mean(&stars).map_or_else(String::new, |mean| format!("{mean:.1} of 5 ({})", stars.len())),
                votes: self.votes[index],
            }
        };
        let tokens_of =
            |place: &RatingPlace| self.places.iter().find(|(_, known)| *known == place).map_or(0, |(at, _)| at.tokens);
        RatingsPage {
            votes: self.ratings.len(),
            reference: if self.places.is_empty() { String::new() } else { self.name(0) },
            rows: self.places.iter().enumerate().map(row).collect(),
            raters: raters(&self.ratings),
            agreement: agreement(&self.ratings, tokens_of),
            elsewhere: self.run.ratings.len() - self.ratings.len(),
        }
    }

    /// How often each checkpoint is preferred to the first, against tokens; `None` where no other was compared.
    pub(super) fn figure(&self, shared: &Shared) -> Option<(Figure, PlotData)> {
        const SLUG: &str = "vibes.ratings";
        let subject = Subject::task(&format!("preferred to {}", self.name_of_reference()?), 0, None);
        let point = |at: &'a Checkpoint| {
            let index = self.places.iter().position(|(known, _)| known.at() == at.at())?;
            let rate = self.rates[index]?;
            let point = Point { tokens: at.tokens as f64, value: rate.value, interval: Some((rate.low, rate.high)) };
            Some(Measured { checkpoint: at, point, items: self.votes[index] })
        };
        let (series, measured) = checkpoint_curves(self.run, point);
        let curves = TaskCurves {
            run: self.run,
            subject,
            metric: "Bradley and Terry".to_owned(),
            chance: Some(0.5),
            fractions: true,
            range: (0.0, 1.0),
            series,
            measured,
            lacking: Lacking::default(),
        };
        let mut drawn = figure(&curves, SLUG, None, shared, Geometry::LARGE);
        drawn.page = String::new();
        Some((drawn, PlotData::of(&curves, SLUG, None)))
    }

    fn name_of_reference(&self) -> Option<String> {
        self.rates.iter().any(Option::is_some).then(|| self.name(0))
    }
}
