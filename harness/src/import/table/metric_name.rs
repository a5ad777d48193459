//! Which of a column's words is its metric.

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

/// Takes the metric out: the last words that are the name of one.
pub(super) fn metric(words: &mut Vec<String>) -> Option<&'static str> {
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
