//! The files of lm-evaluation-harness: `results_*.json` and `samples_*.jsonl` in one folder a checkpoint.

mod results;
mod samples;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use spyglass_dashboards::run::{Run, Unit};
use spyglass_tasks::{Item, task_hash};

use crate::Result;
use crate::results::write_whole;
use crate::sweep::{Suite, SuiteTask};

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Tasks whose samples could not be written, and why.
    pub warnings: Vec<String>,
}

/// The results of one checkpoint that go into one file: each task once.
struct Sheet<'r> {
    run: &'r Run,
    suite: &'r Suite,
    units: Vec<&'r Unit>,
    /// As lm-evaluation-harness would name the model: run, branch and step.
    model: String,
    /// When the newest unit was finished, as in the names of the files.
    time: jiff::Timestamp,
}

/// Writes one folder a checkpoint into `out`. Documents and prompts come from `suite`; a task that it lacks, or whose data
/// have changed since it was scored, gets its results but no samples, which is named.
///
/// # Errors
/// The folder cannot be written.
pub fn write_lm_eval(run: &Run, suite: &Suite, out: &Path) -> Result<Written> {
    let mut written = Written::default();
    for sheet in sheets(run, suite) {
        let folder = out.join(sanitized(&sheet.model));
        fs_err::create_dir_all(&folder)?;
        let time = sheet.time.strftime("%Y-%m-%dT%H-%M-%S.%6f");
        let mut hashes = BTreeMap::new();
        for unit in &sheet.units {
            let record = &unit.record;
            match items_of(suite, unit) {
                Ok(items) => {
                    hashes.insert(record.task.clone(), task_hash(items));
                    let path = folder.join(format!("samples_{}_{time}.jsonl", sanitized(&record.task)));
                    write_whole(&path, samples::lines(unit, items, &sheet.filter(&record.task)).as_bytes())?;
                    written.files.push(path);
                }
                Err(why) => {
                    let warning = format!("{}: no samples, {why}", record.task);
                    if !written.warnings.contains(&warning) {
                        written.warnings.push(warning);
                    }
                }
            }
        }
        let path = folder.join(format!("results_{time}.json"));
        let text = serde_json::to_string_pretty(&sheet.results(&hashes)).expect("plain data");
        write_whole(&path, text.as_bytes())?;
        written.files.push(path);
    }
    Ok(written)
}

/// The results of each checkpoint. A task asked in several ways (shots, perturbation) goes into several sheets, since there
/// a task's name is all that tells results apart.
fn sheets<'r>(run: &'r Run, suite: &'r Suite) -> Vec<Sheet<'r>> {
    let mut ways: BTreeMap<_, Vec<&Unit>> = BTreeMap::new();
    for unit in &run.units {
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
fn task_of<'s>(suite: &'s Suite, unit: &Unit) -> Option<&'s SuiteTask> {
    let record = &unit.record;
    suite.tasks.iter().find(|task| {
        (&task.task.name, task.task.shots, &task.task.perturb) == (&record.task, record.shots, &record.inputs.perturb)
    })
}

/// The items of a unit, one for each of its records; else why there are none.
fn items_of<'s>(suite: &'s Suite, unit: &Unit) -> Result<&'s [Item], String> {
    let task = task_of(suite, unit).ok_or("the run file does not ask for the task any more")?;
    let items = task.items.as_ref().map_err(crate::Error::in_full)?;
    let same = task.task.definition_hash() == unit.record.inputs.task_definition
        && items.data_hash == unit.record.inputs.data
        && unit.items.len() <= items.items.len();
    if unit.items.is_empty() {
        return Err("its item records are not kept".into());
    }
    let matching = same && unit.items.iter().zip(&items.items).all(|(record, item)| record.doc_id == item.doc_id);
    if matching { Ok(&items.items[..unit.items.len()]) } else { Err("its data or its task file have changed".into()) }
}

/// A name as a file name, by the rule of lm-evaluation-harness.
fn sanitized(name: &str) -> String {
    let mut clean = String::with_capacity(name.len());
    let mut inside = false;
    for c in name.chars() {
        let bad = "\"<>:/|\\?*[]".contains(c);
        if !bad {
            clean.push(c);
        } else if !inside {
            clean.push_str("__");
        }
        inside = bad;
    }
    clean
}

impl Sheet<'_> {
    /// The name of the task's filter pipeline; `none` without one.
    fn filter(&self, task: &str) -> String {
        let config = self.suite.tasks.iter().find(|known| known.task.name == task).map(|known| known.task.config());
        let name = config.and_then(|config| config.get("filter_list")?.get(0)?.get("name")?.as_str());
        name.unwrap_or("none").to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::sanitized;

    #[test]
    fn names_are_cleaned_as_there() {
        assert_eq!(sanitized("run/trunk/step-5"), "run__trunk__step-5");
        assert_eq!(sanitized("a:/\\b"), "a__b");
    }
}
