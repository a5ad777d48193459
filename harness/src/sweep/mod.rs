//! A sweep: what it works on, the plan of its units, the search for onsets, and the whole from plan to report.

mod input;
mod only;
pub mod plan;
mod run;
mod search;
mod suite;

pub use input::{Overrides, Work};
pub use only::Only;
pub use run::{keep_snapshot, snapshot_of, write_report};
pub(crate) use run::{score, sweep};
pub use search::at_most;
pub(crate) use search::search;
pub use suite::{Subject, Suite, SuiteTask, TaskSource, catalogue};
