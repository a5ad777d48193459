//! `samples_*.jsonl`: one line an item, all answers of the model as strings, as lm-evaluation-harness writes them.

use serde_json::{Map, Value, json};
use spyglass_dashboards::run::Unit;
use spyglass_tasks::metric::{Aggregation, find, per_item};
use spyglass_tasks::{Item, ItemRecord, Query, Text};

/// The lines of one unit.
pub(super) fn lines(unit: &Unit, items: &[Item], filter: &str) -> String {
    let metrics: Vec<&str> = unit.record.metrics.iter().map(|metric| metric.name.as_str()).collect();
    let line = |(record, item): (&ItemRecord, &Item)| sample(record, item, &metrics, filter).to_string() + "\n";
    unit.items.iter().zip(items).map(line).collect()
}

fn sample(record: &ItemRecord, item: &Item, metrics: &[&str], filter: &str) -> Value {
    let arguments: Map<String, Value> = item
        .queries()
        .iter()
        .enumerate()
        .map(|(index, query)| (format!("gen_args_{index}"), arguments(query)))
        .collect();
    let (answers, filtered) = answers(record);
    let mut line = Map::new();
    let mut put = |key: &str, value: Value| line.insert(key.to_owned(), value);
    put("doc_id", item.doc_id.into());
    put("doc", Value::Object((*item.doc).clone()));
    put("target", item.target.clone().into());
    put("arguments", arguments.into());
    put("resps", answers.into_iter().map(|answer| json!([answer])).collect());
    put("filtered_resps", filtered.into());
    put("filter", filter.into());
    put("metrics", metrics.into());
    put("doc_hash", item.doc_hash().into());
    put("prompt_hash", item.prompt_hash().into());
    put("target_hash", item.target_hash().into());
    for name in metrics {
        if let Some(value) = score(name, record) {
            put(name, value);
        }
    }
    line.into()
}

fn arguments(query: &Query) -> Value {
    match query {
        Query::LogLikelihood { context, continuation } => {
            json!({"arg_0": text(context), "arg_1": text(continuation)})
        }
        Query::Rolling { text, .. } => json!({"arg_0": text}),
        Query::Generate { context, settings } => {
            let sampled = settings.temperature > 0.0;
            let settings = json!({
                "until": settings.until,
                "max_gen_toks": settings.max_tokens,
                "do_sample": sampled,
                "temperature": settings.temperature,
            });
            json!({"arg_0": text(context), "arg_1": settings})
        }
    }
}

fn text(text: &Text) -> Value {
    match text {
        Text::Text(text) => text.as_str().into(),
        Text::Ids(ids) | Text::Draws(ids) => ids.as_slice().into(),
    }
}

/// The answers, and the same after the filters: one a request.
fn answers(record: &ItemRecord) -> (Vec<Value>, Vec<Value>) {
    if let Some(reply) = &record.generation {
        return (vec![reply.text.as_str().into()], vec![reply.filtered.as_str().into()]);
    }
    if let Some(text) = &record.rolling {
        let answer: Value = printed(text.logprob).into();
        return (vec![answer.clone()], vec![answer]);
    }
    let scored = |choice: &spyglass_tasks::ChoiceRecord| {
        json!([printed(choice.logprob), if choice.is_greedy { "True" } else { "False" }])
    };
    let after_nothing = record.choices.iter().filter_map(|choice| choice.unconditional);
    let answers: Vec<Value> = record
        .choices
        .iter()
        .map(scored)
        .chain(after_nothing.map(|logprob| json!([printed(logprob), "False"])))
        .collect();
    (answers.clone(), answers)
}

/// A float as Python prints it: an exponent has two digits at least.
fn printed(value: f64) -> String {
    let text = format!("{value:?}");
    match text.split_once("e-") {
        Some((digits, exponent)) => format!("{digits}e-{exponent:0>2}"),
        None if value != 0.0 && value.abs() < 1e-4 => {
            let text = format!("{value:e}");
            let (digits, exponent) = text.split_once("e-").unwrap_or((&text, "0"));
            format!("{digits}e-{exponent:0>2}")
        }
        None => text,
    }
}

/// What is logged of a metric for one item: its value; for perplexities the log-likelihood, with the words or bytes it is
/// spread over.
fn score(name: &str, record: &ItemRecord) -> Option<Value> {
    let metric = find(name).ok()?;
    match (metric.aggregation, &record.rolling) {
        (Aggregation::WeightedPerplexity, Some(text)) if name == "word_perplexity" => {
            Some(json!([text.logprob, text.words]))
        }
        (Aggregation::WeightedPerplexity | Aggregation::BitsPerByte, Some(text)) => {
            Some(json!([text.logprob, text.bytes]))
        }
        (Aggregation::Perplexity, _) => record.choices.get(record.gold).map(|choice| choice.logprob.into()),
        _ => per_item(name, record).ok().flatten().map(Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::printed;

    #[test]
    fn floats_are_printed_as_python_prints_them() {
        let cases = [
            (-185.808_074_951_171_88, "-185.80807495117188"),
            (-4.0, "-4.0"),
            (-0.00012, "-0.00012"),
            (-1.2e-5, "-1.2e-05"),
            (-1.5e-12, "-1.5e-12"),
            (0.0, "0.0"),
        ];
        for (value, expected) in cases {
            assert_eq!(printed(value), expected);
        }
    }
}
