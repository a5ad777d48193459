//! Metrics against lm-evaluation-harness 0.4.13, and regrading from what is stored.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use spyglass_tasks::metric::{self, GroupMetric, Weighting};
use spyglass_tasks::{ChoiceRecord, Error, ItemRecord, MetricValue, RollingRecord};

/// A file of this folder that holds what another program said.
fn golden(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap()
}

const LIKE_LM_EVAL: [&str; 6] = ["acc", "acc_norm", "acc_bytes", "exact_match", "brier_score", "acc_mutual_info"];

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn record(doc_id: usize, case: &Value) -> ItemRecord {
    let texts = case["choices"].as_array().unwrap();
    let (lls, unconditional) = (numbers(&case["lls"]), numbers(&case["lls_unconditional"]));
    let choice = |(index, text): (usize, &Value)| ChoiceRecord {
        logprob: lls[index],
        is_greedy: case["is_greedy"][index].as_bool().unwrap(),
        tokens: 1,
        chars: text.as_str().unwrap().chars().count(),
        bytes: text.as_str().unwrap().len(),
        unconditional: Some(unconditional[index]),
    };
    let gold = case["gold"].as_u64().unwrap() as usize;
    ItemRecord { doc_id, gold, choices: texts.iter().enumerate().map(choice).collect(), ..Default::default() }
}

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-9, "{what}: {found}, expected {expected}");
}

/// Value and standard error as lm-evaluation-harness writes them: "N/A" where it has none.
fn assert_like_lm_eval(found: &MetricValue, expected: &Value, what: &str) {
    let what = format!("{what}, {}", found.name);
    assert_close(found.value, expected[format!("{},none", found.name)].as_f64().unwrap(), &what);
    let stderr = &expected[format!("{}_stderr,none", found.name)];
    let written = metric::find(&found.name).unwrap().aggregation.has_stderr_in_lm_eval();
    match found.stderr.filter(|_| written) {
        Some(found) => assert_close(found, stderr.as_f64().unwrap_or_else(|| panic!("{what}: {stderr}")), &what),
        None => assert_eq!(stderr, "N/A", "{what}"),
    }
}

#[test]
fn metrics_and_groups_equal_the_golden_ones() {
    let golden = golden("tests/data/golden/metrics.json");
    let mut tasks: BTreeMap<&str, Vec<MetricValue>> = BTreeMap::new();
    for task in golden["tasks"].as_array().unwrap() {
        let name = task["task"].as_str().unwrap();
        let cases = task["cases"].as_array().unwrap();
        let records: Vec<ItemRecord> = cases.iter().enumerate().map(|(id, case)| record(id, case)).collect();
        for (record, case) in records.iter().zip(cases) {
            for metric in LIKE_LM_EVAL {
                let found = metric::per_item(metric, record).unwrap().unwrap();
                let what = format!("{name}, {}: {metric}", case["note"]);
                assert_close(found, case["expected"][metric].as_f64().unwrap(), &what);
            }
            let p_gold = metric::per_item("p_gold", record).unwrap().unwrap();
            assert_close(p_gold, numbers(&case["softmax"])[record.gold], "p_gold");
        }
        let values = metric::evaluate(&LIKE_LM_EVAL, &records).unwrap();
        assert_eq!(values.len(), LIKE_LM_EVAL.len());
        for value in &values {
            assert_eq!(value.n, task["n"].as_u64().unwrap() as usize);
            assert_like_lm_eval(value, &task["aggregated"], name);
        }
        tasks.insert(name, values);
    }
    for group in golden["groups"].as_array().unwrap() {
        let leaves: Vec<&[MetricValue]> =
            group["members"].as_array().unwrap().iter().map(|name| tasks[name.as_str().unwrap()].as_slice()).collect();
        let weighting = if group["weight_by_size"].as_bool().unwrap() { Weighting::BySize } else { Weighting::Plain };
        let metrics = LIKE_LM_EVAL.map(|name| GroupMetric { name: name.into(), weighting });
        let values = metric::group(&metrics, &leaves);
        assert_eq!(values.len(), LIKE_LM_EVAL.len());
        for value in &values {
            assert_like_lm_eval(value, &group["aggregated"], &format!("{} {weighting:?}", group["members"]));
        }
    }
}

/// Leaf tasks of a group, those of inner groups included.
fn leaves_below(name: &str, subtasks: &Value) -> Vec<String> {
    match subtasks[name].as_array() {
        Some(members) => members.iter().flat_map(|member| leaves_below(member.as_str().unwrap(), subtasks)).collect(),
        None => vec![name.to_owned()],
    }
}

#[test]
fn the_groups_of_a_real_run_come_out_of_their_leaves() {
    let runs = golden("tests/data/golden/run_results.json");
    let format = golden("tests/data/golden/mmlu_results.json");
    let run = runs.as_array().unwrap().iter().find(|run| run["tasks"][0] == "mmlu").unwrap();
    let subtasks = &format["group_subtasks"];
    let leaf = |name: &str| MetricValue {
        name: "acc".into(),
        value: run["results"][name]["acc,none"].as_f64().unwrap(),
        stderr: run["results"][name]["acc_stderr,none"].as_f64(),
        n: run["results"][name]["sample_len"].as_u64().unwrap() as usize,
        ..Default::default()
    };
    for (name, expected) in run["groups"].as_object().unwrap() {
        let values: Vec<MetricValue> = leaves_below(name, subtasks).iter().map(|name| leaf(name)).collect();
        let value = metric::aggregate(&values.iter().collect::<Vec<_>>(), Weighting::BySize).unwrap();
        assert_eq!(Some(value.n as u64), expected["sample_count"]["acc,none"].as_u64(), "{name}");
        assert_like_lm_eval(&value, expected, name);
    }
}

/// A golden file of the analysis: its one case of that name.
fn analysis_case(file: &str, name: &str) -> Value {
    let golden = golden(&format!("../dashboards/tests/data/golden/{file}"));
    golden["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap().clone()
}

#[test]
fn clustered_errors_equal_the_golden_ones() {
    for name in ["three subjects", "one subject gives null"] {
        let case = analysis_case("clustered_se.json", name);
        let record = |(score, cluster): (f64, &Value)| ItemRecord {
            cluster: Some(cluster.as_str().unwrap().to_owned()),
            choices: vec![ChoiceRecord { is_greedy: score > 0.5, ..Default::default() }],
            ..Default::default()
        };
        let clusters = case["input"]["cluster"].as_array().unwrap();
        let records: Vec<ItemRecord> = numbers(&case["input"]["x"]).into_iter().zip(clusters).map(record).collect();
        let found = metric::evaluate(&["acc"], &records).unwrap()[0].clustered_stderr;
        match case["expected"].as_f64() {
            Some(expected) => assert_close(found.unwrap(), expected, name),
            None => assert_eq!(found, None),
        }
    }
}

#[test]
fn letters_fall_apart_into_format_and_selection() {
    let case = analysis_case("letter_decomposition.json", "four items, a tie");
    let letter = |logprob| ChoiceRecord { logprob, tokens: 1, chars: 1, bytes: 1, ..Default::default() };
    let items = case["input"]["logp"].as_array().unwrap().iter().zip(numbers(&case["input"]["gold"]));
    let records: Vec<ItemRecord> = items
        .map(|(logp, gold)| ItemRecord {
            gold: gold as usize,
            choices: numbers(logp).into_iter().map(letter).collect(),
            ..Default::default()
        })
        .collect();
    let pairs = [
        ("log_option_mass", "log_mass"),
        ("selection", "log_share"),
        ("option_mass", "mass"),
        ("p_gold", "share"),
        ("acc", "accuracy"),
    ];
    for (name, key) in pairs {
        let found = metric::evaluate(&[name], &records).unwrap()[0].value;
        assert_close(found, case["expected"][key].as_f64().unwrap(), name);
    }
}

#[test]
fn an_unknown_metric_is_refused_with_the_nearest() {
    let error = metric::check(&["acc", "acc_nrom"]).unwrap_err();
    let Error::UnknownMetric { name, help } = error else { panic!("{error}") };
    assert_eq!((name.as_str(), help.as_str()), ("acc_nrom", "did you mean `acc_norm`?"));
}

#[test]
fn a_record_that_lacks_something_is_no_number() {
    let choices = vec![ChoiceRecord { logprob: -1.0, chars: 1, bytes: 1, ..Default::default() }; 2];
    let plain = ItemRecord { doc_id: 7, choices, ..Default::default() };
    for name in ["acc_mutual_info", "word_perplexity", "copy_gain", "icl_score"] {
        let error = metric::evaluate(&[name], std::slice::from_ref(&plain)).unwrap_err().to_string();
        assert!(error.contains("document 7") && error.contains(name), "{error}");
    }
    let mut broken = plain.clone();
    broken.choices[0].logprob = f64::NAN;
    assert!(metric::per_item("p_gold", &broken).is_err());
    assert!(metric::per_item("acc", &broken).is_err());
    assert_eq!(metric::evaluate(&["acc"], &[]).unwrap(), []);
}

#[test]
fn perplexities_weigh_texts_by_their_length() {
    let text = |logprob, words, bytes| ItemRecord {
        rolling: Some(RollingRecord { logprob, tokens: words, words, bytes }),
        ..Default::default()
    };
    let records = [text(-20.0, 10, 50), text(-100.0, 30, 150)];
    let values = metric::evaluate(&["word_perplexity", "byte_perplexity", "bits_per_byte"], &records).unwrap();
    // exp(120/40), exp(120/200), 120/(200 ln 2)
    let expected = [3.0_f64.exp(), 0.6_f64.exp(), 0.6 / 2.0_f64.ln()];
    for (value, expected) in values.iter().zip(expected) {
        assert_close(value.value, expected, &value.name);
    }
    // Residuals 20 − 3·10 and 100 − 3·30: √(2 · 200) / 40, times exp(3) by the delta method.
    assert_close(values[0].stderr.unwrap(), 0.5 * 3.0_f64.exp(), "stderr");
}

/// Any record that scoring could leave behind.
fn any_record() -> impl Strategy<Value = ItemRecord> {
    let choice = (-60.0..0.0_f64, any::<bool>(), 1..9_usize, 1..40_usize, -60.0..0.0_f64);
    (0..1000_usize, proptest::collection::vec(choice, 2..6), 0..2_usize, proptest::option::of("[a-c]")).prop_map(
        |(doc_id, choices, gold, cluster)| ItemRecord {
            doc_id,
            gold,
            cluster,
            choices: choices
                .into_iter()
                .map(|(logprob, is_greedy, tokens, chars, unconditional)| ChoiceRecord {
                    logprob,
                    is_greedy,
                    tokens,
                    chars,
                    bytes: chars,
                    unconditional: Some(unconditional),
                })
                .collect(),
            ..Default::default()
        },
    )
}

const OF_CHOICES: [&str; 11] = [
    "acc",
    "acc_norm",
    "acc_bytes",
    "acc_mutual_info",
    "exact_match",
    "brier_score",
    "p_gold",
    "margin",
    "selection",
    "perplexity",
    "bits_per_byte",
];

proptest! {
    #[test]
    fn stored_records_grade_the_same(records in proptest::collection::vec(any_record(), 1..20)) {
        let lines: Vec<String> = records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
        let read: Vec<ItemRecord> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(metric::evaluate(&OF_CHOICES, &records).unwrap(), metric::evaluate(&OF_CHOICES, &read).unwrap());
    }

    #[test]
    fn one_item_alone_is_its_own_score(record in any_record()) {
        for value in metric::evaluate(&OF_CHOICES, std::slice::from_ref(&record)).unwrap() {
            let alone = metric::per_item(&value.name, &record).unwrap().unwrap();
            prop_assert!((value.value - alone).abs() <= 1e-9 * alone.abs().max(1.0));
            prop_assert_eq!(value.stderr, None);
        }
    }

    #[test]
    fn values_stay_in_their_range(records in proptest::collection::vec(any_record(), 2..20)) {
        for value in metric::evaluate(&OF_CHOICES, &records).unwrap() {
            let inside = match metric::find(&value.name).unwrap().range {
                metric::Range::Fraction => (0.0..=1.0).contains(&value.value),
                metric::Range::NonNegative => value.value >= 0.0,
                metric::Range::NonPositive => value.value <= 0.0,
                metric::Range::Real => true,
            };
            prop_assert!(inside && value.value.is_finite(), "{value:?}");
            prop_assert!(value.stderr.unwrap() >= 0.0);
        }
    }
}
