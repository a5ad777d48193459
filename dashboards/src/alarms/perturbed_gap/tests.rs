//! Tests of `perturbed_gap`.

use super::*;

#[test]
fn two_checkpoints_cannot_tell() {
    let rows = vec![vec![1.0, 0.0, 1.0]; 2];
    assert_eq!(perturbed_gap(&rows, &rows, 0.01, None).verdict, GapVerdict::CannotTell);
    let few = (vec![vec![0.0; 7], vec![0.0; 7], vec![1.0; 7]], vec![vec![0.0; 7]; 3]);
    assert_eq!(perturbed_gap(&few.0, &few.1, 0.01, None).verdict, GapVerdict::CannotTell, "seven items alike");
    let ragged = vec![vec![1.0; 8], vec![1.0; 8], vec![1.0; 9]];
    assert_eq!(perturbed_gap(&ragged, &ragged, 0.01, None).verdict, GapVerdict::CannotTell);
}

/// Exact items whose score rises by so much at the last of six checkpoints, beside twins that stand still at a half.
fn leaked(items: usize, rise: f64) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let luck = |k: usize, i: usize| ((i * 7 + k) as f64 * 0.618_033_988_749).fract();
    let right = |k: usize, share: f64| (0..items).map(|i| f64::from(u8::from(luck(k, i) < share))).collect();
    let share = |k: usize| if k == 5 { 0.5 + rise } else { 0.5 };
    ((0..6).map(|k| right(k, share(k))).collect(), (0..6).map(|k| right(k + 3, 0.5)).collect())
}

#[test]
fn many_looks_and_few_items_need_more() {
    let place = || Place { branch: "b".into(), ..Place::default() };
    let alarms = |items, rise, looks| {
        let (exact, perturbed) = leaked(items, rise);
        perturbed_gap_alarm(place(), &perturbed_gap(&exact, &perturbed, 0.01, None), "shuffled", looks).is_some()
    };
    assert!(alarms(1000, 0.4, 10_000), "a leak of 40 points among many looks");
    assert!(alarms(1000, 0.12, 1) && !alarms(1000, 0.02, 1));
    assert!(!alarms(12, 0.5, 500), "twelve items are worth little among many looks");
}

#[test]
fn two_clusters_that_agree_by_chance_are_not_sure() {
    let (exact, perturbed) = leaked(200, 0.3);
    let names = |clusters: usize| -> Vec<String> { (0..200).map(|item| (item % clusters).to_string()).collect() };
    let found = |clusters| perturbed_gap(&exact, &perturbed, 0.0, Some(&names(clusters))).gap.unwrap();
    let alone = perturbed_gap(&exact, &perturbed, 0.0, None).gap.unwrap();
    assert!(found(2).se >= alone.se && found(2).luck > 0.01 && found(50).luck < 1e-4);
}
