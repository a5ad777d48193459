//! Task files: their keys, how they are read, and what they are called.

mod catalogue;
mod check;
mod files;
mod function;
mod group;
mod listing;
mod schema;
mod select;
mod tree;

pub use catalogue::Catalogue;
pub use check::{Checked, task_schema};
pub use group::Group;
pub use listing::{Entry, EntryKind};
pub use schema::{Chance, OutputType};
pub use select::Selection;

pub(crate) use schema::{DataFiles, Declared, FilterStep, Sampler, TaskFile};
