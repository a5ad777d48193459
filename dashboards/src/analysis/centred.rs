//! Several tasks as one number: a weighted mean of how far each is from guessing, in parts of the way from guessing to all right.

/// What one task brings to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CentredPart {
    /// How much it counts beside the others.
    pub weight: f64,
    /// Its score of guessing, below 1.
    pub chance: f64,
    /// How far its score is above guessing, or what two scores of it differ in; a fraction.
    pub above: f64,
    /// The standard error of that.
    pub se: Option<f64>,
}

/// `Σ w x/(1 − c) / Σ w` of what the tasks bring, x being a score above guessing or the difference of two scores, and its standard error
/// `√Σ (w SE/(1 − c))² / Σ w`, the tasks' items being different ones; none where one of them has none.
///
/// Source of the centring: Li et al. (2024), DataComp-LM, arXiv 2406.11794, §3.5.
pub fn centred(parts: &[CentredPart]) -> (f64, Option<f64>) {
    let whole: f64 = parts.iter().map(|part| part.weight).sum();
    let share = |part: &CentredPart| part.weight / (1.0 - part.chance);
    let value = parts.iter().map(|part| share(part) * part.above).sum::<f64>() / whole;
    let squares: Option<f64> = parts.iter().map(|part| Some((share(part) * part.se?).powi(2))).sum();
    (value, squares.map(|squares| squares.sqrt() / whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_count_by_weight_and_by_their_way_from_guessing() {
        let part = |weight, chance, above, se| CentredPart { weight, chance, above, se };
        // (1 · .375/.75 + 3 · .1/.5) / 4, and √((.02/.75)² + (3 · .02/.5)²) / 4
        let (value, se) = centred(&[part(1.0, 0.25, 0.375, Some(0.02)), part(3.0, 0.5, 0.1, Some(0.02))]);
        assert!((value - 0.275).abs() < 1e-12 && (se.unwrap() - 0.030_732).abs() < 1e-6, "{value} {se:?}");
        assert_eq!(centred(&[part(2.0, 0.0, 0.5, None), part(2.0, 0.0, 0.25, Some(0.1))]), (0.375, None));
    }
}
