//! `spyglass generate`: one completion.

use clap::Args;
use spyglass_model::{LanguageModel, Prompt, Sampling, Stopped, generate};

use super::model_args::ModelArgs;
use super::stream::Stream;
use super::{Exit, Threads, print, say};
use crate::Result;
use crate::progress::Interrupt;

/// Complete one prompt; the text comes as it is made
#[derive(Debug, Args)]
pub(super) struct Generate {
    #[command(flatten)]
    model: ModelArgs,
    /// The prompt
    #[arg(long, value_name = "TEXT")]
    prompt: String,
    #[command(flatten)]
    drawing: Drawing,
    #[command(flatten)]
    threads: Threads,
}

/// How tokens are drawn.
#[derive(Debug, Args)]
pub(super) struct Drawing {
    /// Maximum new tokens
    #[arg(long, value_name = "N", default_value_t = 128)]
    max_tokens: usize,
    /// 0 takes the most probable token always
    #[arg(long, value_name = "T", default_value_t = 0.0)]
    temperature: f64,
    /// Sample from the K likeliest tokens only; 0 for all
    #[arg(long, value_name = "K", default_value_t = 0)]
    top_k: usize,
    /// Only the most probable tokens that together have this probability
    #[arg(long, value_name = "P", default_value_t = 1.0)]
    top_p: f64,
    /// Above 1, what was said already becomes less probable
    #[arg(long, value_name = "R", default_value_t = 1.0)]
    repetition_penalty: f64,
    /// Stop sequences: texts that end the answer
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// Random seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

impl Drawing {
    /// The same for the library.
    pub(super) fn sampling(&self) -> Sampling {
        Sampling {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            repetition_penalty: self.repetition_penalty,
            max_tokens: self.max_tokens,
            stop: self.stop.clone(),
            seed: self.seed,
        }
    }
}

impl Generate {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let sampling = self.drawing.sampling();
        sampling.check()?;
        let interrupt = Interrupt::listen()?;
        let (model, tokenizer) = self.model.fetched(&interrupt)?.open(&interrupt)?;
        let tokens = tokenizer.encode_prompt(&self.prompt)?;
        let prompt =
            Prompt { state: model.new_state(), seen: &[], tokens: &tokens, sampling: &sampling, words: &["generate"] };
        let mut stream = Stream::new(&interrupt);
        let answer = generate(&model, &tokenizer, prompt, |token| stream.piece(token.text))?;
        stream.end()?;
        print("\n")?;
        match answer.stopped {
            Stopped::Interrupted => return Ok(Exit::Interrupted),
            Stopped::MaxTokens => say(&format!("stopped after {} tokens; --max-tokens allows more", answer.ids.len())),
            Stopped::Eos | Stopped::StopString => {}
        }
        Ok(Exit::Well)
    }
}
