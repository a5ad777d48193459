//! How long a text may be before what it holds is lost.

/// The share of the best possible score that counts as finding what a text holds: near the 85.6 % that RULER (Hsieh et al. 2024,
/// arXiv:2404.06654) takes from Llama 2 at 4,096 tokens, rounded down.
pub const FOUND: f64 = 0.85;

/// The longest length at which, and at every shorter one that was asked, the score is [`FOUND`] or more; `None` where it is less at the
/// shortest. `scores` are lengths in tokens, ascending, with scores in [0, 1].
///
/// RULER takes the longest length whatever comes before it; a length that is passed by luck beyond one that is not would count there.
pub fn effective_length(scores: impl IntoIterator<Item = (usize, f64)>) -> Option<usize> {
    scores.into_iter().take_while(|(_, score)| *score >= FOUND).last().map(|(length, _)| length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_where_the_score_first_falls() {
        let cases: [(&[(usize, f64)], Option<usize>); 6] = [
            (&[(1024, 1.0), (2048, 0.9), (4096, 0.3)], Some(2048)),
            (&[(1024, 0.85)], Some(1024)),
            (&[(1024, 0.849), (2048, 1.0)], None),
            (&[(1024, 0.9), (2048, 0.5), (4096, 0.9)], Some(1024)),
            (&[(1024, 1.0), (32768, 1.0)], Some(32768)),
            (&[], None),
        ];
        for (scores, expected) in cases {
            assert_eq!(effective_length(scores.iter().copied()), expected, "{scores:?}");
        }
    }
}
