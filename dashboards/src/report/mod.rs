//! The report: a folder of HTML that opens by a double-click, with no network and, for reading, no script.

mod axes;
mod curves;
mod decomposition;
mod figure;
mod findings_file;
mod folder;
mod front;
mod items_page;
#[cfg(test)]
mod made_up;
mod parts;
mod plot_data;
mod price;
mod provenance;
mod rows;
mod site;
mod tables;
mod task_page;
mod vibes;

pub use crate::error::Error;
pub use findings_file::schema as findings_schema;
pub use price::{Rounded, TokenPrice, write_priced};
pub use rows::Verdicts;

use crate::findings::findings;
use crate::run::{Run, Subject};
use crate::series::{add_groups, add_metrics};
use decomposition::Context;
use findings_file::FindingsFile;
use rayon::prelude::*;
use site::{Link, Site};
use std::path::{Path, PathBuf};

/// Writes the report of `run` into the folder `out` and returns the path of its `index.html`.
///
/// It is written aside and then put in the place of the old one. An `out` that holds something else than a report is an error.
pub fn write(run: &Run, out: &Path) -> Result<PathBuf, Error> {
    write_all(run, &[], out)
}

/// The same, with what the arithmetics of `rounded` cost.
fn write_all(run: &Run, rounded: &[Rounded], out: &Path) -> Result<PathBuf, Error> {
    let findings = findings(run);
    let mut run = run.clone();
    add_metrics(&mut run);
    add_groups(&mut run);
    let run = &run;
    let grids = vibes::grids(run);
    let site = Site::begin(out, run, links(!grids.is_empty(), !rounded.is_empty()))?;
    let tasks = curves::tasks(run);
    let names: Vec<String> = tasks.iter().map(|task| task.subject.title()).collect();
    let slugs = folder::slugs([figure::LOSS].into_iter().chain(names.iter().map(String::as_str)));
    let shared = curves::Shared::of(run);
    let pages = tasks.par_iter().zip(&slugs[1..]).map(|(task, slug)| {
        let found = findings.tasks.iter().find(|found| task.subject == found.subject);
        let has_items = items_page::write(&site, run, task, slug)?;
        let context = Context { run, tasks: &tasks, findings: &findings, shared: &shared, slug };
        task_page::write(&site, &context, task, found, has_items)?;
        Ok(front::FrontTask { curves: task.curves(run, &task.primary), slug, found })
    });
    let is_shown = |task: &front::FrontTask<'_>| !is_in_group(run, &tasks, &task.curves.subject);
    let (shown, others): (Vec<front::FrontTask<'_>>, Vec<_>) =
        pages.collect::<Result<Vec<_>, Error>>()?.into_iter().partition(is_shown);
    let vibes = vibes::Overview::of(run, &grids, &shared);
    let page = front::Page::of(run, &shown, &findings, &shared, vibes);
    let talks = page.vibes.iter().flat_map(|vibes| &vibes.figures);
    site.figures(page.figures.iter().chain(talks))?;
    vibes::write(&site, run, &grids)?;
    price::write(&site, run, &findings, rounded)?;
    provenance::write(&site, run, &page.warnings)?;
    site.page("index.html", "index.html", &run.name, &page)?;
    let file = FindingsFile::of(run, &findings, &shown, &others, &page);
    site.file("findings.json", &(serde_json::to_string_pretty(&file).expect("numbers and strings are JSON") + "\n"))?;
    site.finish()
}

/// A leaf whose group is there is read through the group; it keeps a page of its own.
fn is_in_group(run: &Run, tasks: &[curves::TaskUnits<'_>], subject: &Subject) -> bool {
    let group_is_there =
        |name: &str| tasks.iter().any(|task| task.subject.task == name && task.subject.is_asked_as(subject));
    run.groups.iter().any(|group| group.leaves.contains(&subject.task) && group_is_there(&group.name))
}

fn links(vibes: bool, prices: bool) -> Vec<Link> {
    let link = |name, to| Link { name, to };
    let mut links = vec![link("curves", "index.html#curves"), link("table", "index.html#table")];
    if vibes {
        links.extend([link("vibes", "vibes/index.html"), link("ratings", "vibes/index.html#ratings")]);
    }
    if prices {
        links.push(link("price of bits", "price.html"));
    }
    links.push(link("provenance", "provenance.html"));
    links
}
