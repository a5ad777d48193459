//! The page of one task: its large curve in every metric, and its parts against checkpoints.

use super::Error;
use super::curves::{Shared, TaskUnits, colour};
use super::figure::{Figure, figure, plot_data};
use super::site::Site;
use crate::analysis::TaskFindings;
use crate::plots::{Geometry, HeatBranch, HeatMap};
use crate::run::{Checkpoint, Run, Unit};
use serde::Serialize;
use spyglass_tasks::metric::per_item;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A heat map with more rows says nothing.
const MOST_PARTS: usize = 80;

/// What the template shows.
#[derive(Serialize)]
struct TaskPage {
    title: String,
    figures: Vec<Figure>,
    heat: Option<Heat>,
    items: Option<String>,
    data: String,
}

#[derive(Serialize)]
struct Heat {
    svg: String,
    file: String,
    parts: usize,
}

/// Writes the page of a task; `items` says whether its items have a page.
pub(super) fn write(
    site: &Site,
    run: &Run,
    task: &TaskUnits<'_>,
    slug: &str,
    found: Option<&TaskFindings>,
    shared: &Shared,
    items: bool,
) -> Result<(), Error> {
    let title = task.subject.title();
    let (mut figures, mut plots) = (Vec::new(), Vec::new());
    for metric in task.metrics() {
        let curves = task.curves(run, &metric);
        if curves.series.is_empty() {
            continue;
        }
        let name = if metric == task.primary { slug.to_owned() } else { format!("{slug}.{metric}") };
        let large = figure(&curves, &name, found, shared, Geometry::LARGE);
        if metric != task.primary {
            site.file(&format!("plots/{name}.csv"), &large.csv)?;
            site.file(&format!("plots/{name}.svg"), &large.file())?;
        }
        plots.push(plot_data(&curves, &name, found));
        figures.push(large);
    }
    let heat = heat(run, task, &title);
    if let Some(heat) = &heat {
        site.file(&format!("plots/{slug}.parts.svg"), &heat.file)?;
    }
    let page = TaskPage {
        figures,
        heat,
        items: items.then(|| format!("../items/{slug}.html")),
        data: shared.data(&plots),
        title: title.clone(),
    };
    site.page(&format!("tasks/{slug}.html"), "task.html", &title, &page)
}

/// Score of each part of the task at each checkpoint: an MMLU by subject.
fn heat(run: &Run, task: &TaskUnits<'_>, title: &str) -> Option<Heat> {
    let texts = run
        .texts
        .iter()
        .find(|t| t.task == task.subject.task && t.shots == task.subject.shots && t.perturb == task.subject.perturb)?;
    let part_of: HashMap<usize, &str> =
        texts.items.iter().filter_map(|text| Some((text.doc_id, text.subject.as_deref()?))).collect();
    let parts: BTreeSet<&str> = part_of.values().copied().collect();
    if parts.len() < 2 || parts.len() > MOST_PARTS {
        return None;
    }
    let scored = |checkpoint: &&Checkpoint| task.at(checkpoint).is_some_and(|unit| !unit.items.is_empty());
    let (mut branches, mut columns) = (Vec::new(), Vec::new());
    for (index, branch) in run.tree.branches.iter().enumerate() {
        let own: Vec<&Checkpoint> = branch.checkpoints.iter().filter(scored).collect();
        if own.is_empty() {
            continue;
        }
        let tokens = own.iter().map(|checkpoint| checkpoint.tokens as f64).collect();
        branches.push(HeatBranch { name: branch.name.clone(), colour: colour(index), tokens });
        columns.extend(
            own.into_iter().filter_map(|checkpoint| task.at(checkpoint)).map(|unit| means(task, unit, &part_of)),
        );
    }
    let mut rows: Vec<(String, Vec<Option<f64>>)> = (parts.iter())
        .map(|part| ((*part).to_owned(), columns.iter().map(|column| column.get(part).copied()).collect()))
        .collect();
    let total = |row: &(String, Vec<Option<f64>>)| row.1.iter().flatten().sum::<f64>();
    rows.sort_by(|a, b| total(b).total_cmp(&total(a)).then_with(|| a.0.cmp(&b.0)));
    let pale = task.units.values().find_map(|unit| unit.record.chance).unwrap_or(0.0);
    let map = HeatMap {
        title: &format!("{title}: parts against checkpoints"),
        description: &format!(
            "{} rows, the earliest and highest first; pale is chance, dark is all right.",
            rows.len()
        ),
        branches: &branches,
        rows: &rows,
        pale,
    };
    let svg = map.svg();
    Some(Heat { file: super::figure::with_style(&svg), svg, parts: rows.len() })
}

/// Mean of the primary metric over the items of each part.
fn means<'a>(task: &TaskUnits<'_>, unit: &Unit, part_of: &HashMap<usize, &'a str>) -> BTreeMap<&'a str, f64> {
    let mut sums: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for record in unit.items.iter() {
        let value = per_item(&task.primary, record).ok().flatten();
        if let (Some(part), Some(value)) = (part_of.get(&record.doc_id), value) {
            let sum = sums.entry(part).or_default();
            *sum = (sum.0 + value, sum.1 + 1);
        }
    }
    sums.into_iter().map(|(part, (sum, count))| (part, sum / count as f64)).collect()
}
