//! Which form a log has, told by what is in it, whatever its name ends in.

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};
use spyglass_tasks::parquet_rows;
use spyglass_tasks::python::from_json;

use super::table::{FORMS, Row, Table, error};
use super::{columns, delimited, printed};
use crate::Result;

const CUT_OFF: &str = "was it cut off while being written? restore it, or name another `log:`";

/// Reads a log of any form.
///
/// # Errors
/// The file cannot be read, or is not one of the forms; file and place are named.
pub(crate) fn read(file: &Path) -> Result<Table> {
    if is_parquet(file)? {
        let rows = parquet_rows(file)?.into_iter().map(|(at, cells)| Row { at, cells });
        return Ok(Table::of(file, "row", rows.collect()));
    }
    let text = text(file)?;
    let has_suffix = |suffixes: &[&str]| {
        let suffix = file.extension().and_then(|suffix| suffix.to_str()).unwrap_or_default();
        suffixes.iter().any(|known| suffix.eq_ignore_ascii_case(known))
    };
    let is_json = has_suffix(&["json", "jsonl", "ndjson"]);
    match text.trim_start().as_bytes() {
        [] if has_suffix(&["json"]) => Err(error(file, "is not JSON: it is empty", CUT_OFF)),
        [] => Ok(Table::default()),
        [b'{', ..] if is_json || !text.trim_start().starts_with("{'") => {
            json(file, &text, has_suffix(&["jsonl", "ndjson"]))
        }
        [b'[', ..] if is_json || matches!(text.trim_start()[1..].trim_start().as_bytes(), [] | [b'{' | b']', ..]) => {
            json(file, &text, false)
        }
        [b'<', ..] => Err(error(
            file,
            "is a page or another file of HTML or XML, and no log",
            format!("export the log as a table (CSV) where you saved it; what is read: {FORMS}"),
        )),
        _ if !delimited::has_head(&text) && printed::is_printed(&text) => Ok(printed::table(file, &text)),
        _ => delimited::table(file, &text),
    }
}

/// Whether a file begins as Parquet does.
fn is_parquet(file: &Path) -> Result<bool> {
    let mut magic = [0; 4];
    let read = fs_err::File::open(file)?.read(&mut magic)?;
    Ok(&magic[..read] == b"PAR1")
}

/// The text of a file, without a byte order mark, in lines.
fn text(file: &Path) -> Result<String> {
    let bytes = fs_err::read(file)?;
    let text = String::from_utf8(bytes).map_err(|wrong| {
        let line = wrong.as_bytes()[..wrong.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        error(
            file,
            format!("line {line}: this is not UTF-8 text"),
            format!("unpack it, or save it as UTF-8; what is read: {FORMS}"),
        )
    })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    // Some spreadsheets end lines with a carriage return alone.
    Ok(if text.contains('\n') { text } else { text.replace('\r', "\n") })
}

/// Reads a whole JSON file.
///
/// # Errors
/// Names file, line and column.
pub(in crate::checkpoint) fn read_json(file: &Path) -> Result<Value> {
    from_json(&text(file)?).map_err(|wrong| error(file, format!("is not JSON ({wrong})"), CUT_OFF))
}

/// A trainer's state, a list of objects, or one object a line.
fn json(file: &Path, text: &str, is_lines: bool) -> Result<Table> {
    let no_list = "there is no list `log_history`";
    let help = format!("what is read: {FORMS}");
    match from_json(text) {
        Ok(Value::Object(mut whole)) => match whole.remove("log_history") {
            Some(Value::Array(history)) => Ok(Table { is_state: true, ..entries(file, history) }),
            None if is_lines || whole.keys().any(|name| columns::is_step(name)) => lines(file, text),
            _ => Err(error(file, no_list, help)),
        },
        Ok(Value::Array(list)) => Ok(entries(file, list)),
        Ok(_) => Err(error(file, no_list, help)),
        Err(wrong) => {
            let first = text.trim_start().lines().next().unwrap_or_default();
            if is_lines || from_json::<Map<String, Value>>(first).is_ok() {
                lines(file, text)
            } else {
                Err(error(file, format!("is not JSON ({wrong})"), format!("{CUT_OFF}; what is read: {FORMS}")))
            }
        }
    }
}

fn entries(file: &Path, list: Vec<Value>) -> Table {
    let rows = list.into_iter().enumerate().filter_map(|(index, entry)| match entry {
        Value::Object(cells) => Some(Row { at: index + 1, cells }),
        _ => None,
    });
    Table::of(file, "entry", rows.collect())
}

/// One object a line. A last line that ends before its object does is still being written, and left out.
fn lines(file: &Path, text: &str) -> Result<Table> {
    let help = "each line is one object";
    let mut rows = Vec::new();
    let last = text.trim_end().lines().count();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let at = index + 1;
        match from_json(line) {
            Ok(Value::Object(cells)) => rows.push(Row { at, cells }),
            Ok(_) => return Err(error(file, format!("line {at} is not a JSON object"), help)),
            Err(wrong) if at == last && (wrong.is_eof() || !text.ends_with('\n')) => break,
            Err(wrong) => return Err(error(file, format!("line {at} is not JSON ({wrong})"), help)),
        }
    }
    Ok(Table::of(file, "line", rows))
}
