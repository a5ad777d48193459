use super::onsets::change;
use super::page::Arithmetic;
use super::*;
use crate::analysis::{Fit, Onset, Status};
use crate::findings::findings;
use crate::report::made_up::{forked, right_items, scored};
use crate::run::{Phase, PhaseStart};

/// A forked run whose task is known at some steps of the trunk; the branch anneals.
fn known_at(is_known: impl Fn(u64) -> bool) -> Run {
    let mut run = forked();
    run.tree.branches[1].phases = vec![PhaseStart { phase: Phase::Anneal, from_step: 1, from_tokens: 1_000_000 }];
    let places: Vec<(String, u64)> = (run.tree.branches.iter())
        .flat_map(|branch| branch.checkpoints.iter().map(|at| (branch.name.clone(), at.step)))
        .collect();
    run.units = (places.iter())
        .map(|(branch, at)| scored(branch, *at, "letters", if branch == "trunk" && is_known(*at) { 0.9 } else { 0.25 }))
        .collect();
    run
}

fn price(branch: &str, step: u64, divergence: f64) -> TokenPrice {
    let measured = TokenShifts {
        tokens: 40,
        divergence,
        divergence_error: Some(0.01),
        divergence_99: 0.1,
        divergence_999: None,
        probability_change: 0.05,
        same_best: 0.9,
        ratio: 1.01,
        ratio_interval: Some([1.0, 1.02]),
    };
    let (problem, left_out) = (None, Vec::new());
    TokenPrice { branch: branch.into(), step, variant: None, measured: Some(measured), problem, left_out }
}

fn told(after: u64, prices: Vec<TokenPrice>) -> Arithmetic {
    let run = known_at(|step| step >= 2);
    let rounded = Rounded { precision: "q4".into(), run: known_at(|step| step >= after), prices };
    Arithmetic::of(&run, &findings(&run), &rounded)
}

#[test]
fn an_anneal_is_held_against_the_checkpoint_it_left() {
    let prices = [("trunk", 0, 0.5), ("trunk", 1, 0.25), ("trunk", 3, 0.125), ("anneal", 2, 0.3), ("anneal", 4, 0.4)];
    let told = told(2, prices.map(|(branch, step, divergence)| price(branch, step, divergence)).to_vec());
    assert_eq!(
        told.sentences,
        [
            "No onset is lost or moves beyond its interval.",
            "The anneal of anneal changes the divergence from 0.25000 ± 0.01960 nats (step 1) to 0.40000 ± 0.01960 (step 4).",
            "Next tokens of trunk step 2 are not measured: the sweep did not come to it yet."
        ]
    );
    assert_eq!(told.checkpoints.len(), 6);
    let cells = serde_json::to_value(&told.checkpoints[0]).unwrap()["told"].clone();
    let expected = ["0.50000 ± 0.01960", "0.10000", "–", "5.00 %", "90.00 %", "1.0100 [1.0000, 1.0200]", "40"];
    assert_eq!(cells, serde_json::json!(expected));
}

#[test]
fn an_onset_that_is_lost_or_moves_is_named() {
    let onsets = |after: u64| told(after, vec![price("trunk", 0, 0.5)]).sentences[0].clone();
    assert_eq!(onsets(9), "Onsets lost: letters (trunk).");
    assert_eq!(onsets(3), "Onsets moved beyond their intervals: letters (trunk).");
}

#[test]
fn what_is_seen_in_one_arithmetic_alone_is_lost_gained_or_yet_to_be_told() {
    let onset = |status: Status, bracket: [Option<u64>; 2]| {
        let fit = Fit {
            delta: 0.1,
            points: Vec::new(),
            isotonic: Vec::new(),
            confidence: Vec::new(),
            after: bracket[0],
            by: bracket[1],
            estimate: None,
        };
        Onset { status, scale: None, fit: Some(fit) }
    };
    let (came, lost) = (onset(Status::Emerged, [Some(2), Some(3)]), onset(Status::Lost, [Some(2), Some(3)]));
    let [early, far] = [1, 9].map(|after| onset(Status::NotYet, [Some(after), None]));
    let told = [
        (&came, &lost),
        (&lost, &came),
        (&lost, &lost),
        (&came, &far),
        (&came, &early),
        (&far, &came),
        (&early, &came),
    ]
    .map(|(before, after)| change(before, after));
    let yet = "cannot be told yet";
    assert_eq!(told, ["lost again", "kept", "", "lost", yet, "gained", yet]);
}

#[test]
fn an_anneal_within_the_error_changes_nothing() {
    let sentence = |after: f64, error: Option<f64>| {
        let mut prices = vec![price("trunk", 1, 0.25), price("anneal", 4, after)];
        prices[1].measured.as_mut().unwrap().divergence_error = error;
        told(2, prices).sentences.swap_remove(1)
    };
    // 1.96 · √2 · 0.01 = 0.02772
    for (after, expected) in
        [(0.2777, "does not change"), (0.2778, "changes the divergence"), (0.2223, "does not change")]
    {
        let found = sentence(after, Some(0.01));
        assert!(found.contains(expected), "{after}: {found}");
    }
    assert!(sentence(0.4, None).starts_with("Whether the anneal of anneal changes"), "{}", sentence(0.4, None));
}

#[test]
fn variants_are_lines_of_their_own() {
    let mut run = known_at(|step| step >= 2);
    for at in run.tree.branches.iter().flat_map(|branch| branch.checkpoints.clone()).collect::<Vec<_>>() {
        let branch = run.tree.branches.iter_mut().find(|branch| branch.name == at.branch).unwrap();
        branch.checkpoints.push(crate::run::Checkpoint { variant: Some("ema".into()), ..at });
    }
    let plain =
        [("trunk", 1, 0.25), ("anneal", 4, 0.4)].map(|(branch, step, divergence)| price(branch, step, divergence));
    let ema = [("trunk", 0, 0.1), ("anneal", 4, 0.1)].map(|(branch, step, divergence)| TokenPrice {
        variant: Some("ema".into()),
        ..price(branch, step, divergence)
    });
    let rounded = Rounded { precision: "q4".into(), run: known_at(|step| step >= 2), prices: [plain, ema].concat() };
    let told = Arithmetic::of(&run, &findings(&run), &rounded);
    assert!(
        told.sentences[1].starts_with("The anneal of anneal changes the divergence from 0.25"),
        "{:?}",
        told.sentences
    );
    assert!(told.sentences[2].starts_with("The anneal of anneal (ema) does not change"), "{:?}", told.sentences);
}

#[test]
fn the_checkpoints_of_a_variant_are_one_curve() {
    let mut run = known_at(|step| step >= 2);
    for branch in &mut run.tree.branches {
        let ema = |at: &crate::run::Checkpoint| crate::run::Checkpoint { variant: Some("ema".into()), ..at.clone() };
        // as a run lists them: each step's forms one after the other
        branch.checkpoints = branch.checkpoints.iter().flat_map(|at| [at.clone(), ema(at)]).collect();
    }
    let plain =
        [("trunk", 0, 0.5), ("trunk", 1, 0.4)].map(|(branch, step, divergence)| price(branch, step, divergence));
    let ema = plain.clone().map(|price| TokenPrice { variant: Some("ema".into()), ..price });
    let rounded = Rounded { precision: "q4".into(), run: known_at(|step| step >= 2), prices: [plain, ema].concat() };
    let told = Arithmetic::of(&run, &findings(&run), &rounded);
    let lines: Vec<&str> = told.checkpoints.iter().map(|row| row.line.as_str()).take(4).collect();
    assert_eq!(lines, ["trunk", "trunk (ema)", "trunk", "trunk (ema)"]);
    let shared = crate::report::curves::Shared::of(&run);
    let svg = super::course::course(&run, &[told], &shared).unwrap(); // a curve of one point each would be none
    assert!(svg.contains("q4, trunk (ema)"), "{svg}");
}

#[test]
fn answers_are_told_task_by_task_in_both_directions() {
    let with = |is_right: fn(usize) -> bool, twin: fn(usize) -> bool| {
        let mut run = forked();
        run.units = vec![
            right_items("trunk", 2, "letters", is_right),
            right_items("trunk", 3, "letters", is_right),
            right_items("trunk", 3, "twins", twin),
        ];
        run
    };
    let before = with(|item| item < 50, |item| item < 50);
    let rounded = Rounded {
        precision: "q4".into(),
        run: with(|item| (7..52).contains(&item), |item| item < 50),
        prices: Vec::new(),
    };
    let told = Arithmetic::of(&before, &findings(&before), &rounded);
    let row =
        |row: &super::flips::FlipRow| (row.task.clone(), row.step, row.flips, row.mcnemar.map(|p| (p * 1e4).round()));
    // of nine flips two or fewer one way: 2 (1 + 9 + 36) / 2^9
    let letters = |step| ("letters".to_owned(), step, Some([7, 2]), Some(1797.0));
    assert_eq!(
        told.flips.iter().map(row).collect::<Vec<_>>(),
        [letters(3), ("twins".into(), 3, Some([0, 0]), Some(10_000.0))]
    );
    assert_eq!(told.earlier.iter().map(row).collect::<Vec<_>>(), [letters(2)]);
    let csv = super::table::flips(&[told]);
    assert!(csv.contains("q4,trunk,3,letters,acc,100,7,2,0.1796") && csv.contains(",-0.05"), "{csv}");
}

#[test]
fn what_is_not_measured_says_why() {
    let mut prices = vec![price("trunk", 0, 0.5), price("trunk", 1, 0.25)];
    (prices[1].measured, prices[1].problem) = (None, Some("the hub refuses it".into()));
    prices[0].left_out = vec!["needle".into()];
    let sentences = told(2, prices).sentences;
    assert!(
        sentences.contains(&"Next tokens of trunk step 1 are not measured: the hub refuses it.".to_owned()),
        "{sentences:?}"
    );
    assert!(sentences.iter().any(|line| line.starts_with("Texts of needle are left out")), "{sentences:?}");
}

#[test]
fn the_divergence_is_drawn_over_tokens() {
    let run = known_at(|step| step >= 2);
    let shared = crate::report::curves::Shared::of(&run);
    let drawn = |low: f64| {
        let of = |precision: &str, factor: f64| {
            let prices = [("trunk", 0, 0.5), ("trunk", 1, 0.4), ("anneal", 4, low)];
            let prices = prices.map(|(branch, step, divergence)| price(branch, step, factor * divergence)).to_vec();
            Arithmetic::of(
                &run,
                &findings(&run),
                &Rounded { precision: precision.into(), run: known_at(|step| step >= 2), prices },
            )
        };
        let arithmetics = [of("q4", 1.0), of("int8", 0.5)];
        (super::course::course(&run, &arithmetics, &shared).unwrap(), super::table::divergences(&arithmetics))
    };
    let (svg, csv) = drawn(0.3);
    assert!(svg.contains("q4, trunk") && svg.contains("int8, anneal") && svg.contains("KL, nats"), "{svg}");
    assert_eq!(csv.lines().count(), 1 + 6);
    assert!(csv.contains("int8,anneal,,4,4000000,anneal,40,0.15,"), "{csv}");
    assert!(drawn(0.001).0.contains("log₁₀"));
    let alone = Arithmetic::of(
        &run,
        &findings(&run),
        &Rounded { precision: "q4".into(), run: known_at(|step| step >= 2), prices: vec![price("trunk", 0, 0.5)] },
    );
    assert!(super::course::course(&run, &[alone], &shared).is_none());
}
