//! Whether raters agree, whether the side decides, and whether their preferences go in circles.

use std::collections::BTreeMap;

use crate::draws::draws;

/// Below so many things judged by two raters agreement is not reported.
const FEWEST: usize = 10;
/// Resamples of a bootstrap.
const RESAMPLES: usize = 1_000;

/// Agreement of any number of raters, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Krippendorff's α.
    pub alpha: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Things that two raters or more judged.
    pub things: usize,
}

/// Krippendorff's α of judgements on an interval scale, things judged by one rater left out; its interval is the 2.5th to 97.5th
/// percentile over a thousand resamples of the things. `None` under ten things, or where all judgements are one.
pub fn agreement(things: &[Vec<f64>]) -> Option<Agreement> {
    let shared: Vec<&Vec<f64>> = things.iter().filter(|judged| judged.len() > 1).collect();
    if shared.len() < FEWEST {
        return None;
    }
    let alpha = krippendorff_alpha(&shared)?;
    let mut draw = draws(shared.len() as u64);
    let resample = |_| {
        let drawn: Vec<&Vec<f64>> =
            (0..shared.len()).map(|_| shared[(draw() * shared.len() as f64) as usize]).collect();
        krippendorff_alpha(&drawn)
    };
    let mut found: Vec<f64> = (0..RESAMPLES).filter_map(resample).collect();
    let (low, high) = middle(&mut found)?;
    Some(Agreement { alpha, low, high, things: shared.len() })
}

/// `α = 1 − D_o/D_e` with squared differences: `D_o = 1/n Σ_u Σ_{i≠j} (c_i − c_j)²/(m_u − 1)` over the judgements of each thing,
/// `D_e = 1/(n(n − 1)) Σ_{i≠j} (c_i − c_j)²` over all of them. Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
/// `None` where all judgements are one.
fn krippendorff_alpha(things: &[&Vec<f64>]) -> Option<f64> {
    let squares = |values: &[f64]| {
        // Σ_{i≠j} (c_i − c_j)² = 2 (m Σ c² − (Σ c)²)
        let (m, sum): (f64, f64) = (values.len() as f64, values.iter().sum());
        2.0 * (m * values.iter().map(|value| value * value).sum::<f64>() - sum * sum)
    };
    let all: Vec<f64> = things.iter().flat_map(|judged| judged.iter().copied()).collect();
    let n = all.len() as f64;
    let observed = things.iter().map(|judged| squares(judged) / (judged.len() as f64 - 1.0)).sum::<f64>() / n;
    let expected = squares(&all) / (n * (n - 1.0));
    (expected > 1e-12).then(|| 1.0 - observed / expected)
}

/// The 2.5th and the 97.5th percentile.
pub(crate) fn middle(values: &mut [f64]) -> Option<(f64, f64)> {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get((share * values.len().saturating_sub(1) as f64).round() as usize).copied();
    Some((at(0.025)?, at(0.975)?))
}

/// Of all three things whose three pairs one rater decided on: how many go in a circle (x over y, y over z, z over x), and how many
/// there are. Votes by chance make a quarter of them circles.
pub fn circles<T: Ord + Clone>(wins: &[(T, T)]) -> (usize, usize) {
    let mut over: BTreeMap<(&T, &T), bool> = BTreeMap::new();
    for (winner, loser) in wins {
        over.insert((winner, loser), true);
        over.insert((loser, winner), false);
    }
    let mut all: Vec<&T> = wins.iter().flat_map(|(winner, loser)| [winner, loser]).collect();
    all.sort();
    all.dedup();
    let (mut circles, mut triples) = (0, 0);
    for (i, x) in all.iter().enumerate() {
        for (j, y) in all.iter().enumerate().skip(i + 1) {
            let Some(first) = over.get(&(*x, *y)) else { continue };
            for z in &all[j + 1..] {
                let (Some(second), Some(third)) = (over.get(&(*y, *z)), over.get(&(*z, *x))) else { continue };
                triples += 1;
                circles += usize::from(first == second && second == third);
            }
        }
    }
    (circles, triples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_that_of_an_independent_program() {
        // numpy, by the coincidence matrix: 12 things, two or three raters, verdicts −1, 0, 1.
        let things: Vec<Vec<f64>> =
            ["+ +", "+ 0", "- -", "+ + +", "0 0", "- 0", "+ - +", "- -", "+ +", "0 + 0", "- - -", "+", "+ 0"]
                .iter()
                .map(|line| {
                    line.split(' ')
                        .map(|sign| ["-", "0", "+"].iter().position(|s| *s == sign).unwrap() as f64 - 1.0)
                        .collect()
                })
                .collect();
        let found = agreement(&things).unwrap();
        assert!((found.alpha - ALPHA_BY_NUMPY).abs() < 1e-12, "{found:?}");
        assert!(found.low < found.alpha && found.alpha < found.high && found.high <= 1.0, "{found:?}");
        assert_eq!(found.things, 12, "one was judged by one rater alone");
        assert_eq!(agreement(&things[..8]), None);
        assert_eq!(agreement(&vec![vec![1.0, 1.0]; 20]), None, "all say the same one thing");
        assert!(
            (agreement(&[vec![vec![1.0, 1.0]; 6], vec![vec![-1.0, -1.0]; 6]].concat()).unwrap().alpha - 1.0).abs()
                < 1e-12
        );
    }

    const ALPHA_BY_NUMPY: f64 = 0.626_943_005_181_347_2;

    #[test]
    fn three_that_beat_each_other_in_turn_are_a_circle() {
        let cases = [
            (vec![(1, 2), (2, 3), (3, 1)], (1, 1)),
            (vec![(1, 2), (2, 3), (1, 3)], (0, 1)),
            (vec![(1, 2), (2, 3)], (0, 0)),
            (vec![(1, 2), (2, 3), (3, 1), (1, 4), (2, 4), (3, 4)], (1, 4)),
        ];
        for (wins, wanted) in cases {
            assert_eq!(circles(&wins), wanted, "{wins:?}");
        }
    }
}
