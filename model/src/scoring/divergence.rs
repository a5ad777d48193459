//! How far two distributions of the next token are apart.

use super::log_softmax::Row;

/// What changed at one token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenShift {
    /// Kullback-Leibler divergence of the second distribution from the first, in nats: Σ p₁ (ln p₁ − ln p₂).
    pub divergence: f64,
    /// Natural logarithm of the probability of the token that stands in the text.
    pub log_probabilities: [f64; 2],
    /// Whether one token is the most probable in both (of equals that with the lowest id).
    pub same_best: bool,
}

/// The change from one row of logits to another; `None` when one is not finite.
pub(super) fn shift(logits: [&[f32]; 2], token: u32) -> Option<TokenShift> {
    let [first, second] = [Row::new(logits[0])?, Row::new(logits[1])?];
    let divergence = (0..logits[0].len() as u32).map(|token| {
        let log = first.log_probability(token);
        log.exp() * (log - second.log_probability(token))
    });
    Some(TokenShift {
        divergence: divergence.sum::<f64>().max(0.0), // what rounding leaves below is nothing
        log_probabilities: [&first, &second].map(|row| row.log_probability(token)),
        same_best: first.best == second.best,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_divergence_is_that_of_its_definition() {
        let vocab = 997;
        let row = |seed: u32| -> Vec<f32> {
            (0..vocab).map(|at: u32| ((at * 37 + seed) % 101) as f32 / 9.0 - (at % seed) as f32 / 50.0).collect()
        };
        for (a, b) in [(row(3), row(7)), (row(3), row(3)), (row(11), row(2)), (vec![60.0; 997], row(5))] {
            let probabilities = |logits: &[f32]| -> Vec<f64> {
                let all: f64 = logits.iter().map(|&x| f64::from(x).exp()).sum();
                logits.iter().map(|&x| f64::from(x).exp() / all).collect()
            };
            let (p, q) = (probabilities(&a), probabilities(&b));
            let expected: f64 = p.iter().zip(&q).map(|(p, q)| p * (p / q).ln()).sum();
            let found = shift([&a, &b], 5).unwrap();
            assert!((found.divergence - expected).abs() < 1e-6, "{} {expected}", found.divergence);
            assert!((found.log_probabilities[1] - q[5].ln()).abs() < 1e-9);
        }
        assert_eq!(shift([&[0.0, f32::NAN], &[0.0, 1.0]], 0), None);
    }
}
