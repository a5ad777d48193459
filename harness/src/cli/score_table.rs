//! The table that users of lm-evaluation-harness know: tasks, groups, metrics with their standard errors, as Markdown.

use serde_json::Value;
use spyglass_dashboards::run::UnitRecord;
use spyglass_tasks::metric::{METRICS, group};
use spyglass_tasks::{Group, MetricValue};

use super::text_table::{Align, Table};
use crate::suite::Suite;

/// Column heads after the first.
const HEADS: [(&str, Align); 8] = [
    ("Version", Align::Right),
    ("Filter", Align::Left),
    ("n-shot", Align::Right),
    ("Metric", Align::Left),
    ("", Align::Left),
    ("Value", Align::Right),
    ("", Align::Left),
    ("Stderr", Align::Right),
];

type Row = [String; 9];

/// The table of the units of one checkpoint, and one of the groups where there are any.
pub(super) fn markdown(suite: &Suite, records: &[UnitRecord]) -> String {
    let mut tables = Tables { suite, records, tasks: Vec::new(), groups: Vec::new() };
    let inner: Vec<&String> = suite.groups.iter().flat_map(|group| &group.members).collect();
    for outer in suite.groups.iter().filter(|group| !inner.contains(&&group.name)) {
        tables.add_group(outer, 0);
    }
    for task in suite.tasks.iter().filter(|task| !inner.contains(&&task.task.name)) {
        tables.add_task(&task.task.name, 0);
    }
    let mut text = table("Tasks", tables.tasks);
    if !tables.groups.is_empty() {
        text.push('\n');
        text += &table("Groups", tables.groups);
    }
    text
}

/// The rows of both tables.
struct Tables<'a> {
    suite: &'a Suite,
    records: &'a [UnitRecord],
    tasks: Vec<Row>,
    groups: Vec<Row>,
}

impl Tables<'_> {
    fn add_group(&mut self, own: &Group, depth: usize) {
        let leaves = self.suite.leaves(own);
        let of_group = self.records.iter().filter(|record| leaves.contains(&record.task));
        let values: Vec<&[MetricValue]> = of_group.map(|record| &record.metrics[..]).collect();
        let rows = rows(&own.alias, depth, &version(own.metadata.as_ref()), None, &group(&own.metrics, &values));
        self.tasks.extend(rows.iter().cloned());
        self.groups.extend(rows);
        for member in &own.members {
            match self.suite.groups.iter().find(|group| group.name == *member) {
                Some(inner) => self.add_group(inner, depth + 1),
                None => self.add_task(member, depth + 1),
            }
        }
    }

    fn add_task(&mut self, name: &str, depth: usize) {
        for task in self.suite.tasks.iter().filter(|task| task.task.name == name) {
            let of_task = |record: &&UnitRecord| record.task == name && record.shots == task.task.shots;
            if let Some(record) = self.records.iter().find(of_task) {
                let version = version(task.task.config().get("metadata"));
                self.tasks.extend(rows(&task.task.alias, depth, &version, Some(record.shots), &record.metrics));
            }
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

fn table(first: &'static str, rows: Vec<Row>) -> String {
    let [version, filter, shots, metric, arrow, value, sign, stderr] = HEADS;
    let mut table = Table::new([(first, Align::Left), version, filter, shots, metric, arrow, value, sign, stderr]);
    table.extend(rows);
    table.markdown()
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
        assert_eq!(table("Tasks", rows("hellaswag", 0, "1", Some(0), &metrics)), expected);
    }
}
