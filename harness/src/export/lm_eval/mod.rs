//! The files of lm-evaluation-harness: `results_*.json` and `samples_*.jsonl` in one folder a checkpoint.

mod results;
mod samples;
mod sheet;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use spyglass_dashboards::run::Run;
use spyglass_tasks::task_hash;

use self::sheet::{items_of, sheets};
use crate::Result;
use crate::results::write_whole;
use crate::suite::Suite;

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Tasks whose samples could not be written, and why.
    pub warnings: Vec<String>,
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

#[cfg(test)]
mod tests {
    use super::sanitized;

    #[test]
    fn names_are_cleaned_as_there() {
        assert_eq!(sanitized("run/trunk/step-5"), "run__trunk__step-5");
        assert_eq!(sanitized("a:/\\b"), "a__b");
    }
}
