//! Long tables: a row for each score.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::name::named;
use super::read::{Chosen, TableOptions, add, by_its_own_name, matches};
use crate::Result;
use crate::checkpoint::{Columns, Decimals, Table, number, step};

/// The columns of a table with a row a score.
pub(super) struct Long {
    task: String,
    metric: Option<String>,
    value: String,
    stderr: Option<String>,
    shots: Option<String>,
    items: Option<String>,
    chance: Option<String>,
}

/// A table with a row a score: one column names the task, one holds the value.
pub(super) fn long(table: &Table) -> Option<Long> {
    let find = |known: &[&str]| {
        let is = |name: &&String| known.contains(&name.trim().to_lowercase().as_str());
        table.columns.iter().find(is).cloned()
    };
    let metric = find(&["metric", "metric_name"]);
    Some(Long {
        task: find(&["task", "task_name", "benchmark", "dataset", "eval", "key"]).or_else(|| metric.clone())?,
        metric,
        value: find(&["value", "score", "metric_value", "result", "accuracy"])?,
        stderr: find(&["stderr", "se", "std_err", "standard_error", "metric_stderr"]),
        shots: find(&["shots", "n-shot", "num_fewshot", "fewshot", "n_shot", "number few shot"]),
        items: find(&["n", "items", "n_items", "num_items", "n_samples", "num_samples", "num_instances"]),
        chance: find(&["chance", "random", "random_baseline"]),
    })
}

impl Long {
    pub(super) fn scores(&self, table: &Table, columns: &Columns, options: &TableOptions) -> Result<Vec<Chosen>> {
        let globs = matches(&table.file, &options.columns)?;
        let mut all: Vec<Chosen> = Vec::new();
        for row in &table.rows {
            let text = |column: &str| row.cells.get(column).and_then(Value::as_str).map(str::trim);
            let Some(task) = text(&self.task) else { continue };
            let metric = self.metric.as_deref().filter(|metric| *metric != self.task).and_then(text);
            let name = metric.map_or_else(|| task.to_owned(), |metric| format!("{task}/{metric}"));
            if !options.columns.is_empty() && !globs.is_match(&name) && !globs.is_match(task) {
                continue;
            }
            let at = all.iter().position(|known| known.column == name);
            let at = at.unwrap_or_else(|| {
                let named = named(&name).unwrap_or_else(|| by_its_own_name(&name));
                all.push(Chosen { column: name.clone(), named, per_cent: false, cells: BTreeMap::new() });
                all.len() - 1
            });
            if let Some(shots) = self.shots.as_deref().and_then(|name| row.cells.get(name)) {
                let told = shots.as_str().map(|text| json!(text.trim().trim_end_matches("-shot")));
                all[at].named.shots =
                    step(&told.unwrap_or(shots.clone()), Decimals::Point).ok().flatten().unwrap_or(0) as usize;
            }
            let named = &mut all[at].named;
            let told = |column: &Option<String>| {
                let cell = row.cells.get(column.as_deref()?)?;
                number(cell, Decimals::Point).ok().flatten().filter(|told| told.is_finite() && *told > 0.0)
            };
            named.items = told(&self.items).map(|items| items as usize).or(named.items);
            named.chance = told(&self.chance).filter(|chance| *chance < 1.0).or(named.chance);
            add(table, columns, row, &self.value, self.stderr.as_deref(), &mut all[at])?;
        }
        Ok(all)
    }
}
