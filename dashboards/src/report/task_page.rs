//! The page of one task: what happened to it, its large curve in every metric, what its answers are made of, and its parts.

use serde::Serialize;

use super::Error;
use super::axes::{Axis, axes};
use super::compared::Matrix;
use super::curves::{TaskUnits, items};
use super::decomposition::{Context, Panels, decomposition, probes, twins};
use super::figure::{Figure, figure};
use super::front::{ShownAlarm, evidence, shown_alarm};
use super::parts::{self, Parts};
use super::plot_data::{self, PlotData};
use super::rows::{Row, rows};
use super::site::Site;
use super::suspects::suspects;
use super::tells_most::{TellsMost, tells_most};
use crate::alarms::Alarm;
use crate::findings::about;
use crate::plots::Geometry;
use crate::series::TaskFindings;
use crate::series::is_share;

/// What the template shows.
#[derive(Serialize)]
struct TaskPage {
    title: String,
    headline: String,
    alarms: Vec<ShownAlarm>,
    told: Vec<String>,
    figures: Vec<Figure>,
    rows: Vec<Row>,
    twins: Option<Panels>,
    decomposition: Option<Panels>,
    probes: Option<Panels>,
    parts: Option<Parts>,
    items: Option<String>,
    /// Its metrics by how well they tell that it rises.
    tells_most: Option<TellsMost>,
    /// Checkpoint against checkpoint.
    matrix: Option<Matrix>,
    /// The tasks before and after it.
    before: Option<Neighbour>,
    after: Option<Neighbour>,
    /// What its curves can be drawn against.
    axes: Vec<Axis>,
    data: String,
}

/// A link to another task.
#[derive(Serialize)]
struct Neighbour {
    name: String,
    page: String,
}

/// The task that lies so many places away in the order of tasks.
fn neighbour(context: &Context<'_>, away: isize) -> Option<Neighbour> {
    let own = context.slugs.iter().position(|slug| slug == context.slug)?;
    let place = own.checked_add_signed(away).filter(|place| *place < context.tasks.len())?;
    Some(Neighbour { name: context.tasks[place].subject.title(), page: format!("{}.html", context.slugs[place]) })
}

/// Writes the page of a task and the files of its figures; `has_items` says whether its items have a page.
pub(super) fn write(
    site: &Site,
    context: &Context<'_>,
    task: &TaskUnits<'_>,
    found: Option<&TaskFindings>,
    has_items: bool,
) -> Result<(), Error> {
    let Context { run, shared, slug, findings, .. } = *context;
    let title = task.subject.title();
    let own_alarms = findings.alarms.iter().filter(|alarm| alarm.place.task.as_ref() == Some(&title));
    let (mut figures, mut plots, mut each) = (Vec::new(), Vec::new(), Vec::new());
    for metric in task.metrics() {
        let curves = task.curves(run, &metric);
        if curves.series.is_empty() {
            continue;
        }
        let name = if metric == task.primary { slug.to_owned() } else { format!("{slug}.{metric}") };
        plots.push(PlotData::of(&curves, &name, found));
        figures.push(figure(&curves, &name, found, shared, Geometry::LARGE));
        each.push(curves);
    }
    let curves = task.curves(run, &task.primary);
    let beside = [twins(context, task), decomposition(context, task, found), probes(context, task, found)];
    let [twins, decomposition, probes] = beside.map(|panels| {
        let (panels, data) = panels?;
        plots.extend(data);
        Some(panels)
    });
    let beside = [&twins, &decomposition, &probes].into_iter().flatten();
    let drawn = figures.iter().chain(beside.flat_map(|panels| &panels.figures));
    site.figures(drawn)?;
    let chance = match curves.chance {
        Some(chance) => format!(" · chance {:.1} %", chance * 100.0),
        None if is_share(&task.primary) => " · chance unknown".to_owned(),
        None => String::new(),
    };
    let alarm = |alarm: &Alarm| {
        let items = suspects(run, &curves, alarm).filter(|_| has_items);
        let items = items.map_or_else(String::new, |shown| format!("../items/{slug}.html#{shown}"));
        shown_alarm(alarm, evidence(alarm).to_owned(), items)
    };
    let page = TaskPage {
        headline: format!("{} items · {}{chance}", items(&curves), task.primary),
        alarms: own_alarms.map(alarm).collect(),
        told: found
            .map(|found| [about(run, found, &findings.alarms), found.notes.clone()].concat())
            .unwrap_or_default(),
        rows: rows(&curves, slug, found),
        figures,
        twins,
        decomposition,
        probes,
        parts: parts::write(site, context, found)?,
        tells_most: tells_most(run, &each),
        matrix: Matrix::of(run, context.pairs, &task.subject),
        before: neighbour(context, -1),
        after: neighbour(context, 1),
        items: has_items.then(|| format!("../items/{slug}.html")),
        axes: axes(&shared.places),
        data: plot_data::inline(shared, &plots),
        title: title.clone(),
    };
    site.page(&format!("tasks/{slug}.html"), "task.html", &title, &page)
}
