//! The grid of one pack: a row for each conversation, a column for each checkpoint, verdicts by colour and sign.

use std::collections::BTreeMap;

use serde::Serialize;
use spyglass_tasks::vibes::Transcript;

use super::columns::{Column, Columns};
use super::course::Reading;
use super::story::{Course, Way};
use super::visible::visible;
use crate::analysis::{VerdictHops, beyond_luck};
use crate::report::folder::slugs;
use crate::run::{Checkpoint, PackUnit, Run};

/// Characters of the newest reply in the last column.
const FIRST_WORDS: usize = 60;

/// One pack.
#[derive(Debug, Serialize)]
pub(crate) struct Grid {
    pub(crate) pack: String,
    /// What the newest checkpoint makes of it, in a sentence.
    pub(crate) newest: String,
    pub(super) columns: Columns,
    #[serde(skip)]
    pub(super) way: Way,
    pub(crate) rows: Vec<Row>,
    pub(crate) tags: Vec<String>,
}

/// One conversation at all checkpoints.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Row {
    pub(crate) slug: String,
    pub(crate) prompt: String,
    pub(crate) variables: String,
    pub(crate) tags: String,
    pub(crate) notes: String,
    pub(crate) cells: Vec<Cell>,
    /// `passes since 3.8 M on trunk → anneal; ✓ at 2 of 6 others`, `passed at 2 of 6 checkpoints`, …
    pub(crate) story: String,
    /// Which way it went on the path; `None` where nothing is checked.
    #[serde(skip)]
    pub(super) course: Option<Course>,
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

/// The grids of all packs, by name. What luck may explain is judged over all of their rows together: they stand on one page.
pub(crate) fn grids(run: &Run) -> Vec<Grid> {
    let mut packs: BTreeMap<&str, Vec<&PackUnit>> = BTreeMap::new();
    for unit in &run.packs {
        packs.entry(&unit.record.task).or_default().push(unit);
    }
    let mut grids: Vec<Grid> = packs.into_iter().map(|(pack, units)| grid(run, pack, &units)).collect();
    let hops = |grid: &Grid| -> Vec<VerdictHops> { grid.rows.iter().map(|row| grid.way.hops(&row.talks)).collect() };
    let hops: Vec<VerdictHops> = grids.iter().flat_map(hops).collect();
    let mut judged = hops.iter().zip(beyond_luck(&hops));
    for Grid { rows, way, columns, .. } in &mut grids {
        for (row, (hops, beyond_luck)) in rows.iter_mut().zip(&mut judged) {
            row.course = Course::of(hops, beyond_luck);
            row.story = row.course.map_or_else(String::new, |course| way.story(columns, &row.talks, course));
        }
    }
    grids
}

fn grid(run: &Run, pack: &str, units: &[&PackUnit]) -> Grid {
    let of = |checkpoint: &Checkpoint| {
        let same = |unit: &&&PackUnit| unit.record.checkpoint.at() == checkpoint.at();
        units.iter().find(same).copied()
    };
    let all = run.tree.branches.iter().flat_map(|branch| &branch.checkpoints);
    let (asked, placed): (Vec<&Checkpoint>, Vec<&PackUnit>) =
        all.filter_map(|checkpoint| Some((checkpoint, of(checkpoint)?))).unzip();
    let columns = Columns::of(run, &asked);
    let way = Way::of(run, &columns);
    let rows = rows(pack, &columns, &way, &placed);
    let mut tags: Vec<String> = rows.iter().flat_map(|row| row.tags.split_whitespace().map(str::to_owned)).collect();
    tags.sort();
    tags.dedup();
    Grid {
        pack: pack.to_owned(),
        newest: columns.newest.map_or_else(String::new, |i| run.tree.axis.say(summary(placed[i], &columns.each[i]))),
        columns,
        way,
        rows,
        tags,
    }
}

/// "At 9.2 M tokens on trunk, 61.5 % of its 13 prompts pass (95 % 41.0 to 78.0); what is asked of every turn holds for 2.1 turns
/// on average (half fail by turn 2)."
fn summary(unit: &PackUnit, at: &Column) -> String {
    let reading = Reading::of(unit);
    let parts: Vec<String> = reading.share_words().into_iter().chain(reading.kept_words()).collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("At {} tokens on {}, {}", at.tokens, at.branch, parts.join("; "))
    }
}

fn rows(pack: &str, columns: &Columns, way: &Way, units: &[&PackUnit]) -> Vec<Row> {
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
        one_row(columns, way, slug, talks)
    };
    order.into_iter().zip(slugs).map(row).collect()
}

fn one_row(columns: &Columns, way: &Way, slug: String, talks: Vec<Option<Transcript>>) -> Row {
    let any = talks.iter().rev().flatten().next().expect("a row has a conversation");
    let cells: Vec<Cell> = talks.iter().map(|talk| cell(talk.as_ref())).collect();
    let mut variables: Vec<String> =
        any.variables.iter().map(|(name, value)| format!("{name}: {}", words(value))).collect();
    if any.repeat > 0 {
        variables.push(format!("repeat {}", any.repeat + 1));
    }
    let last = columns.newest.and_then(|newest| talks[newest].as_ref());
    let before = way.on.iter().rev().skip(1).find_map(|&i| talks[i].as_ref());
    Row {
        story: String::new(), // told once the rows of all packs are known
        course: None,
        changed: last.zip(before).is_some_and(|(last, before)| last.passed != before.passed),
        verdict: columns.newest.map_or("none", |newest| cells[newest].kind),
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

fn first_words(talk: &Transcript) -> String {
    let reply = talk.turns.last().map_or("", |turn| turn.reply.as_str());
    let line = visible(reply).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= FIRST_WORDS {
        return line;
    }
    line.chars().take(FIRST_WORDS).chain(['…']).collect()
}

/// Kind and sign of what is checked, on every page: ✓ where all passes, ~ where at least half (`share`) does, ✗ otherwise.
pub(super) fn sign(passed: bool, share: f64) -> (&'static str, &'static str) {
    if passed {
        ("pass", "✓")
    } else if share >= 0.5 {
        ("part", "~")
    } else {
        ("fail", "✗")
    }
}

fn cell(talk: Option<&Transcript>) -> Cell {
    let judged = |talk: &Transcript| Some(sign(talk.passed?, talk.score?));
    let (kind, sign) = talk.map_or(("none", ""), |talk| judged(talk).unwrap_or(("said", "·")));
    let shade = |margin: f64| ((1.0 / (1.0 + (-margin).exp())) * 4.0).round() as u8; // 0 nats is the middle shade
    let shade = talk.and_then(|talk| talk.margin).map_or_else(String::new, |margin| format!("m{}", shade(margin)));
    Cell { kind, sign, shade }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_checked_has_colour_and_sign() {
        let talk = |passed, score| Transcript { passed, score, ..Transcript::default() };
        let talks = [(Some(true), Some(1.0)), (Some(false), Some(0.5)), (Some(false), Some(0.4)), (None, None)];
        assert_eq!(talks.map(|(passed, score)| cell(Some(&talk(passed, score))).sign), ["✓", "~", "✗", "·"]);
        assert_eq!(cell(None).sign, "");
    }
}
