//! The checkpoint's own chat template: messages to the text that the model is asked with, as transformers renders it.

use std::path::{Path, PathBuf};

use minijinja::{Environment, ErrorKind, Value, context};

use super::python_json::to_json;
use super::{python_methods, python_text, strftime};
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
        environment.set_formatter(python_text::write);
        environment.set_unknown_method_callback(python_methods::call);
        environment.add_filter("tojson", to_json);
        environment.add_filter("string", python_text::string);
        environment.add_filter("e", python_text::escape);
        environment.add_filter("escape", python_text::escape);
        environment.add_filter("forceescape", python_text::force_escape);
        environment.add_function("raise_exception", raise);
        environment.add_function("strftime_now", strftime::strftime_now);
        for (key, text) in special_tokens {
            environment.add_global(key.to_owned(), text.to_owned());
        }
        // Jinja reads every line end as `\n`: a checkout on Windows changes no prompt.
        let compiled = without_generation_marks(&source.replace("\r\n", "\n").replace('\r', "\n"));
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
            mend: mend(&error).into(),
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

/// What helps against an error.
fn mend(error: &minijinja::Error) -> &'static str {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    if error.kind() == ErrorKind::OutOfFuel {
        "it takes far more steps than any talk needs: is there an endless loop in it?"
    } else if causes.any(|cause| cause.downcast_ref::<Raised>().is_some()) {
        "these are the template's own words: give it the roles that it takes, in the order it wants"
    } else if error.detail().is_some_and(|detail| detail.contains("use % operator")) {
        "Python's `'%s' % x` is not read: write `'%s' | format(x)`, or join with `~`"
    } else {
        "this is not read as Python reads it: write the line with other means of Jinja, or leave the template out and set `transcript: {always: true}` in the pack"
    }
}

/// Tells what a template raises from what goes wrong in it.
#[derive(Debug, thiserror::Error)]
#[error("raised by the template")]
struct Raised;

fn raise(message: String) -> Result<Value, minijinja::Error> {
    Err(minijinja::Error::new(ErrorKind::InvalidOperation, message).with_source(Raised))
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
