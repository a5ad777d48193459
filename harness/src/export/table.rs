//! The table that users of lm-evaluation-harness know: tasks, groups, metrics with their standard errors, as Markdown.

use crate::sweep::Suite;
use serde_json::Value;
use spyglass_dashboards::run::UnitRecord;
use spyglass_tasks::metric::{METRICS, group};
use spyglass_tasks::{Group, MetricValue};

/// Column heads and whether numbers stand in the column.
const COLUMNS: [(&str, bool); 9] = [
    ("Tasks", false),
    ("Version", true),
    ("Filter", false),
    ("n-shot", true),
    ("Metric", false),
    ("", false),
    ("Value", true),
    ("", false),
    ("Stderr", true),
];

type Row = [String; 9];

/// The table of the units of one checkpoint, and one of the groups where there are any.
pub fn markdown(suite: &Suite, records: &[UnitRecord]) -> String {
    let mut tasks = Vec::new();
    let mut groups = Vec::new();
    let inner: Vec<&String> = suite.groups.iter().flat_map(|group| &group.members).collect();
    for outer in suite.groups.iter().filter(|group| !inner.contains(&&group.name)) {
        add_group(suite, records, outer, 0, &mut tasks, &mut groups);
    }
    for task in suite.tasks.iter().filter(|task| !inner.contains(&&task.task.name)) {
        add_task(suite, records, &task.task.name, 0, &mut tasks);
    }
    let mut text = table("Tasks", &tasks);
    if !groups.is_empty() {
        text.push('\n');
        text += &table("Groups", &groups);
    }
    text
}

fn add_group(
    suite: &Suite,
    records: &[UnitRecord],
    own: &Group,
    depth: usize,
    tasks: &mut Vec<Row>,
    groups: &mut Vec<Row>,
) {
    let leaves = suite.leaves(own);
    let values: Vec<&[MetricValue]> =
        records.iter().filter(|record| leaves.contains(&record.task)).map(|record| &record.metrics[..]).collect();
    let rows = rows(&own.alias, depth, &version(own.metadata.as_ref()), None, &group(&own.metrics, &values));
    tasks.extend(rows.iter().cloned());
    groups.extend(rows);
    for member in &own.members {
        match suite.groups.iter().find(|group| group.name == *member) {
            Some(inner) => add_group(suite, records, inner, depth + 1, tasks, groups),
            None => add_task(suite, records, member, depth + 1, tasks),
        }
    }
}

fn add_task(suite: &Suite, records: &[UnitRecord], name: &str, depth: usize, tasks: &mut Vec<Row>) {
    for task in suite.tasks.iter().filter(|task| task.task.name == name) {
        let record = records.iter().find(|record| record.task == name && record.shots == task.task.shots);
        if let Some(record) = record {
            tasks.extend(rows(
                &task.task.alias,
                depth,
                &version(task.task.config().get("metadata")),
                Some(record.shots),
                &record.metrics,
            ));
        }
    }
}

/// The version that a definition's `metadata` states.
fn version(metadata: Option<&Value>) -> String {
    match metadata.and_then(|metadata| metadata.get("version")) {
        Some(Value::String(text)) => text.clone(),
        // `1.0` is shown as it would be counted: 1
        Some(other) => other.as_f64().map_or_else(|| other.to_string(), |number| number.to_string()),
        None => String::new(),
    }
}

/// One line a metric; the name stands in the first only.
fn rows(name: &str, depth: usize, version: &str, shots: Option<usize>, metrics: &[MetricValue]) -> Vec<Row> {
    let indent = if depth == 0 { String::new() } else { format!("{}- ", " ".repeat(depth)) };
    let line = |(index, metric): (usize, &MetricValue)| {
        let first = |text: String| if index == 0 { text } else { String::new() };
        let arrow = match METRICS.iter().find(|known| known.name == metric.name) {
            Some(known) if known.higher_is_better => "↑",
            Some(_) => "↓",
            None => "",
        };
        [
            first(format!("{indent}{name}")),
            first(version.to_owned()),
            "none".into(),
            shots.map_or_else(String::new, |shots| shots.to_string()),
            metric.name.clone(),
            arrow.into(),
            format!("{:.4}", metric.value),
            "±".into(),
            metric.stderr.map_or_else(|| "N/A".into(), |stderr| format!("{stderr:.4}")),
        ]
    };
    metrics.iter().enumerate().map(line).collect()
}

fn table(first: &str, rows: &[Row]) -> String {
    let heads: Vec<&str> = std::iter::once(first).chain(COLUMNS[1..].iter().map(|(head, _)| *head)).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].chars().count(), 3]).max().unwrap_or(3)
    };
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    let line = |cells: Vec<String>| format!("|{}|\n", cells.join("|"));
    let mut text = line(heads.iter().zip(&widths).map(|(head, width)| format!("{head:^width$}")).collect());
    let rule = |(&(_, number), width): (&(&str, bool), &usize)| {
        if number { format!("{}:", "-".repeat(width - 1)) } else { "-".repeat(*width) }
    };
    text += &line(COLUMNS.iter().zip(&widths).map(rule).collect());
    for row in rows {
        let cell = |((cell, width), &(_, number)): ((&String, &usize), &(&str, bool))| {
            if number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        };
        text += &line(row.iter().zip(&widths).zip(&COLUMNS).map(cell).collect());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_people_know() {
        let metric =
            |name: &str, value, stderr| MetricValue { name: name.into(), value, stderr, ..MetricValue::default() };
        let metrics = [metric("acc", 0.45, Some(0.08)), metric("acc_norm", 0.5, None)];
        let expected = "\
|  Tasks  |Version|Filter|n-shot| Metric |   |Value |   |Stderr|
|---------|------:|------|-----:|--------|---|-----:|---|-----:|
|hellaswag|      1|none  |     0|acc     |↑  |0.4500|±  |0.0800|
|         |       |none  |     0|acc_norm|↑  |0.5000|±  |   N/A|
";
        assert_eq!(table("Tasks", &rows("hellaswag", 0, "1", Some(0), &metrics)), expected);
    }
}
