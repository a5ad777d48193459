//! Tests of `group`.

use serde_json::{from_value, json};
use spyglass_tasks::{ItemRecord, MetricValue};

use super::*;
use crate::run::GroupScores;
use crate::series::{Estimate, Series, subjects};

fn unit(task: &str, step: u64, right: &[bool]) -> Unit {
    let items: Vec<ItemRecord> = (right.iter().enumerate())
        .map(|(doc_id, right)| ItemRecord { doc_id, gold: usize::from(!right), ..ItemRecord::default() })
        .collect();
    let value = right.iter().filter(|right| **right).count() as f64 / right.len() as f64;
    let record = from_value(json!({
        "key": "k", "task": task, "shots": 5, "chance": 0.25, "primary_metric": "acc", "items": right.len(), "items_total": right.len(),
        "inputs": {"weights": "w", "config": "c", "tokenizer": "t", "chat_template": null, "task": task, "task_definition": "d",
            "data": "d", "shots": 5, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
        "checkpoint": {"branch": "trunk", "step": step, "tokens": step, "location": ""}, "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [],
        "metrics": [MetricValue { name: "acc".into(), value, stderr: Some(0.1), clustered_stderr: None, n: right.len() }],
        "cost": {"seconds": 1.0, "tokens_computed": 10, "tokens_requested": 30}, "finished": "2026-11-24T00:00:00Z", "version": "0.1.0"
    }));
    Unit { record: record.unwrap(), items: Arc::new(items) }
}

#[test]
fn a_group_counts_items_and_needs_all_its_leaves() {
    let leaves = vec!["a".into(), "b".into()];
    let group = TaskGroup { name: "both".into(), leaves, weight_by_size: true, ..TaskGroup::default() };
    let units = vec![unit("a", 1, &[true, false]), unit("b", 1, &[true, true, true, false]), unit("a", 2, &[true])];
    let mut run = run_of(units, group);
    add_groups(&mut run);
    let added: Vec<&Unit> = run.units.iter().filter(|unit| unit.record.task == "both").collect();
    assert_eq!(added.len(), 1, "step 2 lacks a leaf");
    let record = &added[0].record;
    assert!((record.metrics[0].value - 4.0 / 6.0).abs() < 1e-12);
    assert_eq!((record.items, record.cost.tokens_computed), (6, 0));
    let ids: Vec<usize> = added[0].items.iter().map(|item| item.doc_id).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4, 5]);
    assert_eq!(added[0].items[2].cluster.as_deref(), Some("b"));
}

fn run_of(units: Vec<Unit>, group: TaskGroup) -> Run {
    Run { units, groups: vec![group], ..Run::default() }
}

#[test]
fn a_group_is_as_sure_in_the_findings_as_on_its_page() {
    // Tasks of unlike size that score alike: nothing is between them, however each counts.
    for weight_by_size in [true, false] {
        let units = vec![unit("a", 1, &[true, false]), unit("b", 1, &[true, true, true, false, false, false])];
        let leaves = vec!["a".into(), "b".into()];
        let group = TaskGroup { name: "both".into(), leaves, weight_by_size, ..TaskGroup::default() };
        let mut run = run_of(units, group);
        let measured = subjects(&run).into_iter().find(|measured| measured.subject.is_group).unwrap();
        let found = Series::of(measured).points.values().next().unwrap().estimate;
        assert_eq!((found.value, found.se, found.effective), (0.5, Some(0.0), 8.0));
        add_groups(&mut run);
        let page = Estimate::of(&run.units.last().unwrap().record.metrics[0], Some(2), true);
        assert_eq!(page, Some(found));
    }
}

#[test]
fn a_group_is_what_its_weights_or_an_import_make_it() {
    let units = || vec![unit("a", 1, &[true, false]), unit("b", 1, &[true, true, true, false, false, false])];
    let told = GroupScores {
        branch: "trunk".into(),
        step: 1,
        variant: None,
        shots: 5,
        metrics: vec![MetricValue { name: "acc".into(), value: 0.9, stderr: Some(0.08), clustered_stderr: None, n: 8 }],
    };
    let elsewhere = GroupScores { step: 2, ..told.clone() };
    let unlike = vec![unit("a", 1, &[true, true]), unit("b", 1, &[true, true, true, false, false, false])];
    let cases = [
        (units(), true, vec![], 0.5),
        (unlike.clone(), true, vec![], 5.0 / 8.0),
        (unlike.clone(), false, vec![], 0.75),
        (unlike.clone(), false, vec![told], 0.9),
        (unlike, false, vec![elsewhere], 0.75),
    ];
    for (units, weight_by_size, told, wanted) in cases {
        let leaves = vec!["a".into(), "b".into()];
        let group = TaskGroup { name: "both".into(), leaves, weight_by_size, told, ..TaskGroup::default() };
        let mut run = run_of(units, group);
        add_groups(&mut run);
        let record = &run.units.last().unwrap().record;
        assert_eq!((record.task.as_str(), record.items), ("both", 8));
        assert!((record.metrics[0].value - wanted).abs() < 1e-12, "{} instead of {wanted}", record.metrics[0].value);
    }
}
