//! Needles: sentences that give the codes of lockers. After the needle tasks of RULER with numbers as values.

use std::sync::Arc;

use super::body::Body;
use super::haystack::Haystack;
use super::rows::{Asked, Text};
use super::spec::LongSpec;
use super::words::{lockers, numbers};
use crate::icl::Dice;

/// What stands first in a text with needles.
pub(super) const BEFORE: &str = "The notes below give the codes of some lockers. Remember the codes.\n\n";
/// Digits of a code.
const DIGITS: u32 = 7;
/// Choices of each question.
const CHOICES: usize = 4;

/// The texts with number `number`: of a single needle one for each depth, of several one that is asked for each of its lockers.
pub(super) fn texts(spec: &LongSpec, body: &Arc<Body>, number: usize) -> Vec<Text> {
    if spec.keys * spec.values > 1 {
        return vec![several(spec, body, number)];
    }
    let single = |(at, depth): (usize, f64)| {
        let mut dice = Dice::new("needle", number * 1000 + at);
        let locker = lockers(&mut dice, 1).remove(0);
        let mut codes = numbers(&mut dice, DIGITS, CHOICES);
        let code = codes.remove(0);
        let needles = vec![(depth, sentence(&locker, &code, 1))];
        let asked = Asked {
            question: question(&locker, 1),
            right: code.clone(),
            wrong: codes,
            answers: vec![code],
            depth: Some(depth),
        };
        Text { haystack: Haystack { before: BEFORE, body: Arc::clone(body), needles }, asked: vec![asked] }
    };
    spec.depths().into_iter().enumerate().map(single).collect()
}

/// Codes of several lockers, or several of each, evenly between the beginning and the end, in any order.
fn several(spec: &LongSpec, body: &Arc<Body>, number: usize) -> Text {
    let mut dice = Dice::new("needles", number);
    let names = lockers(&mut dice, spec.keys);
    let mut owners: Vec<usize> = (0..spec.keys * spec.values).map(|needle| needle % spec.keys).collect();
    dice.shuffle(&mut owners);
    let last = (owners.len() - 1).max(1) as f64;
    let spare = (CHOICES - 1) * spec.values;
    let codes = numbers(&mut dice, DIGITS, owners.len() + spare);
    let needles: Vec<(f64, usize, &String)> =
        owners.iter().zip(&codes).enumerate().map(|(at, (&owner, code))| (at as f64 / last, owner, code)).collect();
    let of = |owner: usize| needles.iter().filter(move |needle| needle.1 == owner);
    let list = |owner: usize| joined(of(owner).map(|needle| needle.2));
    let made_up = codes[owners.len()..].chunks(spec.values).map(|codes| joined(codes.iter()));
    let asked = (0..spec.keys).map(|owner| {
        // The codes of other lockers, and where there are too few of them, codes that nobody has.
        let others = (1..spec.keys).map(|away| list((owner + away) % spec.keys));
        Asked {
            question: question(&names[owner], spec.values),
            right: list(owner),
            wrong: others.chain(made_up.clone()).take(CHOICES - 1).collect(),
            answers: of(owner).map(|needle| needle.2.clone()).collect(),
            depth: (spec.values == 1).then(|| of(owner).map(|needle| needle.0).sum()),
        }
    });
    let asked = asked.collect();
    let needles =
        needles.iter().map(|(depth, owner, code)| (*depth, sentence(&names[*owner], code, spec.values))).collect();
    Text { haystack: Haystack { before: BEFORE, body: Arc::clone(body), needles }, asked }
}

fn joined<'a>(codes: impl Iterator<Item = &'a String>) -> String {
    codes.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn sentence(locker: &str, code: &str, codes: usize) -> String {
    let article = if codes == 1 { "The" } else { "One" };
    format!("{article} code of the {locker} locker is {code}.")
}

fn question(locker: &str, codes: usize) -> String {
    match codes {
        1 => format!(
            "\n\nQuestion: What is the code of the {locker} locker?\nAnswer: The code of the {locker} locker is"
        ),
        _ => format!(
            "\n\nQuestion: What are the {codes} codes of the {locker} locker?\nAnswer: The codes of the {locker} locker are"
        ),
    }
}
