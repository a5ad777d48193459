//! What the name of a column says: `eval/downstream/mmlu_stem_test_mc_5shot_len_norm` is MMLU stem, answered by letter after five
//! examples.

use super::known::{KNOWN, Known, Split};
use super::metric_name::metric;

/// The score that a column holds.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::import) struct Named {
    /// The task, with its form or split behind it where they are not the usual ones: `mmlu_stem_words`, `arc_easy_validation`.
    pub(in crate::import) task: String,
    /// Examples before each question.
    pub(in crate::import) shots: usize,
    /// The metric, in the words used here.
    pub(in crate::import) metric: String,
    /// Score of guessing, where the benchmark is known.
    pub(in crate::import) chance: Option<f64>,
    /// Items, where the benchmark is known.
    pub(in crate::import) items: Option<usize>,
}

/// Words of a name that say how a score was got, and not what it is of.
const ASIDE: &[&str] = &[
    "eval",
    "evals",
    "downstream",
    "lm",
    "harness",
    "icl",
    "results",
    "metrics",
    "none",
    "ladder",
    "custom",
    "lighteval",
    "all",
    "average",
];

/// Reads a column's name; `None` where it says nothing that is known as a score.
pub(in crate::import) fn named(column: &str) -> Option<Named> {
    let mut words = words(column);
    let metric = metric(&mut words);
    if metric == Some("") {
        return None;
    }
    let shots = shots(&mut words);
    let split = take(
        &mut words,
        &[
            ("val", Split::Validation),
            ("valid", Split::Validation),
            ("validation", Split::Validation),
            ("dev", Split::Validation),
            ("test", Split::Test),
        ],
    );
    let by_letter =
        take(&mut words, &[("mc", true), ("rc", false), ("cloze", false), ("cf", false), ("letters", true)]);
    let Some((known, subject)) = benchmark(&words) else {
        let metric = metric?;
        words.retain(|word| !ASIDE.contains(&word.as_str()));
        let task = words.join("_");
        return (!task.is_empty()).then(|| Named {
            task,
            shots: shots.unwrap_or(0),
            metric: metric.into(),
            chance: None,
            items: None,
        });
    };
    let mut task = known.task.to_owned();
    if let Some(subject) = &subject {
        task = format!("{task}_{subject}");
    }
    let by_letter = by_letter.unwrap_or(known.letters);
    if by_letter != known.letters {
        task += if by_letter { "_letters" } else { "_words" };
    }
    let own = split.unwrap_or(known.split);
    if own != known.split {
        task += if own == Split::Test { "_test" } else { "_validation" };
    }
    let metric = metric.unwrap_or("acc");
    let guessed = metric.starts_with("acc") || metric == "p_gold";
    Some(Named {
        task,
        shots: shots.unwrap_or(0),
        metric: metric.to_owned(),
        chance: guessed.then_some(known.chance),
        // A subject of a benchmark is smaller than the whole.
        items: if subject.is_none() { known.items(own) } else { None },
    })
}

/// The name in lower case, cut at everything that separates words.
pub(super) fn words(column: &str) -> Vec<String> {
    let words = column.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Takes out how many examples come before each question: `5shot`, `5-shot`, `shot_5`.
fn shots(words: &mut Vec<String>) -> Option<usize> {
    let at = words.iter().position(|word| word.trim_end_matches('s').ends_with("shot") || word == "fewshot")?;
    let glued = words[at].trim_end_matches('s').trim_end_matches("shot").parse().ok();
    let spelled = match words[at].trim_end_matches('s') {
        "zeroshot" => Some(0),
        "oneshot" => Some(1),
        _ => None,
    };
    if let Some(shots) = glued.or(spelled) {
        words.remove(at);
        return Some(shots);
    }
    let neighbour = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().find_map(|index| {
        let shots = words.get(index)?.parse().ok()?;
        Some((index, shots))
    });
    let (index, shots) = neighbour?;
    words.drain(index.min(at)..=index.max(at));
    Some(shots)
}

/// Takes out the first of the words that is one of these.
fn take<T: Copy>(words: &mut Vec<String>, known: &[(&str, T)]) -> Option<T> {
    let (at, told) = words.iter().enumerate().find_map(|(at, word)| {
        let (_, told) = known.iter().find(|(name, _)| name == word)?;
        Some((at, *told))
    })?;
    words.remove(at);
    Some(told)
}

/// The known benchmark of the longest name among the words, with what follows it in place of a part (`mmlu_anatomy`).
fn benchmark(words: &[String]) -> Option<(&'static Known, Option<String>)> {
    let spelled = KNOWN.iter().flat_map(|known| known.also.iter().chain([&known.task]).map(move |name| (known, *name)));
    let found = spelled.filter_map(|(known, name)| {
        let parts: Vec<&str> = name.split('_').collect();
        let at =
            words.windows(parts.len()).rposition(|own| own.iter().map(String::as_str).eq(parts.iter().copied()))?;
        Some((parts.len(), at, known))
    });
    let (length, at, known) = found.max_by_key(|(length, at, _)| (*length, *at))?;
    let rest: Vec<String> = words[at + length..]
        .iter()
        .filter(|word| !ASIDE.contains(&word.as_str()) && word.parse::<u64>().is_err())
        .cloned()
        .collect();
    Some((known, (!rest.is_empty()).then(|| rest.join("_"))))
}

#[cfg(test)]
mod tests;
