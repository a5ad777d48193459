//! Checkpoints on disk: which there are, how many tokens each has seen, and how the branches hang together.

mod branch_order;
mod discover;
mod identity;
mod lanes;
mod loaded;
mod location;
mod log;
mod misplaced;
mod naming;
mod other_counts;
mod pattern;
mod phases;
mod rising;
mod scheduled;
mod settings;
mod tokens;
mod tree;

pub(crate) use discover::{SkippedFolder, folders};
pub(crate) use identity::{CHAT_TEMPLATE, CONFIG, PIECES, TOKENIZER, config_hash, tokenizer_files, tokenizer_hash};
pub(crate) use identity::{Hashing, Identity};
pub(crate) use loaded::{Loaded, Tokens, open, weight_bytes};
pub(crate) use location::folder_on_disk;
#[cfg(test)]
pub(crate) use log::read_log;
pub(crate) use log::{Columns, Decimals, Row, Table, count, number, read_table, step};
pub(crate) use misplaced::suspects;
pub(crate) use naming::{Naming, TokensIn, namings, step_in};
pub(crate) use pattern::{Label, Named, Pattern};
pub(crate) use rising::tokens_rise;
pub(crate) use settings::Settings;
pub(crate) use tokens::{other_steps, own_count};
pub use tree::{Discovered, discover_tree};
