//! The front page: a run's curves as words, figures and a table.

use super::curves::{Logged, Measured, Shared, Subject, TaskCurves, branches, items, logged};
use super::tables;
use crate::plots::{CurvePlot, Geometry, Point, Rate, STYLE, Series, TokenAxis, percent, thinned, tokens};
use crate::run::Run;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// Name of the loss's files and figure; no task's may be the same.
pub(crate) const LOSS: &str = "training-loss";

/// What the template shows.
#[derive(Serialize)]
pub(crate) struct Page {
    name: String,
    headline: String,
    failed: Vec<String>,
    happened: Vec<String>,
    pub(crate) figures: Vec<Figure>,
    rows: Vec<Row>,
    facts: Vec<(String, String)>,
    warnings: Vec<String>,
    run_file: String,
    data: String,
}

/// One small multiple.
#[derive(Serialize)]
pub(crate) struct Figure {
    pub(crate) slug: String,
    /// Where a click leads; empty for nowhere.
    page: String,
    title: String,
    note: String,
    newest: String,
    error: String,
    change: String,
    svg: String,
    #[serde(skip)]
    pub(crate) csv: String,
}

impl Figure {
    /// The figure as a file of its own, with its style.
    pub(crate) fn file(&self) -> String {
        with_style(&self.svg)
    }
}

/// An SVG as a file of its own, with its style inside.
pub(crate) fn with_style(svg: &str) -> String {
    svg.replacen("<title>", &format!("<style>{STYLE}</style><title>"), 1)
}

/// A line of the table: one task on one branch.
#[derive(Serialize)]
struct Row {
    task: String,
    page: String,
    branch: String,
    colour: usize,
    value: f64,
    newest: String,
    error: String,
    change: String,
    delta: f64,
    chance: String,
    at: String,
    tokens: f64,
    items: usize,
    verdict: &'static str,
}

impl Page {
    /// The page of `run`; `slugs` holds a name for each task's files.
    pub(crate) fn of(run: &Run, tasks: &[TaskCurves<'_>], slugs: &[String], shared: &Shared) -> Self {
        let mut figures: Vec<Figure> =
            tasks.iter().zip(slugs).map(|(task, slug)| figure(task, slug, shared, Geometry::SMALL)).collect();
        let loss = loss(run, shared);
        let plots = tasks.iter().zip(slugs).map(|(task, slug)| plot_data(task, slug));
        let plots: Vec<Value> = plots.chain(loss.as_ref().map(|(_, data)| data.clone())).collect();
        figures.extend(loss.map(|(figure, _)| figure));
        Self {
            name: run.name.clone(),
            headline: headline(run, tasks, &shared.axis),
            failed: run.failures.iter().map(failure).collect(),
            happened: happened(tasks),
            figures,
            rows: tasks.iter().zip(slugs).flat_map(|(task, slug)| rows(task, slug)).collect(),
            facts: facts(run),
            warnings: warnings(run),
            run_file: run.run_file.clone(),
            data: shared.data(&plots),
        }
    }
}

/// The task's name, with its shots and perturbation where they are not plain.
pub(crate) fn name_of(subject: &Subject) -> String {
    let mut title = subject.task.clone();
    if subject.shots > 0 {
        let _ = write!(title, " · {}-shot", subject.shots);
    }
    if let Some(perturb) = &subject.perturb {
        let _ = write!(title, " · {perturb}");
    }
    title
}

fn headline(run: &Run, tasks: &[TaskCurves<'_>], axis: &TokenAxis) -> String {
    let checkpoints: usize = run.tree.branches.iter().map(|b| b.checkpoints.len()).sum();
    let branches = branches(run).len();
    let done = if run.failures.is_empty() { "no failure".to_owned() } else { counted(run.failures.len(), "failure") };
    format!(
        "{} on {}, {} – {} tokens · {}, {} · report of {} · {done}",
        counted(checkpoints, "checkpoint"),
        if branches == 1 { "1 branch".into() } else { format!("{branches} branches") },
        tokens(axis.from),
        tokens(axis.to),
        counted(tasks.len(), "task"),
        counted(items(tasks), "item"),
        run.generated,
    )
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn failure(failure: &crate::run::Failure) -> String {
    let task = failure.task.as_deref().unwrap_or("the checkpoint itself");
    if failure.branch == crate::run::Failure::EVERYWHERE {
        return format!("every checkpoint, {task}: {}", failure.reason);
    }
    format!("{} at step {}, {task}: {}", failure.branch, failure.step, failure.reason)
}

/// The newest point that a task has, on whichever branch went furthest.
fn newest<'a, 'b>(task: &'b TaskCurves<'a>) -> Option<(&'b Series, &'b Measured<'a>)> {
    let ends = task.series.iter().zip(&task.measured).filter_map(|(s, m)| m.last().map(|m| (s, m)));
    ends.max_by(|a, b| a.1.point.tokens.total_cmp(&b.1.point.tokens))
}

fn shown(task: &TaskCurves<'_>, value: f64) -> String {
    if task.fractions { format!("{} %", percent(value)) } else { format!("{value:.3}") }
}

/// `± half` of the interval, in the unit of [`shown`].
fn half(task: &TaskCurves<'_>, point: &Point) -> String {
    point.interval.map_or_else(String::new, |(low, high)| {
        let half = (high - low) / 2.0;
        if task.fractions { format!("± {}", percent(half)) } else { format!("± {half:.3}") }
    })
}

/// Where a point's interval lies beside chance.
fn verdict(task: &TaskCurves<'_>, point: &Point) -> &'static str {
    match (task.chance, point.interval) {
        (Some(chance), Some((low, _))) if low > chance => "above chance",
        (Some(chance), Some((_, high))) if high < chance => "below chance",
        (Some(_), Some(_)) => "not told from chance",
        _ => "",
    }
}

fn change(measured: &[Measured<'_>]) -> Option<f64> {
    let [.., before, last] = measured else { return None };
    Some(last.point.value - before.point.value)
}

fn signed(task: &TaskCurves<'_>, delta: f64) -> String {
    if task.fractions { format!("{:+.1}", delta * 100.0) } else { format!("{delta:+.3}") }.replace('-', "−")
}

/// One sentence a task, largest distance from chance first; with many tasks the rest is counted.
fn happened(tasks: &[TaskCurves<'_>]) -> Vec<String> {
    const MOST: usize = 6;
    let mut ends: Vec<_> = tasks.iter().filter_map(|task| newest(task).map(|(series, m)| (task, series, m))).collect();
    let distance = |task: &TaskCurves<'_>, m: &Measured<'_>| (m.point.value - task.chance.unwrap_or(0.0)).abs();
    ends.sort_by(|a, b| distance(b.0, b.2).total_cmp(&distance(a.0, a.2)));
    let mut sentences: Vec<String> = ends
        .iter()
        .take(MOST)
        .map(|(task, series, m)| {
            let chance = task.chance.map_or_else(String::new, |c| format!(" (chance {})", shown(task, c)));
            let verdict = verdict(task, &m.point);
            let verdict = if verdict.is_empty() { String::new() } else { format!(": {verdict}{chance}") };
            let (value, half) = (shown(task, m.point.value), half(task, &m.point));
            let value = if half.is_empty() { value } else { format!("{value} {half}") };
            let place = format!("{} at {} tokens", series.name, tokens(m.point.tokens));
            format!("{}: {value} on {place}{verdict}.", name_of(&task.subject))
        })
        .collect();
    if ends.len() > MOST {
        let above = ends.iter().filter(|(task, _, m)| verdict(task, &m.point) == "above chance").count();
        sentences.push(format!("Of all {} tasks, {above} are above chance at their newest checkpoint.", ends.len()));
    }
    sentences
}

/// One task's curve.
pub(crate) fn figure(task: &TaskCurves<'_>, slug: &str, shared: &Shared, geometry: Geometry) -> Figure {
    let title = name_of(&task.subject);
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
        title: &format!("{title} against tokens seen"),
        description: &description,
        geometry,
        axis: shared.axis,
        range: task.range,
        dots: true,
        fractions: task.fractions,
        chance: task.chance,
        onset: None,
        series: &task.series,
        bands: &shared.bands,
        rates: &shared.rates,
    };
    Figure {
        slug: slug.to_owned(),
        page: format!("tasks/{slug}.html"),
        note: task.metric.clone(),
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

/// The training loss and what the script needs of it.
fn loss(run: &Run, shared: &Shared) -> Option<(Figure, Value)> {
    let all = logged(run, &shared.axis, Logged::Loss);
    let values = || all.iter().flat_map(|rate| &rate.points).map(|p| p.1);
    let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    let named =
        |rate: &Rate| run.tree.branches.iter().enumerate().find(|(i, _)| super::curves::colour(*i) == rate.colour);
    let names: Vec<String> = all.iter().filter_map(named).map(|(_, branch)| branch.name.clone()).collect();
    let point = |(tokens, value): &(f64, f64)| Some(Point { tokens: *tokens, value: *value, interval: None });
    let series: Vec<Series> = all
        .iter()
        .zip(&names)
        .map(|(rate, name)| Series {
            name: name.clone(),
            colour: rate.colour,
            fork: None,
            points: thinned(&rate.points, &shared.axis).iter().map(point).collect(),
        })
        .collect();
    let spare = ((high - low) * 0.06).max(high.abs() * 1e-3).max(1e-9);
    let range = (low - spare, high + spare);
    let plot = CurvePlot {
        title: "training loss against tokens seen",
        description: &format!("From {high:.2} at the highest to {low:.2} at the lowest."),
        geometry: Geometry::SMALL,
        axis: shared.axis,
        range,
        dots: false,
        fractions: false,
        chance: None,
        onset: None,
        series: &series,
        bands: &shared.bands,
        rates: &[],
    };
    let newest = all.iter().filter_map(|rate| rate.points.last()).max_by(|a, b| a.0.total_cmp(&b.0));
    let slug = LOSS.to_owned();
    let shown: Vec<Value> = series.iter().map(series_data).collect();
    let data = json!({"id": slug, "y": range, "pc": false, "ch": null, "s": shown});
    let figure = Figure {
        slug,
        page: String::new(),
        title: "training loss".into(),
        note: "from the log".into(),
        newest: newest.map_or_else(String::new, |p| format!("{:.2}", p.1)),
        error: String::new(),
        change: String::new(),
        svg: plot.svg(),
        csv: tables::logged("loss", &all, &names),
    };
    Some((figure, data))
}

fn rows(task: &TaskCurves<'_>, slug: &str) -> Vec<Row> {
    let ends = task.series.iter().zip(&task.measured).filter_map(|(s, m)| m.last().map(|last| (s, m, last)));
    ends.map(|(series, measured, last)| {
        let delta = change(measured);
        Row {
            task: name_of(&task.subject),
            page: format!("tasks/{slug}.html"),
            branch: series.name.clone(),
            colour: series.colour,
            value: last.point.value,
            newest: shown(task, last.point.value),
            error: half(task, &last.point),
            change: delta.map_or_else(String::new, |delta| signed(task, delta)),
            delta: delta.unwrap_or_default(),
            chance: task.chance.map_or_else(String::new, |chance| shown(task, chance)),
            at: tokens(last.point.tokens),
            tokens: last.point.tokens,
            items: last.items,
            verdict: verdict(task, &last.point),
        }
    })
    .collect()
}

fn facts(run: &Run) -> Vec<(String, String)> {
    let costs = || run.units.iter().map(|unit| &unit.record.cost);
    let computed: u64 = costs().map(|cost| cost.tokens_computed).sum();
    let requested: u64 = costs().map(|cost| cost.tokens_requested).sum();
    let mut versions: Vec<&str> = run.units.iter().map(|unit| unit.record.version.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    let fact = |name: &str, value: String| (name.to_owned(), value);
    vec![
        fact("report made", format!("{} by Spyglass {}", run.generated, run.version)),
        fact("units", format!("{}, scored by version {}", run.units.len(), versions.join(", "))),
        fact("scoring time", format!("{:.1} s", costs().map(|cost| cost.seconds).sum::<f64>())),
        fact("tokens computed", tokens(computed as f64)),
        fact("tokens saved by shared prefixes", tokens(requested.saturating_sub(computed) as f64)),
        fact("superseded units", run.superseded.len().to_string()),
    ]
}

/// What units warn of, each once, with the number of units that say it.
fn warnings(run: &Run) -> Vec<String> {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for record in run.units.iter().map(|unit| &unit.record) {
        for warning in &record.warnings {
            *counts.entry(format!("{}: {warning}", record.task)).or_default() += 1;
        }
        if record.truncated > 0 {
            *counts
                .entry(format!("{}: {} cut to fit the context limit", record.task, counted(record.truncated, "item")))
                .or_default() += 1;
        }
    }
    counts.into_iter().map(|(warning, units)| format!("{warning} ({})", counted(units, "unit"))).collect()
}

/// One plot as `curves.js` reads it: range, chance and series, each point as [tokens, value, low, high].
pub(crate) fn plot_data(task: &TaskCurves<'_>, slug: &str) -> Value {
    let series: Vec<Value> = task.series.iter().map(series_data).collect();
    json!({"id": slug, "y": task.range, "pc": task.fractions, "ch": task.chance, "s": series})
}

fn series_data(series: &Series) -> Value {
    let short = |value: f64| (value * 1e5).round() / 1e5;
    let point = |p: &Point| match p.interval {
        Some((low, high)) => json!([p.tokens, short(p.value), short(low), short(high)]),
        None => json!([p.tokens, short(p.value)]),
    };
    let points: Vec<Value> = series.points.iter().map(|p| p.as_ref().map_or(json!(0), point)).collect();
    json!({"n": series.name, "c": series.colour, "f": series.fork.as_ref().map(point), "p": points})
}

#[cfg(test)]
#[path = "front_tests.rs"]
mod tests;
