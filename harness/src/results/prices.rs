//! What other arithmetics cost that were swept beside results: measured per checkpoint, one a line, in the results of the arithmetic.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use spyglass_dashboards::report::{Rounded, TokenPrice};
use spyglass_dashboards::run::At;

use super::{Hashes, Store, gather, in_turn, write_whole};
use crate::Result;
use crate::run_file::PrecisionSpec;

/// Where the prices of an arithmetic are kept.
const FILE: &str = "prices.jsonl";

/// What changed over some tokens. Divergences in nats, probabilities and shares in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Price {
    /// Tokens compared.
    pub tokens: usize,
    /// Mean Kullback-Leibler divergence of the next token's distribution.
    pub divergence: f64,
    /// Below it lie 99 % of the divergences.
    pub divergence_99: f64,
    /// Below it lie 99.9 % of them.
    pub divergence_999: f64,
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

/// What was measured of one checkpoint; `key` names what it rests on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PriceLine {
    pub(crate) branch: String,
    pub(crate) step: u64,
    pub(crate) variant: Option<String>,
    pub(crate) key: String,
    pub(crate) price: Price,
}

impl PriceLine {
    pub(crate) fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }

    /// What the report shows of it.
    fn shown(self) -> TokenPrice {
        TokenPrice {
            branch: self.branch,
            step: self.step,
            variant: self.variant,
            divergence: self.price.divergence,
            divergence_99: self.price.divergence_99,
            same_best: self.price.same_best,
            ratio: self.price.ratio,
            ratio_interval: self.price.ratio_interval,
        }
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

    /// Keeps one in the place of what was known of its checkpoint. Two sweeps do so one after the other.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn keep_price(&self, price: PriceLine) -> Result<()> {
        let lock = fs_err::OpenOptions::new().create(true).append(true).open(self.root().join(".prices.lock"))?;
        in_turn(&lock); // let go when the file is closed
        let mut prices = self.prices();
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
    for after in PrecisionSpec::value_variants() {
        let folder = results.precision_folder(*after);
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
