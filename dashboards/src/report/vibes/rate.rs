//! The page that deals pairs of conversations to a rater: what may be dealt, as its script reads it.

use serde::Serialize;
use serde_json::{Value, json};
use spyglass_tasks::vibes::Transcript;

use super::grid::Grid;
use crate::report::Error;
use crate::report::site::Site;
use crate::run::Run;

/// What the template shows.
#[derive(Serialize)]
struct RatePage<'a> {
    packs: Vec<&'a str>,
    branches: Vec<&'a str>,
}

/// Writes the page and what its script deals from.
pub(super) fn write(site: &Site, run: &Run, grids: &[Grid]) -> Result<(), Error> {
    let branches: Vec<&str> = run.tree.branches.iter().map(|branch| branch.name.as_str()).collect();
    let branches: Vec<&str> = branches
        .into_iter()
        .filter(|name| grids.iter().any(|grid| grid.columns.each.iter().any(|column| column.branch == *name)))
        .collect();
    let talks: Vec<Value> = grids.iter().flat_map(|grid| talks(grid, &branches)).collect();
    site.data("rate", "rate", &json!({"branches": branches, "talks": talks}))?;
    let page = RatePage { packs: grids.iter().map(|grid| grid.pack.as_str()).collect(), branches };
    site.page("rate.html", "rate.html", &format!("{}: rate", run.name), &page)
}

/// Each conversation of a pack: the file that holds it, and for each checkpoint in it the branch and which of them say the same.
fn talks(grid: &Grid, branches: &[&str]) -> Vec<Value> {
    let one = |row: &super::grid::Row| {
        let there: Vec<(&str, &Transcript)> = (grid.columns.each.iter().zip(&row.talks))
            .filter_map(|(column, talk)| Some((column.branch.as_str(), talk.as_ref()?)))
            .collect();
        let said: Vec<Vec<&str>> = there.iter().map(|(_, talk)| said(talk)).collect();
        let at = |(index, (branch, _)): (usize, &(&str, &Transcript))| {
            let same = said.iter().position(|other| *other == said[index]).unwrap_or(index);
            json!([branches.iter().position(|name| name == branch), same])
        };
        let at: Vec<Value> = there.iter().enumerate().map(at).collect();
        json!({"data": format!("talk-{}", row.slug), "pack": grid.pack, "at": at})
    };
    grid.rows.iter().map(one).collect()
}

/// What was said to the model and by it, turn by turn.
fn said(talk: &Transcript) -> Vec<&str> {
    talk.turns.iter().flat_map(|turn| [turn.user.as_str(), turn.reply.as_str()]).collect()
}
