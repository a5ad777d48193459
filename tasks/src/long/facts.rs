//! Facts among filler: who went where, and what they carried. After the first two tasks of bAbI as `BABILong` hides them.

use std::sync::Arc;

use super::body::Body;
use super::haystack::Haystack;
use super::rows::{Asked, Text};
use crate::icl::Dice;

const BEFORE: &str = "Among the notes below it is told who went where. Remember where everybody and everything is.\n\n";
const PEOPLE: [&str; 8] = ["Mira", "Jonas", "Elif", "Tomas", "Ines", "Ravi", "Hanna", "Oskar"];
const ROOMS: [&str; 6] = ["attic", "cellar", "garage", "bedroom", "office", "bathroom"];
const THINGS: [&str; 8] =
    ["trumpet", "suitcase", "umbrella", "football", "teapot", "violin", "telescope", "typewriter"];
/// People of a text, each of whom is asked for.
const ASKED: usize = 4;
/// Times that each of them goes somewhere.
const MOVES: usize = 3;
/// Walks of others between theirs.
const BETWEEN: usize = 8;
/// The most walks of others before all of theirs, and after.
const AT_AN_END: usize = 4;

/// Text number `number`. With one hop it is asked where somebody is, with two where something is that somebody carried there.
pub(super) fn text(body: &Arc<Body>, number: usize, hops: usize) -> Text {
    let mut dice = Dice::new("facts", number);
    let mut people = dice.sample(&PEOPLE, PEOPLE.len());
    let (others, things) = (people.split_off(ASKED), dice.sample(&THINGS, ASKED));
    let at_an_end = [1 + dice.below(AT_AN_END), 1 + dice.below(AT_AN_END)];
    let mut needles: Vec<(f64, String)> = Vec::new();
    let mut asked = Vec::new();
    for (&who, &what) in people.iter().zip(&things) {
        // Each goes somewhere else every time; what is carried is taken before the last walk.
        let rooms = dice.sample(&ROOMS, MOVES);
        // The last walk is anywhere and what comes before it anywhere before: were all of them drawn alike, most rooms named near the end
        // would be answers.
        let last = share(&mut dice);
        let mut depths: Vec<f64> = (0..MOVES).map(|_| last * share(&mut dice)).collect();
        depths.sort_by(f64::total_cmp);
        if hops == 2 {
            needles.push((depths[MOVES - 1], format!("{who} took the {what}.")));
        }
        depths[MOVES - 1] = last;
        needles.extend(depths.iter().zip(&rooms).map(|(depth, room)| (*depth, format!("{who} went to the {room}."))));
        let right = rooms[MOVES - 1];
        let subject = if hops == 2 { format!("the {what}") } else { who.to_owned() };
        asked.push(Asked {
            question: format!("\n\nQuestion: Where is {subject} now?\nAnswer: Now {subject} is in the"),
            right: right.to_owned(),
            wrong: ROOMS.iter().filter(|room| **room != right).map(|room| (*room).to_owned()).collect(),
            answers: vec![right.to_owned()],
            depth: Some(last),
        });
    }
    // Others, of whom nothing is asked, go somewhere first, last and in between. Else the room named last would be that of one of the four
    // who are asked for, and right too often, and the room named first would be where somebody no longer is, and right too seldom.
    let first = needles.iter().map(|needle| needle.0).fold(1.0, f64::min);
    let last = needles.iter().map(|needle| needle.0).fold(0.0, f64::max);
    let mut walks = |count: usize, from: f64, to: f64| -> Vec<(f64, String)> {
        (0..count).map(|_| walk(&mut dice, &others, (from, to))).collect()
    };
    let (before, between) = (walks(at_an_end[0], 0.0, first), walks(BETWEEN, first, last));
    let after = walks(at_an_end[1], last, 1.0);
    let mut needles = [before, needles, between, after].concat();
    // The sort is stable: what one person does stays in its order, and at one depth the others come first and last.
    needles.sort_by(|a, b| a.0.total_cmp(&b.0));
    Text { haystack: Haystack { before: BEFORE, body: Arc::clone(body), needles }, asked }
}

/// One of `people` goes to any room, anywhere between two depths.
fn walk(dice: &mut Dice, people: &[&str], (from, to): (f64, f64)) -> (f64, String) {
    // A share of 1 gives `to` itself, so that no rounding puts the first walk behind the second.
    let depth = from + (to - from) * share(dice);
    (depth, format!("{} went to the {}.", dice.pick(people), dice.pick(&ROOMS)))
}

/// Any share from 0 to 1.
fn share(dice: &mut Dice) -> f64 {
    dice.below(1001) as f64 / 1000.0
}
