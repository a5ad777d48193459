//! `spyglass compare`: two checkpoints, branches or runs on the same items.

use std::fmt::Write;

use clap::Args;
use serde::Serialize;
use spyglass_dashboards::analysis::{CONFIDENCE, INTERVAL};
use spyglass_dashboards::findings::{CLEAR, ComparedTask, ComparedWords, Comparison, compare};
use spyglass_dashboards::number::tokens;
use spyglass_dashboards::run::{Checkpoint, ItemText};
use spyglass_tasks::vibes::visible;

use super::apart::told_apart;
use super::numbers::counted;
use super::results::Results;
use super::text_table::{Align, Table};
use super::{Exit, print, say};
use crate::results::{Side, split_name};
use crate::{Error, Result};

/// How much of an item's text is shown: its end, where the question is.
const TEXT_SHOWN: usize = 72;

/// Compare two checkpoints, branches or runs on the same items
///
/// A side is a run file, a branch of it, or a checkpoint: `run.yaml`, `run.yaml:anneal`, `run.yaml:anneal@1300`. Without a branch the
/// trunk is meant, without a step the newest checkpoint that has results: two branches are then compared at their ends, and the
/// tokens of both are told.
#[derive(Debug, Args)]
pub(super) struct CompareRun {
    /// The first side
    #[arg(value_name = "RUN.yaml[:BRANCH[@STEP]]")]
    a: String,
    /// The second side
    #[arg(value_name = "RUN.yaml[:BRANCH[@STEP]]")]
    b: String,
    /// List the items that were right on one side only
    #[arg(long)]
    items: bool,
    /// Print one JSON object a task, with the items that flipped
    #[arg(long)]
    json: bool,
    /// Exit with 1 if B is worse than A on a task, with p adj. below 0.05
    #[arg(long)]
    fail_on_regression: bool,
}

/// A side, in a line of JSON.
#[derive(Serialize)]
struct Place<'a> {
    run: &'a str,
    #[serde(flatten)]
    checkpoint: &'a Checkpoint,
}

impl<'a> Place<'a> {
    fn of(side: &'a Side) -> Self {
        Self { run: &side.run.name, checkpoint: &side.checkpoint }
    }
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    first: Place<'a>,
    second: Place<'a>,
    #[serde(flatten)]
    row: &'a ComparedTask,
}

impl CompareRun {
    pub(super) fn run(&self) -> Result<Exit> {
        let (mut a, mut b) = (side(&self.a)?, side(&self.b)?);
        tell_apart(&mut a, &mut b, [&self.a, &self.b]);
        let compared = compare(&a.units(), &b.units(), [&a.run.groups, &b.run.groups]);
        let mut damaged: Vec<&String> = a.damaged.iter().chain(&b.damaged).collect();
        damaged.dedup();
        for message in &damaged {
            say(&format!("left out: {}", message.replace('\n', "\n  ")));
        }
        if compared.rows.is_empty() {
            return Err(nothing_in_common(&a, &b, &compared));
        }
        for reason in &compared.left_out {
            say(&format!("not compared: {reason}"));
        }
        print(&if self.json { json(&a, &b, &compared) } else { self.text(&a, &b, &compared) })?;
        let fell = self.fail_on_regression && compared.rows.iter().any(regressed);
        Ok(if damaged.is_empty() && !fell { Exit::Well } else { Exit::SomeFailed })
    }

    fn text(&self, a: &Side, b: &Side, compared: &Comparison) -> String {
        let mut text = format!("A  {}\nB  {}\n\n{}\n", name(a), name(b), table(&compared.rows));
        let tasks = counted(compared.rows.len(), "task");
        let _ = writeln!(
            text,
            "B − A on the items that both answered; its {CONFIDENCE} interval is that of items like these."
        );
        let _ = writeln!(
            text,
            "p: McNemar's exact test for independent right-or-wrong items, otherwise a z-test of B − A."
        );
        let _ = writeln!(text, "could show: the smallest difference that these items find four times in five.");
        let _ = writeln!(text, "p adj.: corrected for {tasks} (Benjamini and Hochberg); * below {CLEAR}.");
        if a.checkpoint.tokens != b.checkpoint.tokens {
            text +=
                "The two have not seen the same number of tokens: part of B − A may come from the extra training.\n";
        }
        if compared.rows.iter().any(|row| row.other_tokens) {
            text += "The two have different tokenizers: accuracies and bits per byte compare, numbers counted in tokens do not.\n";
        }
        let alone: Vec<String> =
            compared.rows.iter().filter(|row| row.unpaired).map(|row| row.subject.title()).collect();
        if !alone.is_empty() {
            let _ = writeln!(
                text,
                "{}: not paired item by item, so compared by the scores alone, as of other items.",
                alone.join(", ")
            );
        }
        for row in compared.rows.iter().filter(|row| row.only_a + row.only_b > 0) {
            let (only_a, only_b) = (counted(row.only_a, "item"), counted(row.only_b, "item"));
            let _ = writeln!(
                text,
                "{}: left out {only_a} that only A has, and {only_b} that only B has.",
                row.subject.title()
            );
        }
        if self.items {
            compared.rows.iter().for_each(|row| text += &flipped(a, b, row));
        }
        text
    }
}

/// Whether B is worse, beyond what the number of tasks explains.
fn regressed(row: &ComparedTask) -> bool {
    row.is_clear() && !row.is_better()
}

fn side(name: &str) -> Result<Side> {
    let (path, place) = split_name(name);
    let results = Results::open(&path)?;
    Side::read(&results.path, &results.store, results.snapshot, place)
}

/// Two runs of one name are called after their files, too.
fn tell_apart(a: &mut Side, b: &mut Side, names: [&str; 2]) {
    let files = names.map(|name| split_name(name).0);
    let told = told_apart(&[(a.run.name.clone(), &files[0]), (b.run.name.clone(), &files[1])]);
    for ((side, file), _) in [a, b].into_iter().zip(&files).zip(told).filter(|(_, own)| own.is_some()) {
        side.run.name = format!("{} ({})", side.run.name, file.display());
    }
}

fn nothing_in_common(a: &Side, b: &Side, compared: &Comparison) -> Error {
    let mut reasons = compared.left_out.clone();
    reasons.truncate(6);
    Error::Usage {
        problem: format!("no task can be compared between {} and {}", name(a), name(b)),
        help: match reasons.as_slice() {
            [] => "neither of them has results that could be read".into(),
            reasons => format!("score both on the same tasks; {}", reasons.join("; ")),
        },
    }
}

/// `pilot, anneal step 1300 (7.99 M tokens)`.
fn name(side: &Side) -> String {
    let place = crate::sweep::plan::checkpoint_name(&side.checkpoint);
    format!("{}, {place} ({} tokens)", side.run.name, tokens(side.checkpoint.tokens as f64))
}

fn json(a: &Side, b: &Side, compared: &Comparison) -> String {
    let line = |row| Line { first: Place::of(a), second: Place::of(b), row };
    compared.rows.iter().map(|row| serde_json::to_string(&line(row)).expect("plain data") + "\n").collect()
}

/// One row a task; names to the left, numbers to the right.
fn table(rows: &[ComparedTask]) -> String {
    let heads = ["task", "metric", "A", "B", "B − A", INTERVAL, "p", "p adj.", "lost", "gained", "could show", "items"];
    let align = |head| if ["task", "metric"].contains(&head) { Align::Left } else { Align::Right };
    let mut table = Table::new(heads.map(|head| (head, align(head))));
    table.extend(rows.iter().map(row));
    table.plain()
}

fn row(row: &ComparedTask) -> [String; 12] {
    let ComparedWords { a, b, change, interval, p, p_adjusted, lost, gained, detectable } = row.words();
    let mark = if row.p_bh < CLEAR { " *" } else { "  " };
    let items = row.difference.items.to_string();
    let name = row.subject.title();
    [name, row.metric.clone(), a, b, change, interval, p, p_adjusted + mark, lost, gained, detectable, items]
}

/// The items of a task that flipped, each with what it asks.
fn flipped(a: &Side, b: &Side, row: &ComparedTask) -> String {
    // The items of a group are listed with its tasks.
    if row.lost.is_empty() && row.gained.is_empty() || b.run.groups.iter().any(|group| group.name == row.subject.task) {
        return String::new();
    }
    let mut text = format!("\n{}\n", row.subject.title());
    for (what, items) in [("lost", &row.lost), ("gained", &row.gained)] {
        for &doc_id in items {
            let asked =
                item_text(a, row, doc_id).or_else(|| item_text(b, row, doc_id)).map_or_else(String::new, question);
            let _ = writeln!(text, "  {what:<6} {doc_id:>6}  {asked}");
        }
    }
    text
}

fn item_text<'a>(side: &'a Side, row: &ComparedTask, doc_id: usize) -> Option<&'a ItemText> {
    let subject = &row.subject;
    let own =
        side.run.texts.iter().find(|texts| {
            (&texts.task, texts.shots, &texts.perturb) == (&subject.task, subject.shots, &subject.perturb)
        })?;
    own.items.iter().find(|item| item.doc_id == doc_id)
}

/// The end of the item's text on one line.
fn question(item: &ItemText) -> String {
    let words: Vec<&str> = item.context.split_whitespace().collect();
    let line = visible(&words.join(" "));
    match line.char_indices().rev().nth(TEXT_SHOWN - 1) {
        Some((start, _)) if start > 0 => format!("… {}", &line[start..]),
        _ => line,
    }
}
