//! Checks on the words of a reply.

use super::text_match::{Match, exact, excerpt, fold};
use super::{Finding, Pattern, Texts};

fn listed(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}

fn all_of(texts: &Texts) -> String {
    listed(&texts.iter().map(|text| &**text).collect::<Vec<_>>())
}

pub(super) fn equals(said: &str, value: &str, fold: fn(&str) -> String) -> Finding {
    let bare = |text: &str| fold(text).trim().to_owned();
    Finding::of(bare(said) == bare(value), format!("`{value}` and nothing else"), excerpt(said))
}

pub(super) fn starts_with(said: &str, value: &str) -> Finding {
    let (said_plain, value_plain) = (exact(said), exact(value));
    let holds = said_plain.trim_start().starts_with(value_plain.trim_start());
    Finding::of(holds, format!("starts with `{value}`"), excerpt(said))
}

pub(super) fn contains(said: &str, value: &str, min: Option<usize>, how: Match) -> Finding {
    let (found, wanted) = (how.count(&(how.fold)(said), value), min.unwrap_or(1));
    let times = if wanted == 1 { String::new() } else { format!(" at least {wanted} times") };
    let score = (found as f64 / wanted as f64).min(1.0);
    Finding::scored(score, format!("contains `{value}`{times}"), format!("found {found} times"))
}

pub(super) fn contains_all(said: &str, values: &Texts, how: Match) -> Finding {
    let folded = (how.fold)(said);
    let missing: Vec<&str> =
        values.iter().map(|value| &**value).filter(|value| how.count(&folded, value) == 0).collect();
    let actual = if missing.is_empty() { "all found".into() } else { format!("without {}", listed(&missing)) };
    let score = (values.len() - missing.len()) as f64 / values.len() as f64;
    Finding::scored(score, format!("contains all of {}", all_of(values)), actual)
}

pub(super) fn contains_any(said: &str, values: &Texts, how: Match) -> Finding {
    let folded = (how.fold)(said);
    let found: Vec<&str> = values.iter().map(|value| &**value).filter(|value| how.count(&folded, value) > 0).collect();
    let actual = if found.is_empty() { "none found".into() } else { format!("found {}", listed(&found)) };
    Finding::of(!found.is_empty(), format!("contains one of {}", all_of(values)), actual)
}

pub(super) fn matches(said: &str, pattern: &Pattern) -> Finding {
    let found = pattern.find(said);
    let actual = found.map_or_else(|| "no match".into(), |found| format!("found {}", excerpt(found.as_str())));
    Finding::of(found.is_some(), format!("matches `{}`", pattern.as_str()), actual)
}

/// The text in lower case without white space, quotation marks and punctuation at its ends.
fn bare(text: &str) -> String {
    fold(text).trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

pub(super) fn one_of(said: &str, values: &Texts) -> Finding {
    let said_bare = bare(said);
    let holds = values.iter().any(|value| {
        let value_bare = bare(value);
        if value_bare.is_empty() { exact(said).trim() == exact(value).trim() } else { said_bare == value_bare }
    });
    Finding::of(holds, format!("one of {}", all_of(values)), excerpt(said))
}

/// Each text is looked for after the one before it.
pub(super) fn in_order(said: &str, values: &Texts) -> Finding {
    let folded = fold(said);
    let (mut rest, mut missed) = (folded.as_str(), Vec::new());
    for value in values.iter() {
        let wanted = fold(value);
        match rest.find(&wanted) {
            Some(at) => rest = &rest[at + wanted.len()..],
            None => missed.push(&**value),
        }
    }
    let actual =
        if missed.is_empty() { "in this order".into() } else { format!("not in its place: {}", listed(&missed)) };
    let score = (values.len() - missed.len()) as f64 / values.len() as f64;
    Finding::scored(score, format!("{} in this order", all_of(values)), actual)
}
