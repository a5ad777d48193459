//! The files that lm-evaluation-harness leaves in a folder.

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// What lies in a folder of results.
#[derive(Default)]
pub(super) struct Files {
    pub(super) results: Vec<PathBuf>,
    samples: Vec<PathBuf>,
    /// Inspect's own format, which is not read.
    pub(super) zipped: Vec<PathBuf>,
}

/// Whether a JSON file is called as programs call their results: `results_TIME.json` (lm-evaluation-harness, lighteval),
/// `task-000-NAME-metrics.json` (OLMES), `TIME_TASK_ID.json` (Inspect).
fn is_results(name: &str) -> bool {
    let begins_with_date =
        name.len() > 10 && name.as_bytes()[10] == b'T' && name[..10].parse::<jiff::civil::Date>().is_ok();
    name.starts_with("results") || name.contains("_results_") || name.ends_with("-metrics.json") || begins_with_date
}

impl Files {
    pub(super) fn find(&mut self, folder: &Path) -> Result<()> {
        let mut paths: Vec<PathBuf> =
            fs_err::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let ends = |end: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(end));
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                self.find(&path)?;
            } else if ends("json") && is_results(&name) {
                self.results.push(path);
            } else if ends("eval") {
                self.zipped.push(path);
            } else if ends("jsonl") && name.starts_with("samples_") {
                self.samples.push(path);
            }
        }
        Ok(())
    }

    /// A line that names samples beside which no results were written.
    pub(super) fn samples_alone(&self) -> Option<String> {
        let has_results = |path: &PathBuf| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            self.results.iter().filter(|results| results.parent() == path.parent()).any(|results| {
                let stem = results.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                stem.rsplit_once("results_").is_some_and(|(_, time)| name.ends_with(&format!("_{time}")))
            })
        };
        let alone: Vec<&PathBuf> = self.samples.iter().filter(|path| !has_results(path)).collect();
        let first = alone.first()?.display();
        let more = if alone.len() > 1 { format!(" and {} more", alone.len() - 1) } else { String::new() };
        Some(format!("{first}{more}: passed over, since no `results_TIME.json` with the same time lies beside"))
    }
}

/// The mend for Inspect's own format.
pub(super) const ZIPPED: &str = "write Inspect's logs as JSON: `inspect log convert LOGS --to json --output-dir DIR`";

/// Why a folder gave nothing though no file in it is broken.
pub(super) fn nothing(folder: &Path, files: &Files) -> Error {
    let names: Vec<String> = files.results.iter().take(5).map(|path| path.display().to_string()).collect();
    Error::Results {
        path: folder.to_owned(),
        problem: match names.as_slice() {
            [] if !files.zipped.is_empty() => "only Inspect's zipped logs (`.eval`) lie here".into(),
            [] => "there is no `results_*.json` here or below".into(),
            names => format!(
                "no file here was written by lm-evaluation-harness, lighteval, OLMES or Inspect: {}",
                names.join(", ")
            ),
        },
        help: if !files.zipped.is_empty() {
            ZIPPED.into()
        } else if files.samples.is_empty() {
            "name the `--output_path` that lm-evaluation-harness was given".into()
        } else {
            "samples alone do not say which checkpoint they are of: the `results_TIME.json` of the same run are needed"
                .into()
        },
    }
}
