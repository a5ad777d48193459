//! Onsets and shapes in words, with tokens as a reader writes them.

use super::curve::{Curve, Noise};
use super::onset::{Fit, Onset, Scale, Status};
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

    /// What the status rests on: `must pass 39.0 %: chance 25.0 and 14.0 for the noise of 200 independent items and 1.7 of wobble`.
    pub fn level_words(&self, curve: &Curve) -> Option<String> {
        let Scale { level, wobble, .. } = self.scale?;
        let noise = items(curve, "independent item").map_or_else(String::new, |n| format!(" of {n}"));
        let number = |fraction: f64| match curve.noise {
            Noise::Items(_) => percent(fraction),
            Noise::StandardErrors(_) => format!("{fraction:.3}"),
        };
        Some(format!(
            "must pass {}: chance {} and {} for the noise{noise} and {} of wobble",
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
mod tests {
    use super::super::{onset, sharpness};
    use super::*;

    fn pilot(score: &[f64]) -> Curve {
        Curve {
            tokens: (0..score.len() as u64).map(|k| k * 768_000).collect(),
            score: score.to_vec(),
            noise: Noise::Items(vec![200.0; score.len()]),
            chance: 0.25,
            delta: None,
            item_diff_var: None,
        }
    }

    #[test]
    fn each_status_has_its_sentence() {
        let cases: [(&[f64], &str, &str); 5] = [
            (
                &[0.305, 0.285, 0.33, 0.33, 0.295, 0.3, 0.355, 0.34, 0.395, 0.825, 0.975],
                "emerged between 768 k and 6.91 M tokens (estimate 5.89 M)",
                "768 k – 6.91 M",
            ),
            (&[0.9, 0.9], "was above chance as far back as these checkpoints can tell", "above chance from the start"),
            (&[0.25, 0.25, 0.25], "has not emerged yet at 1.54 M tokens", "under its level"),
            (&[0.25, 0.25, 0.4], "lies at the level that counts as emerged (44.0 % with 200 items)", "at its level"),
            (&[], "has no score yet", "no score yet"),
        ];
        for (score, words, brief) in cases {
            let curve = pilot(score);
            let found = onset(&curve);
            assert_eq!((found.words(&curve).as_str(), found.brief().as_str()), (words, brief), "{score:?}");
        }
    }

    #[test]
    fn a_lost_ability_is_said_with_its_last_clear_sight() {
        // as in the golden case `there twice, then lost`
        let mut curve = pilot(&[0.25, 0.251, 0.249, 0.25, 0.345, 0.34, 0.25, 0.248, 0.251, 0.25, 0.249]);
        curve.noise = Noise::Items(vec![14_042.0; 11]);
        assert_eq!(onset(&curve).words(&curve), "was there between 3.07 M and 3.84 M tokens, then lost");
        assert!(onset(&curve).brief().ends_with(", then lost"), "{}", onset(&curve).brief());
    }

    #[test]
    fn level_and_shape_are_said_with_their_numbers() {
        let curve = pilot(&[0.305, 0.285, 0.33, 0.33, 0.295, 0.3, 0.355, 0.34, 0.395, 0.825, 0.975]);
        let onset = onset(&curve);
        let level = onset.level_words(&curve).unwrap();
        assert_eq!(
            level,
            "must pass 38.0 %: chance 25.0 and 13.0 for the noise of 200 independent items and 0.5 of wobble"
        );
        let shape = sharpness(&curve, &onset).words(false);
        assert_eq!(shape, "sharp: 20 to 80 % of the rise so far took 0.05 (0.00 to 0.30) decades of tokens");
    }
}
