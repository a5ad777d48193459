//! The results that go into one file.

use std::collections::BTreeMap;

use spyglass_dashboards::run::{Run, Unit};
use spyglass_dashboards::series::CENTRED;
use spyglass_tasks::Item;

use crate::Result;
use crate::suite::{Suite, SuiteTask};

/// The results of one checkpoint that go into one file: each task once.
pub(super) struct Sheet<'r> {
    pub(super) run: &'r Run,
    pub(super) suite: &'r Suite,
    pub(super) units: Vec<&'r Unit>,
    /// As lm-evaluation-harness would name the model: run, branch and step.
    pub(super) model: String,
    /// When the newest unit was finished, as in the names of the files.
    pub(super) time: jiff::Timestamp,
}

/// The results of each checkpoint. A task asked in several ways (shots, perturbation) goes into several sheets, since there
/// a task's name is all that tells results apart.
pub(super) fn sheets<'r>(run: &'r Run, suite: &'r Suite) -> Vec<Sheet<'r>> {
    let mut ways: BTreeMap<_, Vec<&Unit>> = BTreeMap::new();
    // A composite is no task that lm-evaluation-harness could know.
    for unit in run.units.iter().filter(|unit| unit.record.primary_metric != CENTRED) {
        let (record, at) = (&unit.record, &unit.record.checkpoint);
        let same = run.units.iter().filter(|other| {
            let (other, place) = (&other.record, &other.record.checkpoint);
            (&place.branch, place.step, &place.variant, &other.task) == (&at.branch, at.step, &at.variant, &record.task)
                && (other.shots, &other.inputs.perturb) < (record.shots, &record.inputs.perturb)
        });
        ways.entry((&at.branch, at.step, &at.variant, same.count())).or_default().push(unit);
    }
    let sheet = |((branch, step, variant, way), units): ((&String, u64, &Option<String>, usize), Vec<&'r Unit>)| {
        let variant = variant.as_ref().map(|variant| format!("-{variant}")).unwrap_or_default();
        let finished = units.iter().filter_map(|unit| unit.record.finished.parse::<jiff::Timestamp>().ok()).max();
        // Sheets of one checkpoint lie in one folder: a microsecond tells them apart.
        let time = finished.unwrap_or_default() + jiff::SignedDuration::from_micros(way as i64);
        Sheet { run, suite, units, model: format!("{}/{branch}/step-{step}{variant}", run.name), time }
    };
    ways.into_iter().map(sheet).collect()
}

/// The task of the suite that a unit was asked with.
pub(super) fn task_of<'s>(suite: &'s Suite, unit: &Unit) -> Option<&'s SuiteTask> {
    let record = &unit.record;
    suite.tasks.iter().find(|task| {
        (&task.task.name, task.task.shots, &task.task.perturb) == (&record.task, record.shots, &record.inputs.perturb)
    })
}

/// The items of a unit, one for each of its records; else why there are none.
pub(super) fn items_of<'s>(suite: &'s Suite, unit: &Unit) -> Result<&'s [Item], String> {
    let task = task_of(suite, unit).ok_or("the run file does not ask for the task any more")?;
    let items = task.items.as_ref().map_err(crate::Error::in_full)?;
    let same = task.definition == unit.record.inputs.task_definition
        && items.data_hash == unit.record.inputs.data
        && unit.items.len() <= items.items.len();
    if unit.items.is_empty() {
        return Err("its item records are not kept".into());
    }
    let matching = same && unit.items.iter().zip(&items.items).all(|(record, item)| record.doc_id == item.doc_id);
    if matching { Ok(&items.items[..unit.items.len()]) } else { Err("its data or its task file have changed".into()) }
}

impl Sheet<'_> {
    /// The name of the task's filter pipeline; `none` without one.
    pub(super) fn filter(&self, task: &str) -> String {
        let config = self.suite.tasks.iter().find(|known| known.task.name == task).map(|known| known.task.config());
        let name = config.and_then(|config| config.get("filter_list")?.get(0)?.get("name")?.as_str());
        name.unwrap_or("none").to_owned()
    }
}
