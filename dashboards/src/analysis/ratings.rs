//! Pairwise ratings: strengths of checkpoints.

use serde::Serialize;

/// Newton's steps; quadratic convergence needs far fewer.
const STEPS: usize = 100;

/// One comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Game {
    /// Index of the first checkpoint.
    pub first: usize,
    /// Index of the second.
    pub second: usize,
    /// 1: the first won, 0: the second, ½: a tie.
    pub score: f64,
}

/// Strengths of the compared checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Strengths {
    /// Natural logarithm of each strength; 0 is the fixed player's.
    pub log_strength: Vec<f64>,
    /// Standard errors.
    pub se: Vec<f64>,
}

impl Strengths {
    /// Chance that checkpoint `index` beats the first.
    pub fn beats_first(&self, index: usize) -> Option<f64> {
        Some(1.0 / (1.0 + (self.log_strength.first()? - self.log_strength.get(index)?).exp()))
    }
}

/// Bradley and Terry's strengths (1952), by Newton's method.
///
/// Every player also draws one game against a fixed player of strength 1, which keeps the strengths finite and unique. Standard
/// errors are the roots of the diagonal of the information's inverse. METHODS.md §16. Games of unknown players, of a player with
/// itself, or with a score outside [0, 1] are left out.
pub fn bradley_terry(players: usize, games: &[Game]) -> Strengths {
    let known = |game: &&Game| {
        game.first < players && game.second < players && game.first != game.second && (0.0..=1.0).contains(&game.score)
    };
    let games: Vec<Game> = games.iter().filter(known).copied().collect();
    let mut theta = vec![0.0; players];
    for _ in 0..STEPS {
        let (gradient, information) = derivatives(&theta, &games);
        let Some(step) = solve(&information, &gradient) else { break };
        let longest = step.iter().fold(0.0_f64, |longest, s| longest.max(s.abs()));
        let scale = if longest > 2.0 { 2.0 / longest } else { 1.0 }; // a far start must not overshoot
        theta.iter_mut().zip(&step).for_each(|(theta, step)| *theta += scale * step);
        if longest < 1e-13 {
            break;
        }
    }
    let (_, information) = derivatives(&theta, &games);
    let error = |player: usize| {
        let mut unit = vec![0.0; players];
        unit[player] = 1.0;
        solve(&information, &unit).map_or(f64::INFINITY, |column| column[player].sqrt())
    };
    Strengths { se: (0..players).map(error).collect(), log_strength: theta }
}

/// Gradient and information of the log-likelihood at `theta`.
fn derivatives(theta: &[f64], games: &[Game]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let wins = |difference: f64| 1.0 / (1.0 + (-difference).exp());
    let mut gradient: Vec<f64> = theta.iter().map(|theta| 0.5 - wins(*theta)).collect();
    let mut information = vec![vec![0.0; theta.len()]; theta.len()];
    for (player, theta) in theta.iter().enumerate() {
        information[player][player] = wins(*theta) * (1.0 - wins(*theta));
    }
    for &Game { first, second, score } in games {
        let p = wins(theta[first] - theta[second]);
        gradient[first] += score - p;
        gradient[second] -= score - p;
        let weight = p * (1.0 - p);
        information[first][first] += weight;
        information[second][second] += weight;
        information[first][second] -= weight;
        information[second][first] -= weight;
    }
    (gradient, information)
}

/// Solves `a x = b` by Gaussian elimination; the information matrix is diagonally dominant, so it needs no pivots.
fn solve(a: &[Vec<f64>], b: &[f64]) -> Option<Vec<f64>> {
    let count = b.len();
    let mut rows: Vec<Vec<f64>> = a.iter().zip(b).map(|(row, b)| row.iter().copied().chain([*b]).collect()).collect();
    for pivot in 0..count {
        let (done, rest) = rows.split_at_mut(pivot + 1);
        let top = &done[pivot];
        if top[pivot] <= 0.0 || !top[pivot].is_finite() {
            return None;
        }
        for row in rest {
            let share = row[pivot] / top[pivot];
            row.iter_mut().zip(top).skip(pivot).for_each(|(value, top)| *value -= share * top);
        }
    }
    let mut x = vec![0.0; count];
    for index in (0..count).rev() {
        let known: f64 = (index + 1..count).map(|k| rows[index][k] * x[k]).sum();
        x[index] = (rows[index][count] - known) / rows[index][index];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn strengths_are_finite(games in prop::collection::vec((0_usize..6, 0_usize..6, 0_u8..3), 0..200)) {
            let game = |(first, second, score): &(usize, usize, u8)| Game { first: *first, second: *second, score: f64::from(*score) / 2.0 };
            let found = bradley_terry(5, &games.iter().map(game).collect::<Vec<_>>());
            prop_assert!(found.log_strength.iter().chain(&found.se).all(|value| value.is_finite()));
            prop_assert!(found.beats_first(0) == Some(0.5) && found.beats_first(5).is_none());
        }
    }
}
