//! The page: a section for each family of tasks and metric.

use serde::Serialize;

use super::course::course;
use super::map::maps;
use super::table::table;
use crate::analysis::{FOUND, Interval};
use crate::number::{percent, significant, tokens, whole};
use crate::plots::plain;
use crate::report::Error;
use crate::report::curves::Shared;
use crate::report::folder::slugs;
use crate::report::site::Site;
use crate::run::{Checkpoint, Run};
use crate::series::{LongColumn, LongFamily, Scores};

/// What the template shows.
#[derive(Serialize)]
struct Page {
    /// The share that counts as found, in per cent.
    found: String,
    families: Vec<Section>,
}

/// One family of tasks in one metric.
#[derive(Serialize)]
struct Section {
    id: String,
    title: String,
    metric: String,
    chance: String,
    rows: Vec<Row>,
    /// Effective length against tokens, where there are several checkpoints.
    course: Option<Drawn>,
    /// Depth against length: the newest checkpoints.
    maps: Vec<Drawn>,
    /// Those of earlier ones.
    earlier: Vec<Drawn>,
    table: String,
}

/// The newest checkpoint of a branch, plain or with its positions stretched.
#[derive(Serialize)]
struct Row {
    name: String,
    colour: usize,
    newest: String,
    effective: String,
    /// Where the items are too few to tell; empty where they are not.
    doubt: String,
    lengths: Vec<Asked>,
}

/// What it scored at one length.
#[derive(Serialize)]
struct Asked {
    length: String,
    items: usize,
    score: String,
    /// The 95 % interval of the score in per cent; empty of what is no share.
    interval: String,
}

/// A figure with its files.
#[derive(Serialize)]
struct Drawn {
    slug: String,
    svg: String,
}

/// Writes the page and its files; nothing where a run has no long texts.
pub(in crate::report) fn write(
    site: &Site,
    run: &Run,
    families: &[LongFamily<'_>],
    shared: &Shared,
) -> Result<(), Error> {
    if families.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = families.iter().map(|family| format!("long {} {}", family.name, family.metric)).collect();
    let slugs = slugs(names.iter().map(String::as_str));
    let section = |(family, slug): (&LongFamily<'_>, &String)| section(site, run, family, shared, slug);
    let page = Page {
        found: percent(FOUND).trim_end_matches(".0").to_owned(),
        families: families.iter().zip(&slugs).map(section).collect::<Result<_, _>>()?,
    };
    site.page("long.html", "long.html", &format!("{}: long texts", run.name), &page)
}

fn section(site: &Site, run: &Run, family: &LongFamily<'_>, shared: &Shared, slug: &str) -> Result<Section, Error> {
    let csv = table(family);
    let draw = |part: &str, svg: String| -> Result<Drawn, Error> {
        let slug = format!("{slug}.{part}");
        site.file(&format!("plots/{slug}.svg"), &plain(&svg))?;
        site.table(&format!("plots/{slug}.csv"), &csv)?;
        Ok(Drawn { slug, svg })
    };
    let course = course(run, family, shared).map(|svg| draw("effective", svg)).transpose()?;
    let mut maps =
        maps(run, family).into_iter().enumerate().map(|(number, svg)| draw(&format!("map-{}", number + 1), svg));
    let newest = maps.next().transpose()?;
    let earlier = maps.collect::<Result<Vec<_>, Error>>()?;
    Ok(Section {
        id: slug.to_owned(),
        title: family.name.clone(),
        metric: family.metric.clone(),
        chance: percent(family.chance),
        rows: rows(run, family),
        course,
        maps: newest.into_iter().collect(),
        earlier,
        table: format!("plots/{slug}.map-1.csv"),
    })
}

fn rows(run: &Run, family: &LongFamily<'_>) -> Vec<Row> {
    let lines = family.columns.chunk_by(|a, b| line(a.checkpoint) == line(b.checkpoint));
    let row = |column: &LongColumn<'_>| {
        let at = column.checkpoint;
        Row {
            name: name(at),
            colour: run.tree.colour(&at.branch),
            newest: tokens(at.tokens as f64),
            effective: effective(column),
            doubt: doubt(column),
            lengths: column.lengths.iter().map(|(length, at)| asked(*length, &at.all)).collect(),
        }
    };
    lines.filter_map(|line| line.last()).map(row).collect()
}

/// `2,048`, `below 1,024`, or `8,192 or more` where nothing longer was asked.
pub(super) fn effective(column: &LongColumn<'_>) -> String {
    match column.effective() {
        Some(length) if column.is_at_least() => format!("{} or more", whole(length)),
        Some(length) => whole(length),
        None => format!("below {}", whole(column.lengths.keys().next().copied().unwrap_or_default())),
    }
}

/// `not sure: 4 of 5 at 2,048`.
fn doubt(column: &LongColumn<'_>) -> String {
    let said = |(length, scores): (usize, &Scores<'_>)| {
        format!("not sure: {} of {} at {}", significant(scores.right()), scores.n(), whole(length))
    };
    column.doubt().map_or_else(String::new, said)
}

fn asked(length: usize, scores: &Scores<'_>) -> Asked {
    let ends = |(low, high): Interval| format!("{} to {}", percent(low), percent(high));
    Asked {
        length: whole(length),
        items: scores.n(),
        score: percent(scores.value()),
        interval: scores.interval().map_or_else(String::new, ends),
    }
}

/// What tells lines apart: branch and stretch.
pub(super) fn line(at: &Checkpoint) -> (&str, Option<&str>) {
    (&at.branch, at.stretch())
}

/// `trunk`, or `trunk, positions ÷ 2`.
pub(super) fn name(at: &Checkpoint) -> String {
    match at.stretch() {
        Some(scale) => format!("{}, positions ÷ {scale}", at.branch),
        None => at.branch.clone(),
    }
}
