//! Answers of one or many conversations, token by token. A conversation's answer does not depend on those beside it.

use std::ops::ControlFlow;

use super::generated::{Generated, Prompt, Token};
use super::talk::Talk;
use crate::batch::{PROMPT_PIECE, PROMPT_ROWS};
use crate::error::Result;
use crate::models::{LanguageModel, Sequence, Wanted};
use crate::text::Tokenizer;

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
/// [`Error::Sampling`](crate::Error::Sampling) for settings without meaning, [`Error::Request`](crate::Error::Request) for an empty
/// prompt, [`Error::Logits`](crate::Error::Logits) when the model gives numbers that are not finite, and whatever the model or the
/// tokenizer refuses.
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
                if rows > PROMPT_ROWS {
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

/// The tokens of prompt and answer after the first `read`, at most [`PROMPT_PIECE`].
pub(super) fn piece<'t>(prompt: &'t [u32], ids: &'t [u32], read: usize) -> &'t [u32] {
    match prompt.get(read..) {
        Some(rest @ [_, ..]) => &rest[..rest.len().min(PROMPT_PIECE)],
        _ => &ids[read - prompt.len()..],
    }
}
