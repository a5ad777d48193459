//! Task files: their keys, how they are read, and what they are called.

mod catalogue;
mod chance;
mod check;
mod fewshot;
mod files;
mod function;
mod generation;
mod group;
mod group_file;
mod leaf;
mod listing;
mod origin;
mod output_type;
mod schema;
mod select;
mod single;
mod tree;
mod values;

pub use catalogue::Catalogue;
pub use chance::Chance;
pub use check::{Checked, task_schema};
pub use group::Group;
pub use listing::{Entry, EntryKind};
pub use output_type::{OutputType, Perturb};
pub use select::Selection;

pub(crate) use fewshot::Sampler;
pub(crate) use generation::FilterStep;
pub(crate) use schema::TaskFile;
pub(crate) use values::{DataFiles, Declared};
