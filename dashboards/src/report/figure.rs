//! Figures: a task's curve, small or large, the training loss, and what the script needs to redraw them.

use std::fmt::Write;

use serde::Serialize;

use super::curves::{Logged, Measured, Shared, TaskCurves, logged};
use super::plot_data::PlotData;
use super::tables;
use crate::number::{percent, tokens};
use crate::plots::{CurvePlot, Geometry, Hop, Onset, Point, Series, plain, seeds, thinned};
use crate::run::Run;
use crate::series::TaskFindings;

/// Name of the loss's files and figure; no task's may be the same.
pub(crate) const LOSS: &str = "training-loss";

/// The metric that shows whether the answer's format is known.
pub(crate) const MASS: &str = "option_mass";

/// One small multiple.
#[derive(Serialize)]
pub(crate) struct Figure {
    pub(crate) slug: String,
    /// Where a click leads; empty for nowhere.
    pub(crate) page: String,
    pub(crate) title: String,
    pub(crate) note: String,
    /// That its curves wait for checkpoints, and for how many; empty where they are whole.
    so_far: String,
    /// The branch whose newest value is told, and its colour.
    branch: String,
    colour: usize,
    newest: String,
    error: String,
    change: String,
    svg: String,
    #[serde(skip)]
    pub(crate) csv: String,
}

impl Figure {
    /// The figure as a file of its own.
    pub(crate) fn file(&self) -> String {
        plain(&self.svg)
    }
}

/// The newest point that a task has, on whichever branch went furthest.
pub(crate) fn newest<'a, 'b>(task: &'b TaskCurves<'a>) -> Option<(&'b Series, &'b Measured<'a>)> {
    let ends = task.series.iter().zip(&task.measured).filter_map(|(s, m)| m.last().map(|m| (s, m)));
    ends.max_by(|a, b| a.1.point.tokens.total_cmp(&b.1.point.tokens))
}

pub(crate) fn shown(task: &TaskCurves<'_>, value: f64) -> String {
    if task.fractions { format!("{} %", percent(value)) } else { format!("{value:.3}") }
}

/// `± half` of the interval, in the unit of [`shown`].
pub(crate) fn half(task: &TaskCurves<'_>, point: &Point) -> String {
    point.interval.map_or_else(String::new, |(low, high)| {
        let half = (high - low) / 2.0;
        if task.fractions { format!("± {}", percent(half)) } else { format!("± {half:.3}") }
    })
}

pub(crate) fn change(measured: &[Measured<'_>]) -> Option<f64> {
    let [.., before, last] = measured else { return None };
    Some(last.point.value - before.point.value)
}

pub(crate) fn signed(task: &TaskCurves<'_>, delta: f64) -> String {
    if task.fractions { format!("{:+.1}", delta * 100.0) } else { format!("{delta:+.3}") }.replace('-', "−")
}

/// `so far: 3 checkpoints to come`, of what a sweep still adds to.
fn so_far(lacking: usize) -> String {
    match lacking {
        0 => String::new(),
        1 => "so far: 1 checkpoint to come".to_owned(),
        count => format!("so far: {count} checkpoints to come"),
    }
}

/// The name of a task's vertical axis, with its unit.
fn unit(task: &TaskCurves<'_>) -> String {
    if task.fractions { format!("{}, %", task.metric) } else { task.metric.clone() }
}

/// One task's curve.
pub(crate) fn figure(
    task: &TaskCurves<'_>,
    slug: &str,
    found: Option<&TaskFindings>,
    shared: &Shared,
    geometry: Geometry,
) -> Figure {
    let (onsets, hops) = (onsets(task, found), hops(task, found));
    let title = task.subject.title();
    let end = newest(task);
    let description =
        task.series.iter().zip(&task.measured).filter_map(|(series, m)| Some((series, m.first()?, m.last()?)));
    let description = description.fold(String::new(), |mut text, (series, first, last)| {
        let (a, b) = (shown(task, first.point.value), shown(task, last.point.value));
        let (from, to) = (tokens(first.point.tokens), tokens(last.point.tokens));
        let _ = write!(text, "{}: {a} at {from} tokens, {b} at {to} tokens. ", series.name);
        text
    });
    let plot = CurvePlot {
        title: &format!("{title} against {} seen", shared.counts.word()),
        description: &shared.counts.say(description),
        names: (&format!("{} seen", shared.counts.word()), &unit(task)),
        geometry,
        fractions: task.fractions,
        chance: task.chance,
        onsets: &onsets,
        hops: &hops,
        seeds: &seeds(&task.series),
        phases: &shared.phases,
        rates: if geometry == Geometry::PANEL { &[] } else { &shared.rates },
        ..CurvePlot::of(&task.series, &shared.bands, shared.axis, task.range)
    };
    Figure {
        slug: slug.to_owned(),
        page: format!("tasks/{slug}.html"),
        note: task.metric.clone(),
        so_far: so_far(task.lacking.in_all),
        branch: end.map_or_else(String::new, |(series, _)| series.name.clone()),
        colour: end.map_or(0, |(series, _)| series.colour),
        newest: end.map_or_else(|| "no score yet".into(), |(_, m)| shown(task, m.point.value)),
        error: end.map_or_else(String::new, |(_, m)| half(task, &m.point)),
        change: end
            .and_then(|(series, _)| task.series.iter().position(|s| s.name == series.name))
            .and_then(|index| change(&task.measured[index]))
            .map_or_else(String::new, |delta| signed(task, delta)),
        svg: plot.svg(),
        csv: tables::curve(task),
        title,
    }
}

/// The share of the tokens after which the loss has come down from where it starts.
const LOSS_SETTLES: f64 = 0.05;

/// The training loss and what the script needs of it.
pub(crate) fn loss(run: &Run, shared: &Shared) -> Option<(Figure, PlotData)> {
    let all = logged(run, &shared.axis, Logged::Loss);
    let values = || all.iter().flat_map(|rate| rate.points.iter().copied());
    let (low, first) = (values().map(|p| p.1).reduce(f64::min)?, values().map(|p| p.1).reduce(f64::max)?);
    // The fall from ln(vocabulary) is of no interest, and flattens what comes after it: the axis ends where it is over.
    let settled = shared.axis.from + (shared.axis.to - shared.axis.from) * LOSS_SETTLES;
    let high = values().filter(|p| p.0 >= settled).map(|p| p.1).reduce(f64::max).unwrap_or(first);
    let names: Vec<String> = all.iter().map(|rate| rate.branch.clone()).collect();
    let point = |(tokens, value): &(f64, f64)| Some(Point { tokens: *tokens, value: *value, interval: None });
    let series: Vec<Series> = all
        .iter()
        .zip(&names)
        .map(|(rate, name)| Series {
            name: name.clone(),
            colour: rate.colour,
            fork: None,
            points: thinned(&rate.points, &shared.axis).iter().map(point).collect(),
            hollow: Vec::new(),
        })
        .collect();
    let spare = ((high - low) * 0.06).max(high.abs() * 1e-3).max(1e-9);
    let range = (low - spare, high + spare);
    let plot = CurvePlot {
        title: &format!("training loss against {} seen", shared.counts.word()),
        description: &format!("From {first:.2} at the highest to {low:.2} at the lowest."),
        names: (&format!("{} seen", shared.counts.word()), "training loss"),
        dots: false,
        ..CurvePlot::of(&series, &shared.bands, shared.axis, range)
    };
    let ends = all.iter().zip(&names).filter_map(|(rate, name)| Some((rate.points.last()?, rate.colour, name)));
    let newest = ends.max_by(|a, b| a.0.0.total_cmp(&b.0.0));
    let slug = LOSS.to_owned();
    let data = PlotData::of_log(&slug, range, &series);
    let figure = Figure {
        slug,
        page: String::new(),
        title: "training loss".into(),
        note: if high < first {
            format!("from the training log; axis cut, first up to {first:.2}")
        } else {
            "from the training log".into()
        },
        so_far: String::new(),
        branch: newest.map_or_else(String::new, |(_, _, name)| name.clone()),
        colour: newest.map_or(0, |(_, colour, _)| colour),
        newest: newest.map_or_else(String::new, |(point, ..)| format!("{:.2}", point.1)),
        error: String::new(),
        change: String::new(),
        svg: plot.svg(),
        csv: tables::logged("loss", &all, &names),
    };
    Some((figure, data))
}

/// Where the task emerged: each event once, in the colour of its branch; only under the metrics that were analysed.
pub(super) fn onsets(task: &TaskCurves<'_>, found: Option<&TaskFindings>) -> Vec<Onset> {
    let Some(found) = found else { return Vec::new() };
    let event = |series: &Series| {
        let path = found.path(&series.name)?;
        let onset = if task.metric == found.metric {
            path.own_onset()?
        } else if task.metric == MASS {
            path.mass_onset.as_ref().filter(|onset| path.is_own(onset))?
        } else {
            return None;
        };
        let came = onset.came().then_some(onset)?;
        Some(Onset { colour: series.colour, after: came.after().map(|t| t as f64), by: came.by()? as f64 })
    };
    task.series.iter().filter_map(event).collect()
}

/// Falls after the onset and returns, each on the branch whose point shows it.
pub(super) fn hops(task: &TaskCurves<'_>, found: Option<&TaskFindings>) -> Vec<Hop> {
    let Some(found) = found.filter(|found| found.metric == task.metric) else { return Vec::new() };
    let mut hops = Vec::new();
    for series in &task.series {
        let Some(falls) = found.path(&series.name).and_then(|path| Some(&path.hops.as_ref()?.falls)) else { continue };
        let seen = falls.iter().flat_map(|(fall, back)| [Some((*fall, false)), back.map(|back| (back, true))]);
        hops.extend(seen.flatten().filter_map(|(tokens, back)| {
            let own = series.points.iter().flatten().find(|point| point.tokens as u64 == tokens)?;
            Some(Hop { colour: series.colour, tokens: own.tokens, value: own.value, back })
        }));
    }
    hops
}
