//! The parts of a task on its page: a heat map of parts against checkpoints, and a table of their onsets.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::Error;
use super::rows::Verdicts;
use super::site::Site;
use super::tables;
use crate::number::percent;
use crate::plots::{HeatBranch, HeatMap, plain};
use crate::run::Run;
use crate::series::{PartFindings, PathFindings, TaskFindings};

/// What the template shows.
#[derive(Serialize)]
pub(super) struct Parts {
    count: usize,
    /// Name of the map's files.
    slug: String,
    /// Name of the table's file.
    table: String,
    svg: String,
    rows: Vec<Row>,
}

/// One part on one branch.
#[derive(Serialize)]
struct Row {
    part: String,
    branch: String,
    colour: usize,
    value: f64,
    newest: String,
    items: usize,
    #[serde(flatten)]
    verdicts: Verdicts,
}

/// The parts of a task with their files; `None` where it has none, or where its metric is no share that shades could show.
pub(super) fn write(site: &Site, run: &Run, found: Option<&TaskFindings>, slug: &str) -> Result<Option<Parts>, Error> {
    let Some(found) = found.filter(|found| found.fraction && found.parts.len() > 1) else { return Ok(None) };
    let (slug, table) = (format!("{slug}.parts"), format!("{slug}.onsets"));
    let svg = heat(run, found);
    site.file(&format!("plots/{slug}.svg"), &plain(&svg))?;
    site.table(&format!("plots/{slug}.csv"), &tables::parts(&found.parts))?;
    site.table(&format!("plots/{table}.csv"), &tables::onsets(&found.parts))?;
    let rows = found.parts.iter().flat_map(|part| rows(run, part, found.higher_is_better)).collect();
    Ok(Some(Parts { count: found.parts.len(), slug, table, svg, rows }))
}

/// A line for every branch; what was decided before a fork is told once, with the parent.
fn rows<'p>(run: &'p Run, part: &'p PartFindings, rises: bool) -> impl Iterator<Item = Row> + 'p {
    part.paths.iter().filter(|path| !path.onset_is_shared).filter_map(move |path| {
        let last = path.points.last()?;
        let half = last.interval.map_or_else(String::new, |(low, high)| format!(" ± {}", percent((high - low) / 2.0)));
        Some(Row {
            part: part.name.clone(),
            branch: path.branch.clone(),
            colour: run.tree.colour(&path.branch),
            value: last.value,
            newest: format!("{}{half} %", percent(last.value)),
            items: last.items,
            verdicts: Verdicts::of(path, rises),
        })
    })
}

/// Parts against checkpoints, the earliest onset on top.
fn heat(run: &Run, found: &TaskFindings) -> String {
    let own = |path: &PathFindings| path.points[path.own_from..].to_vec();
    let mut branches = Vec::new();
    let mut columns: Vec<(&str, u64)> = Vec::new();
    for branch in &run.tree.branches {
        let paths = found.parts.iter().filter_map(|part| part.path(&branch.name));
        let places: BTreeSet<(u64, u64)> = paths.flat_map(own).map(|point| (point.tokens, point.step)).collect();
        if places.is_empty() {
            continue;
        }
        let tokens = places.iter().map(|place| place.0 as f64).collect();
        branches.push(HeatBranch { name: branch.name.clone(), colour: run.tree.colour(&branch.name), tokens });
        columns.extend(places.iter().map(|place| (branch.name.as_str(), place.1)));
    }
    let row = |part: &PartFindings| {
        let points = part.paths.iter().flat_map(|path| &path.points[path.own_from..]);
        let values: HashMap<(&str, u64), f64> = points.map(|p| ((p.branch.as_str(), p.step), p.value)).collect();
        (part.name.clone(), columns.iter().map(|column| values.get(column).copied()).collect())
    };
    let rows: Vec<(String, Vec<Option<f64>>)> = found.parts.iter().map(row).collect();
    let map = HeatMap {
        title: &format!("{}: parts against checkpoints", found.subject.title()),
        description: &format!("{} rows, the earliest onset on top; pale is chance, dark is all right.", rows.len()),
        branches: &branches,
        rows: &rows,
        pale: found.chance.unwrap_or(0.0),
    };
    map.svg()
}
