//! A run in several arithmetics: what each further one costs the next token of every checkpoint.

use spyglass_dashboards::run::Checkpoint;

use super::Work;
use crate::Result;
use crate::checkpoint::{Hashing, Identity, Settings};
use crate::measure::price_of_task;
use crate::results::{Hashes, Price, PriceLine, Store};
use crate::run_file::PrecisionSpec;

/// Tokens of a checkpoint before which distributions are compared.
const TOKENS: usize = 2000;

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
    let (store, hashes) = (results.in_precision(after)?, Hashes::open(results.root()));
    let mut known = store.prices();
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
                known.push(PriceLine { branch, step, variant, key, price });
                store.keep_prices(&known)?;
            }
            Ok(None) => {}
            Err(error) => say(&format!("{} in {}: {}", checkpoint.location, after.name(), error.in_full())),
        }
    }
    Ok(())
}

/// What a price rests on: weights, config, tokenizer, tasks, both arithmetics.
fn key(work: &Work, checkpoint: &Checkpoint, after: PrecisionSpec, hashes: &Hashes) -> Option<String> {
    let folder = work.folder(checkpoint);
    let identity =
        Identity::read(&folder, work.settings.tokenizer_folder(&folder), hashes, Hashing::Remembered).ok()??;
    let tasks: Vec<String> = (work.suite.tasks.iter())
        .map(|task| format!("{} {} {}", task.task.definition_hash(), task.task.shots, task.items().len()))
        .collect();
    let Settings { precision, dt_floor, bos, rope_scale, context, tokenizer: _ } = &work.settings;
    let settings = (precision, dt_floor, bos, rope_scale, context);
    let text = format!("{identity:?} {tasks:?} {settings:?} {after:?} {TOKENS} of right answers");
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
