//! Tests of `sharpness`.

use super::super::curve::Noise;
use super::*;

fn curve(score: &[f64]) -> Curve {
    Curve {
        tokens: (0..score.len() as u32).map(|k| 1_000_000 << k).collect(),
        score: score.to_vec(),
        noise: Noise::Items(vec![10_000.0; score.len()]),
        chance: 0.25,
        delta: None,
        item_diff_var: None,
    }
}

#[test]
fn checkpoints_more_than_a_doubling_apart_are_never_sharp() {
    let mut wide = curve(&[0.25, 0.25, 0.9, 0.9]);
    assert_eq!(sharpness(&wide, &onset(&wide)).verdict, Shape::Sharp);
    wide.tokens = vec![1_000_000, 3_000_000, 9_000_000, 27_000_000];
    assert_eq!(sharpness(&wide, &onset(&wide)).verdict, Shape::Unresolved);
}

#[test]
fn a_flat_curve_has_no_shape() {
    let flat = curve(&[0.25, 0.26, 0.24, 0.25]);
    let found = sharpness(&flat, &onset(&flat));
    assert_eq!((found.verdict, found.width), (Shape::None, None));
}
