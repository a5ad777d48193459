//! From a table to scores: which columns hold them, wide or long, and in which unit.

use std::collections::BTreeMap;
use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::events;
use super::long::long;
use super::name::{Named, named};
use super::names::add_steps;
use crate::checkpoint::{Columns, Decimals, Pattern, Row, Table, number, read_table, step};
use crate::run_file::LogColumns;
use crate::{Error, Result};

/// How to read a table of scores.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableOptions {
    /// Columns that hold scores, as globs; those whose names say so when empty.
    pub(crate) columns: Vec<String>,
    /// The columns of step, tokens, learning rate and loss, where they are not named as usual.
    pub(crate) log: LogColumns,
    /// Score of guessing, by globs over tasks.
    pub(crate) chance: Vec<(String, f64)>,
    /// Items, by globs over tasks.
    pub(crate) items: Vec<(String, usize)>,
}

/// A score of one task at one step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    /// The row it stands in.
    pub(super) at: usize,
    pub(super) value: f64,
    pub(super) stderr: Option<f64>,
}

/// A column, or a task and metric of a long table, with the score at each step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    /// What it is called in the table.
    pub(crate) column: String,
    /// What that says.
    pub(super) named: Named,
    /// Written as per cent.
    pub(super) per_cent: bool,
    /// By step.
    pub(super) cells: BTreeMap<u64, Cell>,
}

impl Chosen {
    /// How the name was understood, as a person reads it.
    pub(crate) fn understood(&self) -> String {
        let Named { task, shots, metric, chance, items } = &self.named;
        let chance = chance.map_or("unknown".into(), |chance| format!("{chance:.3}"));
        let items = items.map_or("unknown".into(), |items| items.to_string());
        let unit = if self.per_cent { ", in per cent" } else { "" };
        format!("{task}, {shots}-shot, {metric}{unit}; chance {chance}, items {items}; {} scores", self.cells.len())
    }
}

/// Whether `path` is a table of scores: a file, or a folder of TensorBoard's event files.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn is_table(path: &Path) -> Result<bool> {
    Ok(path.is_file() || !events::files(path)?.is_empty())
}

/// Reads the scores of a table.
///
/// # Errors
/// The file cannot be read; nothing tells the step; no column is known as a score, or one that was named is none; a score occurs twice at
/// a step, is no number, or lies outside the range of its metric.
pub(super) fn read(path: &Path, options: &TableOptions, pattern: &Pattern) -> Result<(Table, Columns, Vec<Chosen>)> {
    let events = events::files(path)?;
    let mut table = if events.is_empty() { read_table(path)? } else { events::table(&events)? };
    let mut columns = Columns::choose(&options.log, &table)?;
    if columns.step.is_empty() {
        add_steps(&mut table, pattern);
        columns = Columns::choose(&options.log, &table)?;
    }
    if columns.step.is_empty() {
        return Err(wrong(
            path,
            format!("no column is known as the step; its columns are {}", table.names()),
            "name it with `--step COLUMN`, or say with `--pattern` where the step stands in the names of its checkpoints",
        ));
    }
    let mut chosen = match long(&table) {
        Some(long) => long.scores(&table, &columns, options)?,
        None => wide(&table, &columns, options)?,
    };
    chosen.retain(|chosen| !chosen.cells.is_empty());
    if chosen.is_empty() {
        return Err(wrong(
            path,
            format!("no column is known as a score; its columns are {}", table.names()),
            "name them with `--columns GLOB`, such as `--columns 'eval/downstream/*_acc'`",
        ));
    }
    for chosen in &mut chosen {
        scale(path, &table, chosen)?;
        for (glob, chance) in &options.chance {
            if matches(path, std::slice::from_ref(glob))?.is_match(&chosen.named.task) {
                chosen.named.chance = Some(*chance);
            }
        }
        for (glob, items) in &options.items {
            if matches(path, std::slice::from_ref(glob))?.is_match(&chosen.named.task) {
                chosen.named.items = Some(*items);
            }
        }
    }
    Ok((table, columns, chosen))
}

pub(super) fn wrong(path: &Path, what: String, help: &str) -> Error {
    Error::Results { path: path.to_owned(), problem: what, help: help.into() }
}

pub(super) fn matches(path: &Path, globs: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let read = Glob::new(glob).map_err(|error| {
            wrong(path, format!("`{glob}` is not a glob: {}", error.kind()), "write `*` for what varies")
        })?;
        set.add(read);
    }
    Ok(set.build().expect("each glob was read"))
}

/// A table with a column a score.
fn wide(table: &Table, columns: &Columns, options: &TableOptions) -> Result<Vec<Chosen>> {
    let globs = matches(&table.file, &options.columns)?;
    let used = [&columns.step, &columns.tokens, &columns.rate, &columns.loss];
    let is_used = |name: &str| used.iter().any(|names| names.iter().any(|used| used == name));
    let mut all = Vec::new();
    for column in table.columns.iter().filter(|name| !is_used(name)) {
        let asked = globs.is_match(column);
        let Some(named) = named(column).or_else(|| asked.then(|| by_its_own_name(column))) else { continue };
        let told = options.columns.is_empty() && (named.chance.is_some() || named.items.is_some());
        if !asked && !told {
            continue;
        }
        if table.twice.contains(column) {
            return Err(wrong(&table.file, format!("two columns `{column}`"), "keep one of them"));
        }
        let mut chosen = Chosen { column: column.clone(), named, per_cent: false, cells: BTreeMap::new() };
        for row in &table.rows {
            add(table, columns, row, column, None, &mut chosen)?;
        }
        all.push(chosen);
    }
    Ok(all)
}

/// A column that the user asked for and whose name says nothing.
pub(super) fn by_its_own_name(column: &str) -> Named {
    let task: String = column.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    Named { task, shots: 0, metric: "score".into(), chance: None, items: None }
}

/// The step of a row; `None` for one without.
pub(super) fn step_of(table: &Table, columns: &Columns, row: &Row) -> Result<Option<u64>> {
    for name in &columns.step {
        let Some(cell) = row.cells.get(name) else { continue };
        let told = step(cell, Decimals::Point).map_err(|what| {
            wrong(&table.file, format!("{} {}, column `{name}`: {what}", table.unit, row.at), "correct the cell")
        })?;
        if told.is_some() {
            return Ok(told);
        }
    }
    Ok(None)
}

/// Adds the score of a row, if it holds one.
pub(super) fn add(
    table: &Table,
    columns: &Columns,
    row: &Row,
    column: &str,
    stderr: Option<&str>,
    to: &mut Chosen,
) -> Result<()> {
    let read = |column: &str| {
        let Some(cell) = row.cells.get(column) else { return Ok(None) };
        number(cell, Decimals::Point).map_err(|what| {
            let place = format!("{} {}, column `{column}`: {what}", table.unit, row.at);
            wrong(&table.file, place, "correct the cell, leave it empty, or leave the column out with `--columns`")
        })
    };
    // What was not scored at a step is empty, or no number.
    let Some(value) = read(column)?.filter(|value| !value.is_nan()) else { return Ok(()) };
    if value.is_infinite() {
        return Err(wrong(
            &table.file,
            format!("{} {}, column `{column}` is infinite", table.unit, row.at),
            "correct the cell",
        ));
    }
    let Some(step) = step_of(table, columns, row)? else { return Ok(()) };
    let stderr = stderr.map(read).transpose()?.flatten().filter(|error| error.is_finite() && *error >= 0.0);
    let cell = Cell { at: row.at, value, stderr };
    if let Some(earlier) = to.cells.insert(step, cell).filter(|earlier| earlier.value.total_cmp(&value).is_ne()) {
        let what = format!(
            "`{}` at step {step} is {} in {} {} and {value} in {} {}",
            to.column, earlier.value, table.unit, earlier.at, table.unit, row.at
        );
        return Err(wrong(&table.file, what, "keep one row for each step, or the rows of one run"));
    }
    Ok(())
}

/// Tells shares from per cent, and refuses what is neither.
fn scale(path: &Path, table: &Table, chosen: &mut Chosen) -> Result<()> {
    let of_share = ["acc", "p_gold", "exact_match", "f1"].iter().any(|name| chosen.named.metric.starts_with(name));
    if !of_share {
        return Ok(());
    }
    let most =
        chosen.cells.values().max_by(|a, b| a.value.total_cmp(&b.value)).expect("columns without scores are left out");
    let least = chosen.cells.values().min_by(|a, b| a.value.total_cmp(&b.value)).expect("as above");
    let place = |cell: &Cell| format!("{} in {} {}", cell.value, table.unit, cell.at);
    let column = &chosen.column;
    if least.value < 0.0 || most.value > 100.0 {
        let cell = if least.value < 0.0 { least } else { most };
        return Err(wrong(
            path,
            format!("`{column}` is {}: no share and no percentage", place(cell)),
            "correct the cell, or leave the column out with `--columns`",
        ));
    }
    if most.value <= 1.0 + 1e-9 {
        return Ok(());
    }
    if least.value > 0.0 && least.value <= 1.0 {
        let what = format!("`{column}` is {} and {}: shares and per cent in one column", place(least), place(most));
        return Err(wrong(path, what, "write all of them as shares, from 0 to 1"));
    }
    chosen.per_cent = true;
    for cell in chosen.cells.values_mut() {
        cell.value /= 100.0;
        cell.stderr = cell.stderr.map(|error| error / 100.0);
    }
    Ok(())
}
