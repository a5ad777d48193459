//! The tables of `spyglass bench --against`.

use super::bench::time;
use super::numbers::{counted, size, thousands};
use crate::measure::{At, Both, Length, Side, Times};

/// Both checkpoints, then a table of times and one of memory.
pub(super) fn text(both: &Both) -> String {
    let mut lines: Vec<String> =
        ["A", "B"].into_iter().zip(&both.models).map(|(name, model)| named(name, model)).collect();
    lines.push(format!(
        "{} arithmetic, {} threads; medians of {} in turns, in brackets the least and the most; B/A below 1: B is faster",
        both.precision.name(),
        both.threads,
        counted(both.rounds, "round")
    ));
    lines.push(String::new());
    lines.push(
        "| tokens | first token, A | first token, B | B/A | per output token, A | per output token, B | B/A |".into(),
    );
    lines.push("|--:|--:|--:|--:|--:|--:|--:|".into());
    lines.extend(both.lengths.iter().map(times));
    lines.push(String::new());
    lines.push("| tokens | state, A | keys and values, A | state, B | keys and values, B |".into());
    lines.push("|--:|--:|--:|--:|--:|".into());
    lines.extend(both.lengths.iter().map(memory));
    for length in &both.lengths {
        for ((name, model), at) in ["A", "B"].into_iter().zip(&both.models).zip(&length.measured) {
            if at.is_some() {
                continue;
            }
            let more = if length.tokens > model.context_limit { "" } else { " and those decoded after them" };
            let end = if length.tokens < model.context_limit {
                format!("positions that {name} has learned")
            } else {
                format!("limit of {name}, {} tokens", thousands(model.context_limit as u64))
            };
            lines.push(format!("{} tokens{more} are beyond the {end}: not tried", thousands(length.tokens as u64)));
        }
    }
    lines.join("\n") + "\n"
}

fn named(name: &str, model: &Side) -> String {
    format!(
        "{name}  {}: {}, {} parameters, {} of weights in memory",
        model.folder.display(),
        model.model_type,
        thousands(model.parameters),
        size(model.weight_bytes)
    )
}

fn times(length: &Length) -> String {
    let [first, per] = [|at: &At| at.first_token, |at: &At| at.per_token].map(|of: fn(&At) -> Times| cells(length, of));
    format!("| {} | {first} | {per} |", thousands(length.tokens as u64))
}

/// The two times and their ratio.
fn cells(length: &Length, of: fn(&At) -> Times) -> String {
    let [a, b] = length.measured.each_ref().map(|at| at.as_ref().map(of));
    let cell = |times: Option<Times>| {
        times.map_or_else(
            || "–".into(),
            |Times { median, least, most }| format!("{} ({} to {})", time(median), time(least), time(most)),
        )
    };
    let ratio = a.zip(b).map_or_else(|| "–".into(), |(a, b)| format!("{:.2}", b.median / a.median));
    format!("{} | {} | {ratio}", cell(a), cell(b))
}

fn memory(length: &Length) -> String {
    let cell = |at: &Option<At>| {
        at.as_ref()
            .map_or_else(|| "– | –".into(), |at| format!("{} | {}", size(at.state_bytes), size(at.key_value_bytes)))
    };
    let [a, b] = length.measured.each_ref().map(cell);
    format!("| {} | {a} | {b} |", thousands(length.tokens as u64))
}
