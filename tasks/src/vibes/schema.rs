//! The JSON Schema of prompt packs, for completion in editors.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

use super::checks::{Assertion, Check};
use super::pack_file::Pack;

/// The JSON Schema of a prompt pack, made from the types that read it.
pub fn schema() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<Pack>().to_value()
}

impl Assertion {
    /// The checks' schema with what belongs to every check: `not-` before the type, `weight` and `threshold`.
    pub(crate) fn schema(generator: &mut SchemaGenerator) -> Schema {
        let mut checks = <Check as schemars::JsonSchema>::json_schema(generator).to_value();
        for variant in checks["oneOf"].as_array_mut().into_iter().flatten() {
            let name = variant["properties"]["type"]["const"].as_str().unwrap_or_default().to_owned();
            variant["properties"]["type"] = json!({ "enum": [name, format!("not-{name}")] });
            let least = |about: &str| json!({ "description": about, "type": "number", "minimum": 0 });
            variant["properties"]["weight"] =
                least("Share in the conversation's score (1); at 0 the check decides nothing.");
            variant["properties"]["threshold"] = least("In place of the check's own threshold.");
        }
        Schema::try_from(checks).expect("an object is a schema")
    }
}

#[cfg(test)]
mod tests {
    use super::schema;

    #[test]
    fn the_schema_knows_keys_and_checks() {
        let schema = schema();
        let keys: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["pack", "description", "defaults", "transcript", "prompts"]);
        assert_eq!(schema["additionalProperties"], false);
        let checks = schema["definitions"]["Check"]["oneOf"].as_array().unwrap();
        let contains = checks.iter().find(|check| check["properties"]["type"]["enum"][0] == "contains").unwrap();
        assert_eq!(contains["properties"]["type"]["enum"][1], "not-contains");
        let fields: Vec<&str> = contains["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["type", "value", "min", "words", "weight", "threshold"]);
        assert_eq!(checks.len(), crate::vibes::checks::list().len());
    }
}
