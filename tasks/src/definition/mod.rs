//! Task files: their keys, how they are read, and what they are called.

mod catalogue;
mod chance;
mod check;
mod files;
mod function;
mod group;
mod listing;
mod origin;
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
pub use schema::{OutputType, Perturb};
pub use select::Selection;

pub(crate) use schema::{FilterStep, Sampler, TaskFile};
pub(crate) use values::{DataFiles, Declared};
