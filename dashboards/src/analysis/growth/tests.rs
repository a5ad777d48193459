//! Tests of `growth`.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::analysis::confidence::Z95;
use crate::analysis::wobble::tests::Random;

/// Ten checkpoints of forty clusters of five items, at 0 all the time: what items share drifts, and little else moves.
fn flat(random: &mut Random) -> Vec<Vec<f64>> {
    let mut shared: Vec<f64> = (0..40).map(|_| random.normal()).collect();
    let row = |_| {
        shared.iter_mut().for_each(|x| *x = 0.8 * *x + 0.6 * random.normal());
        (0..200).map(|i| 0.3 * shared[i / 5] + 0.1 * random.normal()).collect()
    };
    (0..10).map(row).collect()
}

#[test]
fn intervals_of_items_that_hang_together_cover_what_they_promise() {
    let tokens: Vec<u64> = (0..10).map(|k| 1_000_000 << k).collect();
    let clusters: Vec<u64> = (0..200).map(|i| i / 5).collect();
    let mut random = Random(7);
    let (mut clustered, mut alone) = (0, 0);
    for _ in 0..2000 {
        let rows: Vec<Cow<'_, [f64]>> = flat(&mut random).into_iter().map(Cow::Owned).collect();
        let covers = |clusters: Option<&[u64]>| {
            let sample = Sample::Items { rows: rows.clone(), clusters: clusters.map(Cow::Borrowed) };
            let found = growth(&tokens, &sample, 0..10, 0.001).unwrap();
            usize::from(found.per_doubling.abs() < Z95 * found.se)
        };
        clustered += covers(Some(&clusters));
        alone += covers(None);
    }
    assert!(clustered >= 1860, "{clustered} of 2000, wanted .93");
    assert!(alone < clustered, "{alone}: as independent items they promise too much");
}

#[test]
fn scores_alone_grow_like_a_line() {
    let sample = Sample::Scores { score: vec![0.1, 0.2, 0.3, 0.4], variance: vec![1e-6; 4] };
    let found = growth(&[1, 2, 4, 8], &sample, 0..4, 0.001).unwrap();
    assert!((found.per_doubling - 0.1).abs() < 1e-12 && found.p_steady < 1e-9 && found.doublings > 2.99);
    assert_eq!(growth(&[0, 2, 4, 8], &sample, 0..4, 0.001), None, "a checkpoint at 0 tokens has no logarithm");
    assert_eq!(growth(&[1, 2, 4, 8], &sample, 1..4, 0.001), None, "three points");
}

proptest! {
    #[test]
    fn any_scores_give_numbers(score in prop::collection::vec(0.0..=1.0_f64, 0..20), wobble in 0.0..0.1_f64) {
        let tokens: Vec<u64> = (1..=score.len() as u64).collect();
        let sample = Sample::Scores { variance: score.iter().map(|p| p * (1.0 - p) / 50.0).collect(), score };
        if let Some(found) = growth(&tokens, &sample, 0..tokens.len(), wobble) {
            prop_assert!(found.se.is_finite() && (0.0..=1.0).contains(&found.p) && found.p_steady >= found.p);
        }
        prop_assert!(last_quarter(&sample, wobble).is_none_or(|end| end.value.is_finite() && end.se.is_finite()));
    }
}
