//! Which column of a log is the step, the tokens seen, the learning rate, the loss.

use serde_json::Value;

use super::cells::{Decimals, count, is_empty, number, step};
use super::table::{Row, Table, error};
use crate::Result;
use crate::run_file::LogColumns;

/// What is looked for in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Step,
    Tokens,
    Rate,
    Loss,
}

/// Names of one kind, as [`plain`] writes them, in tiers: a file's numbers come from the first tier that holds any, so that a second
/// count of the same thing, or the mean of a whole run, fills no gaps of the first.
type Tiers = &'static [&'static [&'static str]];

const STEPS: Tiers = &[
    // What says that it counts optimiser steps. `_step` of W&B counts calls of its log.
    &["global_step", "global_steps"],
    &["global_step/max_steps"],
    &["optimizer_step"],
    &["step"],
    &["steps"],
    &["current_steps"],
    &["current_step"],
    &["train_step"],
    &["training_step"],
    &["iteration"],
    &["iterations"],
    &["iter"],
    &["iter_num"],
    &["_step"],
];
const TOKENS: Tiers = &[
    &["num_input_tokens_seen"],
    &["total_tokens_seen"],
    &["tokens_seen"],
    &["num_tokens_seen"],
    &["n_tokens_seen"],
    &["consumed_train_tokens"],
    &["consumed_tokens"],
    &["trained_tokens"],
    &["total_tokens"],
    &["throughput/total_tokens"],
    &["tokens/total"],
    &["num_tokens"],
    &["tokens"],
];
const RATES: Tiers =
    &[&["learning_rate", "lr", "optim/learning_rate", "optim/lr", "optimizer/lr", "optimizer/learning_rate"]];
const LOSSES: Tiers = &[
    &["loss"],
    &[
        "lm_loss",
        "training_loss",
        "reduced_train_loss",
        "loss/train",
        "loss/train/total",
        "crossentropyloss",
        "ce_loss",
    ],
    &["loss_metrics/global_avg_loss", "train_loss_step", "loss_step"],
    // The mean of the whole run in Hugging Face's summary, the loss itself elsewhere.
    &["train_loss"],
];

/// Names that some trainers give to a count of all tokens, and some to those of a batch.
const MAYBE_TOKENS: &[&str] =
    &["trained_tokens", "total_tokens", "throughput/total_tokens", "tokens/total", "num_tokens"];

/// A name in lower case, without the prefix of training, with `_` for what separates words.
fn plain(name: &str) -> String {
    let plain: String =
        name.trim().chars().map(|c| if matches!(c, ' ' | '-' | '.') { '_' } else { c.to_ascii_lowercase() }).collect();
    let prefixes = ["train/", "trainer/", "training/"];
    prefixes.iter().find_map(|prefix| plain.strip_prefix(prefix)).map(str::to_owned).unwrap_or(plain)
}

/// The tier of a name for a kind, and its place in it; smaller is more telling.
fn rank(kind: Kind, name: &str) -> Option<(usize, usize)> {
    let plain = plain(name);
    let tiers = match kind {
        Kind::Step => STEPS,
        Kind::Tokens => TOKENS,
        Kind::Rate => RATES,
        Kind::Loss => LOSSES,
    };
    let known =
        tiers.iter().enumerate().find_map(|(tier, names)| Some((tier, names.iter().position(|n| *n == plain)?)));
    known.or_else(|| (kind == Kind::Rate && is_rate_of_a_group(&plain)).then_some((RATES.len(), 0)))
}

/// `lr-AdamW/pg1`, `lr_0`, `optim/learning_rate_group0`: the rate of one group of parameters, or of an optimiser named with it. Its
/// momentum and weight decay are logged under the same beginning.
fn is_rate_of_a_group(plain: &str) -> bool {
    let bare = ["optim/", "optimizer/"].iter().find_map(|prefix| plain.strip_prefix(prefix)).unwrap_or(plain);
    let Some(rest) = ["learning_rate", "lr"].iter().find_map(|word| bare.strip_prefix(word)) else { return false };
    let Some(rest) = rest.strip_prefix(['_', '/']) else { return false };
    let is_group = |part: &str| {
        let number =
            ["param_group_", "param_group", "group_", "group", "pg"].iter().find_map(|word| part.strip_prefix(word));
        let number = number.unwrap_or(part);
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_optimiser = |part: &str| {
        let known =
            ["adam", "sgd", "lion", "muon", "adafactor", "lamb", "shampoo", "soap", "sophia", "adagrad", "rmsprop"];
        known.iter().any(|name| part.contains(name)) && !part.contains("momentum") && !part.contains("decay")
    };
    match rest.split_once('/') {
        Some((optimiser, group)) => is_optimiser(optimiser) && is_group(group),
        None => is_group(rest) || is_optimiser(rest),
    }
}

/// Whether trainers write steps under that name.
pub(super) fn is_step(name: &str) -> bool {
    rank(Kind::Step, name).is_some()
}

/// Whether trainers write learning rates under that name.
pub(super) fn is_rate(name: &str) -> bool {
    rank(Kind::Rate, name).is_some()
}

/// Whether trainers write losses under that name.
pub(super) fn is_loss(name: &str) -> bool {
    rank(Kind::Loss, name).is_some()
}

/// The columns of a log that are read, for each kind the most telling first.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) step: Vec<String>,
    pub(crate) tokens: Vec<String>,
    pub(crate) rate: Vec<String>,
    pub(crate) loss: Vec<String>,
    /// What a person should know of the choice.
    pub(crate) notes: Vec<String>,
}

impl Columns {
    /// Chooses the columns: the one that the run file names, or those with the most telling name that hold a number.
    ///
    /// # Errors
    /// A column that was named is not there or holds no number; one that is read is there twice.
    pub(crate) fn choose(named: &LogColumns, table: &Table) -> Result<Self> {
        let mut notes = Vec::new();
        let mut of = |kind, name: &Option<String>| match name {
            Some(name) => only(name, table),
            None => usual(kind, table, &mut notes),
        };
        let columns = Self {
            step: of(Kind::Step, &named.step)?,
            tokens: of(Kind::Tokens, &named.tokens)?,
            rate: of(Kind::Rate, &named.lr)?,
            loss: of(Kind::Loss, &named.loss)?,
            notes: Vec::new(),
        };
        Ok(Self { notes, ..columns })
    }
}

/// The column that the run file names.
fn only(name: &str, table: &Table) -> Result<Vec<String>> {
    let help = "name another column";
    if !table.columns.iter().any(|known| known == name) {
        let what = format!("there is no column `{name}`; there are {}", table.names());
        return Err(error(&table.file, what, help));
    }
    once(name, table)?;
    if !table.rows.iter().any(|row| row.cells.get(name).is_some_and(|cell| !is_empty(cell))) {
        return Err(error(&table.file, format!("the column `{name}` holds no number"), help));
    }
    Ok(vec![name.to_owned()])
}

/// The columns of the first tier that holds a number; where none does, of the first that holds anything, so that it is named.
fn usual(kind: Kind, table: &Table, notes: &mut Vec<String>) -> Result<Vec<String>> {
    let mut known: Vec<((usize, usize), &String)> =
        table.columns.iter().filter_map(|name| Some((rank(kind, name)?, name))).collect();
    if kind == Kind::Tokens {
        known.retain(|(_, name)| {
            let counts = !MAYBE_TOKENS.contains(&plain(name).as_str()) || counts_up(name, table);
            if !counts {
                notes.push(format!(
                    "{}: the column `{name}` does not count up, so it is not read as the tokens seen",
                    table.file.display()
                ));
            }
            counts
        });
    }
    if matches!(kind, Kind::Step | Kind::Tokens) {
        let stands = |name: &String| stands_still(name, table);
        // A counter that was never set, beside one that counts.
        if known.iter().any(|(_, name)| !stands(name)) {
            known.retain(|(_, name)| !stands(name));
        }
    }
    if kind == Kind::Step {
        let told = |tier| told_in(tier, &known, table);
        let most = known.iter().map(|((tier, _), _)| told(*tier)).max().unwrap_or(0);
        let sparse: Vec<usize> =
            known.iter().map(|((tier, _), _)| *tier).filter(|tier| told(*tier) * 2 < most).collect();
        known.retain(|((tier, _), _)| !sparse.contains(tier));
    }
    known.sort_by_key(|(rank, _)| *rank);
    let holds =
        |name: &str, wanted: fn(&Value) -> bool| table.rows.iter().any(|row| row.cells.get(name).is_some_and(wanted));
    let is_number: fn(&Value) -> bool = match kind {
        Kind::Step => |cell| step(cell, Decimals::Point).is_ok_and(|number| number.is_some()),
        Kind::Tokens => |cell| count(cell, Decimals::Point).is_ok_and(|number| number.is_some()),
        Kind::Rate | Kind::Loss => |cell| number(cell, Decimals::Point).is_ok_and(|number| number.is_some()),
    };
    let first = known.iter().find(|(_, name)| holds(name, is_number));
    let first = first.or_else(|| known.iter().find(|(_, name)| holds(name, |cell| !is_empty(cell))));
    let Some(&((tier, _), _)) = first else { return Ok(Vec::new()) };
    let chosen: Vec<String> =
        known.iter().filter(|((other, _), _)| *other == tier).map(|(_, name)| (*name).clone()).collect();
    for name in &chosen {
        once(name, table)?;
    }
    if kind != Kind::Loss {
        notes.extend(rivals(kind, table, &chosen, &known));
    }
    Ok(chosen)
}

/// How many of the rows that hold a rate or a loss hold something in a column of that tier, too: a few lines of an evaluation may count
/// their steps under a more telling name than the training does.
fn told_in(tier: usize, known: &[((usize, usize), &String)], table: &Table) -> usize {
    let is_curve = |name: &&String| rank(Kind::Rate, name).is_some() || rank(Kind::Loss, name).is_some();
    let curves: Vec<&String> = table.columns.iter().filter(is_curve).collect();
    let steps: Vec<&String> = known.iter().filter(|((other, _), _)| *other == tier).map(|(_, name)| *name).collect();
    let holds = |row: &Row, names: &[&String]| {
        names.iter().any(|name| row.cells.get(*name).is_some_and(|cell| !is_empty(cell)))
    };
    table.rows.iter().filter(|row| holds(row, &curves) && holds(row, &steps)).count()
}

/// Whether a column of counts says the same in all of its rows, and there are several.
fn stands_still(name: &str, table: &Table) -> bool {
    let counts: Vec<u64> =
        table.rows.iter().filter_map(|row| step(row.cells.get(name)?, Decimals::Point).ok().flatten()).collect();
    counts.len() > 1 && counts.iter().all(|count| *count == counts[0])
}

/// Whether a column of counts grows from nearly every row to the next (a restart may set it back), so that it counts all that was seen.
fn counts_up(name: &str, table: &Table) -> bool {
    let counts: Vec<u64> =
        table.rows.iter().filter_map(|row| count(row.cells.get(name)?, Decimals::Point).ok().flatten()).collect();
    let grows = counts.windows(2).filter(|pair| pair[1] > pair[0]).count();
    counts.len() < 2 || grows * 10 >= (counts.len() - 1) * 7
}

/// A column that is read stands in the head once.
fn once(name: &str, table: &Table) -> Result<()> {
    if table.twice.iter().any(|twice| twice == name) {
        let what = format!("line 1: two columns `{name}`");
        return Err(error(&table.file, what, "keep one of them, or name another with `log: {file: …, columns: {…}}`"));
    }
    Ok(())
}

/// A note where another column could be meant and says otherwise.
fn rivals(kind: Kind, table: &Table, chosen: &[String], known: &[((usize, usize), &String)]) -> Option<String> {
    let (what, key) = match kind {
        Kind::Step => ("the step", "step"),
        Kind::Tokens => ("the tokens seen", "tokens"),
        Kind::Rate => ("the learning rate", "lr"),
        Kind::Loss => ("the loss", "loss"),
    };
    let read = |cell: Option<&Value>| cell.and_then(|cell| number(cell, Decimals::Point).ok().flatten());
    let differs = |name: &str| {
        table.rows.iter().any(|row| {
            let taken = chosen.iter().find_map(|chosen| Some((chosen, read(row.cells.get(chosen))?)));
            let other = read(row.cells.get(name));
            // What counts or rates is written with a few digits in one place and with many in another.
            let apart = |a: f64, b: f64| (a - b).abs() > 1e-4 * a.abs().max(b.abs());
            taken.zip(other).is_some_and(|((column, a), b)| column != name && apart(a, b))
        })
    };
    let others: Vec<String> =
        known.iter().filter(|(_, name)| differs(name)).map(|(_, name)| format!("`{name}`")).collect();
    let first = chosen.first()?;
    (!others.is_empty()).then(|| {
        format!(
            "{}: {what} is read from the column `{first}`; {} could be meant, too, and says otherwise: to take it, name it with \
             `log: {{file: …, columns: {{{key}: …}}}}`",
            table.file.display(),
            others.join(", ")
        )
    })
}
