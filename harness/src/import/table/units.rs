//! From scores to units and a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use spyglass_dashboards::analysis::lr_phases;
use spyglass_dashboards::run::{Checkpoint, LogEntry, PhaseStart, TaskGroup, TrainingLog, UnitInputs, UnitRecord};
use spyglass_tasks::{Catalogue, MetricValue};

use super::read::{Chosen, TableOptions, read, step_of, wrong};
use crate::Result;
use crate::checkpoint::{Columns, Decimals, Row, Table, count, number};
use crate::import::lm_eval::{Imported, Options, keep};
use crate::results::{Store, UnitPlace, new_record};
use crate::training::Schedule;

/// Brings a table of scores into the results folder of `store`; `guess` is told how each column is understood before anything is
/// written. With a `schedule`, learning rates, phases and tokens follow from it.
///
/// # Errors
/// What [`read`] refuses; nothing tells the tokens of a step; two sources tell others; the schedule ends before the table does.
pub(crate) fn import_table(
    path: &Path,
    table_options: &TableOptions,
    options: &Options,
    schedule: Option<&Schedule>,
    store: &Store,
    guess: impl Fn(&[Chosen]),
) -> Result<Imported> {
    let (table, columns, chosen) = read(path, table_options, &options.steps()?)?;
    guess(&chosen);
    let log = entries(&table, &columns, options, schedule)?;
    let steps: BTreeSet<u64> = chosen.iter().flat_map(|chosen| chosen.cells.keys().copied()).collect();
    let mut checkpoints = BTreeMap::new();
    for step in steps {
        let logged = log.iter().find(|entry| entry.step == step);
        let tokens = logged.and_then(|entry| entry.tokens).ok_or_else(|| no_tokens(path, step))?;
        let checkpoint = Checkpoint {
            branch: options.branch.clone(),
            step,
            variant: None,
            tokens,
            learning_rate: logged.and_then(|entry| entry.learning_rate),
            location: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        checkpoints.insert(step, checkpoint);
    }
    let mut imported = Imported { checkpoints: checkpoints.len(), ..Imported::default() };
    imported.warnings.extend(columns.notes.iter().cloned());
    for (step, checkpoint) in &checkpoints {
        for record in records(path, *step, checkpoint, &chosen) {
            let place = UnitPlace {
                branch: &record.checkpoint.branch,
                step: record.checkpoint.step,
                variant: None,
                task: &record.task,
                shots: record.shots,
                key: &record.key,
            };
            let unit = store.unit(&place);
            fs_err::create_dir_all(unit.path())?;
            unit.finish(&record)?;
            imported.units += 1;
        }
    }
    let rates: Vec<_> = log.iter().filter_map(|entry| Some((entry.step, entry.learning_rate?))).collect();
    let tokens = |step: u64| log.iter().find(|entry| entry.step == step).and_then(|entry| entry.tokens).unwrap_or(0);
    let phases = lr_phases(&rates)
        .into_iter()
        .map(|(phase, from_step)| PhaseStart { phase, from_step, from_tokens: tokens(from_step) })
        .collect();
    let groups = groups(&chosen)?;
    keep(store, options, checkpoints.into_values(), groups)?;
    keep_log(store, &options.branch, TrainingLog { entries: log }, phases)?;
    Ok(imported)
}

fn no_tokens(path: &Path, step: u64) -> crate::Error {
    let help = "the curves are drawn over tokens: add `--tokens-per-step N`, `--training NAME` of a known run, or name the column with `--tokens COLUMN`";
    wrong(path, format!("nothing tells how many tokens step {step} has seen"), help)
}

/// The log that the table and the schedule tell, with an entry for each of the table's steps.
fn entries(table: &Table, columns: &Columns, options: &Options, schedule: Option<&Schedule>) -> Result<Vec<LogEntry>> {
    let mut log: BTreeMap<u64, LogEntry> = BTreeMap::new();
    for row in &table.rows {
        let Some(step) = step_of(table, columns, row)? else { continue };
        let tokens = cell(table, row, &columns.tokens, count)?;
        let by_formula = schedule
            .map(|schedule| schedule.tokens_at(step))
            .or_else(|| options.tokens_per_step.map(|tokens| tokens.saturating_mul(step)));
        if let (Some(own), Some(formula)) = (tokens, by_formula)
            && own.abs_diff(formula) as f64 > 0.01 * own.max(formula) as f64
        {
            let what = format!(
                "{} {}: step {step} has seen {own} tokens, but {formula} by the tokens of a step",
                table.unit, row.at
            );
            return Err(wrong(&table.file, what, "they may differ by 1 %: correct one of the two"));
        }
        let entry = log.entry(step).or_insert(LogEntry {
            step,
            tokens: None,
            learning_rate: None,
            loss: None,
            ..LogEntry::default()
        });
        entry.tokens = tokens.or(by_formula).or(entry.tokens);
        entry.learning_rate = cell(table, row, &columns.rate, number)?.or(entry.learning_rate);
        entry.loss = cell(table, row, &columns.loss, number)?.filter(|loss| !loss.is_nan()).or(entry.loss);
    }
    let mut log: Vec<LogEntry> = log.into_values().collect();
    if let Some(schedule) = schedule {
        let last = log.last().map_or(0, |entry| entry.step);
        if let Some(end) = schedule.end().filter(|end| *end < last) {
            let what = format!("the schedule ends at step {end}, but the table goes on to step {last}");
            return Err(wrong(&table.file, what, "give the schedule of the whole run"));
        }
        schedule.fill(&mut log, 0, last, std::iter::empty());
    }
    Ok(log)
}

/// The first of the columns that holds a number in this row.
fn cell<T>(
    table: &Table,
    row: &Row,
    names: &[String],
    read: fn(&serde_json::Value, Decimals) -> Result<Option<T>, String>,
) -> Result<Option<T>> {
    for name in names {
        let Some(cell) = row.cells.get(name) else { continue };
        let told = read(cell, Decimals::Point).map_err(|what| {
            wrong(
                &table.file,
                format!("{} {}, column `{name}`: {what}", table.unit, row.at),
                "correct the cell, or leave it empty",
            )
        })?;
        if told.is_some() {
            return Ok(told);
        }
    }
    Ok(None)
}

/// The units of one step: one for each task and number of shots, with all metrics that the table holds of it.
fn records(path: &Path, step: u64, checkpoint: &Checkpoint, chosen: &[Chosen]) -> Vec<UnitRecord> {
    let mut tasks: BTreeMap<(&str, usize), Vec<&Chosen>> = BTreeMap::new();
    for chosen in chosen.iter().filter(|chosen| chosen.cells.contains_key(&step)) {
        tasks.entry((&chosen.named.task, chosen.named.shots)).or_default().push(chosen);
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let record = |((task, shots), columns): ((&str, usize), Vec<&Chosen>)| {
        let items = columns.iter().find_map(|column| column.named.items).unwrap_or(0);
        let metrics: Vec<MetricValue> = columns.iter().map(|column| metric(column, step, items)).collect();
        let rank = |metric: &&MetricValue| {
            ["acc_norm", "acc", "exact_match"].iter().position(|name| metric.name == *name).unwrap_or(usize::MAX)
        };
        let primary = metrics.iter().min_by_key(rank).map(|metric| metric.name.clone()).unwrap_or_default();
        let origin = format!("{file} {} {step} {task} {shots}", checkpoint.branch);
        let inputs = UnitInputs {
            weights: format!("imported:{}", blake3::hash(origin.as_bytes()).to_hex()),
            config: String::new(),
            tokenizer: String::new(),
            chat_template: None,
            bos: None,
            rope_scale: None,
            context: None,
            task: task.to_owned(),
            task_definition: String::new(),
            data: String::new(),
            shots,
            perturb: None,
            precision: String::new(),
            dt_floor: String::new(),
            scoring_version: 0,
        };
        UnitRecord {
            chance: columns.iter().find_map(|column| column.named.chance),
            primary_metric: primary,
            metrics,
            items,
            items_total: items,
            warnings: vec![format!("imported from a table: {file}")],
            ..new_record(checkpoint, inputs)
        }
    };
    tasks.into_iter().map(record).collect()
}

/// A score with its standard error: the table's, or that of a share of so many items.
fn metric(column: &Chosen, step: u64, items: usize) -> MetricValue {
    let cell = &column.cells[&step];
    let share = column.named.metric.starts_with("acc") || column.named.metric == "exact_match";
    let binomial = (share && items > 1).then(|| (cell.value * (1.0 - cell.value) / (items - 1) as f64).max(0.0).sqrt());
    MetricValue {
        name: column.named.metric.clone(),
        value: cell.value,
        stderr: cell.stderr.or(binomial),
        clustered_stderr: None,
        n: items,
    }
}

/// The shipped groups of which the table holds all members, in one form: `mmlu_words` of `mmlu_stem_words` and the others.
fn groups(chosen: &[Chosen]) -> Result<Vec<TaskGroup>> {
    let tasks: BTreeSet<&str> = chosen.iter().map(|chosen| chosen.named.task.as_str()).collect();
    let mut found = Vec::new();
    let catalogue = Catalogue::shipped()?;
    for group in catalogue.select("mmlu")?.groups {
        for form in ["", "_words", "_letters", "_validation", "_test", "_words_validation", "_letters_validation"] {
            let name = format!("{}{form}", group.name);
            let leaves: Vec<String> = group.members.iter().map(|member| format!("{member}{form}")).collect();
            if !leaves.is_empty()
                && !tasks.contains(name.as_str())
                && leaves.iter().all(|leaf| tasks.contains(leaf.as_str()))
            {
                found.push(TaskGroup { name, leaves, weight_by_size: true, ..TaskGroup::default() });
            }
        }
    }
    Ok(found)
}

/// Keeps the log and the phases of the branch.
fn keep_log(store: &Store, branch: &str, log: TrainingLog, phases: Vec<PhaseStart>) -> Result<()> {
    let mut snapshot = store.snapshot()?.expect("the import has just kept one");
    if let Some(branch) = snapshot.tree.branches.iter_mut().find(|known| known.name == branch) {
        branch.log = log;
        branch.phases = phases;
    }
    store.keep_snapshot(&snapshot)
}
