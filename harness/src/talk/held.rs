//! A conversation while it is held.

use spyglass_model::{Generated, Prompt, Sampling, State, Stopped};
use spyglass_tasks::vibes::{Conversation, Stop, TurnRecord};

use super::continuations::Continuations;
use super::prefix_cache::PrefixCache;
use super::prompt_format::{PromptFormat, Said};
use super::run_conversations::{ChatModel, help_of};
use crate::{Error, Result};

/// A conversation that is under way.
pub(super) struct Held<'a> {
    pub(super) talk: &'a Conversation,
    pub(super) voice: PromptFormat<'a>,
    pub(super) memory: PrefixCache<'a>,
    earlier: Vec<(String, String)>,
    pub(super) turns: Vec<TurnRecord>,
    pub(super) open: Option<OpenTurn>,
    /// Why it cannot be held.
    pub(super) failed: Option<Error>,
}

/// A turn whose reply is to come.
pub(super) struct OpenTurn {
    record: TurnRecord,
    /// The prompt's last token, which the reply begins by reading.
    last: [u32; 1],
    sampling: Sampling,
}

impl OpenTurn {
    /// Whether there is room for a reply before the context limit.
    pub(super) fn room(&self) -> bool {
        self.sampling.max_tokens > 0
    }
}

impl<'a> Held<'a> {
    pub(super) fn new(speaker: &'a ChatModel<'a>, talk: &'a Conversation) -> Self {
        let voice = PromptFormat::new(speaker.template, &talk.format);
        let memory = PrefixCache::new(speaker.model);
        Self { talk, voice, memory, earlier: Vec::new(), turns: Vec::new(), open: None, failed: None }
    }

    /// Whether it has a turn of this number, and has not failed.
    pub(super) fn goes_on(&self, turn: usize) -> bool {
        self.failed.is_none() && turn < self.talk.turns.len()
    }

    /// Notes that it cannot be held, with the prompt's name and a mend for the commonest reason.
    pub(super) fn fail(&mut self, speaker: &ChatModel<'a>, turn: usize, error: &Error) {
        self.open = None;
        let said = Said { system: None, earlier: &self.earlier, user: &self.talk.turns[turn].user };
        let refused = matches!(error, Error::Model(spyglass_model::Error::ChatTemplate { .. }));
        let help = if refused && self.talk.system.is_some() && self.voice.ask(speaker.tokenizer, said).is_ok() {
            "the chat template takes no system text: set `transcript: {fold_system: true}` in the pack, and it goes into the first user turn".into()
        } else {
            help_of(error)
        };
        let at = format!("prompt `{}/{}`", self.talk.pack, self.talk.prompt);
        let variables = if self.talk.variables.is_empty() {
            String::new()
        } else {
            format!(" with {}", serde_json::Value::Object(self.talk.variables.clone()))
        };
        self.failed = Some(Error::Usage { problem: format!("{at}{variables}, turn {}: {error}", turn + 1), help });
    }

    /// Reads what the user says, and compares continuations where the turn asks for it.
    pub(super) fn open(&mut self, speaker: &ChatModel<'a>, number: usize) -> Result<()> {
        let turn = &self.talk.turns[number];
        let said = Said { system: self.talk.system.as_deref(), earlier: &self.earlier, user: &turn.user };
        let asked = {
            let _tokenise = tracing::debug_span!("tokenise", prompt = self.talk.prompt).entered();
            self.voice.ask(speaker.tokenizer, said)?
        };
        let [before @ .., last] = asked.ids.as_slice() else { unreachable!("a prompt has at least one token") };
        let last = *last;
        let room = speaker.max_length.saturating_sub(asked.ids.len());
        if room == 0 && number == 0 {
            // A later turn without room ends a talk that was held; a first one was never asked.
            return Err(Error::Usage {
                problem: format!("it has {} tokens, the context limit is {}", asked.ids.len(), speaker.max_length),
                help: "shorten the prompt's texts".into(),
            });
        }
        let mut record = TurnRecord { user: turn.user.clone(), ..TurnRecord::default() };
        if room > 0 {
            record.recomputed = self.memory.attend(before)?;
            let continuations =
                Continuations::of(turn, |text| self.voice.continuation(speaker.tokenizer, said, &asked, text))?;
            continuations.score(&mut self.memory, last, &mut record)?;
        }
        record.prompt_ids = asked.ids;
        let wanted = &self.talk.sampling;
        let mut stop = wanted.stop.clone();
        stop.extend(self.voice.stop());
        let sampling = Sampling {
            temperature: wanted.temperature,
            top_p: wanted.top_p,
            max_tokens: wanted.max_tokens.min(room),
            stop,
            seed: wanted.seed,
            ..Sampling::default()
        };
        self.open = Some(OpenTurn { record, last: [last], sampling });
        Ok(())
    }

    /// What the model is to continue; `None` where the context is full.
    pub(super) fn prompt<'p>(&'p self, words: &'p [&'p str]) -> Option<Prompt<'p, State>> {
        let open = self.open.as_ref().filter(|open| open.room())?;
        let (seen, state) = self.memory.so_far();
        Some(Prompt { state, seen, tokens: &open.last, sampling: &open.sampling, words })
    }

    /// Notes the reply; without one the context was full.
    pub(super) fn close(&mut self, reply: Option<Generated<State>>) {
        let Some(OpenTurn { mut record, last: [last], .. }) = self.open.take() else { return };
        if let Some(generated) = reply {
            self.memory.take(last, &generated);
            generated.text.trim().clone_into(&mut record.reply);
            record.stop = match generated.stopped {
                Stopped::Eos => Stop::EndToken,
                Stopped::StopString => Stop::StopString,
                Stopped::MaxTokens | Stopped::Interrupted => Stop::Limit,
            };
            record.reply_ids = generated.ids;
        }
        self.earlier.push((record.user.clone(), record.reply.clone()));
        self.turns.push(record);
    }
}
