//! A run in several arithmetics: what each further one costs the next token of every checkpoint.

use spyglass_dashboards::run::Checkpoint;

use super::Work;
use super::plan::unit_inputs;
use crate::Result;
use crate::checkpoint::{Hashing, Identity, Settings};
use crate::measure::price_of_task;
use crate::progress::Interrupt;
use crate::results::{Hashes, Price, PriceLine, Store, unit_key};
use crate::run_file::PrecisionSpec;
use crate::suite::Subject;

/// Tokens of a checkpoint before which distributions are compared.
const TOKENS: usize = 2000;

/// Measures what `after` costs each checkpoint that lies on the disk and was not measured yet; `stop` ends it between two, or while
/// one is read.
///
/// # Errors
/// The folder of results cannot be read or written. A checkpoint that cannot be measured is told and passed over.
pub(crate) fn measure_prices(
    work: &Work,
    results: &Store,
    after: PrecisionSpec,
    (stop, say): (&Interrupt, &dyn Fn(&str)),
) -> Result<()> {
    let (store, hashes) = (results.in_precision(after)?, Hashes::open(results.root()));
    let known = store.prices();
    for checkpoint in work.tree.branches.iter().flat_map(|branch| &branch.checkpoints) {
        if stop.is_set() {
            break;
        }
        let Some(key) = key(work, checkpoint, after, &hashes) else { continue };
        if known.iter().any(|line| line.at() == checkpoint.at() && line.key == key) {
            continue;
        }
        match price_of(work, checkpoint, after, stop) {
            Ok(Some(price)) => {
                let Checkpoint { branch, step, variant, .. } = checkpoint.clone();
                store.keep_price(PriceLine { branch, step, variant, key, price })?;
            }
            Ok(None) => {}
            Err(error) if error.is_interrupt() => break,
            Err(error) => say(&format!("{} in {}: {}", checkpoint.location, after.name(), error.in_full())),
        }
    }
    Ok(())
}

/// What a price rests on: what the tasks' units rest on, how many items, and the other arithmetic.
fn key(work: &Work, checkpoint: &Checkpoint, after: PrecisionSpec, hashes: &Hashes) -> Option<String> {
    let folder = work.folder(checkpoint);
    let identity =
        Identity::read(&folder, work.settings.tokenizer_folder(&folder), hashes, Hashing::Remembered).ok()??;
    let key = |at: usize| {
        let unit = unit_key(&unit_inputs(work, &identity, Subject::Task(at)));
        format!("{unit} {}", work.suite.tasks[at].items().len())
    };
    let tasks: Vec<String> = (0..work.suite.tasks.len()).map(key).collect();
    let text = format!("{tasks:?} {after:?} {TOKENS} of right answers");
    Some(blake3::hash(text.as_bytes()).to_hex().to_string())
}

/// The price of one checkpoint; `None` where no task has tokens.
fn price_of(work: &Work, checkpoint: &Checkpoint, after: PrecisionSpec, stop: &Interrupt) -> Result<Option<Price>> {
    let folder = work.folder(checkpoint);
    let rounded = Settings { precision: after, ..work.settings.clone() };
    let models = [work.settings.open_model(&folder, stop)?, rounded.open_model(&folder, stop)?];
    let tokenizer = work.settings.open_tokenizer(&folder, models[0].config())?;
    let tasks = work.suite.tasks.iter().filter(|task| !task.items().is_empty());
    price_of_task(&models, &tokenizer, &tasks.collect::<Vec<_>>(), TOKENS)
}
