//! The step of a row that only names its checkpoint: `step1000-tokens4B`, `/runs/mine/checkpoint-1000`.

use serde_json::json;

use crate::checkpoint::{Pattern, Table};

/// Columns in which tables name the checkpoint of a row, in lower case.
const NAMES: &[&str] = &[
    "checkpoint",
    "ckpt",
    "revision",
    "branch",
    "model",
    "model_name",
    "model_path",
    "path",
    "run",
    "run_name",
    "name",
];

/// Adds the columns `step` and, where the names tell them, `tokens` to a table of whose columns one names the checkpoint of every
/// row as `pattern` says.
pub(super) fn add_steps(table: &mut Table, pattern: &Pattern) {
    let named = |column: &&String| {
        let find = |row: &crate::checkpoint::Row| {
            let named = pattern.find(row.cells.get(column.as_str())?.as_str()?)?;
            Some((named.step?, named.tokens))
        };
        NAMES
            .contains(&column.trim().to_lowercase().as_str())
            .then(|| table.rows.iter().map(find).collect::<Option<Vec<_>>>())?
    };
    let Some(found) = table.columns.iter().find_map(|column| named(&column)) else { return };
    for (row, (step, tokens)) in table.rows.iter_mut().zip(&found) {
        row.cells.insert("step".into(), json!(step));
        if let Some(label) = tokens {
            row.cells.entry("tokens").or_insert(json!(label.tokens));
        }
    }
    table.columns.push("step".into());
    if found.iter().any(|(_, tokens)| tokens.is_some()) && !table.columns.iter().any(|column| column == "tokens") {
        table.columns.push("tokens".into());
    }
}
