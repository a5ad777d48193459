//! How dry a reply is: the measures that are drawn for each checkpoint, with limits.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Finding, Texts};
use crate::vibes::dryness::{Measure, Said, StockPhrases};

/// What a reply may be at the driest. A reply that is too short for a measure keeps its limit.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Limits {
    /// Bytes over bytes after compression, of windows of 500 bytes.
    max_compression: Option<f64>,
    /// Distinct words over words in windows of 50 words.
    min_mattr: Option<f64>,
    /// Distinct runs of one to four words over all of them in windows of 50 words.
    min_distinct: Option<f64>,
    /// Share of the runs of five words that came before in a window of 100 words.
    max_repeats: Option<f64>,
    /// How many stock phrases may occur.
    max_stock_phrases: Option<usize>,
    /// The stock phrases, in place of the shipped list.
    phrases: Option<Texts>,
}

/// A limit, and what was found beside it.
struct Held {
    holds: bool,
    limit: String,
    found: String,
}

impl Limits {
    /// The measures with a limit: whether it is the most, and its value.
    fn measures(&self) -> impl Iterator<Item = (Measure, bool, f64)> {
        let all = [
            (Measure::Compression, true, self.max_compression),
            (Measure::Mattr, false, self.min_mattr),
            (Measure::Distinct, false, self.min_distinct),
            (Measure::Repeats, true, self.max_repeats),
        ];
        all.into_iter().filter_map(|(measure, is_most, limit)| Some((measure, is_most, limit?)))
    }

    /// Whether its verdicts depend on the shipped list of stock phrases.
    pub(super) fn reads_shipped(&self) -> bool {
        self.max_stock_phrases.is_some() && self.phrases.is_none()
    }

    /// What is wrong with the limits.
    pub(super) fn flaw(&self) -> Option<String> {
        for (measure, _, limit) in self.measures() {
            if measure.is_share() && !(0.0..=1.0).contains(&limit) {
                return Some(format!("the limit of {} is {limit}; it is a share between 0 and 1", measure.name()));
            }
            if !measure.is_share() && limit.is_nan() {
                return Some(format!("the limit of {} is no number", measure.name()));
            }
        }
        if self.phrases.is_some() && self.max_stock_phrases.is_none() {
            return Some("`phrases` says nothing without `max_stock_phrases`".to_owned());
        }
        if self.measures().next().is_none() && self.max_stock_phrases.is_none() {
            let names = "`max_compression`, `min_mattr`, `min_distinct`, `max_repeats` or `max_stock_phrases`";
            return Some(format!("without a limit every reply passes; give {names}"));
        }
        self.stock().err()
    }

    fn stock(&self) -> Result<StockPhrases, String> {
        match &self.phrases {
            Some(phrases) => StockPhrases::of(&phrases.iter().map(|phrase| &**phrase).collect::<Vec<_>>()),
            None => Ok(StockPhrases::shipped()),
        }
    }

    /// Holds a reply against the limits; the score is the share of them that holds.
    pub(super) fn judge(&self, reply: &str) -> Finding {
        let stock = self.stock().expect("`flaw` has refused phrases without words");
        let said = Said::of([(0, reply)]);
        let mut all: Vec<Held> = Vec::new();
        for (measure, is_most, limit) in self.measures() {
            let found = measure.of(&said, &stock).mean();
            all.push(Held {
                holds: found.is_none_or(|found| if is_most { found <= limit } else { found >= limit }),
                limit: format!("{} {} {limit}", measure.name(), if is_most { "at most" } else { "at least" }),
                found: match found {
                    Some(found) => format!("{} {found:.2}", measure.name()),
                    None => format!("under {}, too short for {}", measure.needs(), measure.name()),
                },
            });
        }
        if let Some(most) = self.max_stock_phrases {
            let found = stock.found(reply);
            let quoted: Vec<String> = found.iter().map(|phrase| format!("`{phrase}`")).collect();
            let list = if quoted.is_empty() { String::new() } else { format!(": {}", quoted.join(", ")) };
            all.push(Held {
                holds: found.len() <= most,
                limit: format!("at most {most} stock phrases"),
                found: format!("{} stock phrases{list}", found.len()),
            });
        }
        let joined = |word: fn(&Held) -> &str| all.iter().map(word).collect::<Vec<_>>().join("; ");
        let kept = all.iter().filter(|held| held.holds).count();
        Finding::scored(kept as f64 / all.len() as f64, joined(|held| &held.limit), joined(|held| &held.found))
    }
}
