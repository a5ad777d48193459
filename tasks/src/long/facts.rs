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

/// Text number `number`. With one hop it is asked where somebody is, with two where something is that somebody carried there.
pub(super) fn text(body: &Arc<Body>, number: usize, hops: usize) -> Text {
    let mut dice = Dice::new("facts", number);
    let (people, things) = (dice.sample(&PEOPLE, ASKED), dice.sample(&THINGS, ASKED));
    let mut needles: Vec<(f64, String)> = Vec::new();
    let mut asked = Vec::new();
    for (&who, &what) in people.iter().zip(&things) {
        // Each goes somewhere else every time; what is carried is taken before the last walk.
        let rooms = dice.sample(&ROOMS, MOVES);
        let mut depths: Vec<f64> = (0..=MOVES).map(|_| dice.below(1001) as f64 / 1000.0).collect();
        depths.sort_by(f64::total_cmp);
        let last = depths[MOVES];
        if hops == 2 {
            needles.push((depths[MOVES - 1], format!("{who} took the {what}.")));
        }
        depths.remove(MOVES - 1);
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
    // The sort is stable: what one person does stays in its order.
    needles.sort_by(|a, b| a.0.total_cmp(&b.0));
    Text { haystack: Haystack { before: BEFORE, body: Arc::clone(body), needles }, asked }
}
