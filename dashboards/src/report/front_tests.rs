//! What a reader sees of the front page, made of small made-up runs.

use std::sync::Arc;

use crate::alarms::{Alarm, AlarmKind, Place};
use crate::report;
use crate::report::made_up::{branch, run, scored as unit};
use crate::run::{Fork, LogEntry, Phase, PhaseStart, Run, Unit};

/// The front page as written to disk.
fn html(run: &Run) -> String {
    let dir = tempfile::tempdir().unwrap();
    fs_err::read_to_string(report::write(run, &dir.path().join("report")).unwrap()).unwrap()
}

fn two_branches() -> Run {
    let fork = Fork { branch: "trunk".into(), step: 20, tokens: 20_000_000 };
    let mut trunk = branch("trunk", None, &[0, 10, 20, 30]);
    trunk.phases = vec![PhaseStart { phase: Phase::Stable, from_step: 0, from_tokens: 0 }];
    let entry = |k: u64| LogEntry {
        step: k,
        tokens: Some(k * 1_000_000),
        learning_rate: Some(3e-3),
        loss: Some(2.0 - k as f64 / 40.0),
        ..LogEntry::default()
    };
    trunk.log.entries = (0..30).map(entry).collect();
    let mut units: Vec<Unit> =
        [(0, 0.24), (10, 0.31), (20, 0.5), (30, 0.61)].map(|(s, v)| unit("trunk", s, "letters", v)).into();
    units.push(unit("anneal", 25, "letters", 0.9));
    run(vec![trunk, branch("anneal", Some(fork), &[25])], units)
}

#[test]
fn a_reader_sees_names_numbers_chance_and_phases() {
    let page = html(&two_branches());
    for seen in [
        "5 checkpoints on 2 branches, 0 – 30 M tokens",
        ">chance</text>",
        ">trunk</text>",
        ">anneal</text>",
        ">stable</text>",
        "61.0 %",
        "+11.0",
        "± 9.4",
        "training loss",
        "no failure",
    ] {
        assert!(page.contains(seen), "{seen}");
    }
}

#[test]
fn alarms_of_a_kind_share_a_box() {
    let alarm = |kind: AlarmKind, task: &str| Alarm {
        kind,
        place: Place { task: Some(task.into()), branch: "trunk".into(), ..Place::default() },
        evidence: Vec::new(),
        threshold: "a rule",
        false_alarms: None,
        sentence: format!("look at {task}"),
    };
    let all = [alarm(AlarmKind::LoneJump, "a"), alarm(AlarmKind::Letters, "b"), alarm(AlarmKind::Letters, "c")];
    let boxes = super::by_kind(&all, |alarm| super::shown_alarm(alarm, String::new(), String::new()));
    let told: Vec<(&str, Vec<&str>)> =
        boxes.iter().map(|of| (&*of.first.text, of.others.iter().map(|other| &*other.text).collect())).collect();
    assert_eq!(told, [("look at a", vec![]), ("look at b", vec!["look at c"])]);
}

#[test]
fn seeds_are_drawn_as_their_median_and_their_range() {
    let branches = ["seed-1/a", "seed-2/a", "b"].map(|name| branch(name, None, &[0, 1, 2]));
    let score = |name: &str, step: u64| 0.3 + 0.1 * step as f64 + if name == "seed-2/a" { 0.04 } else { 0.0 };
    let units = branches
        .iter()
        .flat_map(|branch| (0..3).map(move |step| unit(&branch.name, step, "t", score(&branch.name, step))));
    let units = units.collect();
    let page = html(&run(branches.into(), units));
    let (_, figure) = page.split_once("<figure").unwrap();
    for (what, count) in
        [("class=\"median s0\"", 1), ("class=\"range s0\"", 1), ("class=\"faint s0\"", 1), ("class=\"line s2\"", 1)]
    {
        assert_eq!(figure.split("</figure>").next().unwrap().matches(what).count(), count, "{what}");
    }
    assert!(!figure.contains("class=\"line s0\""), "no seed is drawn as if it were alone");
    assert!(figure.contains(">a, 2 seeds</text>") && page.contains("\"median\":0.3"), "{figure}");
}

#[test]
fn hostile_names_stay_words() {
    let evil = "</script><img src=x onerror=alert(1)>\"'🦀";
    let mut run = run(vec![branch(evil, None, &[0, 1])], vec![unit(evil, 1, evil, 0.5)]);
    run.name = evil.into();
    run.run_file = evil.into();
    let page = html(&run);
    assert!(!page.contains("<img"));
    assert_eq!(page.matches("</script>").count(), 12, "only the page's own");
    let dir = tempfile::tempdir().unwrap();
    let index = report::write(&run, &dir.path().join("report")).unwrap();
    assert!(index.with_file_name("plots").join("script-img-src-x-onerror-alert-1.csv").is_file());
}

#[test]
fn thin_runs_make_a_page_and_no_false_number() {
    let empty = html(&run(Vec::new(), Vec::new()));
    assert!(empty.contains("Nothing is scored yet"));
    for steps in [&[7][..], &[0, 7]] {
        let units = steps.iter().map(|&step| unit("trunk", step, "t", 1.0)).collect();
        let page = html(&run(vec![branch("trunk", None, steps)], units));
        assert!(page.contains("± 1.8"), "a width without variance: Wilson");
        let (_, drawn) = page.split_once("<body>").unwrap();
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"));
        assert!(!page.contains("learning rate</text>"), "no log, no strip");
    }
}

#[test]
fn a_missing_checkpoint_is_a_gap_in_the_line() {
    let units = [0, 1, 3, 4].map(|step| unit("trunk", step, "t", 0.5)).into();
    let run = run(vec![branch("trunk", None, &[0, 1, 2, 3, 4])], units);
    let page = html(&run);
    let line = page.split("class=\"line s0\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(line.matches('M').count(), 2, "{line}");
}

#[test]
fn two_hundred_checkpoints_of_sixty_tasks_stay_under_a_megabyte() {
    let steps: Vec<u64> = (0..200).map(|k| k * 5_000).collect();
    let units = (0..60).flat_map(|task| {
        steps.iter().map(move |&s| {
            unit(
                "trunk",
                s,
                &format!("mmlu_subject_{task}"),
                0.25 + ((s / 1000 * 7919 + task * 31) % 97) as f64 / 200.0,
            )
        })
    });
    let run = run(vec![branch("trunk", None, &steps)], units.collect());
    let size = html(&run).len();
    assert!(size < 1_000_000, "{size} bytes");
}

#[test]
fn failures_are_said_in_words() {
    let mut run = two_branches();
    run.failures.push(crate::run::Failure {
        branch: "trunk".into(),
        step: 40,
        variant: None,
        task: None,
        reason: "model.safetensors ends early".into(),
        time: "2026-11-24T00:00:00Z".into(),
    });
    let page = html(&run);
    assert!(page.contains("trunk at step 40, the checkpoint itself: model.safetensors ends early"));
    assert!(page.contains("1 failure"));
}

/// A page other than the front one.
fn page(run: &Run, path: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let index = report::write(run, &dir.path().join("report")).unwrap();
    fs_err::read_to_string(index.with_file_name("").join(path)).unwrap()
}

#[test]
fn a_fall_after_the_onset_is_drawn_and_told() {
    let values = [0.25, 0.26, 0.25, 0.26, 0.6, 0.61, 0.6, 0.61, 0.6, 0.61, 0.3, 0.6, 0.61];
    let steps: Vec<u64> = (1..=values.len() as u64).collect();
    let units = steps.iter().zip(values).map(|(&step, value)| unit("trunk", step, "hopping", value)).collect();
    let hopping = run(vec![branch("trunk", None, &steps)], units);
    for html in [html(&hopping), page(&hopping, "tasks/hopping.html")] {
        let marks = html.split("class=\"hop s0\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(marks.matches('M').count(), 2, "one fall, one return: {marks}");
        assert!(html.contains("comes and goes: 1 fall, back now"));
    }
    let steady = html(&run(vec![branch("trunk", None, &steps)], {
        steps.iter().map(|&step| unit("trunk", step, "steady", if step < 5 { 0.25 } else { 0.6 })).collect()
    }));
    assert!(steady.contains("<td>stayed</td>") && !steady.contains("class=\"hop"));
}

#[test]
fn phases_of_a_branch_are_named_in_its_colour() {
    let mut run = two_branches();
    let start = |phase, step| PhaseStart { phase, from_step: step, from_tokens: step * 1_000_000 };
    run.tree.branches[1].phases = vec![start(Phase::Stable, 0), start(Phase::Anneal, 20)];
    assert!(page(&run, "tasks/letters.html").contains("class=\"t bp s1 mid\""));
    assert!(!page(&run, "tasks/letters.html").contains(">rewarm<"));
}

#[test]
fn provenance_lists_hashes_cost_failures_and_older_units() {
    let mut run = two_branches();
    run.superseded = vec![unit("trunk", 10, "letters", 0.3).record];
    run.failures = vec![crate::run::Failure {
        branch: crate::run::Failure::EVERYWHERE.into(),
        step: 0,
        variant: None,
        task: Some("art <b>".into()),
        reason: "no data".into(),
        time: "2026-11-24T00:00:00Z".into(),
    }];
    let html = page(&run, "provenance.html");
    for seen in [
        "every checkpoint",
        "art &lt;b&gt;",
        "no data",
        "100 (67 %)",
        "newer ones stand in their place: 1.",
        "name: made-up",
        "5.0 s",
    ] {
        assert!(html.contains(seen), "{seen}");
    }
}

#[test]
fn a_log_without_tokens_draws_nothing_and_breaks_nothing() {
    let mut run = two_branches();
    for entry in &mut run.tree.branches[0].log.entries {
        (entry.tokens, entry.loss) = (None, Some(f64::NAN));
    }
    let page = html(&run);
    assert!(!page.contains("training loss") && !page.contains("NaN"));
}

#[test]
fn checkpoints_with_other_items_are_paired_on_the_common_ones_and_said() {
    let with_items = |step: u64, ids: std::ops::Range<usize>| {
        let mut unit = unit("trunk", step, "t", 0.5);
        let item = |doc_id: usize| spyglass_tasks::ItemRecord {
            doc_id,
            gold: doc_id % 2,
            choices: vec![spyglass_tasks::ChoiceRecord { logprob: -1.0, ..Default::default() }; 2],
            ..Default::default()
        };
        unit.items = Arc::new(ids.map(item).collect());
        unit
    };
    let units = vec![with_items(1, 0..100), with_items(2, 60..160)];
    let page = html(&run(vec![branch("trunk", None, &[1, 2])], units));
    assert!(page.contains("scored on different items; they are compared on those in common (40 at least)"));
}
