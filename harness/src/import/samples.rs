//! Item records from `samples_*.jsonl`, where it tells enough to grade the items again.

use std::path::Path;

use serde_json::Value;
use spyglass_tasks::python::from_json_or_null;
use spyglass_tasks::{ChoiceRecord, ItemRecord};

use crate::{Error, Result};

/// The records of a file, in order of `doc_id`; none when it holds anything but answered choices.
///
/// # Errors
/// The file cannot be read, or a line is not JSON.
pub(super) fn records(path: &Path) -> Result<Vec<ItemRecord>> {
    let text = fs_err::read_to_string(path)?;
    let mut records = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let sample: Value = from_json_or_null(line).map_err(|error| Error::Line {
            file: path.to_owned(),
            line: index + 1,
            problem: format!("this is not a sample: {error}"),
            help: "the file is cut short, or was not written by lm-evaluation-harness".into(),
        })?;
        match record(&sample) {
            Some(record) => records.push(record),
            None => return Ok(Vec::new()),
        }
    }
    records.sort_by_key(|record| record.doc_id);
    Ok(records)
}

/// One line: each request's log-likelihood and `is_greedy`, the continuation behind it, and the index of the right one.
fn record(sample: &Value) -> Option<ItemRecord> {
    let answers = sample["filtered_resps"].as_array()?;
    let mut choices = Vec::with_capacity(answers.len());
    for (index, answer) in answers.iter().enumerate() {
        let request = &sample["arguments"][format!("gen_args_{index}")];
        let request = if request.is_null() { &sample["arguments"][index] } else { request };
        let continuation = request.get("arg_1").or_else(|| request.get(1))?.as_str()?;
        let text = continuation.strip_prefix(' ').unwrap_or(continuation);
        choices.push(ChoiceRecord {
            logprob: number(&answer[0])?,
            is_greedy: flag(&answer[1])?,
            tokens: 0,
            chars: text.chars().count(),
            bytes: text.len(),
            unconditional: None,
        });
    }
    let doc_id = sample["doc_id"].as_u64()? as usize;
    // The target is an index where there are choices, the text of the answer where there is one alone.
    let gold = if choices.len() == 1 { 0 } else { number(&sample["target"])? as usize };
    (gold < choices.len()).then(|| ItemRecord { doc_id, gold, choices, ..ItemRecord::default() })
}

/// A finite number, or a text that is one.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => text.parse().ok()?,
        other => other.as_f64()?,
    };
    Some(number).filter(|number| number.is_finite())
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text == "True" => Some(true),
        Value::String(text) if text == "False" => Some(false),
        _ => None,
    }
}
