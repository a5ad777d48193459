//! What the name of a column says: `eval/downstream/mmlu_stem_test_mc_5shot_len_norm` is MMLU stem, answered by letter after five
//! examples.

use super::known::{KNOWN, Known, Split};

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

/// Metrics under the names that others give them. Longer names come first.
const METRICS: &[(&str, &str)] = &[
    ("acc_norm_stderr", ""),
    ("acc_stderr", ""),
    ("soft_log", "log_p_gold"),
    ("acc_norm", "acc_norm"),
    ("accuracy_norm", "acc_norm"),
    ("len_norm", "acc_norm"),
    ("acc_per_char", "acc_norm"),
    ("acc_per_byte", "acc_bytes"),
    ("acc_bytes", "acc_bytes"),
    ("acc_raw", "acc"),
    ("accuracy", "acc"),
    ("correct_prob", "p_gold"),
    ("choice_prob_norm", "p_gold"),
    ("bits_per_byte", "bits_per_byte"),
    ("byte_perplexity", "byte_perplexity"),
    ("word_perplexity", "word_perplexity"),
    ("perplexity", "perplexity"),
    ("exact_match", "exact_match"),
    // LLM Foundry's
    ("incontextlearningmultiplechoiceaccuracy", "acc"),
    ("incontextlearninglmaccuracy", "acc"),
    ("incontextlearningqaaccuracy", "exact_match"),
    ("incontextlearninggenerationexactmatchaccuracy", "exact_match"),
    ("languagecrossentropy", "loss"),
    ("languageperplexity", "perplexity"),
    ("crossentropyloss", "loss"),
    ("ce_loss", "loss"),
    ("loss", "loss"),
    ("bpb", "bits_per_byte"),
    ("ppl", "perplexity"),
    ("soft", "p_gold"),
    ("acc", "acc"),
    ("em", "exact_match"),
    ("f1", "f1"),
];

/// A metric of another program under the name that it has here.
pub(in crate::import) fn metric_name(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    METRICS.iter().find(|(other, own)| *other == name && !own.is_empty()).map(|(_, own)| *own)
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
fn words(column: &str) -> Vec<String> {
    let words = column.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Takes the metric out: the last words that are the name of one.
fn metric(words: &mut Vec<String>) -> Option<&'static str> {
    let find = |end: usize| {
        let of = |parts: &&(&str, &'static str)| {
            let parts: Vec<&str> = parts.0.split('_').collect();
            end >= parts.len() && words[end - parts.len()..end] == parts[..]
        };
        METRICS.iter().find(of).map(|(name, metric)| (end, name.split('_').count(), *metric))
    };
    let (end, length, metric) = (1..=words.len()).rev().find_map(find)?;
    words.drain(end - length..end);
    // `downstream_bpb/…_bpb` says it twice.
    let twice = words
        .windows(length)
        .position(|part| METRICS.iter().any(|(name, own)| *own == metric && part.join("_") == *name));
    if let Some(at) = twice.filter(|_| metric != "acc") {
        words.drain(at..at + length);
    }
    Some(metric)
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
mod tests {
    use super::*;

    #[test]
    fn names_of_trackers_are_read() {
        // Column, task, shots, metric, chance, items.
        let read = [
            ("eval/downstream/mmlu_stem_test_mc_5shot_len_norm", "mmlu_stem", 5, "acc_norm", Some(0.25), Some(3018)),
            (
                "eval/downstream/mmlu_stem_test_rc_5shot_len_norm",
                "mmlu_stem_words",
                5,
                "acc_norm",
                Some(0.25),
                Some(3018),
            ),
            (
                "eval/downstream/mmlu_social_sciences_val_mc_5shot_len_norm",
                "mmlu_social_sciences_validation",
                5,
                "acc_norm",
                Some(0.25),
                None,
            ),
            ("eval/downstream_bpb/hellaswag_val_rc_5shot_bpb", "hellaswag", 5, "bits_per_byte", None, Some(10_042)),
            (
                "eval/downstream_soft_log/csqa_val_rc_5shot_soft_log",
                "commonsense_qa",
                5,
                "log_p_gold",
                None,
                Some(1221),
            ),
            ("eval/downstream_soft/arc_easy_test_rc_5shot_soft", "arc_easy", 5, "p_gold", Some(0.25), Some(2376)),
            ("eval/downstream/hellaswag_val_mc_5shot_acc", "hellaswag_letters", 5, "acc", Some(0.25), Some(10_042)),
            ("hellaswag/acc_norm", "hellaswag", 0, "acc_norm", Some(0.25), Some(10_042)),
            ("lm_eval/arc_challenge/acc_norm,none", "arc_challenge", 0, "acc_norm", Some(0.25), Some(1172)),
            ("lighteval|arc:easy|0/acc_norm", "arc_easy", 0, "acc_norm", Some(0.25), Some(2376)),
            ("mmlu_anatomy/acc", "mmlu_anatomy", 0, "acc", Some(0.25), None),
            (
                "metrics/arc_challenge/25-shot/InContextLearningMultipleChoiceAccuracy",
                "arc_challenge",
                25,
                "acc",
                Some(0.25),
                Some(1172),
            ),
            ("PIQA (0-shot)", "piqa", 0, "acc", Some(0.5), Some(1838)),
            ("MMLU 5-shot accuracy", "mmlu", 5, "acc", Some(0.25), Some(14_042)),
            ("eval/my_task/accuracy", "my_task", 0, "acc", None, None),
            ("eval/c4_en-validation/CrossEntropyLoss", "c4_en", 0, "loss", None, None),
        ];
        for (column, task, shots, metric, chance, items) in read {
            let wanted = Named { task: task.into(), shots, metric: metric.into(), chance, items };
            assert_eq!(named(column), Some(wanted), "{column}");
        }
        for column in [
            "_step",
            "learning_rate_peak",
            "batch_size_in_tokens",
            "throughput",
            "hellaswag/acc_norm_stderr",
            "_timestamp",
        ] {
            assert_eq!(named(column), None, "{column}");
        }
    }
}
