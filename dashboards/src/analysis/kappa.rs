//! Agreement of two readers.

/// Below so many pairs agreement is not reported.
const FEWEST_PAIRS: usize = 10;

/// Cohen's κ of two raters' judgements of the same pairs; `None` under 10 pairs, and when both always say the same one thing.
///
/// `κ = (p_o − p_e)/(1 − p_e)`, `p_o` the share of equal judgements, `p_e` what their own shares of each judgement would give by
/// chance. Source: Cohen (1960).
pub fn cohen_kappa<J: Ord>(judgements: &[(J, J)]) -> Option<f64> {
    if judgements.len() < FEWEST_PAIRS {
        return None;
    }
    let n = judgements.len() as f64;
    let kinds: std::collections::BTreeSet<&J> = judgements.iter().flat_map(|(a, b)| [a, b]).collect();
    let share = |of: &dyn Fn(&(J, J)) -> bool| judgements.iter().filter(|pair| of(pair)).count() as f64 / n;
    let observed = share(&|pair| pair.0 == pair.1);
    let expected: f64 =
        kinds.iter().map(|kind| share(&|pair| pair.0 == **kind) * share(&|pair| pair.1 == **kind)).sum();
    (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
}
