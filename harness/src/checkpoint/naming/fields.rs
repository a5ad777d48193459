//! Stages and seeds in names: `stage2-…`, `…-ingredient3-…`, `…-seed-default`.
//!
//! What varies of them is masked by a sign that no name holds, so that the rest of a name is read as if it were that of one run, and
//! is unmasked as `{stage}` and `{seed}` in the pattern that comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::chunks::is_separator;
use crate::checkpoint::pattern::number::run_of_digits;

/// Each field with its sign, and how a pattern writes it.
const SIGNS: [(char, &str); 2] = [('\u{e000}', "{stage}"), ('\u{e001}', "{seed}")];
/// Words before a field, with its place in [`SIGNS`].
const WORDS: [(&str, usize); 3] = [("stage", 0), ("seed", 1), ("ingredient", 1)];

/// Names whose stages and seeds are masked, each with the names that it stands for, in the order given.
pub(super) type Masked = Vec<(String, Vec<String>)>;

/// Masks what varies.
pub(super) fn masked(names: &[String]) -> Masked {
    let found: Vec<[Option<Range<usize>>; 2]> =
        names.iter().map(|name| [0, 1].map(|field| value(name, field))).collect();
    let varies = [0, 1].map(|field| {
        let values: BTreeSet<Option<&str>> =
            names.iter().zip(&found).map(|(name, at)| at[field].clone().map(|at| &name[at])).collect();
        values.len() > 1
    });
    let (mut masked, mut place) = (Masked::new(), BTreeMap::new());
    for (name, at) in names.iter().zip(found) {
        let mut places: Vec<(Range<usize>, char)> = (0..2)
            .filter(|field| varies[*field])
            .filter_map(|field| Some((at[field].clone()?, SIGNS[field].0)))
            .collect();
        places.sort_by_key(|(at, _)| std::cmp::Reverse(at.start));
        let mut own = name.clone();
        for (at, sign) in places {
            own.replace_range(at, sign.encode_utf8(&mut [0; 4]));
        }
        let at = *place.entry(own.clone()).or_insert_with(|| {
            masked.push((own, Vec::new()));
            masked.len() - 1
        });
        masked[at].1.push(name.clone());
    }
    masked
}

/// Whether a pattern holds a masked field.
pub(super) fn is_masked(pattern: &str) -> bool {
    SIGNS.iter().any(|(sign, _)| pattern.contains(*sign))
}

/// A pattern as the run file writes it.
pub(super) fn unmasked(pattern: &str) -> String {
    SIGNS.iter().fold(pattern.to_owned(), |pattern, (sign, field)| pattern.replace(*sign, field))
}

/// Two patterns as one, where the longer has something more in one place that tells a stage or a seed: `stage{stage}-step{step}` and
/// `stage{stage}-ingredient{seed}-step{step}` are `stage{stage}-[ingredient{seed}-]step{step}`.
pub(super) fn joined(short: &str, long: &str) -> Option<String> {
    let more = long.len().checked_sub(short.len()).filter(|more| *more > 0)?;
    let cuts = (0..=short.len()).filter(|at| short.is_char_boundary(*at) && long.is_char_boundary(*at));
    let fits = |at: &usize| long.starts_with(&short[..*at]) && long.ends_with(&short[*at..]);
    let pieces: Vec<(usize, &str)> = cuts.filter(fits).filter_map(|at| Some((at, long.get(at..at + more)?))).collect();
    let ends = |(_, piece): &&(usize, &str)| piece.trim_end_matches(']').ends_with(is_separator);
    let begins = |(_, piece): &&(usize, &str)| piece.starts_with(is_separator);
    let (at, piece) = pieces.iter().find(ends).or(pieces.iter().find(begins)).or(pieces.last())?;
    let is_closed = piece.matches('[').count() == piece.matches(']').count();
    let tells = is_masked(piece) && !piece.contains(['{', '/']) && is_closed;
    tells.then(|| format!("{}[{piece}]{}", &short[..*at], &short[*at..]))
}

/// Where the value of a field stands in a name: the number behind its word; behind `seed` at the end of a name any words.
fn value(name: &str, field: usize) -> Option<Range<usize>> {
    let lower = name.to_ascii_lowercase();
    let mut words = WORDS.iter().filter(|(_, of)| *of == field);
    words.find_map(|(word, _)| value_after(name, &lower, word))
}

fn value_after(name: &str, lower: &str, word: &str) -> Option<Range<usize>> {
    let (at, _) = lower.match_indices(word).find(|(at, _)| !name[..*at].ends_with(char::is_alphanumeric))?;
    let behind = at + word.len();
    let start = behind + name[behind..].len() - name[behind..].trim_start_matches(['-', '_', '=']).len();
    let digits = run_of_digits(&name[start..]);
    let after = &name[start + digits..];
    if digits > 0 && !after.starts_with(char::is_alphanumeric) {
        return Some(start..start + digits);
    }
    let is_last = word == "seed" && start > behind && !after.contains('/') && !after.contains("step");
    (is_last && digits == 0 && !after.is_empty()).then_some(start..name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(names: &str) -> Vec<String> {
        let names: Vec<String> = names.split(' ').map(str::to_owned).collect();
        masked(&names).into_iter().map(|(name, _)| unmasked(&name)).collect()
    }

    #[test]
    fn what_varies_is_masked() {
        let cases: [(&str, &[&str]); 6] = [
            ("stage1-step5 stage2-step5", &["stage{stage}-step5"]),
            ("stage1-step5 stage1-step6", &["stage1-step5", "stage1-step6"]),
            ("stage1-step5 step7", &["stage{stage}-step5", "step7"]),
            ("step5-seed-default step5-seed-small-aux-2", &["step5-seed-{seed}"]),
            ("seed_1-step5 seed_22-step5", &["seed_{seed}-step5"]),
            ("linseed1-step5 linseed2-step5", &["linseed1-step5", "linseed2-step5"]),
        ];
        for (names, wanted) in cases {
            assert_eq!(told(names), wanted, "{names}");
        }
    }

    #[test]
    fn patterns_are_joined_where_one_tells_more() {
        let (stage, seed) = (SIGNS[0].0, SIGNS[1].0);
        let join = |short: &str, long: &str| joined(short, long).map(|joined| unmasked(&joined));
        let long = format!("stage{stage}-ingredient{seed}-step{{step}}");
        let joint = Some("stage{stage}-[ingredient{seed}-]step{step}".to_owned());
        assert_eq!(join(&format!("stage{stage}-step{{step}}"), &long), joint);
        assert_eq!(join("step{step}", &format!("stage{stage}-step{{step}}")), Some("[stage{stage}-]step{step}".into()));
        let both = joined("step{step}", &joined(&format!("stage{stage}-step{{step}}"), &long).unwrap());
        assert_eq!(both.map(|both| unmasked(&both)), Some("[stage{stage}-[ingredient{seed}-]]step{step}".into()));
        assert_eq!(join("step{step}", "ema-step{step}"), None, "another kind of checkpoint");
        assert_eq!(join("step{step}", &format!("stage{stage}-iter{{step}}")), None);
    }
}
