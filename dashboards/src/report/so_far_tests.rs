//! What a reader sees of a run that a sweep still adds to.

use super::made_up::{forked, scored};
use crate::report;
use crate::run::{CheckpointLeft, Run, Subject, TaskGroup, UnderWay};

fn left(branch: &str, step: u64, tasks: &[&str]) -> CheckpointLeft {
    CheckpointLeft {
        branch: branch.into(),
        step,
        variant: None,
        tasks: tasks.iter().map(|&task| task.into()).collect(),
    }
}

/// Of `letters` the trunk's last checkpoint and one of the anneal are to come, of `facts` nothing.
fn part() -> Run {
    let mut run = forked();
    let places = [("trunk", 0), ("trunk", 1), ("trunk", 2), ("anneal", 2)];
    run.units = places
        .iter()
        .flat_map(|&(branch, step)| ["letters", "facts"].map(|task| scored(branch, step, task, 0.25)))
        .collect();
    let left = vec![left("trunk", 3, &["letters"]), left("anneal", 4, &["letters"])];
    run.under_way = Some(UnderWay { units: 12, done: 10, left, runs: true, ..UnderWay::default() });
    run
}

#[test]
fn a_curve_lacks_what_is_left_on_its_path() {
    let mut run = part();
    let leaves = vec!["letters".into(), "facts".into()];
    run.groups.push(TaskGroup { name: "all".into(), leaves, ..TaskGroup::default() });
    let letters = Subject::task("letters", 0, None);
    let lacks = |subject: &Subject| [None, Some("trunk"), Some("anneal")].map(|branch| run.lacks(subject, branch));
    assert_eq!(lacks(&letters), [2, 1, 1], "the anneal left the trunk before its last checkpoint");
    assert_eq!(lacks(&letters.group("all")), [2, 1, 1]);
    assert_eq!(lacks(&Subject::task("facts", 0, None)), [0, 0, 0]);
    run.under_way = None;
    assert_eq!(run.lacks(&letters, None), 0);
}

#[test]
fn what_is_said_of_a_part_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let index = report::write(&part(), &dir.path().join("report")).unwrap();
    let page = fs_err::read_to_string(&index).unwrap();
    assert!(page.contains("10 of 12 units, a sweep is under way"));
    assert_eq!(page.matches("so far: 2 checkpoints to come").count(), 1, "the figure of letters, not that of facts");
    assert_eq!(page.matches("<small>so far</small>").count(), 2, "letters on both branches");
    assert!(page.contains("<li>So far: "), "a sentence on letters");
    let task = fs_err::read_to_string(index.with_file_name("tasks").join("facts.html")).unwrap();
    assert!(!task.to_lowercase().contains("so far"), "facts are whole");
    let mut whole = part();
    whole.under_way = None;
    let index = report::write(&whole, &dir.path().join("report")).unwrap();
    assert!(!fs_err::read_to_string(index).unwrap().to_lowercase().contains("so far"));
}
