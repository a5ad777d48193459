//! The metrics: one function and one line of [`METRICS`] each, computed from stored item records alone.
//!
//! Every metric gives each item a value and a weight; the metric over many items is the weighted mean (`exp` of it for
//! perplexities). Accuracies weigh every item alike; a perplexity per word weighs an item by its words.

mod choice;
mod error_bar;
mod evaluate;
mod group;
mod kinds;
mod position;
mod text;

use crate::error::{Error, Result};
use crate::nearest::suggestion;
use crate::record::ItemRecord;

use ChanceLevel::{AmongChoices, Choices, Written};
use Range::{Fraction, NonNegative, NonPositive, Real};

pub use choice::argmax;
pub use evaluate::{evaluate, per_item, weight};
pub use group::{GroupMetric, Weighting, aggregate, group};
pub use kinds::{Aggregation, ChanceLevel, Needs, Noise, Range};

/// All metrics, in the order in which they are listed.
#[rustfmt::skip] // one line a metric
pub const METRICS: &[Metric] = &[
    Metric::new("acc", Fraction, choice::acc, "the likeliest choice is right; a single answer: greedy decoding writes it").binomial().guessed(Choices),
    Metric::new("acc_norm", Fraction, choice::acc_norm, "acc, log-likelihoods divided by length in characters").binomial().guessed(Choices),
    Metric::new("acc_bytes", Fraction, choice::acc_bytes, "acc, log-likelihoods divided by length in UTF-8 bytes").binomial().guessed(Choices),
    Metric::new("acc_mutual_info", Fraction, choice::acc_mutual_info, "acc, log-likelihoods after nothing taken off").binomial().guessed(Choices).needs(Needs::Unconditional),
    Metric::new("exact_match", Fraction, choice::exact_match, "greedy decoding writes the right answer, or a target").binomial().guessed(Written),
    Metric::new("recall", Fraction, choice::recall, "share of the answers that the reply to a long text holds").guessed(Written).needs(Needs::Reply),
    Metric::new("brier_score", NonNegative, choice::brier_score, "squared distance of the choices' probabilities from the truth, 0 to 2").by(Aggregation::Brier).lower(),
    Metric::new("p_gold", Fraction, choice::p_gold, "probability of the right choice among the choices").guessed(AmongChoices),
    Metric::new("margin", Real, choice::margin, "log-likelihood of the right choice minus the best wrong one's, nats").by_token(),
    Metric::new("parrot_margin", Real, choice::parrot_margin, "log-likelihood of the right choice minus that of the one the shots repeat, nats").by_token(),
    Metric::new("option_mass", Fraction, choice::option_mass, "probability that any of the choices comes next (choices of one token)").by_token(),
    Metric::new("log_option_mass", NonPositive, choice::log_option_mass, "logarithm of option_mass: does it know the format?").by_token(),
    Metric::new("selection", NonPositive, choice::selection, "logarithm of p_gold; with log_option_mass it adds up to log P(gold)"),
    Metric::new("perplexity", NonNegative, choice::loss, "exp of the mean loss of the answer, an item").by(Aggregation::Perplexity).lower(),
    Metric::new("word_perplexity", NonNegative, text::loss_per_word, "exp of a text's loss per word").by(Aggregation::WeightedPerplexity).lower(),
    Metric::new("byte_perplexity", NonNegative, text::loss_per_byte, "exp of a text's loss per UTF-8 byte").by(Aggregation::WeightedPerplexity).lower(),
    Metric::new("bits_per_byte", NonNegative, text::bits_per_byte, "loss in bits per UTF-8 byte, of a text or of the right choice").by(Aggregation::BitsPerByte).lower(),
    Metric::new("copy_gain", Real, position::copy_gain, "loss of a sequence minus that of its second copy, nats per token").needs(Needs::TokenLogprobs).by_token(),
    Metric::new("copy_score", Real, position::copy_score, "share of a sequence's loss that its second copy saves: 0 no copying, 1 perfect").needs(Needs::TokenLogprobs).by_token(),
    Metric::new("icl_score", Real, position::icl_score, "loss of token 500 minus that of token 50, nats; negative where context helps").needs(Needs::TokenLogprobs).lower().by_token(),
    Metric::new("icl_score_band", Real, position::icl_score_band, "loss of tokens 257 to 512 minus that of tokens 33 to 64, nats").needs(Needs::TokenLogprobs).lower().by_token(),
];

/// One metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Name as lm-evaluation-harness writes it, where it has the metric.
    pub name: &'static str,
    /// One line for `spyglass list metrics`.
    pub description: &'static str,
    /// More is better.
    pub higher_is_better: bool,
    /// The values it can take.
    pub range: Range,
    /// How the values of its items scatter.
    pub noise: Noise,
    /// What guessing scores in it.
    pub chance: ChanceLevel,
    /// How items become one number.
    pub aggregation: Aggregation,
    /// What it needs beyond a log-likelihood a choice.
    pub needs: Needs,
    /// It counts in tokens, so that its values under different tokenizers do not compare.
    pub by_token: bool,
    score: fn(&ItemRecord) -> Scored,
}

/// What one item adds to a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Share {
    value: f64,
    weight: f64,
}

/// An item's share; `None` where the metric says nothing about this item; the error names what the record lacks.
type Scored = Result<Option<Share>, &'static str>;

/// A share with weight one.
#[expect(clippy::unnecessary_wraps, reason = "what every metric's function ends with")]
fn one(value: f64) -> Scored {
    Ok(Some(Share { value, weight: 1.0 }))
}

impl Metric {
    const fn new(
        name: &'static str,
        range: Range,
        score: fn(&ItemRecord) -> Scored,
        description: &'static str,
    ) -> Self {
        let (aggregation, needs) = (Aggregation::Mean, Needs::Nothing);
        Self {
            name,
            description,
            higher_is_better: true,
            range,
            noise: Noise::Measured,
            chance: ChanceLevel::Declared,
            aggregation,
            needs,
            by_token: false,
            score,
        }
    }

    const fn binomial(mut self) -> Self {
        self.noise = Noise::Binomial;
        self
    }

    const fn guessed(mut self, chance: ChanceLevel) -> Self {
        self.chance = chance;
        self
    }

    const fn lower(mut self) -> Self {
        self.higher_is_better = false;
        self
    }

    const fn by(mut self, aggregation: Aggregation) -> Self {
        self.aggregation = aggregation;
        self
    }

    const fn by_token(mut self) -> Self {
        self.by_token = true;
        self
    }

    const fn needs(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }
}

/// The names of all metrics.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    METRICS.iter().map(|metric| metric.name)
}

/// The metric of that name.
///
/// # Errors
/// [`Error::UnknownMetric`], with the nearest known name.
pub fn find(name: &str) -> Result<&'static Metric> {
    METRICS
        .iter()
        .find(|metric| metric.name == name)
        .ok_or_else(|| Error::UnknownMetric { name: name.to_owned(), help: suggestion(name, names()) })
}

/// A metric's name without the filter that lm-evaluation-harness writes behind it: `exact_match` of `exact_match,strict-match`.
pub fn without_filter(name: &str) -> &str {
    name.split_once(',').map_or(name, |(name, _)| name)
}

/// Words in the names of metrics, registered here or not, of which less is better.
const LESS_IS_BETTER: [&str; 24] = [
    "loss",
    "losses",
    "perplexity",
    "ppl",
    "nll",
    "bpb",
    "bpc",
    "bits",
    "error",
    "errors",
    "err",
    "wer",
    "cer",
    "ter",
    "mer",
    "brier",
    "mse",
    "rmse",
    "mae",
    "ece",
    "distance",
    "toxicity",
    "hallucination",
    "xent",
];

/// Whether more of a metric is better; of metrics that are not registered their names tell.
pub fn higher_is_better(name: &str) -> bool {
    let name = without_filter(name);
    let words = || name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let is_less = || words().any(|word| LESS_IS_BETTER.contains(&word.as_str()));
    find(name).map_or_else(|_| !is_less(), |metric| metric.higher_is_better)
}

/// How the items of a metric scatter; of metrics that are not registered (`accuracy`, `acc_per_char`) their names tell.
pub fn noise(name: &str) -> Noise {
    let name = without_filter(name);
    let of_name = || if is_accuracy(name) { Noise::Binomial } else { Noise::Measured };
    find(name).map_or_else(|_| of_name(), |metric| metric.noise)
}

/// What guessing scores in a metric; of metrics that are not registered their names tell.
pub fn chance_level(name: &str) -> ChanceLevel {
    let name = without_filter(name);
    let of_name = || if is_accuracy(name) { Choices } else { ChanceLevel::Declared };
    find(name).map_or_else(|_| of_name(), |metric| metric.chance)
}

/// The name begins as other programs begin those of their accuracies.
fn is_accuracy(name: &str) -> bool {
    name.starts_with("acc")
}

/// Refuses names that no metric has.
///
/// # Errors
/// [`Error::UnknownMetric`] for the first of them, with the nearest known name.
pub fn check<S: AsRef<str>>(names: &[S]) -> Result<()> {
    names.iter().try_for_each(|name| find(name.as_ref()).map(drop))
}

/// Each choice must also be asked after an empty context; false for names that no metric has.
pub fn needs_unconditional(name: &str) -> bool {
    find(name).is_ok_and(|metric| metric.needs == Needs::Unconditional)
}

/// The log-likelihood of every token must be kept; false for names that no metric has.
pub fn needs_token_logprobs(name: &str) -> bool {
    find(name).is_ok_and(|metric| metric.needs == Needs::TokenLogprobs)
}

/// A reply must be written to a question with choices; false for names that no metric has.
pub fn needs_reply(name: &str) -> bool {
    find(name).is_ok_and(|metric| metric.needs == Needs::Reply)
}

/// Its values under different tokenizers do not compare; false for names that no metric has.
pub fn is_by_token(name: &str) -> bool {
    find(without_filter(name)).is_ok_and(|metric| metric.by_token)
}
