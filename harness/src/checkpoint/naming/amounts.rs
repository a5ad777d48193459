//! Checkpoints that are named by their tokens (or words) alone: `tokens-200M`, `16.78B`, `240b_tokens`, `chck_10M`.

use std::collections::BTreeMap;

use super::chunks::is_separator;
use super::{FEWEST_TOKENS, Naming, TOKENS};
use crate::checkpoint::pattern::number::{Units, number, run_of_digits};

/// Words before an amount that is counted in words: the branches of `BabyLM` runs.
const OF_WORDS: [&str; 4] = ["chck", "words", "word", "w"];

/// An amount in a name.
struct Amount<'n> {
    before: &'n str,
    after: &'n str,
    value: u64,
    /// Something says that it is no step: the word before it or behind it, or a unit that steps never have.
    is_sure: bool,
    counts_words: bool,
}

impl<'n> Amount<'n> {
    /// The only amount with a unit of a name.
    fn of(name: &'n str) -> Option<Self> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(offset) = name[at..].find(|c: char| c.is_ascii_digit()) {
            let start = at + offset;
            let read = number(&name[start..], Units::OfTokens);
            let length = read.as_ref().map_or_else(|| run_of_digits(&name[start..]), |read| read.length).max(1);
            found.extend(read.filter(|read| read.has_unit && read.value >= FEWEST_TOKENS).map(|read| (start, read)));
            at = start + length;
        }
        let [(start, read)] = found.as_slice() else { return None };
        let (before, rest) = name.split_at(*start);
        let (printed, after) = rest.split_at(read.length);
        let last = |text: &str| {
            text.trim_end_matches(is_separator).rsplit(|c: char| !c.is_alphabetic()).next().map(str::to_lowercase)
        };
        let next = |text: &str| {
            text.trim_start_matches(is_separator).split(|c: char| !c.is_alphabetic()).next().map(str::to_lowercase)
        };
        let words = [last(before), next(after)].into_iter().flatten().collect::<Vec<_>>();
        let says = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        let is_sure = says(&TOKENS) || says(&OF_WORDS) || printed.contains(['b', 'B', 't', 'T', 'G']);
        Some(Self { before, after, value: read.value, is_sure, counts_words: says(&OF_WORDS) })
    }
}

/// The checkpoints that their names place by an amount, as far as they share a pattern.
pub(super) fn naming(names: &[String]) -> Option<Naming> {
    let mut groups: BTreeMap<(&str, &str), Vec<(&String, Amount<'_>)>> = BTreeMap::new();
    for name in names {
        let Some(amount) = Amount::of(name) else { continue };
        groups.entry((amount.before, amount.after)).or_default().push((name, amount));
    }
    groups.retain(|_, group| group.iter().any(|(_, amount)| amount.is_sure));
    let ((before, after), group) = groups.into_iter().max_by_key(|(_, group)| group.len())?;
    let field = if group.iter().all(|(_, amount)| amount.counts_words) { "{words}" } else { "{tokens}" };
    let mut names: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for (name, amount) in group {
        names.entry(amount.value).or_default().push(name.clone());
    }
    let is_told_once = names.values().all(|names| names.len() == 1);
    is_told_once.then(|| Naming { pattern: format!("{before}{field}{after}"), variant: None, names })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_from_steps() {
        let cases: [(&str, Option<(&str, &[u64])>); 8] = [
            ("tokens-200M tokens-9.6B main", Some(("tokens-{tokens}", &[200_000_000, 9_600_000_000]))),
            ("16.78B 33.55B", Some(("{tokens}", &[16_780_000_000, 33_550_000_000]))),
            ("240b_tokens 1001b_tokens", Some(("{tokens}_tokens", &[240_000_000_000, 1_001_000_000_000]))),
            ("chck_1M chck_10M", Some(("chck_{words}", &[1_000_000, 10_000_000]))),
            ("1.1B-105b 1.1B-503b", None),
            ("500M 600M", None),
            ("zamba2 mamba2", None),
            ("v2-bf16 v2-bf16-2", None),
        ];
        for (names, wanted) in cases {
            let names: Vec<String> = names.split(' ').map(str::to_owned).collect();
            let found = naming(&names).map(|found| (found.pattern, found.names.into_keys().collect::<Vec<_>>()));
            assert_eq!(found, wanted.map(|(pattern, values)| (pattern.to_owned(), values.to_vec())), "{names:?}");
        }
    }
}
