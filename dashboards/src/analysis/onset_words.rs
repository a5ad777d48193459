//! Onsets and shapes in words, with tokens as a reader writes them.

use super::curve::{Curve, Noise};
use super::fit::Fit;
use super::onset::{Onset, Scale, Status};
use super::sharpness::{Shape, Sharpness};
use super::statistics::median;
use crate::number::{percent, tokens};

impl Onset {
    /// What is said of a score that was never seen below its level: since when cannot be told.
    pub(crate) const ALWAYS_ABOVE: &'static str = "above chance as far back as these checkpoints can tell";

    /// The status as the end of a sentence that begins with the task's name: `emerged between 3.84 M and 6.91 M tokens (…)`.
    pub fn words(&self, curve: &Curve) -> String {
        let estimate = self.fit.as_ref().filter(|fit| self.status == Status::Emerged && fit.after.is_some());
        let estimate = estimate.and_then(|fit| Some(format!(" (estimate {})", tokens(fit.estimate?))));
        self.when(curve) + &estimate.unwrap_or_default()
    }

    /// [`words`](Self::words) without an estimate inside the interval: of several tasks that came together.
    pub(crate) fn when(&self, curve: &Curve) -> String {
        let said = |count: u64| tokens(count as f64);
        let last = curve.usable().last().map(|&index| said(curve.tokens[index])).unwrap_or_default();
        match (self.status, &self.fit) {
            (Status::Emerged, Some(Fit { after: Some(after), by: Some(by), .. })) => {
                format!("emerged between {} and {} tokens", said(*after), said(*by))
            }
            (Status::Emerged, Some(Fit { by: Some(by), .. })) => {
                format!("emerged by {} tokens; since when cannot be told", said(*by))
            }
            (Status::Lost, Some(fit)) => lost(curve, fit),
            (Status::AboveAtFirst | Status::Above, _) => format!("was {}", Self::ALWAYS_ABOVE),
            (Status::NotYet, _) => format!("has not emerged yet at {last} tokens"),
            (Status::TooFewItems, _) => match items(curve, "item") {
                Some(n) => format!("cannot be judged: {n} are too few to tell it from chance"),
                None => "cannot be judged: its level is too high".to_owned(),
            },
            (Status::NoData, _) => "has no score yet".to_owned(),
            (Status::Undecided | Status::Emerged | Status::Lost, _) => {
                let with = items(curve, "item").map_or_else(String::new, |n| format!(" with {n}"));
                let level = self.scale.map(|scale| value(curve, scale.level)).unwrap_or_default();
                format!("lies at the level that counts as emerged ({level}{with})")
            }
        }
    }

    /// The status in a few words, as a cell of a table or an item of a list: `3.84 M – 6.91 M`, `under its level`.
    pub(crate) fn brief(&self) -> String {
        match self.status {
            Status::Emerged => self.bracket(),
            Status::Lost => format!("{}, then lost", self.bracket()),
            Status::AboveAtFirst => "above chance from the start".to_owned(),
            Status::Above => "above chance, since when cannot be told".to_owned(),
            Status::NotYet => "under its level".to_owned(),
            Status::Undecided => "at its level".to_owned(),
            Status::TooFewItems => "too few items".to_owned(),
            Status::NoData => "no score yet".to_owned(),
        }
    }

    fn bracket(&self) -> String {
        let by = self.by().map_or_else(|| "?".to_owned(), |by| tokens(by as f64));
        match self.after() {
            Some(after) => format!("{} – {by}", tokens(after as f64)),
            None => format!("by {by}"),
        }
    }

    /// What the status rests on: `counts as emerged above 39.0 %: guessing gives 25.0, and 14.0 are room for the noise of 200 independent items and a wobble of 1.7`.
    pub fn level_words(&self, curve: &Curve) -> Option<String> {
        let Scale { level, wobble, .. } = self.scale?;
        let noise = items(curve, "independent item").map_or_else(String::new, |n| format!(" of {n}"));
        let number = |fraction: f64| match curve.noise {
            Noise::Items(_) => percent(fraction),
            Noise::StandardErrors(_) => format!("{fraction:.3}"),
        };
        Some(format!(
            "counts as emerged above {}: guessing gives {}, and {} are room for the noise{noise} and a wobble of {}",
            value(curve, level),
            number(curve.chance),
            number(level - curve.chance),
            number(wobble)
        ))
    }
}

fn lost(curve: &Curve, fit: &Fit) -> String {
    let seen = curve.tokens_at(&fit.points);
    let [.., before, last] = seen[..] else { return "was there, then lost".to_owned() };
    let first = fit.by.unwrap_or(before);
    if first >= last {
        return format!("was there at {} tokens, then lost", tokens(last as f64));
    }
    format!("was there between {} and {} tokens, then lost", tokens(first as f64), tokens(last as f64))
}

fn value(curve: &Curve, value: f64) -> String {
    match curve.noise {
        Noise::Items(_) => format!("{} %", percent(value)),
        Noise::StandardErrors(_) => format!("{value:.3}"),
    }
}

/// Items behind a share: the median over the points, effective where items hang together; `None` of continuous values.
pub(crate) fn usual_items(curve: &Curve) -> Option<f64> {
    let Noise::Items(n) = &curve.noise else { return None };
    median(&n.iter().copied().filter(|n| n.is_finite()).collect::<Vec<_>>())
}

/// `200 items`, by that noun.
fn items(curve: &Curve, noun: &str) -> Option<String> {
    usual_items(curve).map(|n| format!("{n:.0} {noun}{}", if n.round() as u64 == 1 { "" } else { "s" }))
}

impl Shape {
    /// The verdict in a word, as a cell of a table; empty where there is no rise.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sharp => "sharp",
            Self::Smooth => "smooth",
            Self::Unresolved => "unresolved",
            Self::None => "",
        }
    }
}

impl Sharpness {
    /// The verdict with its width in decades: `sharp: 20 to 80 % of the rise so far within 0.05 (at most 0.3) decades of tokens`;
    /// empty where there is no rise. `settled` drops the words *so far* (the curve is saturated).
    pub fn words(&self, settled: bool) -> String {
        let Some(width) = &self.width else { return String::new() };
        let name = match self.verdict {
            Shape::Sharp | Shape::Smooth => self.verdict.word(),
            Shape::Unresolved | Shape::None => "sharp or smooth cannot be told",
        };
        let best = width.width.map_or_else(String::new, |width| format!(" {width:.2}"));
        let range = match width.width_max {
            Some(most) => format!(" ({:.2} to {most:.2})", width.width_min),
            None => format!(" (at least {:.2})", width.width_min),
        };
        let so_far = if settled { "" } else { " so far" };
        format!("{name}: 20 to 80 % of the rise{so_far} took{best}{range} decades of tokens")
    }
}
#[cfg(test)]
mod tests;
