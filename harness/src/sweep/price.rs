//! A run in several arithmetics: the first in the results folder itself, each other one in a folder of its own below, and what it costs.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use spyglass_dashboards::report::{Rounded, TokenPrice};
use spyglass_dashboards::run::{At, Checkpoint};

use super::Work;
use crate::Result;
use crate::checkpoint::{Hashing, Identity, Settings};
use crate::measure::{Price, price_of_task};
use crate::results::{Hashes, Store, gather};
use crate::run_file::PrecisionSpec;

/// Tokens of a checkpoint before which distributions are compared.
const TOKENS: usize = 2000;
/// Where the prices of an arithmetic are kept, one a line.
const FILE: &str = "prices.jsonl";

/// What was measured of one checkpoint; `key` names what it rests on.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    branch: String,
    step: u64,
    variant: Option<String>,
    key: String,
    price: Price,
}

impl Line {
    fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }
}

/// The results of another arithmetic.
///
/// # Errors
/// The folder cannot be made.
pub(crate) fn store_of(results: &Store, precision: PrecisionSpec) -> Result<Store> {
    Store::create(&results.root().join(precision.name()))
}

/// Measures what `after` costs each checkpoint that lies on the disk and was not measured yet; `stop` ends it between two.
///
/// # Errors
/// The folder of results cannot be read or written. A checkpoint that cannot be measured is told and passed over.
pub(crate) fn measure_prices(
    work: &Work,
    results: &Store,
    after: PrecisionSpec,
    (stop, say): (&dyn Fn() -> bool, &dyn Fn(&str)),
) -> Result<()> {
    let (store, hashes) = (store_of(results, after)?, Hashes::open(results.root()));
    let mut known = lines(&store);
    for checkpoint in work.tree.branches.iter().flat_map(|branch| &branch.checkpoints) {
        if stop() {
            break;
        }
        let Some(key) = key(work, checkpoint, after, &hashes) else { continue };
        if known.iter().any(|line| line.at() == checkpoint.at() && line.key == key) {
            continue;
        }
        match price_of(work, checkpoint, after) {
            Ok(Some(price)) => {
                known.retain(|line| line.at() != checkpoint.at());
                let Checkpoint { branch, step, variant, .. } = checkpoint.clone();
                known.push(Line { branch, step, variant, key, price });
                let text: String =
                    known.iter().map(|line| serde_json::to_string(line).expect("plain data") + "\n").collect();
                fs_err::write(store.root().join(FILE), text)?;
            }
            Ok(None) => {}
            Err(error) => say(&format!("{} in {}: {}", checkpoint.location, after.name(), error.in_full())),
        }
    }
    Ok(())
}

/// What the other arithmetics cost that were swept beside these results, and a message for each damaged unit of theirs.
///
/// # Errors
/// Their results cannot be read.
pub(crate) fn rounded_runs(results: &Store) -> Result<(Vec<Rounded>, Vec<String>)> {
    let (mut rounded, mut damaged) = (Vec::new(), Vec::new());
    for after in PrecisionSpec::value_variants() {
        let folder = results.root().join(after.name());
        if !folder.join(FILE).is_file() {
            continue;
        }
        let store = Store::open(&folder);
        let Some(own) = store.snapshot()? else { continue };
        let priced = |line: Line| TokenPrice {
            branch: line.branch,
            step: line.step,
            variant: line.variant,
            divergence: line.price.divergence,
            divergence_99: line.price.divergence_99,
            same_best: line.price.same_best,
            ratio: line.price.ratio,
            ratio_interval: line.price.ratio_interval,
        };
        let prices = lines(&store).into_iter().map(priced).collect();
        let gathered = gather(&store, own)?;
        damaged.extend(gathered.damaged);
        rounded.push(Rounded { precision: after.name().into(), prices, run: gathered.run });
    }
    Ok((rounded, damaged))
}

fn lines(store: &Store) -> Vec<Line> {
    let text = fs_err::read_to_string(store.root().join(FILE)).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// What a price rests on: weights, config, tokenizer, tasks, both arithmetics.
fn key(work: &Work, checkpoint: &Checkpoint, after: PrecisionSpec, hashes: &Hashes) -> Option<String> {
    let folder = work.folder(checkpoint);
    let identity =
        Identity::read(&folder, work.settings.tokenizer_folder(&folder), hashes, Hashing::Remembered).ok()??;
    let tasks: Vec<String> = (work.suite.tasks.iter())
        .map(|task| format!("{} {} {}", task.task.definition_hash(), task.task.shots, task.items().len()))
        .collect();
    let Settings { precision, dt_floor, bos, .. } = &work.settings;
    let text = format!("{identity:?} {tasks:?} {precision:?} {dt_floor:?} {bos:?} {after:?} {TOKENS}");
    Some(blake3::hash(text.as_bytes()).to_hex().to_string())
}

/// The price of one checkpoint; `None` where no task has tokens.
fn price_of(work: &Work, checkpoint: &Checkpoint, after: PrecisionSpec) -> Result<Option<Price>> {
    let folder = work.folder(checkpoint);
    let rounded = Settings { precision: after, ..work.settings.clone() };
    let models = [work.settings.open_model(&folder)?, rounded.open_model(&folder)?];
    let tokenizer = work.settings.open_tokenizer(&folder, models[0].config())?;
    let tasks = work.suite.tasks.iter().filter(|task| !task.items().is_empty());
    price_of_task(&models, &tokenizer, &tasks.collect::<Vec<_>>(), TOKENS)
}
