//! Vibes in the report: the grid of prompts against checkpoints, and a page for each conversation.

mod beside;
mod columns;
mod course;
mod grid;
#[cfg(test)]
mod luck_tests;
mod overview;
mod ratings;
mod story;
mod talk;
mod turn;
mod visible;

pub(crate) use grid::{Grid, grids};
pub(crate) use overview::Overview;

use super::Error;
use super::site::Site;
use crate::run::Run;
use ratings::RatingsPage;
use serde::Serialize;

#[derive(Serialize)]
struct VibesPage<'a> {
    grids: &'a [Grid],
    ratings: Option<RatingsPage>,
}

/// Writes the pages of all packs; nothing where no pack was run.
pub(crate) fn write(site: &Site, run: &Run, grids: &[Grid]) -> Result<(), Error> {
    if grids.is_empty() {
        return Ok(());
    }
    let page = VibesPage { grids, ratings: RatingsPage::of(run) };
    site.page("vibes/index.html", "vibes.html", &format!("{}: vibes", run.name), &page)?;
    for grid in grids {
        for (index, row) in grid.rows.iter().enumerate() {
            let neighbours = [index.checked_sub(1), Some(index + 1)]
                .map(|at| at.and_then(|at| grid.rows.get(at)).map(|row| format!("{}.html", row.slug)));
            talk::write(site, run, grid, row, neighbours)?;
        }
    }
    Ok(())
}
