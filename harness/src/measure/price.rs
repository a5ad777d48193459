//! What fewer bits cost over the tokens of a text: in the columns of llama.cpp's perplexity tool.

use spyglass_dashboards::analysis::{Z95, clustered_se, mean_se};
use spyglass_model::TokenShift;

use crate::results::{LEAST_999, Price};

impl Price {
    /// Of the tokens of each text; `None` without any.
    ///
    /// Perplexity: exp of the mean of −ln p, at most the largest number that there is. The ratio's logarithm is the mean of ln p₁ − ln p₂ over tokens, its interval ±1.96 standard errors
    /// clustered by text (by token where there is one text); the error of the mean divergence likewise.
    pub(crate) fn of(texts: &[Vec<TokenShift>]) -> Option<Self> {
        let all: Vec<&TokenShift> = texts.iter().flatten().collect();
        let mean =
            |value: &dyn Fn(&TokenShift) -> f64| all.iter().map(|shift| value(shift)).sum::<f64>() / all.len() as f64;
        let change = |shift: &TokenShift| {
            let [first, second] = shift.log_probabilities.map(f64::exp);
            (second - first).powi(2)
        };
        let logs: Vec<f64> = all.iter().map(|shift| shift.log_probabilities[0] - shift.log_probabilities[1]).collect();
        let owners: Vec<usize> =
            texts.iter().enumerate().flat_map(|(text, tokens)| std::iter::repeat_n(text, tokens.len())).collect();
        let log_ratio = mean_se(&logs).0?;
        let error_of = |values: &[f64]| clustered_se(values, &owners).or(mean_se(values).1);
        let by_token: Vec<f64> = all.iter().map(|shift| shift.divergence).collect();
        let mut ascending = by_token.clone();
        ascending.sort_by(f64::total_cmp);
        Some(Self {
            tokens: all.len(),
            divergence: mean(&|shift| shift.divergence),
            divergence_error: error_of(&by_token),
            divergence_99: percentile(&ascending, 0.99),
            divergence_999: (all.len() >= LEAST_999).then(|| percentile(&ascending, 0.999)),
            probability_change: mean(&change).sqrt(),
            same_best: mean(&|shift| f64::from(u8::from(shift.same_best))),
            perplexities: [0, 1].map(|side| exp(-mean(&|shift| shift.log_probabilities[side]))),
            ratio: exp(log_ratio),
            ratio_interval: error_of(&logs).map(|error| [-1.0, 1.0].map(|sign| exp(log_ratio + sign * Z95 * error))),
        })
    }
}

/// eˣ, which stays finite: JSON has no other numbers, and training that diverged goes beyond.
fn exp(x: f64) -> f64 {
    x.exp().clamp(0.0, f64::MAX) // NaN stays
}

/// The value below which a share of the ascending `values` lies, between two neighbours in proportion.
fn percentile(values: &[f64], share: f64) -> f64 {
    let place = share * (values.len() - 1) as f64;
    let (below, part) = (place as usize, place.fract());
    let next = values[(below + 1).min(values.len() - 1)];
    values[below] + part * (next - values[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_diverged_has_numbers_too() {
        let shift = TokenShift { divergence: 3e3, log_probabilities: [-1e3, -4e3], same_best: false };
        let price = Price::of(&[vec![shift]]).unwrap();
        assert_eq!((price.perplexities, price.ratio), ([f64::MAX; 2], f64::MAX));
        let text = serde_json::to_string(&price).unwrap();
        assert_eq!(serde_json::from_str::<Price>(&text).unwrap(), price);
    }

    #[test]
    fn columns_are_counted_by_hand() {
        let shift = |divergence: f64, probabilities: [f64; 2], same_best| TokenShift {
            divergence,
            log_probabilities: probabilities.map(f64::ln),
            same_best,
        };
        let texts = [
            vec![shift(0.0, [0.5, 0.25], true), shift(0.1, [0.25, 0.25], true)],
            vec![shift(0.3, [0.5, 0.5], false), shift(0.4, [0.25, 0.125], true)],
        ];
        let price = Price::of(&texts).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        assert_eq!((price.tokens, price.same_best), (4, 0.75));
        near(price.divergence, 0.2);
        near(price.divergence_99, 0.3 + 0.97 * 0.1);
        // the texts' sums of differences from the mean are ±0.3: √(2 · 2 · 0.3²) / 4
        near(price.divergence_error.unwrap(), 0.15);
        let many = |tokens| Price::of(&[vec![shift(0.1, [0.5, 0.5], true); tokens]]).unwrap().divergence_999;
        assert!(price.divergence_999.is_none() && many(999).is_none() && many(1000).is_some());
        near(price.probability_change, ((0.0625_f64 + 0.015_625) / 4.0).sqrt());
        near(price.perplexities[0], (0.5_f64 * 0.25 * 0.5 * 0.25).powf(-0.25));
        near(price.ratio, price.perplexities[1] / price.perplexities[0]);
        // each text moved by ln 2 in sum, so texts do not differ
        let interval = price.ratio_interval.unwrap();
        near(interval[0], price.ratio);
        near(interval[1], price.ratio);
        assert_eq!(Price::of(&[]), None);
        assert!(Price::of(&texts[..1]).unwrap().ratio_interval.is_some_and(|interval| interval[0] < interval[1]));
    }
}
