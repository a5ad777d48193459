//! `spyglass logprobs`: the raw door to a checkpoint.

use super::state_memory::StateMemory;
use super::{Exit, Threads, print};
use crate::executor::open;
use crate::run_file::{DtFloorSpec, PrecisionSpec};
use crate::tokenise::{cut, encode};
use crate::work::Settings;
use crate::{Error, Result};
use clap::Args;
use serde::{Deserialize, Serialize};
use spyglass_model::{LanguageModel, Plan, Request, Scorer, Tokenizer};
use spyglass_tasks::Text;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Log-likelihoods of continuations, one JSON object a line in and out
#[derive(Debug, Args)]
pub(super) struct Logprobs {
    /// The checkpoint's folder
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Requests, one a line: {"context": TEXT or [IDS], "continuation": TEXT or [IDS]}; `-` is stdin
    #[arg(long, value_name = "FILE")]
    requests: PathBuf,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    state_memory: StateMemory,
    #[command(flatten)]
    threads: Threads,
}

/// How a checkpoint is run.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct How {
    /// Arithmetic of the model
    #[arg(long, value_enum, default_value_t)]
    precision: PrecisionSpec,
    /// The smallest discretisation step: the config's, or none
    #[arg(long, value_enum, default_value_t)]
    dt_floor: DtFloorSpec,
}

impl How {
    /// The same for the library.
    pub(super) fn settings(self) -> Settings {
        Settings { precision: self.precision, dt_floor: self.dt_floor }
    }
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
    Ids(Vec<u32>),
}

impl From<TextOrIds> for Text {
    fn from(value: TextOrIds) -> Self {
        match value {
            TextOrIds::Text(text) => Self::Text(text),
            TextOrIds::Ids(ids) => Self::Ids(ids),
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
        let (model, tokenizer) = open(&self.model, self.how.settings())?;
        let (mut requests, mut flags) = (Vec::new(), Vec::new());
        for (number, line) in read(&self.requests)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (request, truncated, off_edge) =
                request(line, &tokenizer, model.context_limit()).map_err(|error| Error::Line {
                    file: self.requests.clone(),
                    line: number + 1,
                    help: miette::Diagnostic::help(&error).map_or_else(String::new, |help| help.to_string()),
                    what: error.to_string(),
                })?;
            requests.push(request);
            flags.push((truncated, off_edge));
        }
        let scorer = Scorer::new(&model, self.state_memory.scorer());
        let scores = scorer.run(&Plan::new(&requests)?, |_| ControlFlow::Continue(()))?;
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
        let truncated = flags.iter().any(|(truncated, _)| *truncated);
        Ok(if truncated { Exit::SomeFailed } else { Exit::Well })
    }
}

fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        return Ok(std::io::read_to_string(std::io::stdin())?);
    }
    Ok(fs_err::read_to_string(file)?)
}

fn request(line: &str, tokenizer: &Tokenizer, max_length: usize) -> Result<(Request, bool, bool)> {
    let line: Line = serde_json::from_str(line).map_err(|error| Error::Usage {
        what: format!("is no request: {error}"),
        help: "a line is {\"context\": TEXT or [IDS], \"continuation\": TEXT or [IDS]}".into(),
    })?;
    let pair = encode(line.context.into(), line.continuation.into(), tokenizer)?;
    let (request, truncated) = cut(pair.context, pair.continuation, max_length)?;
    Ok((request, truncated, !pair.on_token_edge))
}
