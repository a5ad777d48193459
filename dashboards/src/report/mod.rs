//! The report: a folder of HTML that opens by a double-click, with no network and, for reading, no script.

mod address;
mod axes;
mod checkpoint_curves;
mod compared;
mod curves;
mod decomposition;
mod figure;
mod findings_compared;
mod findings_file;
mod folder;
mod front;
mod hours;
mod items_bytes;
mod items_page;
mod items_twin;
mod long;
#[cfg(test)]
pub(crate) mod made_up;
mod notes;
mod parts;
mod plot_data;
mod price;
mod provenance;
mod rows;
mod site;
#[cfg(test)]
mod so_far_tests;
mod suspects;
mod tables;
mod task_page;
mod tells_most;
mod vibes;

pub use crate::error::Error;
pub use findings_file::schema as findings_schema;
pub use price::{Rounded, TokenPrice, TokenShifts, write_priced};
pub use rows::Verdicts;

use crate::findings::{branch_pairs, findings};
use crate::run::{Run, Subject};
use crate::series::{add_groups, add_metrics, long_families};
use compared::{Compared, Comparisons, PairTable, Pairs};
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
    let (pairs, branches) = (Pairs::of(run), branch_pairs(run));
    let tasks = curves::tasks(run);
    let names: Vec<String> = tasks.iter().map(|task| task.subject.title()).collect();
    let slugs = folder::slugs([figure::LOSS].into_iter().chain(names.iter().map(String::as_str)));
    let titles = names.iter().map(String::as_str).zip(slugs[1..].iter().map(String::as_str));
    let families = long_families(run);
    let links = links([
        (pairs.is_any(), "A against B", "compare.html"),
        (!families.is_empty(), "long texts", "long.html"),
        (!grids.is_empty(), "vibes", "vibes/index.html"),
        (!grids.is_empty(), "rate", "rate.html"),
        (!rounded.is_empty(), "price of bits", "price.html"),
    ]);
    let site = Site::begin(out, run, findings.alarms.len(), links)?.with_notes(notes::notes(run, titles, &grids));
    let shared = curves::Shared::of(run);
    let pages = tasks.par_iter().zip(&slugs[1..]).map(|(task, slug)| {
        let found = findings.tasks.iter().find(|found| task.subject == found.subject);
        let context = Context {
            run,
            tasks: &tasks,
            findings: &findings,
            shared: &shared,
            slug,
            slugs: &slugs[1..],
            pairs: &pairs,
        };
        let has_items = items_page::write(&site, &context, task)?;
        task_page::write(&site, &context, task, found, has_items)?;
        Ok(front::FrontTask { curves: task.curves(run, &task.primary), slug, found, has_items })
    });
    let is_shown = |task: &front::FrontTask<'_>| !is_in_group(run, &tasks, &task.curves.subject);
    let pages = pages.collect::<Result<Vec<_>, Error>>()?;
    let table = |(number, pair)| PairTable::of(run, pair, &pages, number);
    let tables: Vec<PairTable> = branches.iter().enumerate().map(table).collect();
    Comparisons { run, pairs: &pairs, tables: &tables, tasks: &pages }.write(&site)?;
    let (shown, others): (Vec<front::FrontTask<'_>>, Vec<_>) = pages.into_iter().partition(is_shown);
    let vibes = vibes::Overview::of(run, &grids, &shared);
    let page = front::Page::of(run, &shown, &findings, &shared, vibes);
    let page = page.beside(Compared::of(&tables)).folding(&others);
    let talks = page.vibes.iter().flat_map(|vibes| &vibes.figures);
    site.figures(page.figures.iter().chain(talks))?;
    vibes::write(&site, run, &grids, &shared)?;
    price::write(&site, run, &findings, (rounded, &shared))?;
    long::write(&site, run, &families, &shared)?;
    provenance::write(&site, run, &page.warnings)?;
    site.page("index.html", "index.html", &run.name, &page)?;
    let file = FindingsFile::of(run, &findings, &shown, &others, &page).beside(&branches);
    site.file("findings.json", &(serde_json::to_string_pretty(&file).expect("numbers and strings are JSON") + "\n"))?;
    site.finish()
}

/// A leaf whose group is there is read through the group; it keeps a page of its own.
fn is_in_group(run: &Run, tasks: &[curves::TaskUnits<'_>], subject: &Subject) -> bool {
    let group_is_there =
        |name: &str| tasks.iter().any(|task| task.subject.task == name && task.subject.is_asked_as(subject));
    run.groups.iter().any(|group| group.leaves.contains(&subject.task) && group_is_there(&group.name))
}

/// The pages that every report has, and in their midst those of `others` that this one has.
fn links<const N: usize>(others: [(bool, &'static str, &'static str); N]) -> Vec<Link> {
    let first = [("overview", "index.html"), ("curves", "index.html#curves"), ("table", "index.html#table")];
    let own = others.into_iter().filter(|(is_there, ..)| *is_there).map(|(_, name, to)| (name, to));
    let all = first.into_iter().chain(own).chain([("provenance", "provenance.html")]);
    all.map(|(name, to)| Link { name, to }).collect()
}
