//! Reads a training log: Hugging Face's `trainer_state.json`, JSONL, or CSV (W&B's export among them).

use crate::run_file::{LogColumns, LogSpec};
use crate::{Error, Result};
use serde_json::{Map, Value};
use spyglass_dashboards::run::LogEntry;
use std::path::Path;

/// Names under which trainers write what we look for, the most telling first.
const STEP: &[&str] =
    &["step", "global_step", "_step", "Step", "iteration", "iter", "train/global_step", "trainer/global_step"];
const TOKENS: &[&str] = &[
    "num_input_tokens_seen",
    "tokens",
    "tokens_seen",
    "train/tokens",
    "train/num_input_tokens_seen",
    "train/tokens_seen",
];
const RATE: &[&str] = &["learning_rate", "lr", "train/learning_rate", "train/lr"];
const LOSS: &[&str] = &["loss", "train_loss", "train/loss"];

/// Reads a log in the order of its lines. Entries without a step, and those that say nothing of tokens, rate or loss, are left out.
///
/// # Errors
/// The file cannot be read or parsed; a column that was named is not there; no line holds a step.
pub fn read_log(spec: &LogSpec) -> Result<Vec<LogEntry>> {
    let file = spec.file.as_path();
    let rows = match file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => csv_rows(file)?,
        Some("jsonl" | "ndjson") => jsonl_rows(file)?,
        _ => trainer_state_rows(file)?,
    };
    check_columns(file, &spec.columns, &rows)?;
    let entries: Vec<_> = rows.iter().filter_map(|row| entry(row, &spec.columns)).collect();
    if entries.is_empty() && !rows.is_empty() {
        let known: Vec<_> = rows[0].keys().map(String::as_str).take(12).collect();
        return Err(bad(
            file,
            format!("no line holds a step; the first line's columns are {}", known.join(", ")),
            "name the columns: log: {file: …, columns: {step: …, tokens: …, lr: …, loss: …}}",
        ));
    }
    Ok(entries)
}

fn bad(file: &Path, what: String, help: &str) -> Error {
    Error::Log { file: file.to_path_buf(), what, help: help.into() }
}

fn check_columns(file: &Path, columns: &LogColumns, rows: &[Map<String, Value>]) -> Result<()> {
    for name in [&columns.step, &columns.tokens, &columns.lr, &columns.loss].into_iter().flatten() {
        if !rows.is_empty() && !rows.iter().any(|row| row.contains_key(name)) {
            let known: Vec<_> = rows[0].keys().map(String::as_str).take(12).collect();
            let what = format!("there is no column `{name}`; there are {}", known.join(", "));
            return Err(bad(file, what, "mend `columns` in the run file"));
        }
    }
    Ok(())
}

fn entry(row: &Map<String, Value>, columns: &LogColumns) -> Option<LogEntry> {
    let number = |named: &Option<String>, usual: &[&str]| {
        let value = match named {
            Some(name) => row.get(name),
            None => usual.iter().find_map(|name| row.get(*name)),
        }?;
        match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse::<f64>().ok(),
            _ => None,
        }
    };
    let count = |value: f64| (value.is_finite() && value >= 0.0).then_some(value.round() as u64);
    let entry = LogEntry {
        step: number(&columns.step, STEP).and_then(count)?,
        tokens: number(&columns.tokens, TOKENS).and_then(count),
        learning_rate: number(&columns.lr, RATE).filter(|rate| rate.is_finite()),
        loss: number(&columns.loss, LOSS),
    };
    (entry.tokens.is_some() || entry.learning_rate.is_some() || entry.loss.is_some()).then_some(entry)
}

fn trainer_state_rows(file: &Path) -> Result<Vec<Map<String, Value>>> {
    let state = read_json(file)?;
    let Some(Value::Array(history)) = state.get("log_history") else {
        let help = "a log is Hugging Face's trainer_state.json, a .jsonl or a .csv file";
        return Err(bad(file, "there is no list `log_history`".into(), help));
    };
    Ok(history.iter().filter_map(|row| row.as_object().cloned()).collect())
}

/// Reads a whole JSON file.
///
/// # Errors
/// Names file, line and column.
pub(super) fn read_json(file: &Path) -> Result<Value> {
    let text = fs_err::read_to_string(file)?;
    serde_json::from_str(&text).map_err(|error| {
        bad(
            file,
            format!("is no JSON ({error})"),
            "was it cut off while being written? restore it, or name another `log:`",
        )
    })
}

fn jsonl_rows(file: &Path) -> Result<Vec<Map<String, Value>>> {
    let text = fs_err::read_to_string(file)?;
    let mut rows = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(Value::Object(row)) => rows.push(row),
            Ok(_) | Err(_) if number + 1 == text.lines().count() => break, // a trainer is writing this line
            Ok(_) => {
                return Err(bad(file, format!("line {} is no JSON object", number + 1), "each line is one object"));
            }
            Err(error) => {
                return Err(bad(file, format!("line {} is no JSON ({error})", number + 1), "each line is one object"));
            }
        }
    }
    Ok(rows)
}

fn csv_rows(file: &Path) -> Result<Vec<Map<String, Value>>> {
    let help = "the first line names the columns, the others hold one value for each";
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(fs_err::File::open(file)?);
    let header = reader.headers().map_err(|error| bad(file, error.to_string(), help))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| bad(file, error.to_string(), help))?;
        let cells = header.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        rows.push(cells.map(|(name, cell)| (name.to_string(), Value::from(cell))).collect());
    }
    Ok(rows)
}
