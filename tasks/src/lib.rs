//! Asks and judges: benchmark definitions, data, few-shot prompts, metrics and item records.

mod data;
mod definition;
mod error;
mod hash;
pub mod icl;
mod item;
mod long;
pub mod metric;
mod nearest;
pub mod overlap;
pub mod paths;
mod prompt;
pub mod python;
mod question;
mod record;
mod reply;
mod task;
pub mod text;
pub mod vibes;
pub mod yaml;

pub use data::{DataSet, parquet_rows};
pub use definition::{
    Catalogue, Chance, Checked, Entry, EntryKind, Group, OutputType, Perturb, Selection, task_schema,
};
pub use error::{Error, Result, YamlError};
pub use hash::sha256_hex;
pub use item::{BadRow, Item, Items, Row, task_hash};
pub use nearest::nearest;
pub use question::{Answer, Generation, Query, Text};
pub use record::{ChoiceRecord, GenerationRecord, ItemRecord, LongPlace, MetricValue, RollingRecord};
pub use task::Task;
