//! Tests of `chance`.

use std::sync::Arc;

use serde_json::{from_value, json};

use super::*;

/// A unit whose items have so many choices each.
fn unit(chance: Option<f64>, primary: &str, choices: &[usize]) -> Unit {
    let item = |(doc_id, count): (usize, &usize)| ItemRecord {
        doc_id,
        choices: vec![spyglass_tasks::ChoiceRecord::default(); *count],
        ..ItemRecord::default()
    };
    let record = from_value(json!({
        "key": "k", "task": "t", "shots": 0, "chance": chance, "primary_metric": primary, "items": choices.len(), "items_total": choices.len(),
        "inputs": {"weights": "w", "config": "c", "tokenizer": "t", "chat_template": null, "task": "t", "task_definition": "d",
            "data": "d", "shots": 0, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
        "checkpoint": {"branch": "trunk", "step": 1, "tokens": 1, "location": ""}, "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [],
        "metrics": [], "cost": {"seconds": 1.0, "tokens_computed": 1, "tokens_requested": 1}, "finished": "", "version": ""
    }));
    Unit { record: record.unwrap(), items: Arc::new(choices.iter().enumerate().map(item).collect()) }
}

#[test]
fn chance_is_declared_or_counted_or_unknown() {
    let cases: [(Option<f64>, &str, &[usize], &str, Option<f64>); 15] = [
        (Some(0.3), "acc", &[4, 4], "acc", Some(0.3)),
        (Some(0.3), "acc", &[4, 4], "acc_norm", Some(0.3)),
        (Some(0.3), "acc", &[4, 4], "brier_score", None),
        (None, "acc", &[4, 4], "acc", Some(0.25)),
        (None, "acc", &[2, 4], "acc_norm", Some(0.375)),
        (None, "acc", &[5; 1221], "acc", Some(0.2)), // exactly
        (None, "acc", &[3; 7], "p_gold", Some(1.0 / 3.0)),
        (None, "acc_norm", &[4, 4], "p_gold", Some(0.25)),
        (None, "acc", &[1, 1], "acc", Some(0.0)), // the answer must be written
        (None, "acc", &[1, 1], "p_gold", None),
        (None, "acc", &[], "acc", None), // no items, no number
        (None, "perplexity", &[0, 0], "perplexity", None),
        (None, "margin", &[4, 4], "margin", None),
        (Some(0.0), "copy_score", &[0, 0], "copy_score", Some(0.0)),
        (None, "acc,none", &[4], "acc,none", Some(0.25)),
    ];
    for (declared, primary, choices, metric, wanted) in cases {
        assert_eq!(
            of(&unit(declared, primary, choices), metric),
            wanted,
            "{declared:?} {primary} {choices:?} {metric}"
        );
    }
    assert_eq!(of_task(None, "acc", &unit(None, "acc", &[2]).items), Some(0.5));
    assert_eq!(of_task(None, "margin", &unit(None, "acc", &[2]).items), None);
}

#[test]
fn a_group_weighs_as_its_score_does() {
    for declared in [None, Some(())] {
        let leaf = |choices: &[usize]| unit(declared.map(|()| 1.0 / choices[0] as f64), "acc", choices);
        let (two, four) = (leaf(&[2; 20]), leaf(&[4; 100]));
        let plain = of_group(&[&two, &four], "acc", Weighting::Plain).unwrap();
        let by_size = of_group(&[&two, &four], "acc", Weighting::BySize).unwrap();
        assert!((plain - 0.375).abs() < 1e-12 && (by_size - 35.0 / 120.0).abs() < 1e-12, "{plain} {by_size}");
        assert_eq!(of_group(&[&two, &unit(None, "acc", &[])], "acc", Weighting::Plain), None);
    }
}
