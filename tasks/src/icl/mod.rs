//! Direct probes of in-context learning: data sets generated from a seed, with no files.
//!
//! A probe is an ordinary task file with `dataset_path: icl`; `dataset_name` says which rows are made. Whatever is asked
//! can only be answered from the prompt: the words are made up, the labels swapped, the tokens random.

mod copy;
mod mapping;
mod reviews;
mod seeded;
mod sentiment;

use crate::error::{Error, Result};
use crate::item::Row;
use crate::nearest::suggestion;

pub use copy::token_id;
pub(crate) use mapping::words as made_up_words;
pub(crate) use seeded::Dice;

/// The `dataset_path` of task files whose rows are generated here.
pub const DATASET_PATH: &str = "icl";

/// Makes the rows of a data set.
type Make = fn() -> Vec<Row>;

/// The data sets, by `dataset_name`. The numbers in the names: tokens of a copied sequence, shots of a mapping.
const DATASETS: &[(&str, Make)] = &[
    ("copy_16", || copy::rows(16, 512)),
    ("copy_64", || copy::rows(64, 128)),
    ("copy_256", || copy::rows(256, 64)),
    ("copy_1024", || copy::rows(1024, 32)),
    ("mapping_1", || mapping::rows(1)),
    ("mapping_2", || mapping::rows(2)),
    ("mapping_4", || mapping::rows(4)),
    ("mapping_8", || mapping::rows(8)),
    ("mapping_16", || mapping::rows(16)),
    ("flipped", || sentiment::contrasts(sentiment::Labels::Swapped)),
    ("flipped_control", || sentiment::contrasts(sentiment::Labels::Honest)),
    ("repeated", sentiment::repeated),
];

/// The rows of a generated data set: the same on every machine, and those of a limit are the first of all.
///
/// Columns: `draws` for copies (numbers that [`token_id`] turns into token ids); `prompt`, `choices`, `gold` and
/// `context` (its number: rows of one context share their shots) for the others.
///
/// # Errors
/// There is no data set of that name.
pub fn rows(dataset_name: &str) -> Result<Vec<Row>> {
    let names = DATASETS.iter().map(|(name, _)| *name);
    let found = DATASETS.iter().find(|(name, _)| *name == dataset_name);
    found.map(|(_, make)| make()).ok_or_else(|| Error::UnknownName {
        task: DATASET_PATH.into(),
        what: "generated data set",
        name: dataset_name.into(),
        help: suggestion(dataset_name, names),
    })
}
#[cfg(test)]
mod tests;
