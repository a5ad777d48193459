//! Labels at the right edge: as near to their lines as they can be without touching each other.

/// Moves wished positions apart until neighbours are `gap` from each other, inside [`low`, `high`]; the order is kept.
///
/// One pass down pushes each label below the one before, one pass up brings back what fell out of the bottom.
pub(crate) fn push_apart(wished: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wished.len()).collect();
    order.sort_by(|&a, &b| wished[a].total_cmp(&wished[b]));
    let mut placed = wished.to_vec();
    let mut floor = low;
    for &label in &order {
        placed[label] = placed[label].max(floor);
        floor = placed[label] + gap;
    }
    let mut ceiling = high;
    for &label in order.iter().rev() {
        placed[label] = placed[label].min(ceiling);
        ceiling = placed[label] - gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn labels_never_touch_and_stay_inside(wished in prop::collection::vec(-50.0..250.0_f64, 0..15)) {
            let placed = push_apart(&wished, 10.0, 0.0, 200.0);
            let mut sorted = placed.clone();
            sorted.sort_by(f64::total_cmp);
            prop_assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= 10.0 - 1e-9));
            prop_assert!(placed.iter().all(|&y| (-1e-9..=200.0 + 1e-9).contains(&y)));
        }
    }
}
