//! Corrections for many tests at once.

/// Holm's adjusted p-values: compare each with .05 to keep the chance of *any* false flag under 5 %.
///
/// In ascending order `p_(i)` becomes the largest `(m−j+1) · p_(j)` up to `i`, at most 1. Source: Holm (1979). A p that is not a number
/// counts as 1.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![1.0; p.len()];
    let mut largest = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        largest = largest.max(known(p[index]) * (p.len() - rank) as f64);
        adjusted[index] = largest.min(1.0);
    }
    adjusted
}

/// Benjamini and Hochberg's adjusted p-values: compare each with .05 to keep the expected share of false flags under 5 %.
///
/// In descending order `p_(i)` becomes the smallest `m/j · p_(j)` down to `i`. Source: Benjamini and Hochberg (1995). A p that is no
/// number counts as 1.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![1.0; p.len()];
    let mut smallest = 1.0_f64;
    for (rank, &index) in order.iter().enumerate().rev() {
        smallest = smallest.min(known(p[index]) * p.len() as f64 / (rank + 1) as f64);
        adjusted[index] = smallest;
    }
    adjusted
}

fn known(p: f64) -> f64 {
    if p.is_nan() { 1.0 } else { p }
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| known(p[a]).total_cmp(&known(p[b])));
    order
}
