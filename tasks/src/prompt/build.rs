//! The items of a task: its rows, each with its shots before it.

use std::collections::HashSet;

use rayon::prelude::*;

use super::asking::Asking;
use super::index_or_choice::index_or_choice;
use super::item_builder::{Builder, needs};
use crate::data::SplitRow;
use crate::definition::OutputType;
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::item::{BadRow, Item, Items, Row};
use crate::metric;

/// Builds the items, the first `limit` of them.
///
/// # Errors
/// Data that are missing or cannot be read, a pool smaller than the shots, no row that can be asked.
pub(crate) fn build(task: &Asking<'_>, limit: Option<usize>) -> Result<Items> {
    let plan = task.plan;
    let asked = plan.asked_split(task)?;
    let long = plan.long_rows()?;
    let total = asked.rows.len();
    let count = limit.map_or(total, |limit| limit.min(total));
    let mut warnings = plan.warnings.clone();
    let bare = plan.output == OutputType::LoglikelihoodRolling || plan.is_generated();
    let shots = if bare { 0 } else { task.shots };
    if shots != task.shots {
        warnings.push("whole texts and generated rows are read without shots".into());
    }
    let mut pool = if shots > 0 { Some(plan.pool(task, &mut warnings)?) } else { None };
    if let Some(pool) = &mut pool {
        // The same file under two names: an item may draw itself here, too.
        pool.one_more |= pool.split.hashes == asked.hashes && !asked.hashes.is_empty();
    }
    let mut columns: HashSet<String> = names(&asked.rows);
    columns.extend(pool.iter().flat_map(|pool| names(&pool.split.rows)));
    columns.extend(plan.file.process.keys().cloned());
    let prefixes = match &pool {
        Some(pool) => pool.prefixes(task, &asked, shots, count, &columns)?,
        None => vec![Ok(String::new()); count],
    };
    let unconditional = needs(task, metric::needs_unconditional);
    let builder = Builder { task, plan, columns: &columns, unconditional, long: long.as_deref() };
    let built: Vec<Result<Item, BadRow>> = asked.rows[..count]
        .par_iter()
        .zip(prefixes)
        .enumerate()
        .map(|(doc_id, (row, prefix))| {
            let bad = |problem| BadRow { file: asked.file(row).to_owned(), line: row.line, doc_id, problem };
            builder.item(doc_id, &row.row, &prefix.map_err(bad)?).map_err(bad)
        })
        .collect();
    let (mut items, mut bad_rows) = (Vec::with_capacity(count), Vec::new());
    for item in built {
        match item {
            Ok(item) => items.push(item),
            Err(bad) => bad_rows.push(bad),
        }
    }
    if let (true, Some(first)) = (items.is_empty(), bad_rows.first()) {
        let (file, line, problem) = (first.file.clone(), first.line, first.problem.clone());
        let columns = shown_columns(&columns);
        return Err(Error::AllRowsBad {
            task: task.name.to_owned(),
            rows: bad_rows.len(),
            file,
            line,
            problem,
            columns,
        });
    }
    warnings.extend(index_or_choice(task, &items));
    let hashes = asked.hashes.iter().chain(pool.iter().flat_map(|pool| &pool.split.hashes));
    let data_hash = sha256_hex(hashes.cloned().collect::<String>().as_bytes());
    let chance = task.chance.or_else(|| chance(&items));
    Ok(Items { items, warnings, bad_rows, data_hash, total, chance })
}

/// The rows of the split that is asked, with the columns of `process`.
pub(crate) fn processed(task: &Asking<'_>) -> Result<Vec<Row>> {
    let plan = task.plan;
    let split = plan.asked_split(task)?;
    let process = |row: &SplitRow| {
        plan.templates.process(&row.row).map_err(|problem| Error::Data {
            file: split.file(row).into(),
            line: row.line,
            problem,
            help: "do the names in the task file fit the columns of the data?".into(),
        })
    };
    split.rows.par_iter().map(process).collect()
}

fn names(rows: &[SplitRow]) -> HashSet<String> {
    let mut names = HashSet::new();
    for row in rows {
        for name in row.row.keys() {
            if !names.contains(name) {
                names.insert(name.clone());
            }
        }
    }
    names
}

/// The columns of a data set for a message, a few of them where there are many.
fn shown_columns(columns: &HashSet<String>) -> String {
    let short = |name: &String| format!("`{}`", name.chars().take(40).collect::<String>());
    let mut names: Vec<String> = columns.iter().map(short).collect();
    names.sort_unstable();
    let more = names.len().saturating_sub(10);
    names.truncate(10);
    names.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// The mean over items of one over the number of choices; `None` where items have no choices.
fn chance(items: &[Item]) -> Option<f64> {
    let share = |item: &Item| (item.choices.len() > 1).then(|| 1.0 / item.choices.len() as f64);
    let shares = items.iter().map(share).collect::<Option<Vec<f64>>>()?;
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}
