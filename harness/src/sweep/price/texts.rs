//! The texts of a price, laid out and in tokens once for all checkpoints that share tokenizer and config.

use std::collections::HashMap;
use std::rc::Rc;

use spyglass_model::RequestTrie;

use super::TOKENS;
use crate::Result;
use crate::checkpoint::Tokens;
use crate::measure::{RightAnswers, Roomy};
use crate::suite::SuiteTask;
use crate::sweep::Work;
use crate::sweep::plan::{Contents, PlannedCheckpoint, contents};

/// What two arithmetics of a checkpoint read.
#[derive(Debug)]
pub(super) struct Texts {
    /// The right answers that there is room for.
    pub(super) roomy: Roomy,
    /// Tokens that go through both models together, what texts share once.
    pub(super) tokens: u64,
    /// What shared prefixes leave behind at the most in both models together.
    pub(super) state_bytes: u64,
    /// Numbers of the model.
    pub(super) parameters: u64,
}

/// All texts so far, by the files that decide them.
pub(super) struct TextsOnce<'w> {
    work: &'w Work,
    /// Bytes that the states of both models may take together.
    pub(super) memory: u64,
    known: HashMap<Contents, Rc<Texts>>,
}

impl<'w> TextsOnce<'w> {
    pub(super) fn new(work: &'w Work, memory: u64) -> Self {
        Self { work, memory, known: HashMap::new() }
    }

    /// The texts of a checkpoint whose small files lie here.
    ///
    /// # Errors
    /// They are missing, or not understood.
    pub(super) fn of(&mut self, planned: &PlannedCheckpoint) -> Result<Rc<Texts>> {
        let contents = contents(planned, &self.work.settings)?;
        if let Some(known) = self.known.get(&contents) {
            return Ok(Rc::clone(known));
        }
        let texts = Rc::new(self.read(planned, &contents.0)?);
        self.known.insert(contents, Rc::clone(&texts));
        Ok(texts)
    }

    fn read(&self, planned: &PlannedCheckpoint, hash: &str) -> Result<Texts> {
        let settings = &self.work.settings;
        let config = settings.read_config(&planned.folder)?;
        let tokenizer = settings.open_tokenizer(&planned.folder, &config)?;
        let tokens = Tokens { tokenizer: &tokenizer, hash, max_length: config.context_limit() };
        let own_bytes = config.state_bytes()?;
        let bytes = |position| 2 * own_bytes(position); // both arithmetics keep the same numbers
        let roomy = RightAnswers::of(&asked(&self.work.suite.tasks), tokens, TOKENS).with_room(self.memory, bytes)?;
        let trie = RequestTrie::new(&roomy.requests)?;
        Ok(Texts {
            tokens: 2 * trie.tokens_computed(),
            state_bytes: trie.peak_state_bytes(bytes).min(self.memory),
            parameters: config.parameters()?,
            roomy,
        })
    }
}

/// The tasks with items; of a task that is also asked perturbed the plain one, so that no item counts twice.
fn asked(tasks: &[SuiteTask]) -> Vec<&SuiteTask> {
    let is_twin = |one: &SuiteTask| {
        let plain = |other: &SuiteTask| {
            (&other.task.name, other.task.shots, &other.task.perturb) == (&one.task.name, one.task.shots, &None)
        };
        one.task.perturb.is_some() && tasks.iter().any(plain)
    };
    tasks.iter().filter(|task| !task.items().is_empty() && !is_twin(task)).collect()
}
