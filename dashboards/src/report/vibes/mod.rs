//! Vibes in the report: the grid of prompts against checkpoints, and a page for each conversation.

mod beside;
mod columns;
mod course;
mod dryness;
mod grid;
#[cfg(test)]
mod luck_tests;
mod overview;
#[cfg(test)]
mod page_tests;
mod rate;
mod raters;
mod ratings;
mod story;
mod talk;
mod turn;
mod visible;

use grid::Row;
pub(crate) use grid::{Grid, grids};
pub(crate) use overview::Overview;

use super::Error;
use super::curves::Shared;
use super::figure::Figure;
use super::plot_data;
use super::site::Site;
use crate::run::Run;
use dryness::DrynessPart;
use ratings::{Judged, RatingsPage};
use serde::Serialize;

#[derive(Serialize)]
struct VibesPage<'a> {
    grids: &'a [Grid],
    ratings: Option<RatingsPage>,
    /// How often each checkpoint is preferred to the first.
    wins: Option<Figure>,
    /// How dry each pack's talk is, beside `grids`.
    dryness: Vec<DrynessPart>,
    /// Which phrases count as stock.
    stock: String,
    /// Whether there is any figure.
    drawn: bool,
    /// What `curves.js` needs of them.
    data: String,
}

/// Writes the pages of all packs; nothing where no pack was run.
pub(crate) fn write(site: &Site, run: &Run, grids: &[Grid], shared: &Shared) -> Result<(), Error> {
    if grids.is_empty() {
        return Ok(());
    }
    rate::write(site, run, grids)?;
    let judged = Judged::of(run);
    let dryness = dryness::parts(run, shared);
    let (wins, mut plots): (Option<Figure>, Vec<_>) = match judged.as_ref().and_then(|judged| judged.figure(shared)) {
        Some((figure, data)) => (Some(figure), vec![data]),
        None => (None, Vec::new()),
    };
    plots.extend(dryness.iter().flat_map(|part| part.plots.iter().cloned()));
    site.figures(wins.iter().chain(dryness.iter().flat_map(|part| &part.figures)))?;
    let ratings = judged.as_ref().map(Judged::page);
    let page = VibesPage {
        grids,
        ratings,
        wins,
        dryness,
        stock: dryness::stock_words(run),
        drawn: !plots.is_empty(),
        data: plot_data::inline(shared, &plots),
    };
    site.page("vibes/index.html", "vibes.html", &format!("{}: vibes", run.name), &page)?;
    // From the last prompt of a pack one goes on to the first of the next.
    let rows: Vec<(&Grid, &Row)> = grids.iter().flat_map(|grid| grid.rows.iter().map(move |row| (grid, row))).collect();
    for (index, (grid, row)) in rows.iter().enumerate() {
        let neighbours = [index.checked_sub(1), Some(index + 1)]
            .map(|at| at.and_then(|at| rows.get(at)).map(|(_, row)| format!("{}.html", row.slug)));
        talk::write(site, run, grid, row, neighbours)?;
    }
    Ok(())
}
