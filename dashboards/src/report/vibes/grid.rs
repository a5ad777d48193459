//! The grid of one pack: a row for each conversation, a column for each checkpoint, verdicts by colour and sign.

use super::course::Reading;
use super::visible::visible;
use crate::analysis::verdict_hops;
use crate::plots::tokens;
use crate::report::curves::colour;
use crate::report::folder::slugs;
use crate::run::{Checkpoint, PackUnit, Run};
use serde::Serialize;
use spyglass_tasks::vibes::Transcript;
use std::collections::BTreeMap;

/// Characters of the newest reply in the last column.
const FIRST_WORDS: usize = 60;

/// One pack.
#[derive(Debug, Serialize)]
pub(crate) struct Grid {
    pub(crate) pack: String,
    /// What the newest checkpoint makes of it, in a sentence.
    pub(crate) newest: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    pub(crate) tags: Vec<String>,
}

/// One checkpoint.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Column {
    pub(crate) branch: String,
    pub(crate) colour: usize,
    pub(crate) step: u64,
    pub(crate) tokens: String,
    /// The first of its branch: a rule is drawn before it.
    pub(crate) first: bool,
    /// The first branch's come after it in no branch: the column with most tokens.
    #[serde(skip)]
    pub(crate) count: u64,
    #[serde(skip)]
    variant: Option<String>,
}

impl Column {
    /// A column for each of `checkpoints`, which come branch by branch.
    pub(crate) fn of(run: &Run, checkpoints: &[&Checkpoint]) -> Vec<Self> {
        let column = |(number, checkpoint): (usize, &&Checkpoint)| Self {
            branch: checkpoint.branch.clone(),
            colour: run.tree.branches.iter().position(|branch| branch.name == checkpoint.branch).map_or(0, colour),
            step: checkpoint.step,
            tokens: tokens(checkpoint.tokens as f64),
            first: number > 0 && checkpoints[number - 1].branch != checkpoint.branch,
            count: checkpoint.tokens,
            variant: checkpoint.variant.clone(),
        };
        checkpoints.iter().enumerate().map(column).collect()
    }

    /// Whether it is the column of that checkpoint.
    pub(crate) fn is(&self, checkpoint: &Checkpoint) -> bool {
        (self.branch.as_str(), self.step, self.variant.as_deref()) == checkpoint.at()
    }
}

/// One conversation at all checkpoints.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) slug: String,
    pub(crate) prompt: String,
    pub(crate) variables: String,
    pub(crate) tags: String,
    pub(crate) notes: String,
    pub(crate) cells: Vec<Cell>,
    /// `passes since 3.8 M`, `comes and goes`, …
    pub(crate) story: String,
    pub(crate) changed: bool,
    pub(crate) verdict: &'static str,
    pub(crate) first_words: String,
    #[serde(skip)]
    pub(crate) talks: Vec<Option<Transcript>>,
}

/// One conversation at one checkpoint.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cell {
    /// `pass`, `part`, `fail`, `said` (nothing was checked) or `none`.
    pub(crate) kind: &'static str,
    pub(crate) sign: &'static str,
    /// Shade 0 (against) to 4 (for) of the mean margin; empty without one.
    pub(crate) shade: String,
}

type Key = (String, String, usize);

/// The grids of all packs, by name.
pub(crate) fn grids(run: &Run) -> Vec<Grid> {
    let mut packs: BTreeMap<&str, Vec<&PackUnit>> = BTreeMap::new();
    for unit in &run.packs {
        packs.entry(&unit.record.task).or_default().push(unit);
    }
    packs.into_iter().map(|(pack, units)| grid(run, pack, &units)).collect()
}

fn grid(run: &Run, pack: &str, units: &[&PackUnit]) -> Grid {
    let of = |checkpoint: &Checkpoint| {
        let same = |unit: &&&PackUnit| unit.record.checkpoint.at() == checkpoint.at();
        units.iter().find(same).copied()
    };
    let all = run.tree.branches.iter().flat_map(|branch| &branch.checkpoints);
    let (asked, placed): (Vec<&Checkpoint>, Vec<&PackUnit>) =
        all.filter_map(|checkpoint| Some((checkpoint, of(checkpoint)?))).unzip();
    let columns = Column::of(run, &asked);
    let newest = (0..columns.len()).max_by_key(|&i| columns[i].count);
    let rows = rows(run, pack, &columns, &placed, newest);
    let mut tags: Vec<String> = rows.iter().flat_map(|row| row.tags.split_whitespace().map(str::to_owned)).collect();
    tags.sort();
    tags.dedup();
    Grid {
        pack: pack.to_owned(),
        newest: newest.map_or_else(String::new, |i| summary(placed[i], &columns[i])),
        columns,
        rows,
        tags,
    }
}

/// "At 9.2 M tokens on trunk, 61.5 % of its prompts pass (95 % 41.0 to 78.0); it drops the act after 2.1 turns on average."
fn summary(unit: &PackUnit, at: &Column) -> String {
    let reading = Reading::of(unit);
    let parts: Vec<String> = reading.share_words().into_iter().chain(reading.kept_words()).collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("At {} tokens on {}, {}", at.tokens, at.branch, parts.join("; "))
    }
}

fn rows(run: &Run, pack: &str, columns: &[Column], units: &[&PackUnit], newest: Option<usize>) -> Vec<Row> {
    let mut order: Vec<Key> = Vec::new();
    let mut talks: BTreeMap<Key, Vec<Option<Transcript>>> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        for talk in unit.transcripts.iter() {
            let variables = serde_json::to_string(&talk.variables).expect("plain data");
            let key = (talk.prompt.clone(), variables, talk.repeat);
            if !talks.contains_key(&key) {
                order.push(key.clone());
            }
            talks.entry(key).or_insert_with(|| vec![None; units.len()])[index] = Some(talk.clone());
        }
    }
    let names: Vec<String> = order.iter().map(|(prompt, _, _)| format!("{pack}.{prompt}")).collect();
    let slugs = slugs(names.iter().map(String::as_str));
    let row = |(key, slug): (Key, String)| {
        let talks = talks.remove(&key).expect("each key was entered");
        one_row(run, columns, newest, key.2, slug, talks)
    };
    let mut row = row;
    order.into_iter().zip(slugs).map(&mut row).collect()
}

fn one_row(
    run: &Run,
    columns: &[Column],
    newest: Option<usize>,
    repeat: usize,
    slug: String,
    talks: Vec<Option<Transcript>>,
) -> Row {
    let any = talks.iter().rev().flatten().next().expect("a row has a conversation");
    let cells: Vec<Cell> = talks.iter().map(|talk| cell(talk.as_ref())).collect();
    let mut variables: Vec<String> =
        any.variables.iter().map(|(name, value)| format!("{name}: {}", words(value))).collect();
    if repeat > 0 || talks.iter().flatten().any(|talk| talk.repeat > 0) {
        variables.push(format!("repeat {}", repeat + 1));
    }
    let path = newest.map(|newest| path(run, columns, newest)).unwrap_or_default();
    let last = newest.and_then(|newest| talks[newest].as_ref());
    let before = path.iter().rev().skip(1).find(|&&i| talks[i].is_some()).and_then(|&i| talks[i].as_ref());
    Row {
        story: story(columns, &path, &talks),
        changed: last.zip(before).is_some_and(|(last, before)| last.passed != before.passed),
        verdict: newest.map_or("none", |newest| cells[newest].kind),
        first_words: last.map_or_else(String::new, first_words),
        prompt: any.prompt.clone(),
        tags: any.tags.join(" "),
        notes: any.notes.clone(),
        variables: variables.join(", "),
        slug,
        cells,
        talks,
    }
}

fn words(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The columns on the way to `end`: those of its branch, and of its ancestors up to each fork.
fn path(run: &Run, columns: &[Column], end: usize) -> Vec<usize> {
    let way = run.tree.path(&columns[end].branch);
    let on_way = |column: &Column| way.iter().any(|c| c.branch == column.branch && c.step == column.step);
    (0..columns.len()).filter(|&i| on_way(&columns[i])).collect()
}

/// Since when the prompt passes, on the path to the newest checkpoint.
fn story(columns: &[Column], path: &[usize], talks: &[Option<Transcript>]) -> String {
    let judged: Vec<(usize, bool)> = path.iter().filter_map(|&i| Some((i, talks[i].as_ref()?.passed?))).collect();
    if judged.is_empty() {
        return String::new();
    }
    let hops = verdict_hops(&judged.iter().map(|(_, passed)| *passed).collect::<Vec<_>>());
    let at = |index: usize| &columns[judged[index].0].tokens;
    match hops.first_passed {
        None => "never passed".into(),
        Some(first) if hops.since => format!("passes since {}", at(first)),
        Some(first) => format!("comes and goes: first at {}, {} changes", at(first), hops.flips),
    }
}

fn first_words(talk: &Transcript) -> String {
    let reply = talk.turns.last().map_or("", |turn| turn.reply.as_str());
    let line = visible(reply).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= FIRST_WORDS {
        return line;
    }
    line.chars().take(FIRST_WORDS).chain(['…']).collect()
}

fn cell(talk: Option<&Transcript>) -> Cell {
    let (kind, sign) = match talk {
        None => ("none", ""),
        Some(talk) => match (talk.passed, talk.score) {
            (Some(true), _) => ("pass", "✓"),
            (Some(false), Some(score)) if score >= 0.5 => ("part", "~"),
            (Some(false), _) => ("fail", "✗"),
            (None, _) => ("said", "·"),
        },
    };
    let shade = |margin: f64| ((1.0 / (1.0 + (-margin).exp())) * 4.0).round() as u8; // 0 nats is the middle shade
    let shade = talk.and_then(|talk| talk.margin).map_or_else(String::new, |margin| format!("m{}", shade(margin)));
    Cell { kind, sign, shade }
}
