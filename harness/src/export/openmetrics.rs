//! The newest scores as a page that Prometheus scrapes (OpenMetrics 1.0 text).

use std::collections::BTreeMap;
use std::fmt::Write;

use super::ScoreRow;

/// Scores, errors and tokens seen of the newest checkpoint of each branch.
pub(crate) fn openmetrics(run: &str, rows: &[ScoreRow]) -> Vec<u8> {
    let mut newest: BTreeMap<(&str, Option<&str>), u64> = BTreeMap::new();
    for row in rows {
        let tokens = newest.entry((&row.branch, row.variant.as_deref())).or_default();
        *tokens = (*tokens).max(row.tokens);
    }
    let is_newest = |row: &&ScoreRow| newest[&(row.branch.as_str(), row.variant.as_deref())] == row.tokens;
    let newest_rows: Vec<&ScoreRow> = rows.iter().filter(is_newest).collect();
    let mut page = String::new();
    let mut family = |name: &str, help: &str, value: fn(&ScoreRow) -> Option<f64>| {
        let _ = writeln!(page, "# TYPE {name} gauge\n# HELP {name} {help}");
        for row in &newest_rows {
            if let Some(value) = value(row) {
                let _ = writeln!(page, "{name}{{{}}} {value}", labels(run, row));
            }
        }
    };
    family("spyglass_score", "Score of the newest checkpoint.", |row| Some(row.score));
    family("spyglass_score_stderr", "Standard error of that score.", |row| row.clustered_se.or(row.se));
    let _ = writeln!(page, "# TYPE spyglass_tokens_seen gauge\n# HELP spyglass_tokens_seen Tokens that it has seen.");
    for ((branch, variant), tokens) in &newest {
        let variant = variant.map_or_else(String::new, |variant| format!(",variant=\"{}\"", escaped(variant)));
        let place = format!("run=\"{}\",branch=\"{}\"{variant}", escaped(run), escaped(branch));
        let _ = writeln!(page, "spyglass_tokens_seen{{{place}}} {tokens}");
    }
    page.push_str("# EOF\n");
    page.into_bytes()
}

fn labels(run: &str, row: &ScoreRow) -> String {
    let shots = row.shots.map(|shots| shots.to_string());
    let labels = [
        ("run", Some(run)),
        ("branch", Some(row.branch.as_str())),
        ("variant", row.variant.as_deref()),
        ("task", Some(row.task.as_str())),
        ("shots", shots.as_deref()),
        ("perturb", row.perturb.as_deref()),
        ("metric", Some(row.metric.as_str())),
    ];
    let label = |(name, value): (&str, Option<&str>)| Some(format!("{name}=\"{}\"", escaped(value?)));
    labels.into_iter().filter_map(label).collect::<Vec<_>>().join(",")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
