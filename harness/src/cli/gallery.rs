//! Public runs whose scores are published: their report in seconds, without a checkpoint.

use std::path::{Path, PathBuf};

use spyglass_dashboards::report;
use spyglass_dashboards::run::side_by_side;

use crate::Result;
use crate::import::{Options, TableOptions, import_table};
use crate::results::{Store, gather};
use crate::run_file::LogColumns;
use crate::training::{Schedule, TrainingSpec};

/// Name of the schedule, and the table with its source.
const OLMO2: [(&str, &str); 2] = [
    ("olmo2-7b", include_str!("../../gallery/olmo2-7b.csv")),
    ("olmo2-13b", include_str!("../../gallery/olmo2-13b.csv")),
];

/// Writes both runs of OLMo 2 below `out`, each in a results folder of its own, and one report on the two.
///
/// # Errors
/// The folder cannot be written.
pub(super) fn write_olmo2(out: &Path) -> Result<PathBuf> {
    fs_err::create_dir_all(out)?;
    let mut runs = Vec::new();
    for (name, table) in OLMO2 {
        let file = out.join(name).with_extension("csv");
        fs_err::write(&file, table)?;
        let store = Store::create(&out.join(name))?;
        let schedule = Schedule::of(&TrainingSpec { preset: Some(name.into()), ..TrainingSpec::default() });
        let columns =
            LogColumns { loss: Some("eval/c4_en-validation/CrossEntropyLoss".into()), ..LogColumns::default() };
        let options =
            Options { name: name.into(), branch: "trunk".into(), pattern: "{step}".into(), tokens_per_step: None };
        let table = TableOptions { log: columns, ..TableOptions::default() };
        let schedule = schedule.expect("a test reads every preset");
        import_table(&file, &table, &options, Some(&schedule), &store, |_| {})?;
        let snapshot = store.snapshot()?.expect("the import has just kept one");
        runs.push(gather(&store, snapshot)?.run);
    }
    let run = side_by_side(runs).expect("there are two");
    Ok(report::write(&run, &out.join("report"))?)
}
