//! A talk with a person: the state is kept from turn to turn, and the talk can be saved as a prompt pack.

use std::ops::ControlFlow;

use spyglass_model::{Prompt, Sampling, Stopped, generate};
use spyglass_tasks::vibes::TranscriptFormat;

use super::ChatModel;
use super::prefix_cache::PrefixCache;
use super::prompt_format::{PromptFormat, Said};
use crate::{Error, Result};

/// A talk that is under way.
pub struct Chat<'a> {
    speaker: &'a ChatModel<'a>,
    format: TranscriptFormat,
    memory: PrefixCache<'a>,
    /// The system text.
    pub system: Option<String>,
    /// How replies are sampled.
    pub sampling: Sampling,
    turns: Vec<(String, String)>,
    /// How often the last turn was tried again: another try draws other numbers.
    tries: usize,
}

impl<'a> Chat<'a> {
    /// A talk that begins; without a chat template it is written down as `format` says.
    pub fn new(speaker: &'a ChatModel<'a>, format: TranscriptFormat, sampling: Sampling) -> Self {
        let memory = PrefixCache::new(speaker.model);
        Self { speaker, format, memory, system: None, sampling, turns: Vec::new(), tries: 0 }
    }

    /// What was said so far: the user's turns with the replies.
    pub fn turns(&self) -> &[(String, String)] {
        &self.turns
    }

    /// Draws from another seed; the same one draws the same again.
    pub fn seed(&mut self, seed: u64) {
        self.sampling.seed = seed;
        self.tries = 0;
    }

    /// Begins anew, with the same system text.
    pub fn forget(&mut self) {
        self.turns.clear();
        self.tries = 0;
    }

    /// Says something and hears the reply; `hear` gets its text piece by piece and ends it by breaking.
    ///
    /// # Errors
    /// The context is full, the chat template refuses, or the model's numbers are broken.
    pub fn say(&mut self, user: &str, hear: impl FnMut(&str) -> ControlFlow<()>) -> Result<()> {
        self.tries = 0;
        self.reply(user, hear)
    }

    /// Hears another reply to what was said last; `false` when nothing was said yet.
    ///
    /// # Errors
    /// As [`Chat::say`].
    pub fn retry(&mut self, hear: impl FnMut(&str) -> ControlFlow<()>) -> Result<bool> {
        let Some((user, _)) = self.turns.pop() else { return Ok(false) };
        self.tries += 1;
        self.reply(&user, hear)?;
        Ok(true)
    }

    fn reply(&mut self, user: &str, mut hear: impl FnMut(&str) -> ControlFlow<()>) -> Result<()> {
        let (voice, tokenizer) = (PromptFormat::new(self.speaker.template, &self.format), self.speaker.tokenizer);
        let said = Said { system: self.system.as_deref(), earlier: &self.turns, user };
        let ids = voice
            .ask(tokenizer, said)
            .map_err(|error| {
                let is_refused = matches!(error, Error::Model(spyglass_model::Error::ChatTemplate { .. }));
                let without = Said { system: None, ..said };
                if is_refused && self.system.is_some() && voice.ask(tokenizer, without).is_ok() {
                    return Error::Usage {
                        problem: format!("the chat template takes no system text ({error})"),
                        help:
                            "leave out `--system` (in a talk: `/system` without a text), and say it in the first turn"
                                .into(),
                    };
                }
                error
            })?
            .ids;
        let room = self.speaker.max_length.saturating_sub(ids.len());
        if room == 0 {
            return Err(Error::Usage {
                problem: format!("the talk has {} tokens, the context limit is {}", ids.len(), self.speaker.max_length),
                help: "`/new` begins another one".into(),
            });
        }
        let [before @ .., last] = ids.as_slice() else { unreachable!("a prompt has at least one token") };
        self.memory.attend(before)?;
        let mut sampling = self.sampling.clone();
        sampling.max_tokens = sampling.max_tokens.min(room);
        sampling.stop.extend(voice.stop());
        let (turn, tries) = (self.turns.len().to_string(), self.tries.to_string());
        let (seen, state) = self.memory.so_far();
        let words = ["chat", turn.as_str(), tries.as_str()];
        let prompt = Prompt { state, seen, tokens: &[*last], sampling: &sampling, words: &words };
        let generated = generate(self.speaker.model, tokenizer, prompt, |token| hear(token.text))?;
        // A reply that was broken off is kept as far as it went: the next turn goes on from there.
        if generated.stopped != Stopped::Interrupted {
            self.memory.take(*last, &generated);
        }
        self.turns.push((user.to_owned(), generated.text.trim().to_owned()));
        Ok(())
    }

    /// The talk as a prompt pack, with the replies as references.
    pub fn as_pack(&self, name: &str) -> String {
        let text = |text: &str| serde_json::Value::from(plain(text)).to_string();
        let mut yaml = format!("pack: {}\ndescription: A talk that was saved.\n", text(name));
        let sampling = &self.sampling;
        yaml += &format!(
            "defaults: {{temperature: {}, top_p: {}, max_tokens: {}, seed: {}, stop: {}}}\nprompts:\n  - id: talk\n",
            sampling.temperature,
            sampling.top_p,
            sampling.max_tokens,
            sampling.seed,
            serde_json::json!(sampling.stop)
        );
        if let Some(system) = &self.system {
            yaml += &format!("    system: {}\n", text(system));
        }
        yaml += "    turns:\n";
        for (user, reply) in &self.turns {
            yaml += &format!("      - user: {}\n", text(user));
            if !reply.is_empty() {
                yaml += &format!("        reference: {}\n", text(reply));
            }
        }
        yaml
    }
}

/// A text in which nothing is a template: what looks like one becomes a template that gives it.
fn plain(text: &str) -> String {
    let opens = ["{{", "{%", "{#"];
    if !opens.iter().any(|open| text.contains(open)) {
        return text.to_owned();
    }
    text.replace('{', "\u{1}").replace('\u{1}', "{{ '{' }}")
}
