//! Conversations are held: turn by turn, many together, none disturbed by another.

use std::ops::ControlFlow;

use spyglass_model::{ChatTemplate, Model, Prompt, State, Tokenizer, batch, generate_batch};
use spyglass_tasks::vibes::{Conversation, Transcript};

use super::held::{Held, OpenTurn};
use crate::Error;

/// A checkpoint that is spoken to.
#[derive(Debug)]
pub struct ChatModel<'a> {
    /// The model.
    pub model: &'a Model,
    /// Its tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// Its chat template, where it has one.
    pub template: Option<&'a ChatTemplate>,
    /// Its context limit in tokens.
    pub max_length: usize,
}

/// What happened since the last report.
#[derive(Debug, Clone, Copy)]
pub enum TalkEvent<'a> {
    /// A token was said.
    Token,
    /// A conversation came to its end; so many tokens went through the model for it.
    Finished(&'a Transcript, u64),
}

/// What came of a pack's conversations.
#[derive(Debug, Default)]
pub struct Talks {
    /// Those that were held, in their order.
    pub held: Vec<Transcript>,
    /// Why the others could not be, each once whatever its repeats.
    pub failed: Vec<Error>,
}

impl Talks {
    /// All failures as one, with the number of conversations that it cost of `all`; `None` where all were held.
    pub fn failure(&self, all: usize) -> Option<Error> {
        let first = self.failed.first()?;
        let reasons: Vec<String> = self.failed.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = match self.failed.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let missing = all - self.held.len();
        Some(Error::Usage {
            problem: format!("{missing} of {all} conversations could not be held: {}{more}", reasons.join("; ")),
            help: help_of(first),
        })
    }
}

/// Failures of a pack that are told in full.
const SHOWN: usize = 5;

/// Holds conversations with a checkpoint and judges them. One that fails leaves the others alone. `None` when `listen` breaks
/// off.
///
/// What the chat template or the tokenizer refuses, a prompt that is longer than the context, and numbers that are not finite
/// are told of the prompt they belong to (`Talks::failed`).
pub fn run_conversations(
    speaker: &ChatModel<'_>,
    talks: &[Conversation],
    mut listen: impl FnMut(TalkEvent<'_>) -> ControlFlow<()>,
) -> Option<Talks> {
    // A greedy repeat can only say what the first one said.
    let asked: Vec<&Conversation> = talks.iter().filter(|talk| talk.repeat == 0 || !talk.is_greedy()).collect();
    let mut held: Vec<Option<Transcript>> = Vec::with_capacity(asked.len());
    let mut failed = Vec::new();
    for group in asked.chunks(batch::CONVERSATIONS) {
        let mut group: Vec<Held<'_>> = group.iter().map(|talk| Held::new(speaker, talk)).collect();
        let turns = group.iter().map(|held| held.talk.turns.len()).max().unwrap_or(0);
        for turn in 0..turns {
            if take_turn(speaker, &mut group, turn, &mut listen).is_break() {
                return None;
            }
        }
        for talk in group {
            if let Some(error) = talk.failed {
                let is_new = |known: &Error| known.to_string() != error.to_string();
                if failed.iter().all(is_new) {
                    failed.push(error);
                }
                held.push(None);
                continue;
            }
            let computed = talk.memory.computed;
            let transcript = Transcript::judge(talk.talk, talk.voice.rendering(), talk.turns);
            let on = listen(TalkEvent::Finished(&transcript, computed));
            held.push(Some(transcript));
            if on.is_break() {
                return None;
            }
        }
    }
    Some(Talks { held: with_repeats(talks, held), failed })
}

/// The transcripts of all conversations that were held, those of greedy repeats copied.
fn with_repeats(talks: &[Conversation], held: Vec<Option<Transcript>>) -> Vec<Transcript> {
    let mut held = held.into_iter();
    let mut last: Option<Transcript> = None;
    let mut all = Vec::with_capacity(talks.len());
    for talk in talks {
        last = if talk.repeat > 0 && talk.is_greedy() {
            last.map(|first| Transcript { repeat: talk.repeat, ..first })
        } else {
            held.next().expect("every other conversation was asked")
        };
        all.extend(last.clone());
    }
    all
}

/// One turn of every conversation of the group that has so many.
fn take_turn<'a>(
    speaker: &'a ChatModel<'a>,
    group: &mut [Held<'a>],
    turn: usize,
    listen: &mut impl FnMut(TalkEvent<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for held in group.iter_mut().filter(|held| held.goes_on(turn)) {
        if let Err(error) = held.open(speaker, turn) {
            held.fail(speaker, turn, &error);
        }
    }
    let mut live: Vec<&mut Held<'a>> = group.iter_mut().filter(|held| held.goes_on(turn)).collect();
    let words: Vec<[String; 5]> = live.iter().map(|held| held.talk.words(turn)).collect();
    let words: Vec<[&str; 5]> = words.iter().map(|words| words.each_ref().map(String::as_str)).collect();
    let mut broken_off = false;
    let mut speak = |prompts: Vec<Prompt<'_, State>>| {
        let _forward = tracing::debug_span!("forward", replies = prompts.len()).entered();
        generate_batch(speaker.model, speaker.tokenizer, prompts, |_| {
            let on = listen(TalkEvent::Token);
            broken_off |= on.is_break();
            on
        })
    };
    let together = speak(live.iter().zip(&words).filter_map(|(held, words)| held.prompt(words)).collect());
    let mut together = together.map(Vec::into_iter);
    for (held, words) in live.iter_mut().zip(&words) {
        let reply = match &mut together {
            Ok(replies) => held.open.as_ref().is_some_and(OpenTurn::room).then(|| replies.next()).flatten(),
            // One of them breaks the batch: each by itself, which gives the others the same numbers.
            Err(_) => match speak(held.prompt(words).into_iter().collect()) {
                Ok(mut alone) => alone.pop(),
                Err(error) => {
                    held.fail(speaker, turn, &error.into());
                    continue;
                }
            },
        };
        held.close(reply);
    }
    if broken_off { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

pub(super) fn help_of(error: &Error) -> String {
    miette::Diagnostic::help(error).map_or_else(String::new, |help| help.to_string())
}
