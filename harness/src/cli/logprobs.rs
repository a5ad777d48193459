//! `spyglass logprobs`: the raw door to a checkpoint.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use spyglass_model::{Request, RequestTrie, Scorer, Tokenizer};
use spyglass_tasks::Text;
use spyglass_tasks::python::from_json_or_null;

use super::model_args::ModelArgs;
use super::numbers::counted;
use super::state_memory::StateMemory;
use super::{Exit, Threads, print, say};
use crate::ask::{cut, encode};
use crate::progress::{Interrupt, Traced};
use crate::{Error, Result};

/// Log-likelihoods of continuations, one JSON object a line in and out
#[derive(Debug, Args)]
pub(super) struct Logprobs {
    #[command(flatten)]
    model: ModelArgs,
    /// Requests, one a line: {"context": TEXT or [IDS], "continuation": TEXT or [IDS]}; `-` is stdin
    #[arg(long, value_name = "FILE")]
    requests: PathBuf,
    #[command(flatten)]
    state_memory: StateMemory,
    #[command(flatten)]
    threads: Threads,
}

/// One line in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    context: TextOrIds,
    continuation: TextOrIds,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of token ids")]
enum TextOrIds {
    Text(String),
    Ids(Vec<serde_json::Number>),
}

impl TextOrIds {
    /// The text, or the ids where all of them are in a vocabulary of `vocab` tokens; `name` is the key they stand under.
    fn checked(self, name: &str, vocab: usize) -> Result<Text> {
        let ids = match self {
            Self::Text(text) => return Ok(Text::Text(text)),
            Self::Ids(ids) => ids,
        };
        let id = |(index, id): (usize, serde_json::Number)| {
            let known = id.as_u64().filter(|id| usize::try_from(*id).is_ok_and(|id| id < vocab));
            known.map(|id| id as u32).ok_or_else(|| Error::Usage {
                problem: format!(
                    "`{name}[{index}]` is {id}, which is not a token: the vocabulary has the ids 0 to {}",
                    vocab - 1
                ),
                help: "take ids of the checkpoint's own tokenizer, counted from 0".into(),
            })
        };
        Ok(Text::Ids(ids.into_iter().enumerate().map(id).collect::<Result<_>>()?))
    }
}

/// A request before it is tokenised.
struct TextRequest {
    context: Text,
    continuation: Text,
}

impl TextRequest {
    fn read(line: &str, vocab: usize) -> Result<Self> {
        let line: Line = from_json_or_null(line).map_err(|error| Error::Usage {
            problem: format!("is not a request: {error}"),
            help: "a line is {\"context\": TEXT or [IDS], \"continuation\": TEXT or [IDS]}".into(),
        })?;
        let context = line.context.checked("context", vocab)?;
        Ok(Self { context, continuation: line.continuation.checked("continuation", vocab)? })
    }

    /// Its token ids, where it has both as such; an empty context is a token that only the tokenizer knows.
    fn ids(&self) -> Option<(&[u32], &[u32])> {
        match (&self.context, &self.continuation) {
            (Text::Ids(context), Text::Ids(continuation)) if !context.is_empty() => Some((context, continuation)),
            _ => None,
        }
    }
}

/// One line out.
#[derive(Debug, Serialize)]
struct Scored<'a> {
    logprob: f64,
    is_greedy: bool,
    tokens: &'a [u32],
    token_logprobs: &'a [f64],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    off_token_edge: bool,
}

impl Logprobs {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let interrupt = Interrupt::listen()?;
        let asked_of = self.model.fetched(&interrupt)?;
        let settings = asked_of.settings();
        let config = settings.read_config(&asked_of.folder)?;
        let max_length = config.context_limit();
        let at = |line: usize, error: &Error| Error::Line {
            file: self.requests.clone(),
            line,
            help: miette::Diagnostic::help(error).map_or_else(String::new, |help| help.to_string()),
            problem: error.to_string(),
        };
        let text = read(&self.requests)?;
        let lines = text.lines().map(|line| line.trim_start_matches('\u{feff}')).zip(1..);
        let asked = lines.filter(|(line, _)| !line.trim().is_empty()).map(|(line, number)| {
            let asked = TextRequest::read(line, config.vocab_size()).map_err(|error| at(number, &error))?;
            Ok((number, asked))
        });
        let asked = asked.collect::<Result<Vec<_>>>()?;
        // Requests of ids alone need no tokenizer.
        let (model, tokenizer) = if asked.iter().all(|(_, asked)| asked.ids().is_some()) {
            (settings.open_model(&asked_of.folder, &interrupt)?, None)
        } else {
            let (model, tokenizer) = asked_of.open(&interrupt)?;
            (model, Some(tokenizer))
        };
        let (mut requests, mut flags, mut cut_lines) = (Vec::new(), Vec::new(), Vec::new());
        let tokenise = tracing::debug_span!("tokenise", requests = asked.len()).entered();
        for (number, asked) in asked {
            let request = request(asked, tokenizer.as_ref(), max_length);
            let (request, truncated, off_edge) = request.map_err(|error| at(number, &error))?;
            cut_lines.extend(truncated.then_some(number));
            requests.push(request);
            flags.push((truncated, off_edge));
        }
        drop(tokenise);
        let model = Traced(&model);
        let scorer = Scorer::new(&model, self.state_memory.scorer());
        let scores = scorer.run(&RequestTrie::new(&requests)?, |_| interrupt.flow())?;
        let mut lines = String::new();
        for ((request, score), (truncated, off_token_edge)) in requests.iter().zip(&scores).zip(&flags) {
            let scored = Scored {
                logprob: score.sum,
                is_greedy: score.is_greedy,
                tokens: &request.continuation,
                token_logprobs: &score.per_token,
                truncated: *truncated,
                off_token_edge: *off_token_edge,
            };
            lines += &serde_json::to_string(&scored).expect("numbers of a checked model are finite");
            lines.push('\n');
        }
        print(&lines)?;
        let Some(first) = cut_lines.first() else { return Ok(Exit::Well) };
        say(&format!(
            "{} longer than the context limit of {max_length} tokens: the context lost its start (`truncated` in the answer), first in line {first}",
            match cut_lines.len() {
                1 => "1 request is".to_owned(),
                count => format!("{} are", counted(count, "request")),
            }
        ));
        Ok(Exit::SomeFailed)
    }
}

fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        return Ok(std::io::read_to_string(std::io::stdin())?);
    }
    Ok(spyglass_tasks::text::read(file)?)
}

fn request(asked: TextRequest, tokenizer: Option<&Tokenizer>, max_length: usize) -> Result<(Request, bool, bool)> {
    let (context, continuation, on_edge) = if let Some(tokenizer) = tokenizer {
        let pair = encode(asked.context, asked.continuation, tokenizer)?;
        (pair.context, pair.continuation, pair.on_token_edge)
    } else {
        let (context, continuation) = asked.ids().expect("the tokenizer was opened for all others");
        (context.to_vec(), continuation.to_vec(), true)
    };
    let (request, truncated) = cut(context, continuation, max_length)?;
    Ok((request, truncated, !on_edge))
}
