//! A run with everything that was measured of it.

use super::failure::Failure;
use super::group::TaskGroup;
use super::note::Note;
use super::rating::Rating;
use super::stock_list::StockList;
use super::text::TaskTexts;
use super::tree::RunTree;
use super::under_way::UnderWay;
use super::unit::{PackUnit, Unit};
use super::unit_record::UnitRecord;

/// A run with its results: all that analysis and report need; by default an empty one without a name.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// The run's name.
    pub name: String,
    /// Branches, checkpoints, logs, phases.
    pub tree: RunTree,
    /// The newest unit per (branch, step, variant, task, settings).
    pub units: Vec<Unit>,
    /// Likewise of the prompt packs: the newest per (branch, step, variant, pack, settings).
    pub packs: Vec<PackUnit>,
    /// What readers thought of it.
    pub ratings: Vec<Rating>,
    /// What readers wrote beside it.
    pub notes: Vec<Note>,
    /// Older units with other keys, for the provenance page.
    pub superseded: Vec<UnitRecord>,
    /// Units that failed and are not done yet.
    pub failures: Vec<Failure>,
    /// The sweep that is still to end, or was stopped; `None` where all that was asked for was tried.
    pub under_way: Option<UnderWay>,
    /// The items as text, for those who want to read them; a task may be missing.
    pub texts: Vec<TaskTexts>,
    /// The groups that the run file asks for.
    pub groups: Vec<TaskGroup>,
    /// The stock phrases that its run file names; the shipped list where it names none.
    pub stock_phrases: Option<StockList>,
    /// The run file as it was read, for the provenance page.
    pub run_file: String,
    /// What tells it from other runs of its name, and never changes while it grows: votes in a browser are kept under it. May be empty.
    pub mark: String,
    /// When the report is made, RFC 3339, UTC.
    pub generated: String,
    /// Version of the program.
    pub version: String,
}
