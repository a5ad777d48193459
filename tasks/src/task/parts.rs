//! The parts of a task file, checked one by one.

use regex::Regex;
use serde_json::Value;

use crate::definition::{Declared, FilterStep, OutputType, TaskFile};
use crate::error::{Error, Result};
use crate::metric;
use crate::nearest::suggestion;
use crate::prompt::{Keys, Templates};
use crate::reply::ReplyFilter;

/// Makes an error of a message and its mend.
type Wrong<'w> = &'w dyn Fn(String, &str) -> Error;

pub(super) fn question_keys(file: &TaskFile, output: OutputType, wrong: Wrong<'_>) -> Result<(Keys, Keys)> {
    let nothing = Declared::Text(String::new());
    let text = match (&file.doc_to_text, output) {
        (Some(text), _) => text.clone(),
        (None, OutputType::LoglikelihoodRolling) => nothing,
        (None, _) => return Err(wrong("`doc_to_text` is missing".into(), "it is the question, a Jinja template")),
    };
    let target = file.doc_to_target.clone();
    let target = target.ok_or_else(|| wrong("`doc_to_target` is missing".into(), "it is the answer, or its index"))?;
    if output == OutputType::MultipleChoice && file.doc_to_choice.is_none() {
        let problem = "`doc_to_choice` is missing, and the output type is `multiple_choice`";
        return Err(wrong(problem.into(), "name the choices, or set `output_type`"));
    }
    let keys = Keys {
        prefix: "",
        text,
        target,
        choice: file.doc_to_choice.clone(),
        delimiter: file.target_delimiter.clone().unwrap_or_else(|| " ".into()),
        end: file.fewshot_delimiter.clone().unwrap_or_else(|| "\n\n".into()),
        gen_prefix: file.gen_prefix.clone(),
    };
    let config = &file.fewshot_config;
    let shots = Keys {
        prefix: "fewshot_config.",
        text: config.doc_to_text.clone().unwrap_or_else(|| keys.text.clone()),
        target: config.doc_to_target.clone().unwrap_or_else(|| keys.target.clone()),
        choice: config.doc_to_choice.clone().or_else(|| keys.choice.clone()),
        delimiter: config.target_delimiter.clone().unwrap_or_else(|| keys.delimiter.clone()),
        end: config.fewshot_delimiter.clone().unwrap_or_else(|| keys.end.clone()),
        gen_prefix: config.gen_prefix.clone().or_else(|| keys.gen_prefix.clone()),
    };
    Ok((keys, shots))
}

/// Refuses templates in a list or table of choices, which are asked as they stand.
pub(super) fn check_choices(keys: &Keys, wrong: Wrong<'_>) -> Result<()> {
    let choices: Vec<(String, &Value)> = match &keys.choice {
        Some(Declared::List(items)) => items.iter().enumerate().map(|(at, item)| (format!("[{at}]"), item)).collect(),
        Some(Declared::Table(table)) => table.iter().map(|(key, item)| (format!(".{key}"), item)).collect(),
        _ => Vec::new(),
    };
    let holds =
        |text: &str, open: &str, close: &str| text.find(open).is_some_and(|at: usize| text[at..].contains(close));
    let is_template = |text: &&str| holds(text, "{{", "}}") || holds(text, "{%", "%}");
    match choices.iter().find_map(|(at, item)| Some((at, item.as_str().filter(is_template)?))) {
        Some((at, text)) => Err(wrong(
            format!("`{}doc_to_choice{at}`: `{text}` is a template, and single choices are not filled in", keys.prefix),
            "write one template that gives the list, as in `doc_to_choice: \"{{ [choices[0], choices[1]] }}\"`",
        )),
        None => Ok(()),
    }
}

pub(super) fn compile_templates(name: &str, file: &TaskFile, keys: &Keys, shots: &Keys) -> Result<Templates> {
    let mut texts = Vec::new();
    for keys in [keys, shots] {
        let declared = [
            ("doc_to_text", Some(&keys.text)),
            ("doc_to_target", Some(&keys.target)),
            ("doc_to_choice", keys.choice.as_ref()),
        ];
        for (key, declared) in declared {
            texts.extend(declared.and_then(Declared::text).map(|text| (format!("{}{key}", keys.prefix), text)));
        }
    }
    texts.extend(file.description.as_ref().and_then(Declared::text).map(|text| ("description".to_owned(), text)));
    texts.extend(file.cluster.as_deref().map(|text| ("cluster".to_owned(), text)));
    texts.extend(file.counted.as_deref().map(|text| ("counted".to_owned(), text)));
    let texts: Vec<(&str, &str)> = texts.iter().map(|(key, text)| (key.as_str(), *text)).collect();
    Templates::compile(name, &texts, &file.process)
}

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
