//! `spyglass report`: the report again, from results alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use spyglass_dashboards::report;
use spyglass_dashboards::run::side_by_side;

use super::apart::told_apart;
use super::results::Results;
use super::{Exit, print, say};
use crate::results::{Rewritten, gather, rewrite_report_of, rounded_runs};
use crate::{Error, Result};

/// The folder of a report on several runs.
const TOGETHER: &str = "spyglass-report";

/// Write the report again, from the results alone: no weights and no data are needed
///
/// Several runs (or seeds) are drawn in one report, their branches named `run/branch`.
#[derive(Debug, Args)]
pub(super) struct ReportRun {
    /// Run files, or results folders as `import` writes them
    #[arg(required = true, value_name = "RUN.yaml")]
    runs: Vec<PathBuf>,
    /// Folder of the report: of one run `report` in its results unless given, of several `spyglass-report` here
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Open it in the browser
    #[arg(long)]
    open: bool,
}

impl ReportRun {
    pub(super) fn run(&self) -> Result<Exit> {
        let all = self.runs.iter().map(|path| Results::open(path)).collect::<Result<Vec<_>>>()?;
        if let Some(other) = all.iter().find(|own| own.snapshot.tree.axis != all[0].snapshot.tree.axis) {
            let (one, two) = (all[0].snapshot.tree.axis.word(), other.snapshot.tree.axis.word());
            return Err(Error::Usage {
                problem: format!(
                    "{} counts {one}, {} counts {two}: one page has one axis",
                    all[0].path.display(),
                    other.path.display()
                ),
                help: "write a report of each, or give both the same `axis:`".into(),
            });
        }
        let (report, damaged) = match all.as_slice() {
            [only] if self.out.is_none() => {
                let Rewritten { index, gathered } = rewrite_report_of(&only.store, || Ok(only.snapshot.clone()))?;
                (index, gathered.damaged)
            }
            _ => self.elsewhere(all)?,
        };
        for message in &damaged {
            say(&format!("left out: {}", message.replace('\n', "\n  ")));
        }
        print(&format!("{}\n", report.display()))?;
        if self.open {
            open(&report)?;
        }
        Ok(if damaged.is_empty() { Exit::Well } else { Exit::SomeFailed })
    }

    /// Writes a report that is not that of one results folder: its page, and a message for each damaged unit.
    fn elsewhere(&self, all: Vec<Results>) -> Result<(PathBuf, Vec<String>)> {
        let named: Vec<(String, &Path)> =
            self.runs.iter().zip(&all).map(|(path, own)| (own.snapshot.name.clone(), path.as_path())).collect();
        let (rounded, mut damaged) = match all.as_slice() {
            [only] => rounded_runs(&only.store)?,
            _ => Default::default(),
        };
        let mut runs = Vec::new();
        for (results, own) in all.into_iter().zip(told_apart(&named)) {
            let mut gathered = gather(&results.store, results.snapshot)?;
            if let Some(own) = own {
                gathered.run.name = format!("{} {own}", gathered.run.name);
            }
            runs.push(gathered.run);
            damaged.extend(gathered.damaged);
        }
        let run = side_by_side(runs).expect("clap asks for one run file at least");
        let out = self.out.clone().unwrap_or_else(|| TOGETHER.into());
        Ok((report::write_priced(&run, &rounded, &out)?, damaged))
    }
}

/// Opens a page as the system opens its kind of file.
///
/// # Errors
/// The system has no program for it.
pub(super) fn open(page: &Path) -> Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opened = Command::new(opener).arg(page).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if opened.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(Error::Usage {
        problem: format!("`{opener}` could not open {}", page.display()),
        help: "the report is written: open the page in a browser".into(),
    })
}
