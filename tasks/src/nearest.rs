//! The known name that a misspelt one was probably meant to be.

/// The name in `known` nearest to `word`, when one is near enough to be worth suggesting.
///
/// Near is a Damerau-Levenshtein distance of at most a third of the longer word, or a known name that starts with the word.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let distance = |name: &str| {
        let name = name.to_lowercase();
        let steps = strsim::damerau_levenshtein(&word, &name);
        let limit = (word.chars().count().max(name.chars().count()) / 3).max(1);
        let begins = word.len() >= 3 && name.starts_with(&word);
        (steps <= limit || begins).then_some(if begins { steps.min(1) } else { steps })
    };
    known
        .into_iter()
        .filter_map(|name| distance(name).map(|steps| (steps, name)))
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, name)| name)
}

/// The end of a message or a help line: the nearest known name, or all of them when there are few.
pub(crate) fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(name) = nearest(word, known.clone()) {
        return format!("did you mean `{name}`?");
    }
    let all: Vec<&str> = known.into_iter().collect();
    if all.len() > 40 { "no known name is near it".into() } else { format!("known are: {}", all.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_mended_and_nonsense_is_not() {
        let known = ["hellaswag", "arc_easy", "mmlu", "mmlu_stem"];
        assert_eq!(nearest("helaswag", known), Some("hellaswag"));
        assert_eq!(nearest("ARC_esay", known), Some("arc_easy"));
        assert_eq!(nearest("mmlu_s", known), Some("mmlu_stem"));
        assert_eq!(nearest("quizzes", known), None);
    }
}
