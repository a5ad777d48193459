//! The page: a figure of all arithmetics, and a section for each.

use serde::Serialize;

use super::checkpoints::{CheckpointRow, missing, rows};
use super::flips::{FlipRow, flips};
use super::onsets::{TaskRow, onsets, tasks};
use super::{Rounded, anneals, course, table};
use crate::findings::{Findings, findings};
use crate::plots::plain;
use crate::report::Error;
use crate::report::curves::Shared;
use crate::report::site::Site;
use crate::run::Run;

/// Name of the figure's files, and of the table of flips; no task's have a dot before their ending.
const DIVERGENCES: &str = "price.divergence";
const FLIPS: &str = "plots/price.flips.csv";

/// What the template shows.
#[derive(Serialize)]
struct Page {
    /// The divergence against tokens, where there are several checkpoints.
    course: Option<Drawn>,
    /// The table of all divergences; empty where no next token was compared.
    divergences: String,
    flips: &'static str,
    arithmetics: Vec<Arithmetic>,
}

/// A figure with its files.
#[derive(Serialize)]
struct Drawn {
    slug: &'static str,
    svg: String,
}

/// One arithmetic beside the first.
#[derive(Debug, Serialize)]
pub(super) struct Arithmetic {
    pub(super) precision: String,
    pub(super) sentences: Vec<String>,
    pub(super) tasks: Vec<TaskRow>,
    pub(super) checkpoints: Vec<CheckpointRow>,
    /// Task by task at the newest checkpoint of each branch.
    pub(super) flips: Vec<FlipRow>,
    /// The same at earlier ones.
    pub(super) earlier: Vec<FlipRow>,
}

/// Writes `price.html` and its files; nothing where the run has one arithmetic.
pub(in crate::report) fn write(
    site: &Site,
    run: &Run,
    before: &Findings,
    (rounded, shared): (&[Rounded], &Shared),
) -> Result<(), Error> {
    if rounded.is_empty() {
        return Ok(());
    }
    let arithmetics: Vec<Arithmetic> = rounded.iter().map(|rounded| Arithmetic::of(run, before, rounded)).collect();
    let csv = format!("plots/{DIVERGENCES}.csv");
    let is_any = arithmetics.iter().flat_map(|one| &one.checkpoints).any(|row| row.measured.is_some());
    if is_any {
        site.table(&csv, &table::divergences(&arithmetics))?;
    }
    site.table(FLIPS, &table::flips(&arithmetics))?;
    let svg = course::course(run, &arithmetics, shared);
    if let Some(svg) = &svg {
        site.file(&format!("plots/{DIVERGENCES}.svg"), &plain(svg))?;
    }
    let course = svg.map(|svg| Drawn { slug: DIVERGENCES, svg });
    let divergences = if is_any { csv } else { String::new() };
    site.page(
        "price.html",
        "price.html",
        "Price of fewer bits",
        &Page { course, divergences, flips: FLIPS, arithmetics },
    )
}

impl Arithmetic {
    pub(super) fn of(run: &Run, before: &Findings, rounded: &Rounded) -> Self {
        let tasks = tasks(run, before, &findings(&rounded.run));
        let checkpoints = rows(run, rounded);
        let (newest, earlier) = flips(run, rounded, &checkpoints).into_iter().partition(|row| row.newest);
        let mut sentences = vec![onsets(&tasks)];
        sentences.extend(anneals::anneals(run, &checkpoints));
        sentences.extend(missing(&checkpoints));
        Self { precision: rounded.precision.clone(), sentences, tasks, checkpoints, flips: newest, earlier }
    }
}
