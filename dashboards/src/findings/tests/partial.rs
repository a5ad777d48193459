//! What is said while a sweep is still to add to the run.

use super::{findings, story};
use crate::alarms::AlarmKind;
use crate::run::{CheckpointLeft, UnderWay};

#[test]
fn a_sibling_that_was_not_asked_after_a_jump_did_not_stand_still() {
    let jumped_alone = |before: u64| {
        let mut run = story();
        run.units.retain(|unit| {
            let at = &unit.record.checkpoint;
            unit.record.task != "pilot_letters_b" || at.branch != "dirty" || at.step < before
        });
        findings(&run).alarms.iter().any(|alarm| alarm.kind == AlarmKind::LoneJump)
    };
    assert_eq!([1000, 900, 800].map(jumped_alone), [true, true, false], "the jump came to step 800");
}

#[test]
fn sentences_on_curves_that_wait_for_checkpoints_say_so() {
    let mut run = story();
    let left = |task: &str| {
        vec![CheckpointLeft { branch: "anneal".into(), step: 1425, variant: None, tasks: vec![task.into()] }]
    };
    let mut last = run.tree.branches[1].checkpoints[5].clone();
    last.step = 1425;
    run.tree.branches[1].checkpoints.push(last);
    let texts = |left: Vec<CheckpointLeft>| {
        let mut run = run.clone();
        run.under_way = Some(UnderWay { units: 90, done: 89, left, ..UnderWay::default() });
        findings(&run).sentences.into_iter().map(|sentence| sentence.text).collect::<Vec<String>>()
    };
    let (facts, letters) = (texts(left("pilot_facts_easy")), texts(left("pilot_letters")));
    let says = |texts: &[String], start: &str| texts.iter().any(|text| text.starts_with(start));
    assert!(says(&letters, "So far: The anneal added +60.0 points") && says(&facts, "The anneal added +60.0 points"));
    assert!(
        says(&letters, "pilot_facts_easy emerged") && says(&facts, "pilot_facts_easy emerged"),
        "on the trunk, whole"
    );
}
