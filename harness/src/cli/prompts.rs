//! `spyglass prompts`: the items of a task as the model will see them.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use spyglass_model::{ModelConfig, Tokenizer};
use spyglass_tasks::{Item, Query, Text, sha256_hex};

use super::model_args::{TokenArgs, fetched};
use super::score::Tasks;
use super::{Exit, print, say};
use crate::Result;
use crate::ask::{encode, laid_out, prompt_ids};
use crate::hub::Needs;
use crate::progress::Interrupt;
use crate::suite::SuiteTask;

/// Print the items of a task as the model will see them, one JSON object a line
#[derive(Debug, Args)]
pub(super) struct Prompts {
    #[command(flatten)]
    tasks: Tasks,
    /// A checkpoint whose tokenizer counts the tokens
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    #[command(flatten)]
    tokens: TokenArgs,
    /// Print one item, by the number of its document, for reading; with --model its tokens are marked
    #[arg(long, value_name = "DOC_ID", num_args = 0..=1, default_missing_value = "0")]
    show: Option<usize>,
}

/// One item.
#[derive(Debug, Serialize)]
struct Line<'a> {
    task: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    shots: usize,
    doc_id: usize,
    context: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    contexts: Option<Vec<&'a str>>,
    continuations: Vec<&'a str>,
    gold: usize,
    context_sha256: String,
    #[serde(flatten)]
    tokens: Option<Counts>,
}

/// Tokens of one item's first context and of each continuation.
#[derive(Debug, Serialize)]
struct Counts {
    n_context_tokens: usize,
    context_tokens_sha256: String,
    continuation_tokens: Vec<Vec<u32>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    context_not_token_prefix: Vec<usize>,
}

impl Prompts {
    pub(super) fn run(&self) -> Result<Exit> {
        let suite = self.tasks.suite()?;
        let interrupt = Interrupt::listen()?;
        let settings = self.tokens.fetched(&interrupt)?.settings();
        let model = self.model.as_ref().map(|model| fetched(model, Needs::Tokenizer, &interrupt)).transpose()?;
        let tokenizer = match model.as_ref().map(|model| &model.folder).or(settings.tokenizer.as_ref()) {
            // A folder that holds a tokenizer alone will do.
            Some(folder) if !folder.join("config.json").exists() => Some(settings.open_tokenizer_alone(folder)?),
            Some(folder) => Some(settings.open_tokenizer(folder, &ModelConfig::read(folder)?)?),
            None => None,
        };
        let mut exit = Exit::Well;
        for task in &suite.tasks {
            match &task.items {
                Ok(items) => {
                    for warning in &items.warnings {
                        say(&format!("{}: {warning}", task.task.name));
                    }
                    match self.show {
                        Some(doc_id) => {
                            if let Some(item) = items.items.iter().find(|item| item.doc_id == doc_id) {
                                print(&shown(task, item, tokenizer.as_ref())?)?;
                            }
                        }
                        None => {
                            for item in &items.items {
                                interrupt.go_on(|| "prompts were printed".into())?;
                                print(&line(task, item, tokenizer.as_ref())?)?;
                            }
                        }
                    }
                }
                Err(error) => {
                    say(&error.in_full());
                    exit = Exit::SomeFailed;
                }
            }
        }
        for row in suite.bad_rows() {
            say(&row);
            exit = Exit::SomeFailed;
        }
        Ok(exit)
    }
}

/// The item with its text laid out, where it asks about a long one; without a tokenizer four bytes are taken for a token.
fn whole<'i>(item: &'i Item, tokenizer: Option<&Tokenizer>) -> Result<Cow<'i, Item>> {
    match tokenizer {
        Some(tokenizer) => laid_out(item, tokenizer),
        None => item.fitted(|text| Ok(text.len() / 4)),
    }
}

fn line(task: &SuiteTask, item: &Item, tokenizer: Option<&Tokenizer>) -> Result<String> {
    let item = &*whole(item, tokenizer)?;
    let contexts = item.contexts();
    let line = Line {
        task: &task.task.name,
        subject: item.subject.as_deref(),
        shots: task.task.shots,
        doc_id: item.doc_id,
        context: item.context(),
        contexts: (contexts.len() > 1).then_some(contexts),
        continuations: item.continuations(),
        gold: item.gold,
        context_sha256: item.prompt_hash(),
        tokens: tokenizer.map(|tokenizer| counts(item, tokenizer)).transpose()?,
    };
    Ok(serde_json::to_string(&line).expect("plain data") + "\n")
}

fn counts(item: &Item, tokenizer: &Tokenizer) -> Result<Counts> {
    let mut counts = Counts {
        n_context_tokens: 0,
        context_tokens_sha256: String::new(),
        continuation_tokens: Vec::new(),
        context_not_token_prefix: Vec::new(),
    };
    for (index, query) in item.queries().into_iter().enumerate() {
        let context = match query {
            Query::LogLikelihood { context, continuation } => {
                let pair = encode(context, continuation, tokenizer)?;
                if !pair.on_token_edge {
                    counts.context_not_token_prefix.push(index);
                }
                counts.continuation_tokens.push(pair.continuation);
                pair.context
            }
            Query::Rolling { text, .. } => tokenizer.encode_plain(&text)?,
            Query::Generate { context, .. } => prompt_ids(context, tokenizer)?,
        };
        if index == 0 {
            counts.n_context_tokens = context.len();
            let bytes: Vec<u8> = context.iter().flat_map(|id| id.to_le_bytes()).collect();
            counts.context_tokens_sha256 = sha256_hex(&bytes);
        }
    }
    Ok(counts)
}

/// One item for reading: each question's tokens between bars, or its text as it is.
fn shown(task: &SuiteTask, item: &Item, tokenizer: Option<&Tokenizer>) -> Result<String> {
    let item = &*whole(item, tokenizer)?;
    let subject = item.subject.as_ref().map(|subject| format!(", {subject}")).unwrap_or_default();
    let mut lines =
        vec![format!("== {}{subject}, document {}, {} shots", task.task.name, item.doc_id, task.task.shots)];
    let mut before = None;
    for (index, query) in item.queries().into_iter().enumerate() {
        let gold = if index == item.gold && index < item.choices.len() { "  ← gold" } else { "" };
        let (context, continuation) = match (query, tokenizer) {
            (Query::LogLikelihood { context, continuation }, Some(tokenizer)) => {
                let pair = encode(context, continuation, tokenizer)?;
                let edge = if pair.on_token_edge { "" } else { "  (off a token edge)" };
                (marked(&pair.context, tokenizer), format!("{}{edge}", marked(&pair.continuation, tokenizer)))
            }
            (Query::LogLikelihood { context, continuation }, None) => {
                (plain(&context), format!("⟦{}⟧", plain(&continuation)))
            }
            (Query::Rolling { text, .. }, Some(tokenizer)) => {
                (String::new(), marked(&tokenizer.encode_plain(&text)?, tokenizer))
            }
            (Query::Rolling { text, .. }, None) => (String::new(), text),
            (Query::Generate { context, settings }, _) => {
                (plain(&context), format!("(a reply of at most {} tokens)", settings.max_tokens))
            }
        };
        if before.as_ref() != Some(&context) {
            lines.push(format!("-- context\n{context}"));
        }
        lines.push(format!("-- {index}: {continuation}{gold}"));
        before = Some(context);
    }
    Ok(lines.join("\n") + "\n")
}

fn plain(text: &Text) -> String {
    match text {
        Text::Text(text) => text.clone(),
        Text::Ids(ids) | Text::Draws(ids) => format!("{ids:?}"),
    }
}

/// Tokens in the vocabulary's own spelling, a bar between each two; lines break after a line feed.
fn marked(ids: &[u32], tokenizer: &Tokenizer) -> String {
    let texts = ids.iter().map(|id| tokenizer.token_text(*id).unwrap_or_else(|| format!("⟨{id}⟩")));
    let marked = texts.collect::<Vec<_>>().join("|");
    format!("{} ({} tokens)", marked.replace("<0x0A>|", "<0x0A>|\n"), ids.len())
}
