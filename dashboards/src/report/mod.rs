//! The report: a folder of HTML that opens by a double-click, with no network and, for reading, no script.

mod curves;
mod error;
mod folder;
mod interval;
mod page;
mod policy;
mod tables;

pub use error::Error;

use crate::run::Run;
use folder::Folder;
use std::path::{Path, PathBuf};

/// The report of a run.
#[derive(Debug, Clone, Copy)]
pub struct Report;

impl Report {
    /// Writes the report of `run` into the folder `out` and returns the path of its `index.html`.
    ///
    /// It is written aside and then put in the place of the old one. An `out` that holds something else than a report is an error.
    pub fn write(run: &Run, out: &Path) -> Result<PathBuf, Error> {
        let folder = Folder::begin(out)?;
        let tasks = curves::task_curves(run);
        let page = page::Page::of(run, &tasks);
        for figure in &page.figures {
            folder.write(&format!("plots/{}.svg", figure.slug), &figure.file())?;
            folder.write(&format!("plots/{}.csv", figure.slug), &figure.csv)?;
        }
        folder.write("units.csv", &tables::units(run))?;
        folder.write("index.html", &page.html()?)?;
        folder.finish()
    }
}
