//! Variables that take their values from each other. After the variable tracking of RULER, with four chains of which each is asked for.

use std::sync::Arc;

use super::body::Body;
use super::haystack::Haystack;
use super::rows::{Asked, Text};
use super::words::{numbers, variables};
use crate::icl::Dice;

const BEFORE: &str =
    "Among the notes below, variables are given values. Remember which variables have which value.\n\n";
const CHAINS: usize = 4;
/// Variables of a chain: one with a value, and four that take it over.
const LINKS: usize = 5;

/// Text number `number`.
pub(super) fn text(body: &Arc<Body>, number: usize) -> Text {
    let mut dice = Dice::new("variables", number);
    let names = variables(&mut dice, CHAINS * LINKS);
    let chains: Vec<&[String]> = names.chunks(LINKS).collect();
    let values = numbers(&mut dice, 5, CHAINS);
    let mut needles = Vec::with_capacity(CHAINS * LINKS);
    for (chain, value) in chains.iter().zip(&values) {
        // A variable has its value before another one takes it over.
        let mut depths: Vec<f64> = (0..LINKS).map(|_| dice.below(1001) as f64 / 1000.0).collect();
        depths.sort_by(f64::total_cmp);
        for (link, (name, depth)) in chain.iter().zip(depths).enumerate() {
            needles.push((
                depth,
                match link {
                    0 => format!("The variable {name} has the value {value}."),
                    _ => format!("The variable {name} has the value of {}.", chain[link - 1]),
                },
            ));
        }
    }
    needles.sort_by(|a, b| a.0.total_cmp(&b.0));
    let asked = (0..CHAINS).map(|at| {
        let [right, second, third, fourth] = [0, 1, 2, 3].map(|away| chains[(at + away) % CHAINS]);
        // All begin alike. At a name in between two of the choices go over to another chain, and at the last one of either pair does: so
        // the chain has to be followed to its end, and whoever cannot follow it is right once in four times.
        let (split, last) = (1 + dice.below(LINKS - 2), LINKS - 1);
        let wrong = [
            [&right[..last], &fourth[last..]].concat(),
            [&right[..split], &second[split..]].concat(),
            [&right[..split], &second[split..last], &third[last..]].concat(),
        ];
        Asked {
            question: format!(
                "\n\nQuestion: Which {LINKS} variables have the value {}?\nAnswer: The variables with the value {} are",
                values[at], values[at]
            ),
            right: right.join(", "),
            wrong: wrong.iter().map(|names| names.join(", ")).collect(),
            answers: right.to_vec(),
            depth: None,
        }
    });
    let asked = asked.collect();
    Text { haystack: Haystack { before: BEFORE, body: Arc::clone(body), needles }, asked }
}
