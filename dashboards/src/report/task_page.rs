//! The page of one task: what happened to it, its large curve in every metric, what its answers are made of, and its parts.

use serde::Serialize;

use super::Error;
use super::axes::{Axis, axes};
use super::curves::{TaskUnits, items};
use super::decomposition::{Context, Panels, decomposition, probes, twins};
use super::figure::{Figure, figure};
use super::front::{ShownAlarm, evidence, shown_alarm};
use super::parts::{self, Parts};
use super::plot_data::{self, PlotData};
use super::rows::{Row, rows};
use super::site::Site;
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
    /// What its curves can be drawn against.
    axes: Vec<Axis>,
    data: String,
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
    let (mut figures, mut plots) = (Vec::new(), Vec::new());
    for metric in task.metrics() {
        let curves = task.curves(run, &metric);
        if curves.series.is_empty() {
            continue;
        }
        let name = if metric == task.primary { slug.to_owned() } else { format!("{slug}.{metric}") };
        plots.push(PlotData::of(&curves, &name, found));
        figures.push(figure(&curves, &name, found, shared, Geometry::LARGE));
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
    let page = TaskPage {
        headline: format!("{} items · {}{chance}", items(&curves), task.primary),
        alarms: own_alarms.map(|alarm| shown_alarm(alarm, evidence(alarm).to_owned())).collect(),
        told: found
            .map(|found| [about(run, found, &findings.alarms), found.notes.clone()].concat())
            .unwrap_or_default(),
        rows: rows(&curves, slug, found),
        figures,
        twins,
        decomposition,
        probes,
        parts: parts::write(site, run, found, slug)?,
        items: has_items.then(|| format!("../items/{slug}.html")),
        axes: axes(&shared.places),
        data: plot_data::inline(shared, &plots),
        title: title.clone(),
    };
    site.page(&format!("tasks/{slug}.html"), "task.html", &title, &page)
}
