//! Checkpoint against checkpoint for one task: how sure it is that they differ, not by how much.

use serde::Serialize;

use super::{Evidence, Pairs};
use crate::findings::ComparedTask;
use crate::number::tokens;
use crate::report::address::checkpoint_name;
use crate::run::{Run, Subject};

/// The matrix of one task.
#[derive(Serialize)]
pub(crate) struct Matrix {
    heads: Vec<Head>,
    rows: Vec<Vec<Cell>>,
    pairs: usize,
    clear: usize,
}

/// A checkpoint, over its column and before its row.
#[derive(Serialize)]
struct Head {
    name: String,
    branch: String,
    colour: usize,
    tokens: String,
}

/// One pair: the row's checkpoint against the column's, which comes before it.
#[derive(Clone, Default, Serialize)]
struct Cell {
    class: String,
    sign: &'static str,
    words: String,
}

impl Matrix {
    /// `None` where fewer than two checkpoints can be compared.
    pub(crate) fn of(run: &Run, pairs: &Pairs<'_>, subject: &Subject) -> Option<Self> {
        let is_it = |row: &&ComparedTask| row.subject.task == subject.task && row.subject.is_asked_as(subject);
        let found: Vec<(usize, usize, &ComparedTask)> =
            pairs.all().filter_map(|(a, b, compared)| Some((a, b, compared.rows.iter().find(is_it)?))).collect();
        let mut used: Vec<usize> = found.iter().flat_map(|(a, b, _)| [*a, *b]).collect();
        used.sort_unstable();
        used.dedup();
        if used.len() < 2 {
            return None;
        }
        let place = |index: usize| used.binary_search(&index).expect("it is used");
        let mut rows: Vec<Vec<Cell>> = (0..used.len()).map(|row| vec![Cell::default(); row]).collect();
        let evidence = Evidence::of(&found.iter().map(|(.., row)| *row).collect::<Vec<_>>());
        for ((a, b, row), evidence) in found.iter().zip(&evidence) {
            let (class, sign) = evidence.shown();
            rows[place(*b)][place(*a)] = Cell { class, sign, words: words(row) };
        }
        let head = |index: &usize| {
            let checkpoint = pairs.checkpoints[*index];
            Head {
                name: checkpoint_name(checkpoint),
                branch: checkpoint.branch.clone(),
                colour: run.tree.colour(&checkpoint.branch),
                tokens: tokens(checkpoint.tokens as f64),
            }
        };
        let clear = evidence.iter().filter(|evidence| evidence.step > 0).count();
        Some(Self { heads: used.iter().map(head).collect(), rows, pairs: found.len(), clear })
    }
}

/// `+12.1 (8.0 to 16.2), p < .0001, 3 lost, 50 gained`
fn words(row: &ComparedTask) -> String {
    let words = row.words();
    let p = if words.p.starts_with('<') { format!("p {}", words.p) } else { format!("p = {}", words.p) };
    let flips = row.mcnemar.map_or_else(String::new, |_| format!(", {} lost, {} gained", words.lost, words.gained));
    format!("{} ({}), {p}{flips}", words.change, words.interval)
}
