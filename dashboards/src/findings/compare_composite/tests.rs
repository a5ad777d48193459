use crate::analysis::half_width;
use crate::findings::{ComparedTask, compare};
use crate::report::made_up::{right_items, scored};
use crate::run::{Composite, CompositeMember, Run, Unit};
use crate::series::{CENTRED, add_composites};

fn core(members: &[(&str, f64, f64)]) -> Composite {
    let member = |(task, weight, chance): &(&str, f64, f64)| CompositeMember {
        task: (*task).to_owned(),
        shots: None,
        weight: *weight,
        chance: Some(*chance),
    };
    Composite { name: "core".into(), members: members.iter().map(member).collect() }
}

/// `y` loses 6 of its items and gains 2, `x` loses 2 and gains 10.
fn items(side: u64, changed: impl FnMut(&mut Unit)) -> Vec<Unit> {
    let flips = |lost: usize, gained: usize| {
        move |item: usize| if side == 0 { item < 50 } else { item >= lost && item < 50 + gained }
    };
    let mut units = vec![right_items("trunk", side, "x", flips(2, 10)), right_items("trunk", side, "y", flips(6, 2))];
    units.iter_mut().for_each(changed);
    units
}

fn with(units: Vec<Unit>, composite: &Composite) -> Vec<Unit> {
    let mut run = Run { units, ..Run::default() };
    assert_eq!(add_composites(&mut run, std::slice::from_ref(composite)), Vec::<String>::new());
    run.units
}

fn compared(a: &[Unit], b: &[Unit]) -> (Option<ComparedTask>, Vec<String>) {
    let found = compare(&a.iter().collect::<Vec<_>>(), &b.iter().collect::<Vec<_>>(), [&[], &[]]);
    (found.rows.into_iter().find(|row| row.subject.task == "core"), found.left_out)
}

const MEMBERS: [(&str, f64, f64); 2] = [("x", 1.0, 0.25), ("y", 3.0, 0.5)];

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-6, "{found} instead of {wanted}");
}

#[test]
fn a_composite_is_paired_through_its_members() {
    let sides = [0, 1].map(|side| with(items(side, |_| ()), &core(&MEMBERS)));
    let row = compared(&sides[0], &sides[1]).0.unwrap();
    // By hand: x +.08 with SE² (.12 − .08²)/99, y −.04 with SE² (.08 − .04²)/99; (.08/.75 − 3 · .04/.5)/4, and
    // √(.0011474747/.75² + .0007919192 · 36)/4.
    near(row.difference.value, -0.033_333_333);
    near(row.difference.se, 0.043_695_7);
    near(row.difference.interval.0, -0.033_333_333 - 0.085_642);
    near(row.p, 0.445_552);
    assert!(!row.unpaired && row.difference.items == 200 && row.mcnemar.is_none(), "{row:?}");
    let score = |units: &[Unit]| units.iter().find_map(|unit| Some(unit.record.metric(CENTRED)?.value)).unwrap();
    near(row.a, score(&sides[0]));
    near(row.b, score(&sides[1]));
    // The order in which two run files name its tasks says nothing.
    let turned = with(items(1, |_| ()), &core(&[MEMBERS[1], MEMBERS[0]]));
    assert_eq!(compared(&sides[0], &turned).0, Some(row));
}

#[test]
fn clusters_and_missing_items_of_members_are_theirs() {
    // x in two clusters, its changes all in the first: SE of its difference is √(2/1 · 2 · 4²)/100, and few clusters widen it.
    let clustered = |unit: &mut Unit| {
        if unit.record.task == "x" {
            let cluster = |doc_id| Some(if doc_id < 75 { "one" } else { "two" }.to_owned());
            let items = unit.items.iter().cloned().map(|mut item| {
                item.cluster = cluster(item.doc_id);
                item
            });
            unit.items = std::sync::Arc::new(items.collect());
        }
    };
    let sides = [0, 1].map(|side| with(items(side, clustered), &core(&MEMBERS)));
    let row = compared(&sides[0], &sides[1]).0.unwrap();
    let of_x = half_width(Some(2)) / 1.96 * (2.0_f64 * 2.0 * 2.0 * 2.0).sqrt() / 100.0;
    let wanted = ((of_x / 0.75).powi(2) + 0.000_791_919_2 * 36.0).sqrt() / 4.0;
    assert!((row.difference.se - wanted).abs() < 2e-5 * wanted.max(1.0), "{} instead of {wanted}", row.difference.se);
    // The first side was asked 80 items of x: its 20 others are left out, and its score is that of the 80.
    let fewer = |unit: &mut Unit| {
        if unit.record.task == "x" {
            unit.items = std::sync::Arc::new(unit.items[..80].to_vec());
            unit.record.metrics[0].value = 0.625;
        }
    };
    let row = compared(&with(items(0, fewer), &core(&MEMBERS)), &sides[1]).0.unwrap();
    assert!(row.difference.partial && (row.only_a, row.only_b) == (0, 20) && row.difference.items == 180);
    near(row.a, (0.375 / 0.75) / 4.0);
}

#[test]
fn what_cannot_be_paired_is_compared_by_its_scores_or_not_at_all() {
    let paired = |side| with(items(side, |_| ()), &core(&MEMBERS));
    let bare = vec![scored("trunk", 0, "x", 0.5), scored("trunk", 0, "y", 0.5)];
    let row = compared(&with(bare, &core(&MEMBERS)), &paired(1)).0.unwrap();
    assert!(row.unpaired && row.difference.se > 0.08, "{row:?}");
    let heavier = core(&[("x", 2.0, 0.25), MEMBERS[1]]);
    let metric = |unit: &mut Unit| {
        unit.record.primary_metric = "acc_norm".into();
        unit.record.metrics[0].name = "acc_norm".into();
    };
    let data = |unit: &mut Unit| unit.record.inputs.data = "other-data".into();
    let shots = |unit: &mut Unit| unit.record.shots = 5;
    for (side, said) in [
        (
            with(items(1, |_| ()), &heavier),
            "core: the two sides make it of other tasks, shots, weights or scores of guessing",
        ),
        (with(items(1, data), &core(&MEMBERS)), "core: the two sides have different data"),
        (
            with(items(1, metric), &core(&MEMBERS)),
            "core: its member `x` is scored by acc on the first side and by acc_norm on the second",
        ),
        (
            with(items(1, shots), &core(&MEMBERS)),
            "core: `x` was asked with 0 shots on the first side and with 5 on the second",
        ),
    ] {
        let (row, left_out) = compared(&paired(0), &side);
        assert!(row.is_none() && left_out.iter().any(|reason| reason.starts_with(said)), "{said}: {left_out:?}");
    }
}

#[test]
fn members_without_a_flip_are_not_known_exactly() {
    let side = with(items(0, |_| ()), &core(&MEMBERS));
    let row = compared(&side, &side).0.unwrap();
    // One flip of 100 in each, in parts of the way from guessing, weighed.
    let shares = MEMBERS.map(|(_, weight, chance)| (weight / (1.0 - chance) / 100.0, weight));
    let wanted = shares.iter().map(|(share, _)| share * share).sum::<f64>().sqrt()
        / shares.iter().map(|(_, weight)| weight).sum::<f64>();
    assert!(row.difference.value == 0.0 && (row.difference.se - wanted).abs() < 1e-12, "{row:?} instead of {wanted}");
}
