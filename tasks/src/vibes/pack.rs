//! A prompt pack, read and checked: every text filled in, every check understood, every error with its line.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::combinations::combinations;
use super::conversation::Conversation;
use super::dryness::SHIPPED;
use super::pack_file;
use super::reader::Reader;
use super::sampling::Sampling;
use super::substitute::Fill;
use crate::error::Result;
use crate::hash::sha256_hex;
use crate::yaml::Step;
use crate::{text, yaml};

/// A prompt pack: the conversations that are held with every checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptPack {
    /// Name of the pack.
    pub name: String,
    /// What the pack finds out.
    pub description: String,
    /// SHA-256 of the file, and of the list of stock phrases where a check reads it, hex: part of the key of every unit.
    pub sha256: String,
    /// How many prompts it holds.
    pub prompts: usize,
    /// Every prompt × variables × repeat, in the file's order.
    pub conversations: Vec<Conversation>,
}

impl PromptPack {
    /// Reads a pack from its file.
    ///
    /// # Errors
    /// Whatever is wrong, with file, line and mend.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&path.display().to_string(), &text::read(path)?)
    }

    /// Reads a pack from YAML; `file` is what messages call it.
    ///
    /// # Errors
    /// Whatever is wrong, with file, line and mend.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let pack: pack_file::Pack = yaml::parse(file, text)?;
        let reader = Reader::new(file, text);
        let written = Written { reader: &reader, pack: &pack };
        written.check_names()?;
        digits::check(&reader, &pack.prompts)?;
        let mut conversations = Vec::new();
        for index in 0..pack.prompts.len() {
            conversations.extend(written.conversations(index)?);
        }
        let list = if conversations.iter().any(Conversation::reads_shipped_phrases) { SHIPPED } else { "" };
        Ok(Self {
            sha256: sha256_hex(&[text, list].concat().into_bytes()),
            prompts: pack.prompts.len(),
            name: pack.pack,
            description: pack.description,
            conversations,
        })
    }

    /// The pack with every conversation held so often, whatever it says itself.
    #[must_use]
    pub fn with_repeats(mut self, repeats: usize) -> Self {
        self.conversations.retain(|talk| talk.repeat == 0);
        let again = |talk: Conversation| {
            (0..repeats).map(move |repeat| {
                let sampling = Sampling { repeats, ..talk.sampling.clone() };
                Conversation { repeat, sampling, ..talk.clone() }
            })
        };
        self.conversations = self.conversations.into_iter().flat_map(again).collect();
        self
    }
}

/// A pack as it is written, on its way to conversations.
struct Written<'a> {
    reader: &'a Reader<'a>,
    pack: &'a pack_file::Pack,
}

impl Written<'_> {
    fn check_names(&self) -> Result<()> {
        if self.pack.pack.trim().is_empty() {
            return Err(self.reader.refuse(&[Step::Key("pack")], "the pack has no name", "name it after its theme"));
        }
        if self.pack.prompts.is_empty() {
            let problem = format!("the pack `{}` is empty", self.pack.pack);
            return Err(self.reader.refuse(&[Step::Key("prompts")], problem, "a pack holds at least one prompt"));
        }
        let mut known = HashSet::new();
        for (index, prompt) in self.pack.prompts.iter().enumerate() {
            let path = [Step::Key("prompts"), Step::Item(index), Step::Key("id")];
            if prompt.id.trim().is_empty() {
                return Err(self.reader.refuse(&path, "the prompt has no id", "give it one that says what it asks"));
            }
            if !known.insert(&prompt.id) {
                let problem = format!("the id `{}` stands twice in this pack", prompt.id);
                return Err(self.reader.refuse(&path, problem, "rename one of the two prompts"));
            }
        }
        Ok(())
    }

    /// All conversations of one prompt.
    fn conversations(&self, index: usize) -> Result<Vec<Conversation>> {
        let prompt = &self.pack.prompts[index];
        let here = [Step::Key("prompts"), Step::Item(index)];
        let at = |key| [&here[..], &[Step::Key(key)]].concat();
        if prompt.turns.is_empty() {
            return Err(self.reader.refuse(
                &at("turns"),
                format!("the prompt `{}` has no turns", prompt.id),
                "say something to the model",
            ));
        }
        if !(0.0..=1.0).contains(&prompt.baseline) {
            let problem = format!("`baseline` is a share between 0 and 1, not {}", prompt.baseline);
            return Err(self.reader.refuse(&at("baseline"), problem, "0 where nothing passes by chance"));
        }
        let sampling = self.sampling(prompt, &here)?;
        let variables = combinations(&prompt.vars).map_err(|(name, problem)| {
            let mut path = at("vars");
            path.extend(name.as_deref().map(Step::Key));
            self.reader.refuse(&path, problem, "`vars: {topic: [the sea, the weather]}`")
        })?;
        let format = Arc::new(self.pack.transcript.clone());
        let mut conversations = Vec::with_capacity(variables.len() * sampling.repeats);
        for variables in variables {
            let fill = Fill::new(self.reader, &variables);
            let first = Conversation {
                pack: self.pack.pack.clone(),
                prompt: prompt.id.clone(),
                tags: prompt.tags.clone(),
                notes: prompt.notes.clone(),
                repeat: 0,
                sampling: sampling.clone(),
                system: prompt.system.as_deref().map(|text| fill.text(text, &at("system"))).transpose()?,
                turns: fill.turns(&prompt.turns, &at("turns"))?,
                checks: fill.checks(&prompt.assert, &at("assert"))?,
                persona: prompt.persona.as_ref().map(|check| fill.check(check, &at("persona"))).transpose()?,
                baseline: prompt.baseline,
                format: Arc::clone(&format),
                variables: variables.clone(),
            };
            conversations.extend((0..sampling.repeats).map(|repeat| Conversation { repeat, ..first.clone() }));
        }
        Ok(conversations)
    }

    /// The prompt's own settings over the pack's defaults.
    fn sampling(&self, prompt: &pack_file::Prompt, here: &[Step]) -> Result<Sampling> {
        let defaults = self.pack.defaults.over(Sampling::default());
        if let Some((key, range)) = defaults.flaw() {
            return Err(self.reader.refuse(
                &[Step::Key("defaults"), Step::Key(key)],
                format!("`{key}` is {range}"),
                "mend the value",
            ));
        }
        let sampling = prompt.over(defaults);
        match sampling.flaw() {
            Some((key, range)) => Err(self.reader.refuse(
                &[here, &[Step::Key(key)]].concat(),
                format!("`{key}` is {range}"),
                "mend the value",
            )),
            None => Ok(sampling),
        }
    }
}

mod digits;
#[cfg(test)]
mod tests;
