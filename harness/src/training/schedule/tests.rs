//! Tests of `schedule`.

use spyglass_tasks::yaml;

use super::*;

fn schedule(text: &str) -> Result<Schedule, Fault> {
    Schedule::of(&yaml::parse::<TrainingSpec>("test", text).unwrap())
}

fn rates(text: &str, steps: &[u64]) -> Vec<Option<f64>> {
    let schedule = schedule(text).unwrap();
    steps.iter().map(|step| schedule.rate_at(*step)).collect()
}

fn near(found: &[Option<f64>], wanted: &[Option<f64>]) {
    let same = found.iter().zip(wanted).all(|(a, b)| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1e-9),
        (None, None) => true,
        _ => false,
    });
    assert!(same && found.len() == wanted.len(), "{found:?} is not {wanted:?}");
}

#[test]
fn a_warm_up_and_a_cosine_that_is_never_reached() {
    let text = "{tokens_per_step: 10, learning_rate: [{shape: linear, to: 1.0, until: 100 tokens}, {shape: cosine, to: 0.1, until: 1_100 tokens}]}";
    near(&rates(text, &[0, 5, 10, 60, 110, 111]), &[Some(0.0), Some(0.5), Some(1.0), Some(0.55), Some(0.1), None]);
    assert_eq!(schedule(text).unwrap().end(), Some(110));
}

#[test]
fn warm_up_stable_decay_and_a_next_cycle() {
    let text = "
tokens_per_step: 4
learning_rate:
- {shape: linear, to: 1.0, for: 10}
- {shape: constant, until: 80}
- {shape: sqrt, to: 0.0, for: 20 steps}
- {shape: linear, to: 0.5, for: 10}
- {shape: constant}
";
    near(
        &rates(text, &[10, 79, 85, 100, 105, 110, 1_000_000]),
        &[Some(1.0), Some(1.0), Some(0.5), Some(0.0), Some(0.25), Some(0.5), Some(0.5)],
    );
    assert_eq!(schedule(text).unwrap().end(), None);
}

#[test]
fn a_cosine_that_is_stretched_on_the_way() {
    // Planned to end at step 1,100; from step 600 on it is the one that ends at 2,100.
    let text = "
tokens_per_step: 1
learning_rate:
- {shape: linear, to: 1.0, until: 100}
- {shape: cosine, to: 0.0, until: 1100, leave: 600}
- {shape: cosine, from: 1.0, to: 0.0, since: 100, until: 2100}
";
    let cosine = |share: f64| 0.5 * (1.0 + (std::f64::consts::PI * share).cos());
    near(&rates(text, &[599, 600, 2100]), &[Some(cosine(0.499)), Some(cosine(0.25)), Some(0.0)]);
}

#[test]
fn tokens_of_a_growing_batch() {
    let text = "{tokens_per_step: [{from_step: 0, tokens: 10}, {from_step: 100, tokens: 20}], learning_rate: [{shape: linear, to: 1.0, until: 2_000 tokens}]}";
    let found = schedule(text).unwrap();
    assert_eq!([0, 50, 100, 150].map(|step| found.tokens_at(step)), [0, 500, 1000, 2000]);
    assert_eq!(found.end(), Some(150));
    near(&[found.rate_at(125)], &[Some(0.75)]);
}

#[test]
fn entries_tell_the_corners_and_what_is_asked() {
    let text =
        "{tokens_per_step: 2, learning_rate: [{shape: linear, to: 1.0, for: 1000}, {shape: constant, for: 9000}]}";
    let entries = schedule(text).unwrap().entries(0, 5000, [1234].into_iter());
    let steps: Vec<u64> = entries.iter().map(|entry| entry.step).collect();
    assert!([0, 1000, 1234, 5000].iter().all(|step| steps.contains(step)), "{steps:?}");
    assert!(steps.windows(2).all(|pair| pair[0] < pair[1]) && *steps.last().unwrap() == 5000);
    assert!(entries.iter().all(|entry| entry.tokens == Some(2 * entry.step) && entry.learning_rate.is_some()));
}

#[test]
fn what_cannot_be_read_is_said() {
    let cases = [
        ("{learning_rate: []}", "`tokens_per_step` is missing"),
        ("{tokens_per_step: 0}", "`tokens_per_step` is 0"),
        ("{tokens_per_step: [{from_step: 5, tokens: 1}]}", "step 0"),
        ("{tokens_per_step: 1, learning_rate: [{shape: linear, to: 1}]}", "piece 1 of `learning_rate`: has no end"),
        ("{tokens_per_step: 1, learning_rate: [{shape: linear, until: 5}]}", "has no `to`"),
        (
            "{tokens_per_step: 1, learning_rate: [{shape: constant, from: 1}, {shape: linear, to: 0, for: 5}]}",
            "without an end",
        ),
        ("{tokens_per_step: 1, learning_rate: [{shape: exponential, from: 1, to: 0, for: 5}]}", "takes forever"),
        (
            "{tokens_per_step: 1, learning_rate: [{shape: linear, to: 1, for: 5}, {shape: linear, to: 0, until: 5}]}",
            "piece 2",
        ),
        ("{tokens_per_step: 1, learning_rate: [{shape: linear, to: -1, for: 5}]}", "below 0"),
        ("{tokens_per_step: 1, learning_rate: [{shape: linear, to: 1, for: 5, until: 5}]}", "keep one"),
        ("pythia-161m", "pythia-160m"),
    ];
    for (text, said) in cases {
        let (what, help) = schedule(text).unwrap_err();
        assert!(format!("{what}: {help}").contains(said), "{text}: {what}: {help}");
    }
}
