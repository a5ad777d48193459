//! One sequence while it is generated: what it has said, and whether it has to stop.

use std::ops::ControlFlow;

use super::generate::piece;
use super::generated::{Generated, Prompt, Stopped, Token};
use super::reply::{Added, Reply};
use super::sampler::Sampler;
use crate::error::{Error, Result};
use crate::text::Tokenizer;

/// One conversation while it is answered.
pub(super) struct Talk<'a, S> {
    conversation: usize,
    pub(super) prompt: &'a [u32],
    earlier: usize, // tokens before the prompt
    pub(super) state: S,
    pub(super) read: usize, // tokens of prompt and answer that the state has seen
    sampler: Sampler<'a>,
    reply: Reply<'a>,
    pub(super) ids: Vec<u32>,
    most: usize,
    min_margin: f32,
    pub(super) stopped: Option<Stopped>,
}

impl<'a, S> Talk<'a, S> {
    pub(super) fn new(tokenizer: &'a Tokenizer, conversation: usize, prompt: Prompt<'a, S>) -> Result<Self> {
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

    pub(super) fn piece(&self) -> &[u32] {
        piece(self.prompt, &self.ids, self.read)
    }

    /// Picks the next token from a row of logits and sees whether it is the last.
    pub(super) fn take(
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

    pub(super) fn into_answer(self) -> Generated<S> {
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
