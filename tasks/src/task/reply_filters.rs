//! The filters between a reply and what is compared.

use regex::Regex;

use crate::definition::{FilterStep, TaskFile};
use crate::error::{Error, Result};
use crate::nearest::suggestion;
use crate::reply::ReplyFilter;

/// The steps from a reply to what is compared, and those that targets take as well.
pub(super) fn reply_filters(name: &str, file: &TaskFile) -> Result<(Vec<ReplyFilter>, Vec<ReplyFilter>)> {
    let setting = |problem: String, help: &str| Error::Setting { task: name.to_owned(), problem, help: help.into() };
    if file.filter_list.len() > 1 {
        let problem = format!("{} filter pipelines, and a task has one score", file.filter_list.len());
        return Err(setting(problem, "keep one pipeline a task; make a second task that includes the first"));
    }
    let steps = file.filter_list.iter().flat_map(|pipeline| &pipeline.filter);
    let filters = steps.filter(|step| step.function != "take_first").map(|step| reply_filter(name, step));
    let mut both = Vec::new();
    for entry in file.metric_list.iter().flatten() {
        for pattern in &entry.regexes_to_ignore {
            both.push(ReplyFilter::Remove(regex(name, pattern)?));
        }
        both.extend(entry.ignore_case.then_some(ReplyFilter::Lowercase));
        both.extend(entry.ignore_punctuation.then_some(ReplyFilter::RemovePunctuation));
    }
    Ok((filters.collect::<Result<_>>()?, both))
}

fn reply_filter(task: &str, step: &FilterStep) -> Result<ReplyFilter> {
    match step.function.as_str() {
        "regex" => Ok(ReplyFilter::Regex {
            // Without a pattern the number after `####`, as in lm-evaluation-harness.
            pattern: regex(task, step.regex_pattern.as_deref().unwrap_or(r"#### (\-?[0-9\.\,]+)"))?,
            pick: step.group_select.unwrap_or(0),
            fallback: step.fallback.clone().unwrap_or_else(|| "[invalid]".into()),
        }),
        "remove_whitespace" => Ok(ReplyFilter::RemoveWhitespace),
        "lowercase" => Ok(ReplyFilter::Lowercase),
        "uppercase" => Ok(ReplyFilter::Uppercase),
        other => {
            let help = suggestion(other, ReplyFilter::NAMES);
            Err(Error::UnknownName { task: task.to_owned(), what: "filter", name: other.to_owned(), help })
        }
    }
}

fn regex(task: &str, pattern: &str) -> Result<Regex> {
    Regex::new(pattern).map_err(|error| Error::Setting {
        task: task.to_owned(),
        problem: format!(
            "`{pattern}` is not a regular expression: {}",
            error.to_string().lines().last().unwrap_or_default()
        ),
        help: "look-around and back-references are not known here".into(),
    })
}
