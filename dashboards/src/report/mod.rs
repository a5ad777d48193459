//! The report: a folder of HTML that opens by a double-click, with no network and, for reading, no script.

mod curves;
mod folder;
mod front;
mod interval;
mod site;
mod tables;

pub use crate::error::Error;

use crate::run::Run;
use site::{Link, Site};
use std::path::{Path, PathBuf};

/// The report of a run.
#[derive(Debug, Clone, Copy)]
pub struct Report;

impl Report {
    /// Writes the report of `run` into the folder `out` and returns the path of its `index.html`.
    ///
    /// It is written aside and then put in the place of the old one. An `out` that holds something else than a report is an error.
    pub fn write(run: &Run, out: &Path) -> Result<PathBuf, Error> {
        let site = Site::begin(out, &run.name, links())?;
        let tasks = curves::task_curves(run);
        let names: Vec<String> = tasks.iter().map(front::title).collect();
        let slugs = folder::slugs([front::LOSS].into_iter().chain(names.iter().map(String::as_str)));
        let page = front::Page::of(run, &tasks, &slugs[1..]);
        for figure in &page.figures {
            site.file(&format!("plots/{}.svg", figure.slug), &figure.file())?;
            site.file(&format!("plots/{}.csv", figure.slug), &figure.csv)?;
        }
        site.file("units.csv", &tables::units(run))?;
        site.page("index.html", "index.html", &run.name, &page)?;
        site.finish()
    }
}

fn links() -> Vec<Link> {
    let link = |name, to| Link { name, to };
    vec![
        link("curves", "index.html#curves"),
        link("table", "index.html#table"),
        link("provenance", "index.html#provenance"),
    ]
}
