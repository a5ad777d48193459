use super::*;
use serde_json::json;
use std::sync::Arc;

fn item(logprobs: &[f64]) -> ItemRecord {
    let choices = logprobs.iter().map(|&logprob| spyglass_tasks::ChoiceRecord { logprob, ..Default::default() });
    ItemRecord { choices: choices.collect(), ..ItemRecord::default() }
}

fn unit(acc: f64, items: &[ItemRecord]) -> Unit {
    let checkpoint =
        json!({"branch": "trunk", "step": 1, "variant": null, "tokens": 0, "learning_rate": null, "location": ""});
    let inputs = json!({"weights": "", "config": "", "tokenizer": "", "chat_template": null, "task": "t", "task_definition": "",
        "data": "", "shots": 2, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1});
    let record = serde_json::from_value(json!({
        "key": "", "task": "t", "shots": 2, "chance": 0.5, "primary_metric": "acc", "items": 3, "items_total": 3,
        "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [], "inputs": inputs, "checkpoint": checkpoint,
        "metrics": [{"name": "acc", "value": acc, "stderr": null, "n": 3}],
        "cost": {"seconds": 1.0, "tokens_computed": 1, "tokens_requested": 1}, "finished": "", "version": "",
    }));
    Unit { record: record.unwrap(), items: Arc::new(items.to_vec()) }
}

#[test]
fn changes_are_counted_by_hand() {
    let before = [item(&[-1.0, -2.0]), item(&[-3.0, -3.0]), item(&[-5.0])];
    let mut after = [item(&[-1.5, -1.25]), item(&[-3.0, -3.0]), item(&[-5.25])];
    after[2].choices[0].is_greedy = true;
    let effect = Effect::of(&unit(1.0, &before), &unit(0.5, &after));
    assert_eq!((effect.items, effect.log_likelihoods, effect.flipped), (3, 5, 2));
    assert_eq!((effect.largest_change, effect.mean_change), (Some(0.75), Some(0.3)));
    assert_eq!(effect.metrics, [MetricChange { name: "acc".into(), before: 1.0, after: 0.5 }]);
}

#[test]
fn nothing_compared_is_no_number() {
    let unit = unit(0.0, &[]);
    let effect = Effect::of(&unit, &unit);
    assert_eq!((effect.items, effect.largest_change, effect.mean_change, effect.flipped), (0, None, None, 0));
}
