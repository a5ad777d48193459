//! What other arithmetics cost that were swept beside results: measured per checkpoint, one a line, in the results of the arithmetic.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use spyglass_dashboards::report::{Rounded, TokenPrice, TokenShifts};
use spyglass_dashboards::run::At;

use super::{Hashes, Store, gather, in_turn, write_whole};
use crate::Result;
use crate::run_file::{PrecisionSpec, PrecisionsSpec};

/// Where the prices of an arithmetic are kept.
const FILE: &str = "prices.jsonl";
/// Of fewer tokens the 99.9th percentile is little more than the largest value, and not told.
pub(crate) const LEAST_999: usize = 1000;

/// What changed over some tokens. Divergences in nats, probabilities and shares in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Price {
    /// Tokens compared.
    pub tokens: usize,
    /// Mean Kullback-Leibler divergence of the next token's distribution.
    pub divergence: f64,
    /// Its standard error, texts varying as wholes; `None` for a single token.
    #[serde(default)]
    pub divergence_error: Option<f64>,
    /// Below it lie 99 % of the divergences.
    pub divergence_99: f64,
    /// Below it lie 99.9 % of them; `None` of fewer than a thousand.
    pub divergence_999: Option<f64>,
    /// Root mean square of the change in the right token's probability.
    pub probability_change: f64,
    /// Tokens before which the most probable one is the same.
    pub same_best: f64,
    /// Perplexities, before and after.
    pub perplexities: [f64; 2],
    /// The second over the first.
    pub ratio: f64,
    /// Its 95 % interval, texts varying as wholes; `None` for a single token.
    pub ratio_interval: Option<[f64; 2]>,
}

/// What was measured of one checkpoint, or why nothing was; `key` names what it rests on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PriceLine {
    pub(crate) branch: String,
    pub(crate) step: u64,
    pub(crate) variant: Option<String>,
    pub(crate) key: String,
    /// `None` where it could not be measured.
    pub(crate) price: Option<Price>,
    /// Why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// Tasks of which some text was left out, and the memory for states that was too small for it, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_out: Option<(Vec<String>, u64)>,
}

impl PriceLine {
    pub(crate) fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }

    /// Whether nothing more would be measured with so many bytes of memory for states.
    pub(crate) fn holds(&self, at: At<'_>, key: &str, memory: u64) -> bool {
        let had_room = self.left_out.as_ref().is_none_or(|(_, given)| *given >= memory);
        self.at() == at && self.key == key && self.price.is_some() && had_room
    }

    /// What the report shows of it.
    fn shown(self) -> TokenPrice {
        let Self { branch, step, variant, price, problem, left_out, .. } = self;
        let measured = price.map(|price| TokenShifts {
            tokens: price.tokens,
            divergence: price.divergence,
            divergence_error: price.divergence_error,
            divergence_99: price.divergence_99,
            divergence_999: price.divergence_999.filter(|_| price.tokens >= LEAST_999),
            probability_change: price.probability_change,
            same_best: price.same_best,
            ratio: price.ratio,
            ratio_interval: price.ratio_interval,
        });
        let left_out = left_out.map_or_else(Vec::new, |(tasks, _)| tasks);
        TokenPrice { branch, step, variant, measured, problem, left_out }
    }
}

impl Store {
    /// Where the results of another arithmetic lie, beside these.
    pub(crate) fn precision_folder(&self, precision: PrecisionSpec) -> PathBuf {
        self.root().join(precision.name())
    }

    /// The results of another arithmetic; what is known here of the checkpoints' files is known there, so that none is hashed twice.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub(crate) fn in_precision(&self, precision: PrecisionSpec) -> Result<Self> {
        let other = Self::create(&self.precision_folder(precision))?;
        for known in Hashes::FILES {
            if let Ok(text) = fs_err::read(self.root().join(known)) {
                write_whole(&other.root().join(known), &text)?;
            }
        }
        Ok(other)
    }

    /// The prices kept here. A line that cannot be read is measured again, so it is passed over.
    pub(crate) fn prices(&self) -> Vec<PriceLine> {
        let text = fs_err::read_to_string(self.root().join(FILE)).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Keeps one in the place of what was known of its checkpoint, but no failure in the place of a price of the same. Two sweeps do so one
    /// after the other.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn keep_price(&self, price: PriceLine) -> Result<()> {
        let lock = fs_err::OpenOptions::new().create(true).append(true).open(self.root().join(".prices.lock"))?;
        in_turn(&lock); // let go when the file is closed
        let mut prices = self.prices();
        let is_same = |line: &PriceLine| line.at() == price.at() && line.key == price.key;
        if price.price.is_none() && prices.iter().any(|line| is_same(line) && line.price.is_some()) {
            return Ok(());
        }
        prices.retain(|line| line.at() != price.at());
        prices.push(price);
        let text: String = prices.iter().map(|line| serde_json::to_string(line).expect("plain data") + "\n").collect();
        write_whole(&self.root().join(FILE), text.as_bytes())
    }
}

/// What the other arithmetics cost that were swept beside these results, and a message for each damaged unit of theirs.
///
/// # Errors
/// Their results cannot be read.
pub(crate) fn rounded_runs(results: &Store) -> Result<(Vec<Rounded>, Vec<String>)> {
    let (mut rounded, mut damaged) = (Vec::new(), Vec::new());
    for after in in_order(results) {
        let folder = results.precision_folder(after);
        if !folder.join(FILE).is_file() {
            continue;
        }
        let store = Store::open(&folder);
        let Some(own) = store.snapshot()? else { continue };
        let prices = store.prices().into_iter().map(PriceLine::shown).collect();
        let gathered = gather(&store, own)?;
        damaged.extend(gathered.damaged);
        rounded.push(Rounded { precision: after.name().into(), prices, run: gathered.run });
    }
    Ok((rounded, damaged))
}

/// All arithmetics, those that the run file names first and as it orders them.
fn in_order(results: &Store) -> Vec<PrecisionSpec> {
    let text = results.snapshot().ok().flatten().map(|snapshot| snapshot.run_file).unwrap_or_default();
    let named = named_in(&text).map_or_else(Vec::new, |named| named.others().to_vec());
    let rest = PrecisionSpec::value_variants().iter().copied().filter(|one| !named.contains(one)).collect::<Vec<_>>();
    [named, rest].concat()
}

/// The arithmetic that the others of a run file are held against; `None` where it names no others.
pub(super) fn first_arithmetic(run_file: &str) -> Option<PrecisionSpec> {
    named_in(run_file).filter(|named| !named.others().is_empty()).map(|named| named.first())
}

fn named_in(run_file: &str) -> Option<PrecisionsSpec> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        precision: PrecisionsSpec,
    }
    spyglass_tasks::yaml::parse("run.yaml", run_file).ok().map(|Named { precision }| precision)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Price = Price {
        tokens: 40,
        divergence: 0.5,
        divergence_error: Some(0.01),
        divergence_99: 0.9,
        divergence_999: None,
        probability_change: 0.05,
        same_best: 0.9,
        perplexities: [2.0, 2.5],
        ratio: 1.25,
        ratio_interval: None,
    };

    fn line(key: &str, price: Option<Price>, left_out: Option<u64>) -> PriceLine {
        PriceLine {
            branch: "trunk".into(),
            step: 1,
            variant: None,
            key: key.into(),
            price,
            problem: None,
            left_out: left_out.map(|given| (vec!["needle".into()], given)),
        }
    }

    #[test]
    fn only_more_memory_measures_again() {
        let holds = |line: &PriceLine, memory: u64| line.holds(("trunk", 1, None), "k", memory);
        let short = line("k", Some(PRICE), Some(100));
        assert_eq!([99, 100, 101].map(|memory| holds(&short, memory)), [true, true, false]);
        assert!(holds(&line("k", Some(PRICE), None), 101));
        assert!(!holds(&line("other", Some(PRICE), None), 100) && !holds(&line("k", None, None), 100));
    }

    #[test]
    fn a_failure_takes_no_price_away() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        let kept = |line: PriceLine| {
            store.keep_price(line).unwrap();
            let lines = store.prices();
            assert_eq!(lines.len(), 1, "{lines:?}");
            (lines[0].key.clone(), lines[0].price.is_some())
        };
        assert_eq!(kept(line("k", None, None)), ("k".into(), false));
        assert_eq!(kept(line("k", Some(PRICE), Some(100))), ("k".into(), true));
        assert_eq!(kept(line("k", None, None)), ("k".into(), true));
        // what rests on something else is no price of it any more
        assert_eq!(kept(line("other", None, None)), ("other".into(), false));
    }
}
