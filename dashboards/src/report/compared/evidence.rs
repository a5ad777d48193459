//! How sure a change is, in few steps that a colour can show.

use crate::analysis::benjamini_hochberg;
use crate::findings::ComparedTask;

/// From how small a p, corrected for all cells of the matrix, each step begins.
const STEPS: [f64; 4] = [0.05, 0.01, 1e-3, 1e-4];

/// What is known of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// 0: none, to 4: beyond any doubt.
    pub(crate) step: usize,
    /// It is for the better.
    pub(crate) is_better: bool,
}

impl Evidence {
    /// Of every row, corrected for the number of them (Benjamini and Hochberg): one colour in twenty is expected to be false.
    pub(crate) fn of(rows: &[&ComparedTask]) -> Vec<Self> {
        let p = benjamini_hochberg(&rows.iter().map(|row| row.p).collect::<Vec<_>>());
        let one = |(row, p): (&&ComparedTask, f64)| Self {
            step: if row.difference.value == 0.0 { 0 } else { STEPS.iter().filter(|step| p < **step).count() },
            is_better: row.is_better(),
        };
        rows.iter().zip(p).map(one).collect()
    }

    /// The class of a cell, and its sign.
    pub(crate) fn shown(self) -> (String, &'static str) {
        match (self.step, self.is_better) {
            (0, _) => ("e0".to_owned(), ""),
            (step, true) => (format!("up e{step}"), "▲"),
            (step, false) => (format!("down e{step}"), "▼"),
        }
    }
}
