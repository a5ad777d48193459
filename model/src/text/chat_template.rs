//! The checkpoint's own chat template: messages to the text that the model is asked with, as transformers renders it.

use std::path::{Path, PathBuf};

use minijinja::{Environment, ErrorKind, Value, context};

use super::python_json::to_json;
use crate::error::{Error, Result};

/// Steps that a template may take: a hundred times what long talks need, a fraction of a second.
const FUEL: u64 = 5_000_000;
const NAME: &str = "chat template";

/// A turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks: `system`, `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A message of `role`.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self { role: role.into(), content: content.into() }
    }
}

/// A chat template, ready to render.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    file: PathBuf,
    source: String,
}

impl ChatTemplate {
    /// Compiles `source`, which stands in `file`; `special_tokens` (`bos_token` → `<s>`) are its variables.
    ///
    /// # Errors
    /// [`Error::ChatTemplate`] for a template that is none.
    pub fn new<'t>(
        source: &str,
        file: &Path,
        special_tokens: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Result<Self> {
        let mut environment = Environment::new();
        let mut syntax = minijinja::syntax::SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true);
        let wrong = |error: &minijinja::Error| Error::ChatTemplate {
            file: file.to_owned(),
            problem: said(error),
            mend: "compare it with the template of the model that the checkpoint was trained from".into(),
        };
        environment.set_syntax(syntax.build().map_err(|error| wrong(&error))?);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_filter("tojson", to_json);
        environment.add_function("raise_exception", raise);
        environment.add_function("strftime_now", strftime_now);
        for (key, text) in special_tokens {
            environment.add_global(key.to_owned(), text.to_owned());
        }
        let compiled = without_generation_marks(source);
        environment.add_template_owned(NAME, compiled).map_err(|error| wrong(&error))?;
        Ok(Self { environment, file: file.to_owned(), source: source.to_owned() })
    }

    /// The template as it stands in its file.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text of `messages`, ready for the assistant to answer (`add_generation_prompt`).
    ///
    /// # Errors
    /// [`Error::ChatTemplate`] when the template raises (with its own words), loops, or is wrong in another way.
    pub fn render_prompt(&self, messages: &[Message]) -> Result<String> {
        self.render(messages, true)
    }

    /// The text of `messages` and nothing after them.
    ///
    /// # Errors
    /// As [`ChatTemplate::render_prompt`].
    pub fn render_history(&self, messages: &[Message]) -> Result<String> {
        self.render(messages, false)
    }

    fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        let messages: Vec<Value> = (messages.iter())
            .map(|message| context! { role => message.role.as_str(), content => message.content.as_str() })
            .collect();
        let variables = context! { messages, add_generation_prompt, tools => (), documents => () };
        let template = self.environment.get_template(NAME).expect("it was added when the template was made");
        template.render(variables).map_err(|error| Error::ChatTemplate {
            file: self.file.clone(),
            problem: said(&error),
            mend: match error.kind() {
                ErrorKind::OutOfFuel => "it takes far more steps than any talk needs: is there an endless loop in it?",
                _ => "give it the roles in the order it wants, or correct the template",
            }
            .into(),
        })
    }
}

/// What an error says, with the line.
fn said(error: &minijinja::Error) -> String {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.line() {
        Some(line) => format!("line {line}: {detail}"),
        None => detail,
    }
}

fn raise(message: String) -> Result<Value, minijinja::Error> {
    Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
}

/// The present time, UTC, in Python's notation. (A prompt with a date in it is another one tomorrow; that is its author's wish.)
fn strftime_now(format: &str) -> Result<String, minijinja::Error> {
    let now = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC);
    jiff::fmt::strtime::format(format, &now)
        .map_err(|error| minijinja::Error::new(ErrorKind::InvalidOperation, format!("strftime_now: {error}")))
}

/// Marks that transformers reads for training (`{% generation %}`) become blocks that change nothing.
fn without_generation_marks(source: &str) -> String {
    let mut rest = source;
    let mut text = String::with_capacity(source.len());
    while let Some(start) = rest.find("{%") {
        let Some(end) = rest[start..].find("%}").map(|end| start + end) else { break };
        let inner = &rest[start + 2..end];
        text.push_str(&rest[..start + 2]);
        match inner.trim_matches(['-', '+']).trim() {
            "generation" => text.push_str(&inner.replace("generation", "if true")),
            "endgeneration" => text.push_str(&inner.replace("endgeneration", "endif")),
            _ => text.push_str(inner),
        }
        rest = &rest[end..];
    }
    text + rest
}
