//! A sweep: what it works on, the plan of its units, the search for onsets, and the whole from plan to report.

mod input;
pub mod plan;
mod run;
mod search;
mod suite;

pub use input::{Overrides, Settings, Work};
pub use run::{Swept, keep_snapshot, snapshot_of, sweep, write_report};
pub use search::{at_most, search};
pub use suite::{Subject, Suite, SuiteTask, catalogue};
