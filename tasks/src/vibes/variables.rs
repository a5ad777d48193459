//! Variables of a prompt: the cross product of their values, and the texts that name them.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value};

use super::checks::spell;
use crate::nearest::nearest;

/// Names and values of one conversation, in the pack's order.
pub type Variables = Map<String, Value>;

/// Steps that a template may take.
const FUEL: u64 = 100_000;

/// Fills variables into texts.
#[derive(Debug)]
pub(crate) struct Filler {
    environment: Environment<'static>,
}

impl Filler {
    pub(crate) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(syntax.expect("the usual delimiters are fine"));
        environment.set_fuel(Some(FUEL));
        // As YAML writes it, not as Python does: other spellings than `true` were refused when the pack was read.
        environment.set_formatter(|out, state, value| match value.kind() {
            ValueKind::Bool => Ok(write!(out, "{}", value.is_true())?),
            _ => minijinja::escape_formatter(out, state, value),
        });
        environment.add_filter("words", |n: u64| {
            spell(n).ok_or_else(|| {
                minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, format!("{n} is too large"))
            })
        });
        Self { environment }
    }

    /// The text with its `{{ … }}` filled in; `{{ n|words }}` spells a number out.
    ///
    /// The message says which variable is not known, with the nearest that is.
    pub(crate) fn text(&self, text: &str, variables: &Variables) -> Result<String, String> {
        if !text.contains("{{") && !text.contains("{%") && !text.contains("{#") {
            return Ok(text.to_owned());
        }
        let why = |error: &minijinja::Error| {
            format!("in `{text}`: {}", error.detail().unwrap_or("the template cannot be run"))
        };
        let template = self.environment.template_from_str(text).map_err(|error| why(&error))?;
        let known = || variables.keys().map(String::as_str).chain(self.environment.globals().map(|(name, _)| name));
        let mut unknown: Vec<String> = template.undeclared_variables(false).into_iter().collect();
        unknown.retain(|name| !known().any(|known| known == name));
        unknown.sort();
        if let Some(name) = unknown.first() {
            let mend = match nearest(name, variables.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if variables.is_empty() => "the prompt has no `vars`".into(),
                None => format!(
                    "`vars` has {}",
                    variables.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            return Err(format!("unknown variable `{name}`; {mend}"));
        }
        let context =
            minijinja::Value::from_pairs(variables.iter().map(|(name, value)| (name.as_str(), scalar(value))));
        template.render(context).map_err(|error| why(&error))
    }

    /// The value with all texts in it filled in.
    pub(crate) fn value(&self, value: &Value, variables: &Variables) -> Result<Value, String> {
        match value {
            Value::String(text) => self.text(text, variables).map(|filled| whole_number(text, filled)),
            Value::Array(values) => {
                values.iter().map(|value| self.value(value, variables)).collect::<Result<_, _>>().map(Value::Array)
            }
            Value::Object(fields) => self.fields(fields, variables).map(Value::Object),
            other => Ok(other.clone()),
        }
    }

    /// The fields with all texts in them filled in.
    pub(crate) fn fields(
        &self,
        fields: &Map<String, Value>,
        variables: &Variables,
    ) -> Result<Map<String, Value>, String> {
        fields.iter().map(|(key, value)| Ok((key.clone(), self.value(value, variables)?))).collect()
    }
}

/// What a template made of a text: a whole number where it was one expression and gave one, as in `max: "{{ n + 2 }}"`.
fn whole_number(template: &str, filled: String) -> Value {
    let is_expression = template.starts_with("{{") && template.ends_with("}}");
    match filled.parse::<i64>() {
        Ok(number) if is_expression && number.to_string() == filled => number.into(),
        _ => Value::String(filled),
    }
}

/// A variable's value for the template; lists and maps were refused before.
pub(crate) fn scalar(value: &Value) -> minijinja::Value {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(whole)) => whole.into(),
            (None, None) => number.as_f64().unwrap_or(f64::NAN).into(),
        },
        Value::Bool(truth) => (*truth).into(),
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::Filler;
    use serde_json::{Map, json};

    fn map(value: serde_json::Value) -> Map<String, serde_json::Value> {
        let serde_json::Value::Object(map) = value else { panic!("a map") };
        map
    }

    #[test]
    fn texts_are_filled_and_unknown_names_refused() {
        let (filler, vars) = (Filler::new(), map(json!({"times": 3, "topic": "the sea"})));
        assert_eq!(filler.text("{{ times * 4 }} on {{ topic }}", &vars).unwrap(), "12 on the sea");
        assert_eq!(filler.text("{{ (times * 7)|words }}", &vars).unwrap(), "twenty-one");
        assert_eq!(filler.text("{% for i in range(2) %}{{ i }}{% endfor %}\n", &vars).unwrap(), "01\n");
        assert_eq!(filler.text("{{ tpoic }}", &vars).unwrap_err(), "unknown variable `tpoic`; did you mean `topic`?");
        assert!(filler.text("{{ topic", &vars).is_err());
        let truth = map(json!({"sure": true}));
        assert_eq!(filler.text("{% if sure %}yes{% endif %}", &truth).unwrap(), "yes");
        assert_eq!(filler.text("{{ sure }} {{ not sure }}", &truth).unwrap(), "true false");
        let forever = "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}";
        assert!(filler.text(forever, &vars).is_err());
    }
}
