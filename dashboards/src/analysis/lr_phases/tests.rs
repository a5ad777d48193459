//! Tests of `lr_phases`.

use proptest::prelude::*;

use super::*;

#[test]
fn a_restart_replaces_what_it_repeats() {
    let wsd = |step: u64| match step {
        0..10 => step as f64 / 10.0,
        10..80 => 1.0,
        _ => (100 - step) as f64 / 20.0,
    };
    let mut points: Vec<(u64, f64)> = (0..=60).map(|step| (step, wsd(step))).collect();
    points.push((61, f64::NAN));
    points.extend((40..=100).map(|step| (step, wsd(step))));
    let found = lr_phases(&points);
    assert_eq!(found, [(Phase::Warmup, 0), (Phase::Stable, 10), (Phase::Anneal, 80)]);
}

/// Phases of `rate` over `steps`, logged every `every` steps.
fn phases(rate: impl Fn(f64) -> f64, steps: u64, every: u64) -> Vec<(Phase, u64)> {
    let points: Vec<(u64, f64)> = (0..=steps / every).map(|k| (k * every, rate((k * every) as f64))).collect();
    lr_phases(&points)
}

fn cosine(share: f64, high: f64, low: f64) -> f64 {
    low + (high - low) * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
}

/// A warm-up of 1,000 steps and a cosine that ends at step 40,000.
fn first(step: f64, low: f64) -> f64 {
    if step < 1e3 { step / 1e3 } else { cosine((step - 1e3) / 39e3, 1.0, low) }
}

type Rate = Box<dyn Fn(f64) -> f64>;

#[test]
fn a_rate_that_is_warmed_twice() {
    use Phase::{Anneal, Decay, Rewarm, Stable, Warmup};
    let restarts = |s: f64| if s < 1e3 { s / 1e3 } else { cosine((s - 1e3) % 30e3 / 30e3, 1.0, 0.0) };
    let cycle = |s: f64| if s < 1e3 { s / 1e3 } else { (1.0 - (s - 24e3) / 6e3).min(1.0) };
    let cases: [(&str, Rate, u64, Vec<(Phase, u64)>); 6] = [
        (
            "a cosine, then a fast fall",
            Box::new(|s| {
                if s < 40e3 {
                    first(s, 0.1)
                } else if s < 41e3 {
                    0.1 + 0.9 * (s - 40e3) / 1e3
                } else {
                    1.0 - (s - 41e3) / 9e3
                }
            }),
            50_000,
            vec![(Warmup, 0), (Decay, 1000), (Rewarm, 40_000), (Anneal, 41_000)],
        ),
        (
            "two equal cycles",
            Box::new(|s| if s < 40e3 { first(s, 0.0) } else { first(s - 40e3, 0.0) }),
            80_000,
            vec![(Warmup, 0), (Decay, 1000), (Rewarm, 40_000), (Decay, 41_000)],
        ),
        (
            "the second of two equal cycles, not done",
            Box::new(|s| if s < 40e3 { first(s, 0.0) } else { first(s - 40e3, 0.0) }),
            73_000,
            vec![(Warmup, 0), (Decay, 1000), (Rewarm, 40_000), (Decay, 41_000)],
        ),
        (
            "cosine with warm restarts",
            Box::new(restarts),
            90_000,
            vec![(Warmup, 0), (Decay, 1000), (Rewarm, 30_900), (Decay, 31_000), (Rewarm, 60_900), (Decay, 61_000)],
        ),
        (
            "a second peak of a tenth",
            Box::new(
                |s| {
                    if s < 40e3 { first(s, 0.0) } else { 0.1 * ((s - 40e3) / 1e3).min(1.0).min((100e3 - s) / 10e3) }
                },
            ),
            100_000,
            vec![(Warmup, 0), (Decay, 1000), (Rewarm, 40_000), (Stable, 41_000), (Anneal, 90_100)],
        ),
        (
            "two of WSD",
            Box::new(move |s| cycle(s % 30e3)),
            59_900,
            vec![(Warmup, 0), (Stable, 1000), (Anneal, 24_100), (Rewarm, 30_000), (Stable, 31_000), (Anneal, 54_100)],
        ),
    ];
    for (name, rate, steps, wanted) in cases {
        assert_eq!(phases(rate, steps, 100), wanted, "{name}");
    }
}

#[test]
fn a_long_log_takes_no_quadratic_time() {
    let points: Vec<(u64, f64)> = (0..200_000).map(|step| (step, 1.0 - (step / 40_000) as f64 * 0.19)).collect();
    assert_eq!(lr_phases(&points).first(), Some(&(Phase::Decay, 0)));
}

proptest! {
    #[test]
    fn any_log_gives_ascending_phases(points in prop::collection::vec((0_u64..500, prop::num::f64::ANY), 0..80)) {
        let found = lr_phases(&points);
        prop_assert!(found.windows(2).all(|pair| pair[0].1 < pair[1].1 && pair[0].0 != pair[1].0));
    }
}
