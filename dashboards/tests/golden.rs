//! Every vector of `shared/emergence/golden`, value by value to 1e-9.

use serde_json::{Value, json};
use spyglass_dashboards::analysis;
use std::path::PathBuf;

fn folder() -> Option<PathBuf> {
    let place = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/emergence/golden");
    if place.is_dir() {
        return Some(place);
    }
    eprintln!("skipped: {} is not there", place.display());
    None
}

fn answer(function: &str, input: &Value) -> Value {
    match function {
        "lr_phases" => {
            let point = |pair: &Value| Some((pair[0].as_u64()?, pair[1].as_f64().unwrap_or(f64::NAN)));
            let points: Vec<(u64, f64)> = input["points"].as_array().unwrap().iter().filter_map(point).collect();
            json!(analysis::lr_phases(&points))
        }
        other => panic!("no function `{other}`"),
    }
}

/// Where two values differ by more than the tolerance, relative or absolute; keys must be the same.
fn difference(place: &str, found: &Value, wanted: &Value, tolerance: f64) -> Option<String> {
    match (found, wanted) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64()?, b.as_f64()?);
            let far = (a - b).abs() > tolerance * 1.0_f64.max(a.abs()).max(b.abs());
            far.then(|| format!("{place}: {a} is not {b}"))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(&format!("{place}[{i}]"), a, b, tolerance))
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => b.iter().find_map(|(key, b)| match a.get(key) {
            Some(a) => difference(&format!("{place}.{key}"), a, b, tolerance),
            None => Some(format!("{place}.{key} is missing")),
        }),
        (a, b) => (a != b).then(|| format!("{place}: {a} is not {b}")),
    }
}

fn check(file: &str) {
    let Some(folder) = folder() else { return };
    let text = fs_err::read_to_string(folder.join(file)).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let tolerance = golden["tolerance"].as_f64().unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let found = answer(case["function"].as_str().unwrap(), &case["input"]);
        let wrong = difference("", &found, &case["expected"], tolerance);
        assert!(wrong.is_none(), "{file}, {}: {}", case["name"], wrong.unwrap());
    }
}

#[test]
fn lr_phases() {
    check("lr_phases.json");
}
