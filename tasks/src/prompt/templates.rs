//! The Jinja templates of a task: compiled once, rendered for each row.

use std::fmt::Write;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value};

use super::filters;
use crate::error::{Error, Result};
use crate::item::Row;
use crate::python;

/// Steps that a template may take for one row: far more than any published one does, a blink of an eye.
const FUEL: u64 = 500_000;

/// The templates of one task, by the key that holds them.
#[derive(Debug)]
pub(crate) struct Templates {
    env: Environment<'static>,
    /// New columns: each is set by an expression.
    process: Vec<String>,
}

impl Templates {
    /// Compiles the templates under these keys, and the expressions of `process`.
    ///
    /// # Errors
    /// [`Error::Template`] with the key and the place in the template.
    pub(crate) fn compile(task: &str, texts: &[(&str, &str)], process: &Map<String, Value>) -> Result<Self> {
        let mut env = Environment::new();
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        env.set_syntax(syntax.expect("the default delimiters are fine"));
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        // Errors then say which variable was undefined.
        env.set_debug(true);
        env.set_fuel(Some(FUEL));
        env.set_formatter(|out, _, value| {
            if let Some(text) = value.as_str() {
                return Ok(out.write_str(text)?);
            }
            let value = serde_json::to_value(value)
                .map_err(|error| minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string()))?;
            Ok(python::write_str(out, &value)?)
        });
        filters::register(&mut env);
        let wrong = |key: &str, error: &minijinja::Error| Error::Template {
            task: task.to_owned(),
            key: key.to_owned(),
            problem: explain(error),
            help: "this is Jinja: `{{ column }}`, `{% if %}`, filters after `|`".into(),
        };
        for (key, text) in texts {
            env.add_template_owned((*key).to_owned(), (*text).to_owned()).map_err(|error| wrong(key, &error))?;
        }
        let mut columns = Vec::new();
        for (column, expression) in process {
            let key = format!("process.{column}");
            let expression = match expression {
                Value::String(expression) => expression.clone(),
                other => other.to_string(),
            };
            // An expression, unlike a template, keeps the type of its value; it is set as a variable to be read again.
            env.compile_expression(&expression).map_err(|error| wrong(&key, &error))?;
            let text = format!("{{% set result = ({expression}) %}}");
            env.add_template_owned(key, text).map_err(|error| wrong(column, &error))?;
            columns.push(column.clone());
        }
        Ok(Self { env, process: columns })
    }

    /// The row with the columns of `process`.
    pub(crate) fn process(&self, row: &Row) -> Result<Row, String> {
        let mut row = row.clone();
        for column in &self.process {
            let key = format!("process.{column}");
            let template = self.env.get_template(&key).expect("every column of `process` was compiled");
            let done = template
                .render_captured(minijinja::Value::from(minijinja::value::Serde(&row)))
                .map_err(|error| format!("`{key}`: {}", explain(&error)))?;
            let value = done.state().lookup("result").unwrap_or_default();
            let value = serde_json::to_value(value).map_err(|error| format!("`{key}`: {error}"))?;
            row.insert(column.clone(), value);
        }
        Ok(row)
    }

    /// The template under `key`, rendered with the columns of a row.
    pub(crate) fn render(&self, key: &str, row: &minijinja::Value) -> Result<String, String> {
        let template = self.env.get_template(key).map_err(|error| format!("`{key}`: {error}"))?;
        template.render(row).map_err(|error| format!("`{key}`: {}", explain(&error)))
    }
}

/// The message of a template error in one line, with what was undefined.
fn explain(error: &minijinja::Error) -> String {
    if error.kind() == minijinja::ErrorKind::OutOfFuel {
        return "the template runs too long".into();
    }
    let mut text = String::new();
    let detail = error.detail().filter(|detail| !detail.is_empty());
    match detail {
        Some(detail) => write!(text, "{}: {detail}", error.kind()),
        None => write!(text, "{}", error.kind()),
    }
    .expect("a string takes all that is written to it");
    text
}
