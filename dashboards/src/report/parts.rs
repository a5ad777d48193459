//! The parts of a task on its page: a heat map of parts against checkpoints, and a table of their onsets.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::Error;
use super::decomposition::Context;
use super::rows::Verdicts;
use super::site::Site;
use super::tables;
use crate::analysis::INTERVAL;
use crate::number::percent;
use crate::plots::{HeatBranch, HeatMap, Marks, plain};
use crate::run::{Run, Subject};
use crate::series::{PartFindings, PathFindings, PathPoint, TaskFindings};

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
    /// Its own page, of a task; empty of a group of items.
    page: String,
    branch: String,
    colour: usize,
    value: f64,
    newest: String,
    items: usize,
    #[serde(flatten)]
    verdicts: Verdicts,
}

/// The parts of a task with their files; `None` where it has none, or where its metric is no share that shades could show.
pub(super) fn write(site: &Site, context: &Context<'_>, found: Option<&TaskFindings>) -> Result<Option<Parts>, Error> {
    let Some(found) = found.filter(|found| found.fraction && found.parts.len() > 1) else { return Ok(None) };
    let (slug, table) = (format!("{}.parts", context.slug), format!("{}.onsets", context.slug));
    let svg = heat(context.run, found);
    site.file(&format!("plots/{slug}.svg"), &plain(&svg))?;
    site.table(&format!("plots/{slug}.csv"), &tables::parts(&found.parts))?;
    site.table(&format!("plots/{table}.csv"), &tables::onsets(&found.parts))?;
    let rows = found.parts.iter().flat_map(|part| {
        let page = page(context, found, part);
        rows(context.run, part, found.higher_is_better).map(move |row| Row { page: page.clone(), ..row })
    });
    let rows = rows.collect();
    Ok(Some(Parts { count: found.parts.len(), slug, table, svg, rows }))
}

/// The page of a part that is a task of its own.
fn page(context: &Context<'_>, found: &TaskFindings, part: &PartFindings) -> String {
    let leaf = Subject { task: part.name.clone(), is_group: false, ..found.subject.clone() };
    let place = context.tasks.iter().position(|task| found.subject.is_group && task.subject == leaf);
    place.map_or_else(String::new, |place| format!("{}.html", context.slugs[place]))
}

/// A line for every branch; what was decided before a fork is told once, with the parent.
fn rows<'p>(run: &'p Run, part: &'p PartFindings, rises: bool) -> impl Iterator<Item = Row> + 'p {
    part.paths.iter().filter(|path| !path.onset_is_shared).filter_map(move |path| {
        let last = path.points.last()?;
        let half = last.interval.map_or_else(String::new, |(low, high)| format!(" ± {}", percent((high - low) / 2.0)));
        Some(Row {
            part: part.name.clone(),
            page: String::new(),
            branch: path.branch.clone(),
            colour: run.tree.colour(&path.branch),
            value: last.value,
            newest: format!("{}{half} %", percent(last.value)),
            items: last.items,
            verdicts: Verdicts::of(path, rises),
        })
    })
}

/// The lower end of the interval; the score where there is none.
fn surely(point: &PathPoint) -> f64 {
    point.interval.map_or(point.value, |(low, _)| low)
}

/// Parts against checkpoints, the earliest onset on top. A cell is as dark as its score surely is: two items that are both right are no
/// 100 %.
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
        let values: HashMap<(&str, u64), f64> = points.map(|p| ((p.branch.as_str(), p.step), surely(p))).collect();
        (part.name.clone(), columns.iter().map(|column| values.get(column).copied()).collect())
    };
    let rows: Vec<(String, Vec<Option<f64>>)> = found.parts.iter().map(row).collect();
    let map = HeatMap {
        title: &format!("{}: parts against checkpoints", found.subject.title()),
        description: &format!(
            "{} rows, the earliest onset on top; pale is chance, dark is all right, as far as the lower end of {INTERVAL} tells.",
            rows.len()
        ),
        branches: &branches,
        rows: &rows,
        pale: found.chance.unwrap_or(0.0),
        marks: Marks::Ends,
    };
    map.svg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report;
    use crate::report::made_up::{branch, right_items, run};
    use crate::run::TaskGroup;

    #[test]
    fn a_part_leads_to_its_page_and_a_cell_is_no_darker_than_its_items_tell() {
        let of = |task: &str, step: u64| right_items("trunk", step, task, move |item| item < 25 + 25 * step as usize);
        let units = [0, 1, 2, 3].iter().flat_map(|step| [of("law", *step), of("art", *step)]);
        let mut run = run(vec![branch("trunk", None, &[0, 1, 2, 3])], units.collect());
        let leaves = vec!["law".to_owned(), "art".to_owned()];
        run.groups = vec![TaskGroup { name: "school".into(), leaves, ..TaskGroup::default() }];
        let dir = tempfile::tempdir().unwrap();
        let index = report::write(&run, &dir.path().join("report")).unwrap();
        let page = fs_err::read_to_string(index.with_file_name("tasks").join("school.html")).unwrap();
        assert!(page.contains("<td><a href=\"law.html\">law</a></td>"), "{page}");
        let point = |items: f64| {
            let interval = crate::analysis::wilson(1.0, items, 1.96);
            PathPoint { branch: "trunk".into(), step: 0, tokens: 0, value: 1.0, interval, items: items as usize }
        };
        assert!(surely(&point(2.0)) < 0.35 && surely(&point(500.0)) > 0.99);
        assert!((surely(&PathPoint { interval: None, ..point(2.0) }) - 1.0).abs() < 1e-12);
    }
}
