//! The metrics that a task file names.

use super::parts::Wrong;
use crate::definition::{Declared, OutputType, TaskFile};
use crate::error::Result;
use crate::metric;

/// What the file says of its metrics that is not obeyed: which way is better belongs to each metric.
pub(super) fn metric_warnings(file: &TaskFile) -> Vec<String> {
    let told = file.metric_list.iter().flatten().filter_map(|entry| {
        let metric = metric::find(entry.metric.text()?).ok()?;
        let higher = metric.higher_is_better;
        (entry.higher_is_better? != higher).then(|| {
            let name = metric.name;
            format!("`higher_is_better` of `{name}` is not obeyed: {} is better", if higher { "more" } else { "less" })
        })
    });
    told.collect()
}

pub(super) fn metrics(file: &TaskFile, output: OutputType, wrong: Wrong<'_>) -> Result<Vec<String>> {
    let Some(list) = &file.metric_list else {
        return Ok(output.usual_metrics().iter().map(|name| (*name).to_owned()).collect());
    };
    let mut names = Vec::new();
    for entry in list {
        let name = entry.metric.text().ok_or_else(|| wrong("a metric is a name".into(), "`spyglass list metrics`"))?;
        let metric = metric::find(name)?;
        let known = metric.aggregation.name();
        if let Some(other) = entry.aggregation.as_ref().and_then(Declared::text).filter(|other| *other != known) {
            let problem = format!("`{name}` is aggregated by `{known}`, not by `{other}`");
            return Err(wrong(problem, "leave `aggregation` out"));
        }
        names.push(name.to_owned());
    }
    if names.is_empty() {
        return Err(wrong("`metric_list` is empty".into(), "leave it out for the usual metrics"));
    }
    Ok(names)
}
