//! The report: a folder of HTML that opens by a double-click, with no network and, for reading, no script.

mod curves;
mod folder;
mod front;
mod interval;
mod items_page;
mod site;
mod tables;
mod task_page;
mod vibes;

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
        let grids = vibes::grids(run);
        let site = Site::begin(out, &run.name, links(!grids.is_empty()))?;
        let tasks = curves::tasks(run);
        let curves: Vec<_> = tasks.iter().map(|task| task.curves(run, &task.primary)).collect();
        let names: Vec<String> = curves.iter().map(|curve| front::name_of(&curve.subject)).collect();
        let slugs = folder::slugs([front::LOSS].into_iter().chain(names.iter().map(String::as_str)));
        let shared = curves::Shared::of(run);
        let page = front::Page::of(run, &curves, &slugs[1..], &shared);
        for figure in &page.figures {
            site.file(&format!("plots/{}.svg", figure.slug), &figure.file())?;
            site.file(&format!("plots/{}.csv", figure.slug), &figure.csv)?;
        }
        for (task, slug) in tasks.iter().zip(&slugs[1..]) {
            let items = items_page::write(&site, run, task, slug)?;
            task_page::write(&site, run, task, slug, &shared, items)?;
        }
        vibes::write(&site, run, &grids)?;
        site.file("units.csv", &tables::units(run))?;
        site.page("index.html", "index.html", &run.name, &page)?;
        site.finish()
    }
}

fn links(vibes: bool) -> Vec<Link> {
    let link = |name, to| Link { name, to };
    let mut links = vec![link("curves", "index.html#curves"), link("table", "index.html#table")];
    if vibes {
        links.extend([link("vibes", "vibes/index.html"), link("ratings", "vibes/index.html#ratings")]);
    }
    links.push(link("provenance", "index.html#provenance"));
    links
}
