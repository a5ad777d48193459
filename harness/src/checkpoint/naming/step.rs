//! Which number of a checkpoint's name is its step.
//!
//! The number after a word such as `step`, `iter` or `checkpoint` is; without such a word the only number that stands alone. Never a
//! date, an epoch, a version, a precision or a hash: where two numbers may be meant, none is taken.

use std::ops::Range;

use super::chunks::{date_at, is_separator};
use crate::checkpoint::pattern::number::{Units, number, run_of_digits};

/// Words before a step, the surest first. In one of the first kind any word may end: `global_step`, `trainstep`.
const STEP_WORDS: [&[&str]; 3] = [
    &["step", "steps"],
    &["iter", "iters", "iteration", "iterations", "itr", "update", "updates", "batch", "ba"],
    &["checkpoint", "ckpt", "chkpt", "chkpnt", "cp"],
];

/// Words before numbers that are not steps.
const OTHER_WORDS: [&str; 36] = [
    "v", "ver", "version", "bf", "fp", "f", "int", "q", "epoch", "epochs", "ep", "e", "seed", "s", "rank", "shard",
    "part", "gpu", "node", "run", "exp", "trial", "stage", "phase", "fold", "layer", "lr", "bs", "tp", "pp", "dp",
    "mp", "tokens", "token", "tok", "top",
];

/// A hash is at least so long.
const HASH_CHARS: usize = 6;

/// The step of a name, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) value: u64,
    /// Bytes of the number, its unit included.
    pub(super) place: Range<usize>,
}

/// The step of `name`, or why none can be told.
pub(super) fn step_of(name: &str) -> Result<Step, String> {
    let numbers = numbers(name);
    for words in STEP_WORDS {
        let any_end = words[0] == "step";
        let is_named = |number: &&Found| {
            words.contains(&number.word.as_str())
                || any_end && (number.word.ends_with("step") || number.word.ends_with("steps"))
        };
        let mut named = numbers.iter().filter(is_named).filter(|number| !number.is_date);
        if let Some(last) = named.next_back() {
            if let Some(other) = named.find(|other| other.step.value != last.step.value) {
                return Err(format!("its step may be {} or {}", other.step.value, last.step.value));
            }
            // `checkpoint_1_5000`: epoch and update for some, a step and something else for others.
            let after = numbers.iter().find(|number| number.step.place.start == last.step.place.end + 1);
            return match after.filter(|after| words[0] == "checkpoint" && after.stands_alone && !after.is_date) {
                Some(after) => Err(format!("its step may be {} or {}", last.step.value, after.step.value)),
                None => without_thousands(name, last),
            };
        }
    }
    let may_be =
        |number: &&Found| number.stands_alone && !number.is_date && !OTHER_WORDS.contains(&number.word.as_str());
    let mut alone: Vec<&Found> = numbers.iter().filter(may_be).collect();
    if alone.is_empty() && numbers.len() == 1 && !is_hash(name, &numbers[0].step.place) {
        // `étape9`: no word that is known, but a word.
        alone = numbers
            .iter()
            .filter(|n| !n.word.is_empty() && !n.is_date && !OTHER_WORDS.contains(&n.word.as_str()))
            .collect();
        alone.retain(|number| {
            number.step.place.end == name.len() || name[number.step.place.end..].starts_with(is_separator)
        });
    }
    match alone.as_slice() {
        [only] if only.has_unit => Err(format!("`{}` may be steps or tokens", &name[only.step.place.clone()])),
        [only] => without_thousands(name, only),
        [] => Err("no step in its name".into()),
        [first, .., last] => Err(format!("its step may be {} or {}", first.step.value, last.step.value)),
    }
}

/// The step, unless three digits follow it behind a mark that may part thousands: `1,000`, `1_000`.
fn without_thousands(name: &str, found: &Found) -> Result<Step, String> {
    let Range { start, end } = found.step.place;
    let behind = name[end..].strip_prefix([',', '_', '\'', ' ']).unwrap_or_default();
    if found.has_unit || end - start > 3 || run_of_digits(behind) != 3 {
        return Ok(found.step.clone());
    }
    Err(format!("its step may be {} or {}{}", found.step.value, found.step.value, &behind[..3]))
}

/// A number of a name.
struct Found {
    step: Step,
    /// The letters before it, in lower case, perhaps with separators between.
    word: String,
    /// No letters touch it, or its unit alone.
    stands_alone: bool,
    has_unit: bool,
    is_date: bool,
}

fn numbers(name: &str) -> Vec<Found> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(offset) = name[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + offset;
        let before = &name[..start];
        if let Some(length) = date_at(name, start) {
            let place = start..start + length;
            found.push(Found {
                step: Step { value: 0, place },
                word: String::new(),
                stands_alone: true,
                has_unit: false,
                is_date: true,
            });
            at = start + length;
            continue;
        }
        let read = number(&name[start..], Units::OfSteps);
        let length = read.as_ref().map_or_else(|| run_of_digits(&name[start..]), |read| read.length);
        let after = &name[start + length..];
        let decimals = after.strip_prefix('.').map_or(0, run_of_digits);
        let is_decimal =
            decimals > 0 || before.ends_with('.') && before[..start - 1].ends_with(|c: char| c.is_ascii_digit());
        if let Some(read) = read.filter(|_| !is_decimal && !is_hash(name, &(start..start + length))) {
            let trimmed = before.trim_end_matches(|c: char| is_separator(c) && c != '/');
            let word = trimmed.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
            // Of `500steps-4B` the word goes with the 500.
            let is_taken = found.last().is_some_and(|last: &Found| {
                is_before_steps(&name[last.step.place.end..])
                    && name[last.step.place.end..start].trim_matches(is_separator) == word
            });
            let word = match (is_before_steps(after), is_taken) {
                (true, _) => "steps".into(),
                (false, true) => String::new(),
                (false, false) => word,
            };
            let touches = before.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
            found.push(Found {
                step: Step { value: read.value, place: start..start + length },
                word,
                stands_alone: !touches,
                has_unit: read.has_unit,
                is_date: false,
            });
        }
        at = start + length + if decimals > 0 { 1 + decimals } else { 0 };
    }
    found
}

/// Whether the word after a number says that it counts steps: `500steps`, `10k-steps`, but not `-step-500`.
fn is_before_steps(after: &str) -> bool {
    let touching = after.strip_prefix("step");
    let parted = after.strip_prefix(is_separator).and_then(|after| after.strip_prefix("step"));
    let ends = |rest: &str| !rest.starts_with(char::is_alphanumeric);
    let behind = |rest: &str| rest.strip_prefix('s').unwrap_or(rest).to_owned();
    let names_no_other = |rest: &str| !rest.trim_start_matches(is_separator).starts_with(|c: char| c.is_ascii_digit());
    touching.map(behind).is_some_and(|rest| ends(&rest))
        || parted.map(behind).is_some_and(|rest| ends(&rest) && names_no_other(&rest))
}

/// Whether the digits at `place` are part of a hash: hexadecimal digits of both kinds, without another letter.
fn is_hash(name: &str, place: &Range<usize>) -> bool {
    let is_in = |c: char| c.is_alphanumeric();
    let start = name[..place.start]
        .rfind(|c| !is_in(c))
        .map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
    let end = name[place.end..].find(|c| !is_in(c)).map_or(name.len(), |at| place.end + at);
    let mut chunk = &name[start..end];
    let word = name[start..place.start].to_lowercase();
    if STEP_WORDS.iter().any(|words| words.contains(&word.as_str())) {
        chunk = &name[place.start..end]; // `ba1000` could be one, but for its word
    }
    // `step9f00a1` is a word and a hash, `1000tokens4` none.
    if let Some(at) = chunk.rfind(|c: char| !c.is_ascii_hexdigit()) {
        if end - chunk.len() + at >= place.end {
            return false;
        }
        chunk = &chunk[at + chunk[at..].chars().next().map_or(1, char::len_utf8)..];
    }
    chunk.len() >= HASH_CHARS && chunk.contains(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_is_the_number_that_says_so() {
        let cases = [
            ("checkpoint-1200", 1200),
            ("checkpoint_1200", 1200),
            ("ckpt-1000-v2", 1000),
            ("checkpoint-1000-bf16", 1000),
            ("checkpoint-1000-merged", 1000),
            ("checkpoint-1000-ema", 1000),
            ("ema-checkpoint-1000", 1000),
            ("iter_0000042_hf", 42),
            ("iter_0001000", 1000),
            ("iter_1000/hf", 1000),
            ("global_step1000", 1000),
            ("globalstep1000", 1000),
            ("model_step_1000", 1000),
            ("modelStep1000", 1000),
            ("step1000", 1000),
            ("step=1000", 1000),
            ("1000", 1000),
            ("0001000", 1000),
            ("1000/hf", 1000),
            ("step1000-tokens4B", 1000),
            ("step1000tokens4B", 1000),
            ("step3000-tokens16.78B", 3000),
            ("epoch=0-step=1000", 1000),
            ("epoch=0-step=1000.ckpt", 1000),
            ("epoch=1-step=1000-val_loss=2.31", 1000),
            ("ep0-ba1000", 1000),
            ("checkpoint-12-step-1000", 1000),
            ("2026-01-01_step1000", 1000),
            ("step1000_2026-01-01", 1000),
            ("20260101-checkpoint-1000", 1000),
            ("step-500k", 500_000),
            ("step-1M", 1_000_000),
            ("step_1.5M", 1_500_000),
            ("TinyLlama-1.1B-intermediate-step-50K-105b", 50_000),
            ("zamba2-7b-step1000", 1000),
            ("zamba2-1000", 1000),
            ("model-1000", 1000),
            ("étape9", 9),
            ("step1000-9f00a1", 1000),
            ("seed1-step1000", 1000),
            ("500steps", 500),
            ("10ksteps", 10_000),
            ("run-500_steps", 500),
            ("seed1_500steps-4B", 500),
            ("epoch-1-step-500", 500),
        ];
        for (name, step) in cases {
            assert_eq!(step_of(name).map(|found| found.value), Ok(step), "{name}");
        }
    }

    #[test]
    fn where_two_may_be_meant_none_is_taken() {
        for name in [
            "0123abc456",
            "9f00a1",
            "step9f00a1",
            "final",
            "latest",
            "best",
            "main",
            "epoch-3",
            "epoch_3",
            "v2",
            "run-1",
            "seed2",
            "bf16",
            "2026-01-01",
            "20260101",
            "checkpoint-20260101",
            "checkpoint_1_5000",
            "step-1,000",
            "step_1_000",
            "step-1 000",
            "step-12'500",
            "100B",
            "500k",
            "step10-step20",
            "1-2",
            "7B",
            "16.78B",
            "step99999999999999999999999",
        ] {
            assert!(step_of(name).is_err(), "{name}: {:?}", step_of(name));
        }
    }
}
