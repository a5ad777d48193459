//! Filters between a model's reply and what is compared with the target (`filter_list` of lm-evaluation-harness).

use regex::Regex;

/// One step from a reply to what is compared.
#[derive(Debug, Clone)]
pub(crate) enum ReplyFilter {
    /// The pick-th match of the pattern, its first group where it has one; `fallback` where nothing matches.
    Regex {
        pattern: Regex,
        pick: isize,
        fallback: String,
    },
    /// White space at the start goes.
    RemoveWhitespace,
    Lowercase,
    Uppercase,
    /// ASCII punctuation goes.
    RemovePunctuation,
    /// All matches go.
    Remove(Regex),
}

impl PartialEq for ReplyFilter {
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

impl ReplyFilter {
    /// Names of `filter_list`'s functions.
    pub(crate) const NAMES: [&'static str; 5] = ["take_first", "regex", "remove_whitespace", "lowercase", "uppercase"];

    /// The text after this step.
    pub(crate) fn apply(&self, text: &str) -> String {
        match self {
            Self::Regex { pattern, pick, fallback } => {
                let found: Vec<&str> = pattern
                    .captures_iter(text)
                    .filter_map(|hit| hit.iter().skip(1).flatten().find(|m| !m.is_empty()).or(hit.get(0)))
                    .map(|hit| hit.as_str().trim())
                    .collect();
                let index = if *pick < 0 { found.len().checked_add_signed(*pick) } else { Some(*pick as usize) };
                index.and_then(|index| found.get(index)).map_or_else(|| fallback.clone(), |hit| (*hit).to_owned())
            }
            Self::RemoveWhitespace => text.trim_start().to_owned(),
            Self::Lowercase => text.to_lowercase(),
            Self::Uppercase => text.to_uppercase(),
            Self::RemovePunctuation => text.chars().filter(|c| !c.is_ascii_punctuation()).collect(),
            Self::Remove(pattern) => pattern.replace_all(text, "").into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ReplyFilter;
    use regex::Regex;

    #[test]
    fn the_last_number_is_found() {
        let pattern = Regex::new(r"(-?[0-9.,]{2,})|(-?[0-9]+)").unwrap();
        let last = ReplyFilter::Regex { pattern, pick: -1, fallback: "[invalid]".into() };
        assert_eq!(last.apply("first 3, then 41 apples"), "41");
        assert_eq!(last.apply("none"), "[invalid]");
    }
}
