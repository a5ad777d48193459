//! All combinations of a prompt's variables.

use serde_json::{Map, Value};

use super::variables::Variables;

/// More combinations than this are taken for a slip.
const MOST: usize = 10_000;

/// Every combination of the lists in `vars`, the last variable changing first; one empty combination without variables.
///
/// The error names the variable, or none where all of them together are too many.
pub(crate) fn combinations(vars: &Map<String, Value>) -> Result<Vec<Variables>, (Option<String>, String)> {
    let mut all = vec![Variables::new()];
    for (name, values) in vars {
        let wrong = |problem: &str| (Some(name.clone()), format!("variable `{name}`: {problem}"));
        let single;
        let values = match values {
            Value::Array(values) => values.as_slice(),
            Value::Object(_) | Value::Null => return Err(wrong("give a list of values")),
            scalar => {
                single = [scalar.clone()];
                &single
            }
        };
        if values.is_empty() {
            return Err(wrong("an empty list leaves no conversation"));
        }
        if let Some(odd) = values.iter().find(|value| value.is_array() || value.is_object() || value.is_null()) {
            return Err(wrong(&format!("`{odd}` is not a text, number or truth value")));
        }
        if let Some(large) = values.iter().find(|value| is_rounded(value)) {
            return Err(wrong(&format!(
                "`{large}` is too large to be exact; put quotes round it where it is meant as text"
            )));
        }
        if all.len() * values.len() > MOST {
            return Err((None, format!("the variables make more than {MOST} conversations")));
        }
        let longer = |before: &Variables, value: &Value| {
            let mut combination = before.clone();
            combination.insert(name.clone(), value.clone());
            combination
        };
        all = all.iter().flat_map(|before| values.iter().map(move |value| longer(before, value))).collect();
    }
    Ok(all)
}

/// A number so large that not all its digits are kept.
fn is_rounded(value: &Value) -> bool {
    value.is_f64() && value.as_f64().is_some_and(|number| number.abs() >= 18_446_744_073_709_551_616.0)
}

#[cfg(test)]
mod tests {
    use super::combinations;
    use serde_json::{Map, json};

    fn map(value: serde_json::Value) -> Map<String, serde_json::Value> {
        let serde_json::Value::Object(map) = value else { panic!("a map") };
        map
    }

    #[test]
    fn every_combination_once_in_order() {
        let all = combinations(&map(json!({"a": [1, 2], "b": ["x", "y", "z"]}))).unwrap();
        let short: Vec<String> =
            all.iter().map(|vars| format!("{}{}", vars["a"], vars["b"].as_str().unwrap())).collect();
        assert_eq!(short, ["1x", "1y", "1z", "2x", "2y", "2z"]);
        assert_eq!(combinations(&Map::new()).unwrap().len(), 1);
        assert_eq!(combinations(&map(json!({"a": "only"}))).unwrap().len(), 1);
        for wrong in [json!({"a": []}), json!({"a": [[1]]}), json!({"a": {"b": 1}}), json!({"a": null})] {
            assert_eq!(combinations(&map(wrong)).unwrap_err().0.as_deref(), Some("a"));
        }
        let many: Vec<usize> = (0..101).collect();
        assert_eq!(combinations(&map(json!({"a": many, "b": many}))).unwrap_err().0, None);
    }
}
