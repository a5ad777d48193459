//! How often each checkpoint is preferred to a reference, with intervals over conversations.

use super::agreement::middle;
use super::ratings::{Game, bradley_terry};
use crate::draws::draws;

/// Resamples of the bootstrap.
const RESAMPLES: usize = 400;

/// Chance of being preferred to the reference, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WinRate {
    /// The chance, in [0, 1].
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Chances that each player beats player 0, by Bradley and Terry's strengths over all games; their intervals are the 2.5th to 97.5th
/// percentile over resamples of the conversations, since votes on one conversation hang together. `talks` holds the games of each.
/// METHODS.md §16. `None` for the reference itself and for players without a game.
pub fn win_rates(players: usize, talks: &[Vec<Game>]) -> Vec<Option<WinRate>> {
    let rates = |drawn: &[&Vec<Game>]| -> Vec<f64> {
        let games: Vec<Game> = drawn.iter().flat_map(|games| games.iter().copied()).collect();
        let strengths = bradley_terry(players, &games);
        (0..players).map(|player| strengths.beats_first(player).unwrap_or(0.5)).collect()
    };
    let all: Vec<&Vec<Game>> = talks.iter().collect();
    let values = rates(&all);
    let mut draw = draws(talks.len() as u64);
    let mut resampled: Vec<Vec<f64>> = vec![Vec::with_capacity(RESAMPLES); players];
    for _ in 0..RESAMPLES {
        let drawn: Vec<&Vec<Game>> = all.iter().map(|_| all[(draw() * all.len() as f64) as usize]).collect();
        for (player, rate) in rates(&drawn).into_iter().enumerate() {
            resampled[player].push(rate);
        }
    }
    let played = |player: usize| talks.iter().flatten().any(|game| game.first == player || game.second == player);
    let one = |(player, mut drawn): (usize, Vec<f64>)| {
        let (low, high) = middle(&mut drawn)?;
        let value = values[player];
        (player > 0 && played(player)).then_some(WinRate { value, low: low.min(value), high: high.max(value) })
    };
    resampled.into_iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_hold_the_truth_and_grow_with_fewer_conversations() {
        let game = |second_wins: bool| Game { first: 0, second: 1, score: if second_wins { 0.0 } else { 1.0 } };
        let talks = |count: usize| -> Vec<Vec<Game>> { (0..count).map(|k| vec![game(k % 4 != 0)]).collect() };
        let [many, few] = [200, 20].map(|count| win_rates(2, &talks(count))[1].unwrap());
        assert!(many.low < 0.75 && 0.75 < many.high, "three of four votes: {many:?}");
        assert!(many.high - many.low < few.high - few.low, "{many:?} {few:?}");
        // Votes on one conversation count once: four raters who say the same are no four conversations.
        let four: Vec<Vec<Game>> = talks(20).into_iter().map(|games| games.repeat(4)).collect();
        let repeated = win_rates(2, &four)[1].unwrap();
        assert!(repeated.high - repeated.low > 0.8 * (few.high - few.low), "{repeated:?} {few:?}");
        assert_eq!(win_rates(3, &talks(20))[2], None, "nobody judged it");
        assert_eq!(win_rates(2, &talks(20))[0], None, "it is the reference");
    }
}
