//! Tests of `sampler`.

use super::*;
use crate::error::Error;

fn probabilities(logits: &[f32], sampling: &Sampling) -> Vec<f64> {
    let draws = 20_000;
    let mut counts = vec![0.0; logits.len()];
    for i in 0..draws {
        counts[draw(logits, sampling, (f64::from(i) + 0.5) / f64::from(draws)) as usize] += 1.0 / f64::from(draws);
    }
    counts
}

/// Expected values: `TemperatureLogitsWarper`, `TopKLogitsWarper`, `TopPLogitsWarper` of transformers, by hand:
/// softmax(ln [8, 4, 2, 1, 1] / t) over what is kept.
#[test]
fn temperature_top_k_and_top_p_keep_what_transformers_keeps() {
    let logits: Vec<f32> = [8f32, 4.0, 2.0, 1.0, 1.0].iter().map(|p| p.ln()).collect();
    let base = Sampling { temperature: 1.0, ..Sampling::default() };
    let cases = [
        (base.clone(), [0.5, 0.25, 0.125, 0.0625, 0.0625]),
        (Sampling { temperature: 0.5, ..base.clone() }, [64.0 / 86.0, 16.0 / 86.0, 4.0 / 86.0, 1.0 / 86.0, 1.0 / 86.0]),
        (Sampling { top_k: 2, ..base.clone() }, [2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0, 0.0]),
        (Sampling { top_k: 4, ..base.clone() }, [0.5, 0.25, 0.125, 0.0625, 0.0625]), // a tie at the border stays
        (Sampling { top_p: 0.7, ..base.clone() }, [2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0, 0.0]),
        (Sampling { top_p: 0.76, ..base.clone() }, [8.0 / 14.0, 4.0 / 14.0, 2.0 / 14.0, 0.0, 0.0]),
        (Sampling { top_p: 1e-9, ..base.clone() }, [1.0, 0.0, 0.0, 0.0, 0.0]),
        // top-p of what top-k left: [4/7, 2/7, 1/7], so the first alone is below 0.6 and two are enough
        (Sampling { top_k: 3, top_p: 0.6, ..base.clone() }, [2.0 / 3.0, 1.0 / 3.0, 0.0, 0.0, 0.0]),
    ];
    for (sampling, expected) in cases {
        let found = probabilities(&logits, &sampling);
        let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 2e-4);
        assert!(near, "{sampling:?}: {found:?}, expected {expected:?}");
    }
}

#[test]
fn the_penalty_comes_before_the_choice() {
    let sampling = Sampling { repetition_penalty: 2.0, ..Sampling::default() };
    let mut sampler = Sampler::new(&sampling, &[], [0, 3].into_iter());
    let picked = sampler.pick(&[3.0, 2.0, -4.0, -1.5]).unwrap();
    assert_eq!((picked.token, picked.margin), (1, 1.0)); // 3 / 2 is below 2
    assert_eq!(sampler.pick(&[3.0, 2.0, -4.0, -1.5]).unwrap().token, 0); // now 2 / 2 is below 3 / 2
    assert_eq!(sampler.pick(&[-2.0, -5.0, -2.5, -2.0]).unwrap().token, 2); // negative ones are multiplied
}

#[test]
fn ties_go_to_the_lowest_id() {
    let sampling = Sampling::default();
    let picked = Sampler::new(&sampling, &[], std::iter::empty()).pick(&[1.0, 4.0, 4.0]).unwrap();
    assert_eq!((picked.token, picked.margin), (1, 0.0));
    assert!(Sampler::new(&sampling, &[], std::iter::empty()).pick(&[1.0, f32::NAN]).is_none());
}

#[test]
fn the_seed_is_made_of_seed_and_words() {
    let logits = [0.0; 1000];
    let draws = |seed, words: &[&str]| -> Vec<u32> {
        let sampling = Sampling { temperature: 1.0, seed, ..Sampling::default() };
        let mut sampler = Sampler::new(&sampling, words, std::iter::empty());
        (0..8).map(|_| sampler.pick(&logits).unwrap().token).collect()
    };
    assert_eq!(draws(1, &["pirate", "a"]), draws(1, &["pirate", "a"]));
    assert_ne!(draws(1, &["pirate", "a"]), draws(2, &["pirate", "a"]));
    assert_ne!(draws(1, &["pirate", "a"]), draws(1, &["pirate", "b"]));
    assert_ne!(draws(1, &["ab", "c"]), draws(1, &["a", "bc"]));
}

#[test]
fn settings_without_meaning_are_refused_by_name() {
    let cases = [
        ("temperature", Sampling { temperature: -1.0, ..Sampling::default() }),
        ("temperature", Sampling { temperature: f64::NAN, ..Sampling::default() }),
        ("top_p", Sampling { top_p: 0.0, ..Sampling::default() }),
        ("top_p", Sampling { top_p: 1.5, ..Sampling::default() }),
        ("repetition_penalty", Sampling { repetition_penalty: 0.0, ..Sampling::default() }),
        ("max_tokens", Sampling { max_tokens: 0, ..Sampling::default() }),
        ("stop", Sampling { stop: vec![String::new()], ..Sampling::default() }),
    ];
    for (wrong, sampling) in cases {
        assert!(matches!(sampling.check(), Err(Error::Sampling { key, .. }) if key == wrong), "{sampling:?}");
    }
    Sampling::default().check().unwrap();
}
