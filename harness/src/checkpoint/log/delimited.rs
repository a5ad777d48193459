//! Tables: a first line that names the columns, and cells between commas, tabs, semicolons or spaces.

use std::path::Path;

use serde_json::{Map, Value};

use super::columns;
use super::table::{FORMS, Row, Table, error, shortened};
use crate::Result;

const HELP: &str =
    "the first line names the columns, the others hold one value for each; quote what holds the separator";

/// Reads a table. Lines that begin with `#` are comments, but for a head that is written so; the head may come again, as restarts
/// write it; a last line that ends before its row does is still being written, and left out.
///
/// # Errors
/// There is no head, or a row holds more cells than it.
pub(super) fn table(file: &Path, text: &str) -> Result<Table> {
    let (head_line, head, rest) = head(text);
    let Some(separator) = separator(&head) else {
        return spaced(file, text, (head_line, &head), rest);
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .delimiter(separator)
        .comment(Some(b'#'))
        .from_reader(rest.as_bytes());
    let names = cells_of(&head, separator);
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|wrong| error(file, wrong.to_string(), HELP))?;
        let line = record.position().map_or(1, csv::Position::line) as usize + head_line;
        records.push((line, record.iter().map(str::to_owned).collect()));
    }
    rows(file, text, names, records)
}

/// Whether the first filled line names columns, one of them a known step: such a table may hold any text in its other cells.
pub(super) fn has_head(text: &str) -> bool {
    let (_, head, _) = head(text);
    separator(&head).is_some_and(|separator| cells_of(&head, separator).iter().any(|name| columns::is_step(name)))
}

/// Number of the line that names the columns, that line, and all that follows.
fn head(text: &str) -> (usize, String, &str) {
    let (mut commented, mut from) = (None, 0);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        from += line.len();
        let bare = line.trim();
        if let Some(comment) = bare.strip_prefix('#') {
            commented = Some((comment.trim_start_matches('#').trim(), index, from));
            continue;
        }
        // Spreadsheets write `sep=;` above the head.
        let is_separator = bare.strip_prefix("sep=").is_some_and(|sign| sign.trim().len() <= 1);
        if bare.is_empty() || is_separator {
            continue;
        }
        // Where the first line holds numbers, a comment right above may be the head: numpy writes such.
        if let Some((comment, above, begins)) = commented.filter(|_| is_numbers(bare)) {
            return (above + 1, comment.to_owned(), &text[begins..]);
        }
        return (index + 1, bare.to_owned(), &text[from..]);
    }
    (1, String::new(), "")
}

fn is_numbers(line: &str) -> bool {
    let mut cells =
        line.split([',', ';', '\t', ' ']).map(|cell| cell.trim().trim_matches('"')).filter(|cell| !cell.is_empty());
    cells.all(|cell| cell.parse::<f64>().is_ok())
}

/// The separator that the head holds most often outside quotes; a comma before the others.
fn separator(head: &str) -> Option<u8> {
    let count = |separator: char| {
        let mut quoted = false;
        let is_counted = |c: char| {
            quoted ^= c == '"';
            c == separator && !quoted
        };
        head.chars().map(is_counted).filter(|counted| *counted).count()
    };
    [';', '\t', ','].into_iter().filter(|c| count(*c) > 0).max_by_key(|c| count(*c)).map(|c| c as u8)
}

fn cells_of(line: &str, separator: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .delimiter(separator)
        .from_reader(line.as_bytes());
    let record = reader.records().next().and_then(std::result::Result::ok).unwrap_or_default();
    record.iter().map(str::to_owned).collect()
}

/// Columns between spaces. Anything may look so: a line of words counts as a head only where it names a step and every row has as
/// many words.
fn spaced(file: &Path, text: &str, (line, head): (usize, &str), rest: &str) -> Result<Table> {
    let names: Vec<String> = head.split_whitespace().map(str::to_owned).collect();
    let filled = rest.lines().enumerate().filter(|(_, row)| !row.trim().is_empty() && !row.trim().starts_with('#'));
    let mut records: Vec<(usize, Vec<String>)> =
        filled.map(|(index, row)| (index + 1 + line, row.split_whitespace().map(str::to_owned).collect())).collect();
    // A short last line without an end is still being written.
    if !text.ends_with('\n') && records.last().is_some_and(|(_, row)| row.len() < names.len()) {
        records.pop();
    }
    let is_table =
        names.iter().any(|name| columns::is_step(name)) && records.iter().all(|(_, row)| row.len() == names.len());
    if is_table {
        return rows(file, text, names, records);
    }
    Err(error(file, format!("line {line} names no columns: `{}`", shortened(head)), format!("what is read: {FORMS}")))
}

fn rows(file: &Path, text: &str, names: Vec<String>, records: Vec<(usize, Vec<String>)>) -> Result<Table> {
    if !names.is_empty() && names.iter().all(|name| name.parse::<f64>().is_ok()) {
        let what = format!("the first line names no columns, it holds numbers: `{}`", shortened(&names.join(", ")));
        return Err(error(file, what, HELP));
    }
    let mut rows = Vec::new();
    let count = records.len();
    for (index, (at, mut cells)) in records.into_iter().enumerate() {
        while cells.len() > names.len() && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.len() > names.len() {
            let what = format!("line {at}: {} cells, the head names {}", cells.len(), names.len());
            return Err(error(file, what, HELP));
        }
        let is_unfinished = index + 1 == count && cells.len() < names.len() && !text.ends_with('\n');
        if is_unfinished || cells == names {
            continue;
        }
        let named = names.iter().zip(cells).filter(|(name, cell)| !cell.is_empty() && !name.is_empty());
        let cells: Map<String, Value> = named.map(|(name, cell)| (name.clone(), cell.into())).collect();
        rows.push(Row { at, cells });
    }
    let mut columns: Vec<String> = Vec::new();
    let mut twice = Vec::new();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        if columns.contains(&name) { twice.push(name) } else { columns.push(name) }
    }
    Ok(Table { file: file.to_owned(), columns, twice, rows, unit: "line", is_state: false })
}
