//! Tests of `loss`.

use proptest::prelude::*;

use super::*;
use crate::analysis::plateau;

#[test]
fn a_spike_open_for_fifty_entries_is_a_collapse() {
    let mut loss = vec![2.0; 30];
    loss.extend(vec![6.0; 60]);
    loss.extend(vec![2.0; 20]);
    assert_eq!(loss_spikes(&loss), [LossSpike { from: 30, to: 89, recovered: false }]);
}

#[test]
fn little_is_said_before_thirty_calm_entries() {
    let none = f64::NAN;
    assert!(loss_spikes(&[2.0, 2.0, 9.0, none, 2.0]).is_empty(), "it came back");
    assert!(loss_spikes(&[]).is_empty());
    assert!(loss_spikes(&[none; 40]).is_empty(), "a loss that was never logged");
    let to_the_end = [LossSpike { from: 2, to: 4, recovered: false }];
    assert_eq!(loss_spikes(&[2.0, 2.0, none, none, none]), to_the_end, "no number is none from the start");
}

#[test]
fn a_fall_that_ends_is_no_rise() {
    let noise = |k: u32| 0.004 * (f64::from(k) * 2.4).sin();
    for kink in (60..150).step_by(7) {
        let loss: Vec<f64> = (0..300).map(|k| 3.0 - 0.015 * f64::from(k.min(kink)) + noise(k)).collect();
        assert!(loss_spikes(&loss).is_empty(), "it falls to entry {kink}: {:?}", loss_spikes(&loss));
    }
}

#[test]
fn one_entry_counts_from_twice_the_threshold_on() {
    let spikes = |high: &[f64]| {
        let mut loss = vec![2.0; 40];
        loss.splice(35..35, high.iter().copied());
        loss_spikes(&loss).len()
    };
    assert_eq!([&[2.15][..], &[2.25], &[2.15, 2.15], &[2.15, 2.0, 2.15]].map(spikes), [0, 1, 1, 0]);
}

#[test]
fn a_single_entry_must_be_higher_in_a_long_log() {
    let spikes = |at: usize, high: &[f64]| {
        let mut loss: Vec<f64> = (0..at + 40).map(|k| if k % 2 == 0 { 2.02 } else { 1.98 }).collect(); // sd .03
        loss.splice(at..at, high.iter().copied());
        loss_spikes(&loss).len()
    };
    assert_eq!([90, 1600].map(|at| spikes(at, &[2.5])), [1, 0], "16.9 sd: more than 12, less than 24");
    assert_eq!([90, 1600].map(|at| spikes(at, &[2.8])), [1, 1]);
    assert_eq!([90, 1600].map(|at| spikes(at, &[2.3, 2.13])), [1, 0], "the second is 4.4 sd out");
    assert_eq!([90, 1600].map(|at| spikes(at, &[2.3, 2.3])), [1, 1]);
}

proptest! {
    #[test]
    fn any_loss_gives_ordered_spikes(loss in prop::collection::vec(prop::num::f64::ANY, 0..120)) {
        let found = loss_spikes(&loss);
        prop_assert!(found.iter().all(|spike| spike.from <= spike.to && spike.to < loss.len()));
        prop_assert!(found.windows(2).all(|pair| pair[0].to < pair[1].from));
        prop_assert!(plateau(&loss, &loss).is_none_or(|p| p.slope.is_finite() && p.se.is_finite()));
    }
}
