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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::compare;
    use crate::report::made_up::right_items;

    /// A hundred items of tasks of which so many are lost and gained.
    fn shown(flips: &[(usize, usize)]) -> Vec<(String, &'static str)> {
        let side = |is_b: bool| -> Vec<_> {
            let right = |(lost, gained): (usize, usize)| {
                move |item: usize| if is_b { item >= lost && item < 50 + gained } else { item < 50 }
            };
            let all = flips.iter().enumerate();
            all.map(|(task, flips)| right_items("trunk", u64::from(is_b), &format!("t{task}"), right(*flips))).collect()
        };
        let (a, b) = (side(false), side(true));
        let compared = compare(&a.iter().collect::<Vec<_>>(), &b.iter().collect::<Vec<_>>(), [&[], &[]]);
        let rows: Vec<&ComparedTask> = compared.rows.iter().collect();
        Evidence::of(&rows).into_iter().map(Evidence::shown).collect()
    }

    #[test]
    fn a_step_is_how_sure_a_change_is_among_all_that_were_looked_at() {
        // McNemar's exact p: 2⁻⁵·2 = .0625; 2⁻⁷ = .0078; 2⁻⁹ = .00195, 2⁻¹¹ < .001; 2⁻¹⁹ < .0001.
        let alone = |lost, gained| shown(&[(lost, gained)]).remove(0);
        let sure = |class: &str, sign| (class.to_owned(), sign);
        assert_eq!(alone(0, 0), sure("e0", ""));
        assert_eq!(alone(0, 5), sure("e0", ""), "p = .0625");
        assert_eq!(alone(0, 6), sure("up e1", "▲"));
        assert_eq!(alone(8, 0), sure("down e2", "▼"));
        assert_eq!(alone(12, 0), sure("down e3", "▼"));
        assert_eq!(alone(0, 20), sure("up e4", "▲"));
        // Ten cells that change by chance as little as they may: the one of six is no evidence any more.
        let mut many = vec![(0, 0); 9];
        many.push((0, 6));
        assert_eq!(shown(&many)[9], sure("e0", ""), "p = .031 of ten");
        // As many lost as gained are no change, however many.
        assert_eq!(alone(20, 20), sure("e0", ""));
    }
}
