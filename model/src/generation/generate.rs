//! Answers of one or many conversations, token by token. A conversation's answer does not depend on those beside it.

use std::ops::ControlFlow;

use super::reply::{Added, Reply};
use super::sampling::{Sampler, Sampling};
use crate::error::{Error, Result};
use crate::models::{LanguageModel, Sequence, Wanted};
use crate::text::Tokenizer;

/// Tokens of one prompt that are computed at once.
const PIECE: usize = 512;
/// Tokens of all prompts that are computed at once.
const ROWS: usize = 1024;

/// A conversation that is to be continued.
#[derive(Debug, Clone)]
pub struct Prompt<'a, S> {
    /// What the tokens of `seen` left behind.
    pub state: S,
    /// Tokens that `state` has seen: earlier turns. They count for the repetition penalty.
    pub seen: &'a [u32],
    /// Tokens that it has not; at least one.
    pub tokens: &'a [u32],
    /// How the answer is drawn.
    pub sampling: &'a Sampling,
    /// What names the conversation (pack, prompt, variables, repeat): with the seed of `sampling` they seed the draws.
    pub words: &'a [&'a str],
}

/// A token of an answer, as it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// Which of the conversations.
    pub conversation: usize,
    /// The token; `None` at the end, for text that was held back.
    pub id: Option<u32>,
    /// The text that is certain now; may be empty. All of them, joined, are the answer's text.
    pub text: &'a str,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The model ended it.
    Eos,
    /// A stop string came.
    StopString,
    /// It was as long as was allowed.
    MaxTokens,
    /// The callback broke off.
    Interrupted,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Generated<S> {
    /// Its tokens, without the one that ended it, with those that made a stop string.
    pub ids: Vec<u32>,
    /// Its text, without the stop string.
    pub text: String,
    /// Why it ended.
    pub stopped: Stopped,
    /// The smallest difference between the two largest logits, over all tokens and the end; where it is tiny, another machine
    /// may answer otherwise.
    pub min_margin: f32,
    /// What the prompt and the first `ids_read` tokens of the answer left behind.
    pub state: S,
    /// How many of `ids` the state has seen: all when the model ended the answer, else all but the last.
    pub ids_read: usize,
}

/// Answers one conversation. `on_token` gets every token as it comes and ends the answer by breaking.
///
/// # Errors
/// As [`generate_batch`].
pub fn generate<M: LanguageModel>(
    model: &M,
    tokenizer: &Tokenizer,
    prompt: Prompt<'_, M::State>,
    on_token: impl FnMut(&Token<'_>) -> ControlFlow<()>,
) -> Result<Generated<M::State>> {
    let mut answers = generate_batch(model, tokenizer, vec![prompt], on_token)?;
    Ok(answers.remove(0)) // one prompt, one answer
}

/// Answers conversations together, each as it would be answered alone; the answers are in the order of the prompts.
///
/// # Errors
/// [`Error::Sampling`] for settings without meaning, [`Error::Request`] for an empty prompt, [`Error::Logits`] when the model
/// gives numbers that are not finite, and whatever the model or the tokenizer refuses.
pub fn generate_batch<M: LanguageModel>(
    model: &M,
    tokenizer: &Tokenizer,
    prompts: Vec<Prompt<'_, M::State>>,
    mut on_token: impl FnMut(&Token<'_>) -> ControlFlow<()>,
) -> Result<Vec<Generated<M::State>>> {
    let mut talks = Vec::with_capacity(prompts.len());
    for (conversation, prompt) in prompts.into_iter().enumerate() {
        talks.push(Talk::new(tokenizer, conversation, prompt)?);
    }
    loop {
        let mut open: Vec<&mut Talk<'_, M::State>> = talks.iter_mut().filter(|talk| talk.stopped.is_none()).collect();
        if open.is_empty() {
            return Ok(talks.into_iter().map(Talk::into_answer).collect());
        }
        let mut rest = &mut open[..];
        while !rest.is_empty() {
            let (mut count, mut rows) = (1, rest[0].piece().len());
            while let Some(talk) = rest.get(count) {
                rows += talk.piece().len();
                if rows > ROWS {
                    break;
                }
                count += 1;
            }
            let (batch, others) = rest.split_at_mut(count);
            step(model, tokenizer, batch, &mut on_token)?;
            rest = others;
        }
    }
}

/// Computes the next piece of each conversation, and where its prompt is read, the next token.
fn step<M: LanguageModel>(
    model: &M,
    tokenizer: &Tokenizer,
    batch: &mut [&mut Talk<'_, M::State>],
    on_token: &mut impl FnMut(&Token<'_>) -> ControlFlow<()>,
) -> Result<()> {
    let mut sequences: Vec<Sequence<'_, M::State>> = (batch.iter_mut())
        .map(|talk| {
            let tokens = piece(talk.prompt, &talk.ids, talk.read);
            talk.read += tokens.len();
            let wanted = if talk.read < talk.prompt.len() { Wanted::Nothing } else { Wanted::Last };
            Sequence { tokens, state: &mut talk.state, wanted, keep_state: true }
        })
        .collect();
    let logits = model.forward(&mut sequences)?;
    for (talk, logits) in batch.iter_mut().zip(logits) {
        if !logits.is_empty() {
            talk.take(logits.row(0), tokenizer.end_tokens(), on_token)?;
        }
    }
    Ok(())
}

/// The tokens of prompt and answer after the first `read`, at most [`PIECE`].
fn piece<'t>(prompt: &'t [u32], ids: &'t [u32], read: usize) -> &'t [u32] {
    match prompt.get(read..) {
        Some(rest @ [_, ..]) => &rest[..rest.len().min(PIECE)],
        _ => &ids[read - prompt.len()..],
    }
}

/// One conversation while it is answered.
struct Talk<'a, S> {
    conversation: usize,
    prompt: &'a [u32],
    earlier: usize, // tokens before the prompt
    state: S,
    read: usize, // tokens of prompt and answer that the state has seen
    sampler: Sampler<'a>,
    reply: Reply<'a>,
    ids: Vec<u32>,
    most: usize,
    min_margin: f32,
    stopped: Option<Stopped>,
}

impl<'a, S> Talk<'a, S> {
    fn new(tokenizer: &'a Tokenizer, conversation: usize, prompt: Prompt<'a, S>) -> Result<Self> {
        let Prompt { state, seen, tokens, sampling, words } = prompt;
        sampling.check()?;
        if tokens.is_empty() {
            return Err(Error::Request {
                request: conversation,
                problem: "the prompt is empty".into(),
                mend: "begin it with the tokenizer's prefix token (BOS, else EOS)".into(),
            });
        }
        Ok(Self {
            conversation,
            prompt: tokens,
            earlier: seen.len(),
            state,
            read: 0,
            sampler: Sampler::new(sampling, words, seen.iter().chain(tokens).copied()),
            reply: Reply::new(tokenizer, &sampling.stop),
            ids: Vec::new(),
            most: sampling.max_tokens,
            min_margin: f32::INFINITY,
            stopped: None,
        })
    }

    fn piece(&self) -> &[u32] {
        piece(self.prompt, &self.ids, self.read)
    }

    /// Picks the next token from a row of logits and sees whether it is the last.
    fn take(
        &mut self,
        row: &[f32],
        end_tokens: &[u32],
        on_token: &mut impl FnMut(&Token<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let picked = self.sampler.pick(row).ok_or(Error::Logits { position: self.earlier + self.read - 1 })?;
        self.min_margin = self.min_margin.min(picked.margin);
        if end_tokens.contains(&picked.token) {
            self.stopped = Some(Stopped::Eos);
        } else {
            self.ids.push(picked.token);
            let Added { text, stopped } = self.reply.push(picked.token)?;
            let token = Token { conversation: self.conversation, id: Some(picked.token), text: &text };
            let interrupted = on_token(&token).is_break();
            self.stopped = if stopped {
                Some(Stopped::StopString)
            } else if interrupted {
                Some(Stopped::Interrupted)
            } else {
                (self.ids.len() == self.most).then_some(Stopped::MaxTokens)
            };
        }
        if self.stopped.is_some() {
            let Added { text, stopped } = self.reply.finish()?;
            if stopped {
                self.stopped = Some(Stopped::StopString);
            }
            if !text.is_empty() {
                // the answer is over whatever the callback says
                let _ = on_token(&Token { conversation: self.conversation, id: None, text: &text });
            }
        }
        Ok(())
    }

    fn into_answer(self) -> Generated<S> {
        Generated {
            ids_read: self.read - self.prompt.len(),
            ids: self.ids,
            text: self.reply.into_text(),
            stopped: self.stopped.expect("an answer is taken when it has ended"),
            min_margin: self.min_margin,
            state: self.state,
        }
    }
}
