//! Needles: sentences that give the codes of lockers. After the needle tasks of RULER with numbers as values.

use std::sync::Arc;

use super::body::Body;
use super::haystack::Haystack;
use super::rows::{Asked, Text};
use super::spec::LongSpec;
use super::words::{lockers, numbers};
use crate::icl::Dice;

const BEFORE: &str = "The notes below give the codes of some lockers. Remember the codes.\n\n";
/// Digits of a code.
const DIGITS: u32 = 7;
/// Choices of each question.
const CHOICES: usize = 4;

/// The texts with number `number`: of a single needle one for each depth, of several one that is asked for each of its lockers, or for as
/// many of them at once as `queries` says (the multi-query needle of RULER's section 3).
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
            question: question(&[&locker], 1),
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
    let answered = spec.queries * spec.values; // codes of an answer
    let codes = numbers(&mut dice, DIGITS, owners.len() + (CHOICES - 1) * answered);
    let needles: Vec<(f64, usize, &String)> =
        owners.iter().zip(&codes).enumerate().map(|(at, (&owner, code))| (at as f64 / last, owner, code)).collect();
    let of = |owner: usize| needles.iter().filter(move |needle| needle.1 == owner);
    let list = |owners: &[usize]| joined(owners.iter().flat_map(|&owner| of(owner)).map(|needle| needle.2));
    let made_up = codes[owners.len()..].chunks(answered).map(|codes| joined(codes.iter()));
    let all: Vec<usize> = (0..spec.keys).collect();
    let together: Vec<&[usize]> = all.chunks_exact(spec.queries).collect();
    let asked = together.iter().enumerate().map(|(at, &group)| {
        // The codes of other lockers, the right ones in the order of others, and where there are too few of them, codes that nobody has.
        let others = (1..together.len()).map(|away| list(together[(at + away) % together.len()]));
        let turned = (1..group.len()).map(|by| list(&[&group[by..], &group[..by]].concat()));
        let asked_for: Vec<&str> = group.iter().map(|&owner| names[owner].as_str()).collect();
        Asked {
            question: question(&asked_for, spec.values),
            right: list(group),
            wrong: others.chain(turned).chain(made_up.clone()).take(CHOICES - 1).collect(),
            answers: group.iter().flat_map(|&owner| of(owner)).map(|needle| needle.2.clone()).collect(),
            depth: (answered == 1).then(|| of(group[0]).map(|needle| needle.0).sum()),
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

/// What is asked of `lockers`, each of which has so many `codes`, up to where the answer begins.
fn question(lockers: &[&str], codes: usize) -> String {
    let named: Vec<String> = lockers.iter().map(|locker| format!("the {locker} locker")).collect();
    let (last, before) = named.split_last().expect("no question asks for nothing");
    let whose = if before.is_empty() { last.clone() } else { format!("{} and {last}", before.join(", ")) };
    let (what, of_what) = match (before.is_empty(), codes) {
        (true, 1) => {
            return format!("\n\nQuestion: What is the code of {whose}?\nAnswer: The code of {whose} is");
        }
        (true, _) => (format!("the {codes} codes of {whose}"), whose),
        (false, 1) => (format!("the codes of {whose}, in this order"), whose),
        (false, _) => (format!("the {codes} codes of each of {whose}, in this order"), whose),
    };
    format!("\n\nQuestion: What are {what}?\nAnswer: The codes of {of_what} are")
}
