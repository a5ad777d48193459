//! Needles: sentences that give the codes of lockers. After the needle tasks of RULER with numbers as values.

use std::ops::Range;
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
    let codes = numbers(&mut dice, DIGITS, owners.len() + CHOICES - 1);
    let needles: Vec<(f64, usize, &String)> =
        owners.iter().zip(&codes).enumerate().map(|(at, (&owner, code))| (at as f64 / last, owner, code)).collect();
    let of = |owner: usize| needles.iter().filter(move |needle| needle.1 == owner);
    let all: Vec<usize> = (0..spec.keys).collect();
    let asked = all.chunks_exact(spec.queries).map(|group| {
        let right: Vec<&String> = group.iter().flat_map(|&owner| of(owner)).map(|needle| needle.2).collect();
        // The codes of other lockers, and where there are too few of them, codes that nobody has.
        let not_asked_for = needles.iter().filter(|needle| !group.contains(&needle.1));
        let mut others: Vec<&String> = not_asked_for.map(|needle| needle.2).collect();
        dice.shuffle(&mut others);
        others.extend(codes[owners.len()..].iter());
        let named: Vec<&str> = group.iter().map(|&owner| names[owner].as_str()).collect();
        Asked {
            question: question(&named, spec.values),
            right: joined(right.iter().copied()),
            wrong: wrong(&right, &others, spec.values, &mut dice),
            answers: right.iter().map(|code| (*code).clone()).collect(),
            depth: (answered == 1).then(|| of(group[0]).map(|needle| needle.0).sum()),
        }
    });
    let asked = asked.collect();
    let needles =
        needles.iter().map(|(depth, owner, code)| (*depth, sentence(&names[*owner], code, spec.values))).collect();
    Text { haystack: Haystack { before: BEFORE, body: Arc::clone(body), needles }, asked }
}

/// The wrong choices beside `right`, the codes of lockers of which each has so many `values`.
///
/// Of several codes two things are changed, at any places: one, the other, both. So no code alone tells the right choice, none of the
/// choices is the one that all others resemble, and whoever knows no code is right once in four times. (Wrong choices that each had another
/// code replaced would all resemble the right one, and guessing code by code would find it once in eight times.)
fn wrong(right: &[&String], others: &[&String], values: usize, dice: &mut Dice) -> Vec<String> {
    if right.len() == 1 {
        return others.iter().take(CHOICES - 1).map(|other| (*other).clone()).collect();
    }
    let mut places: Vec<usize> = (0..right.len()).collect();
    dice.shuffle(&mut places);
    let mut changes = [vec![(places[0], others[0])], vec![(places[1], others[1])]];
    // Lockers from three on: two of the others have changed codes, so that their order has to be known, too.
    let mut lockers: Vec<usize> = (0..right.len() / values).filter(|locker| *locker != places[0] / values).collect();
    if lockers.len() > 1 {
        dice.shuffle(&mut lockers);
        let (a, b) = (lockers[0] * values, lockers[1] * values);
        changes[1] = vec![(a, right[b]), (b, right[a])];
    }
    let changed = |which: Range<usize>| {
        let mut codes = right.to_vec();
        for &(place, code) in changes[which].iter().flatten() {
            codes[place] = code;
        }
        joined(codes.into_iter())
    };
    vec![changed(0..1), changed(1..2), changed(0..2)]
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
