//! Tests of `onset_words`.

use super::super::{onset, sharpness};
use super::*;

fn pilot(score: &[f64]) -> Curve {
    Curve {
        tokens: (0..score.len() as u64).map(|k| k * 768_000).collect(),
        score: score.to_vec(),
        noise: Noise::Items(vec![200.0; score.len()]),
        chance: 0.25,
        delta: None,
        item_diff_var: None,
    }
}

#[test]
fn each_status_has_its_sentence() {
    let cases: [(&[f64], &str, &str); 5] = [
        (
            &[0.305, 0.285, 0.33, 0.33, 0.295, 0.3, 0.355, 0.34, 0.395, 0.825, 0.975],
            "emerged between 768 k and 6.91 M tokens (estimate 5.89 M)",
            "768 k – 6.91 M",
        ),
        (&[0.9, 0.9], "was above chance as far back as these checkpoints can tell", "above chance from the start"),
        (&[0.25, 0.25, 0.25], "has not emerged yet at 1.54 M tokens", "under its level"),
        (&[0.25, 0.25, 0.4], "lies at the level that counts as emerged (44.0 % with 200 items)", "at its level"),
        (&[], "has no score yet", "no score yet"),
    ];
    for (score, words, brief) in cases {
        let curve = pilot(score);
        let found = onset(&curve);
        assert_eq!((found.words(&curve).as_str(), found.brief().as_str()), (words, brief), "{score:?}");
    }
}

#[test]
fn a_lost_ability_is_said_with_its_last_clear_sight() {
    // as in the golden case `there twice, then lost`
    let mut curve = pilot(&[0.25, 0.251, 0.249, 0.25, 0.345, 0.34, 0.25, 0.248, 0.251, 0.25, 0.249]);
    curve.noise = Noise::Items(vec![14_042.0; 11]);
    assert_eq!(onset(&curve).words(&curve), "was there between 3.07 M and 3.84 M tokens, then lost");
    assert!(onset(&curve).brief().ends_with(", then lost"), "{}", onset(&curve).brief());
}

#[test]
fn level_and_shape_are_said_with_their_numbers() {
    let curve = pilot(&[0.305, 0.285, 0.33, 0.33, 0.295, 0.3, 0.355, 0.34, 0.395, 0.825, 0.975]);
    let onset = onset(&curve);
    let level = onset.level_words(&curve).unwrap();
    assert_eq!(
        level,
        "counts as emerged above 38.0 %: guessing gives 25.0, and 13.0 are room for the noise of 200 independent items and a wobble of 0.5"
    );
    let shape = sharpness(&curve, &onset).words(false);
    assert_eq!(shape, "sharp: 20 to 80 % of the rise so far took 0.05 (0.00 to 0.30) decades of tokens");
}
