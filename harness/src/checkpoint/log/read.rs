//! From the table of a log to its entries.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use spyglass_dashboards::run::LogEntry;

use super::cells::{Decimals, count, number, step};
use super::columns::{Columns, is_rate};
use super::forms;
use super::order::{Logged, Ordered, in_steps};
use super::table::{FORMS, Row, Table, error};
use super::times::{seconds, time_column};
use crate::Result;
use crate::run_file::{LogColumns, LogSpec};

/// A log, read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Log {
    /// Its entries in ascending steps, one for each step.
    pub entries: Vec<LogEntry>,
    /// What a person should know: a second column that could be the step, no learning rate.
    pub notes: Vec<String>,
}

/// Reads a log of any form that is known, told by its content. Entries without a step, and those that say nothing of tokens, rate or
/// loss, are left out; so are the rows of a validation split, and the summary that
/// Hugging Face's trainer writes at the end, whose loss is a mean over the run.
///
/// # Errors
/// The file cannot be read or parsed; a column that was named is not there; a cell of a column that is read is not a number; no line
/// holds a step and something else; the tokens seen go back.
pub(crate) fn read_log(spec: &LogSpec) -> Result<Log> {
    let table = forms::read(&spec.file)?;
    if table.rows.is_empty() {
        let notes =
            if table.is_state { vec![] } else { vec![format!("{}: the log holds no line yet", spec.file.display())] };
        return Ok(Log { entries: Vec::new(), notes });
    }
    let columns = Columns::choose(&spec.columns, &table)?;
    one_run(&table, &columns)?;
    let reader =
        Reader { decimals: decimals(&table, &columns), time: time_column(&table), table: &table, columns: &columns };
    reader.clear_thousands()?;
    let (mut logged, mut without_step) = (Vec::new(), 0);
    let mut left_out: Vec<((&str, &str), usize)> = Vec::new();
    for row in table.rows.iter().filter(|row| !reader.is_summary(row)) {
        if let Some(split) = validation(row) {
            match left_out.iter_mut().find(|(known, _)| *known == split) {
                Some((_, lines)) => *lines += 1,
                None => left_out.push((split, 1)),
            }
            continue;
        }
        match reader.entry(row)? {
            Entry::Told(entry) => logged.push(Logged { at: row.at, entry }),
            Entry::WithoutStep => without_step += 1,
            Entry::Silent => {}
        }
    }
    let mut notes = columns.notes.clone();
    notes.extend(left_out.into_iter().map(|((column, split), count)| {
        let lines = if count == 1 { "1 line of".to_owned() } else { format!("{count} lines of") };
        let verb = if count == 1 { "is" } else { "are" };
        format!("{}: {lines} `{column}` = {split} {verb} left out", spec.file.display())
    }));
    if logged.is_empty() && notes.len() > columns.notes.len() {
        let help = "they tell of no training: name the log that does";
        return Err(error(&spec.file, "every line that tells something is of a validation split", help));
    }
    if logged.is_empty() {
        if !table.is_state || spec.columns != LogColumns::default() {
            return Err(nothing(&table, &columns));
        }
        notes.push(format!(
            "{}: no entry of `log_history` tells a learning rate, a loss or tokens",
            spec.file.display()
        ));
        return Ok(Log { entries: Vec::new(), notes });
    }
    let Ordered { lines: logged, replaced, disputed } = in_steps(logged);
    notes.extend(twice(&spec.file, &replaced));
    notes.extend(disputes(&spec.file, &disputed));
    tokens_rise(&table, &columns, &logged)?;
    if without_step > 0 {
        let lines = if without_step == 1 { "1 line has".to_owned() } else { format!("{without_step} lines have") };
        notes.push(format!(
            "{}: {lines} numbers but no step in `{}`, and are left out",
            spec.file.display(),
            columns.step.join("`, `")
        ));
    }
    if logged.iter().all(|line| line.entry.learning_rate.is_none()) {
        let what = match table.columns.iter().find(|name| columns.rate.contains(name) || is_rate(name)) {
            Some(name) => format!("the column `{name}` holds no number"),
            None => "no column is known as the learning rate".to_owned(),
        };
        notes.push(format!(
            "{}: {what}, so no learning rate is shown and no phases are found; its columns are {}: name it with \
             `log: {{file: …, columns: {{lr: …}}}}`",
            spec.file.display(),
            table.names()
        ));
    }
    Ok(Log { entries: logged.into_iter().map(|line| line.entry).collect(), notes })
}

/// A note on steps that a restart logged anew.
fn twice(file: &Path, replaced: &[(u64, u64)]) -> Option<String> {
    let stretch =
        |(from, until): &(u64, u64)| if from == until { from.to_string() } else { format!("{from} to {until}") };
    let shown: Vec<String> = replaced.iter().take(3).map(stretch).collect();
    let more = if replaced.len() > shown.len() {
        format!(" and {} stretches more", replaced.len() - shown.len())
    } else {
        String::new()
    };
    (!shown.is_empty()).then(|| {
        format!(
            "{}: steps {}{more} are logged twice, as after a restart: the later lines count",
            file.display(),
            shown.join(", ")
        )
    })
}

/// A note on steps that say two things.
fn disputes(file: &Path, steps: &BTreeSet<u64>) -> Option<String> {
    let (first, last) = (steps.first()?, steps.last()?);
    let which = match steps.len() {
        1 => format!("step {first} has"),
        count => format!("{count} steps from {first} to {last} have"),
    };
    Some(format!(
        "{}: {which} lines with another loss or learning rate each: the last line counts; where the file holds more than one run, keep \
         the lines of one",
        file.display()
    ))
}

/// What a row comes to.
enum Entry {
    Told(LogEntry),
    WithoutStep,
    Silent,
}

struct Reader<'t> {
    table: &'t Table,
    columns: &'t Columns,
    /// How its rates and losses are written.
    decimals: Decimals,
    /// The column that tells the time, where there is one.
    time: Option<String>,
}

impl Reader<'_> {
    /// `1.000` among the counts of a table is one or a thousand, and only its neighbours can tell: `0.500` and `1000.000` are
    /// floats with three decimals.
    fn clear_thousands(&self) -> Result<()> {
        for name in self.columns.step.iter().chain(&self.columns.tokens).filter(|_| self.decimals == Decimals::Point) {
            let cells =
                || self.table.rows.iter().filter_map(|row| Some((row.at, row.cells.get(name)?.as_str()?.trim())));
            let decimals = |cell: &str| {
                let (whole, decimals) = cell.split_once('.')?;
                let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
                (decimals.len() == 3 && is_digits(whole) && is_digits(decimals)).then(|| whole.to_owned())
            };
            let is_float = |cell: &str| decimals(cell).is_some_and(|whole| whole.starts_with('0') || whole.len() > 3);
            let unclear = |cell: &str| {
                decimals(cell).is_some_and(|whole| (1..=3).contains(&whole.len()) && !whole.starts_with('0'))
            };
            if cells().any(|(_, cell)| is_float(cell)) {
                continue;
            }
            if let Some((at, cell)) = cells().find(|(_, cell)| unclear(cell)) {
                let (whole, thousands) = (cell.split('.').next().unwrap_or_default(), cell.replace('.', ""));
                let what = format!("column `{name}`: `{cell}` could be {thousands} as well as {whole}");
                return Err(self.table.error_at(at, &what, "write counts without a point"));
            }
        }
        Ok(())
    }

    fn entry(&self, row: &Row) -> Result<Entry> {
        let rate = self.first(row, &self.columns.rate, number)?;
        let mut loss = self.first(row, &self.columns.loss, number)?;
        // A table of floats writes its holes as NaN: where the rate is one, so is the loss.
        if rate.is_some_and(f64::is_nan) && loss.is_some_and(f64::is_nan) {
            loss = None;
        }
        let (tokens, rate) = (self.first(row, &self.columns.tokens, count)?, rate.filter(|rate| rate.is_finite()));
        let step = self.first(row, &self.columns.step, step)?;
        let says = tokens.is_some() || rate.is_some() || loss.is_some();
        Ok(match step {
            Some(step) if says => {
                let seconds = self.time.as_ref().and_then(|name| seconds(row.cells.get(name)?));
                Entry::Told(LogEntry { step, tokens, learning_rate: rate, loss, seconds })
            }
            None if says => Entry::WithoutStep,
            _ => Entry::Silent,
        })
    }

    /// The first of the columns that holds something in this row.
    fn first<T>(
        &self,
        row: &Row,
        names: &[String],
        read: fn(&Value, Decimals) -> Result<Option<T>, String>,
    ) -> Result<Option<T>> {
        for name in names {
            let Some(cell) = row.cells.get(name) else { continue };
            let told = read(cell, self.decimals).map_err(|wrong| {
                let help = "correct the cell, leave it empty, or name another column: log: {file: …, columns: {…}}";
                self.table.error_at(row.at, &format!("column `{name}`: {wrong}"), help)
            })?;
            if told.is_some() {
                return Ok(told);
            }
        }
        Ok(None)
    }

    /// Hugging Face's trainer ends its log with the time it took and the mean loss of the whole run.
    fn is_summary(&self, row: &Row) -> bool {
        let holds = |name: &str| row.cells.get(name).is_some_and(|cell| !super::cells::is_empty(cell));
        let is_curve = |name: &String| !name.ends_with("train_loss") && holds(name);
        (holds("train_runtime") || holds("train/train_runtime"))
            && !self.columns.loss.iter().chain(&self.columns.rate).any(is_curve)
    }
}

/// The column and the cell that tell that a row is of a validation split, whose loss is not the one of training.
fn validation(row: &Row) -> Option<(&str, &str)> {
    const COLUMNS: [&str; 5] = ["split", "mode", "phase", "stage", "subset"];
    const SPLITS: [&str; 7] = ["val", "valid", "validation", "eval", "evaluation", "test", "dev"];
    let is_one_of = |known: &[&str], text: &str| known.iter().any(|known| known.eq_ignore_ascii_case(text.trim()));
    row.cells.iter().find_map(|(name, cell)| {
        let split = cell.as_str()?;
        (is_one_of(&COLUMNS, name) && is_one_of(&SPLITS, split)).then_some((name.as_str(), split))
    })
}

/// A table of several runs would come to one curve that none of them has.
fn one_run(table: &Table, columns: &Columns) -> Result<()> {
    const RUNS: [&str; 5] = ["name", "run", "run_id", "run_name", "experiment"];
    let told = |row: &&Row| {
        let mut curves = columns.rate.iter().chain(&columns.loss).filter_map(|name| row.cells.get(name));
        validation(row).is_none() && curves.any(|cell| !super::cells::is_empty(cell))
    };
    for column in table.columns.iter().filter(|name| RUNS.contains(&name.trim().to_lowercase().as_str())) {
        let mut runs = table.rows.iter().filter(told).filter_map(|row| Some((row.at, row.cells.get(column)?)));
        let Some((_, first)) = runs.next() else { continue };
        if let Some((at, other)) = runs.find(|(_, run)| *run != first) {
            let what = format!("column `{column}`: {other} after {first}, so the log holds more than one run");
            return Err(table.error_at(
                at,
                &what,
                "keep the lines of one run, and those of each other in a log of its own",
            ));
        }
    }
    Ok(())
}

/// Whether rates and losses are written with a comma before their decimals: some are, and none with a point.
fn decimals(table: &Table, columns: &Columns) -> Decimals {
    let names = || columns.rate.iter().chain(&columns.loss);
    let cells = || table.rows.iter().flat_map(|row| names().filter_map(|name| row.cells.get(name)?.as_str()));
    let only_commas = cells().any(|cell| cell.contains(',')) && !cells().any(|cell| cell.contains('.'));
    if only_commas { Decimals::Comma } else { Decimals::Point }
}

fn nothing(table: &Table, columns: &Columns) -> crate::Error {
    let known = table.names();
    let what = match columns.step.first() {
        None => format!("no line holds a step; its columns are {known}"),
        Some(step) => {
            format!(
                "`{step}` holds steps, but no column is known as the loss, the learning rate or the tokens seen; its columns are {known}"
            )
        }
    };
    let help = "name the columns: log: {file: …, columns: {step: …, tokens: …, lr: …, loss: …}}";
    error(&table.file, what, format!("{help}; what is read: {FORMS}"))
}

/// Tokens seen never get fewer.
fn tokens_rise(table: &Table, columns: &Columns, logged: &[Logged]) -> Result<()> {
    let told = logged.iter().filter_map(|line| Some((line, line.entry.tokens?)));
    let mut before: Option<(&Logged, u64)> = None;
    for (line, tokens) in told {
        if let Some((earlier, most)) = before.filter(|(_, most)| *most > tokens) {
            let what = format!(
                "column `{}` goes back: {tokens} tokens at step {} after {most} at step {} ({} {})",
                columns.tokens.join("`, `"),
                line.entry.step,
                earlier.entry.step,
                table.unit,
                earlier.at
            );
            let help = "tokens seen are counted from the start of the run: the counter may have begun again at a restart, or the \
                        column counts something else; correct it, or name another with `log: {file: …, columns: {tokens: …}}`";
            return Err(table.error_at(line.at, &what, help));
        }
        before = Some((line, tokens));
    }
    Ok(())
}
