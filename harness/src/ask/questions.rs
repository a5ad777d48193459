//! The questions of a sweep as token ids, built once for all checkpoints that share a tokenizer.

use super::tokenise::{Prepared, PreparedQuery, prepare};
use crate::Result;
use crate::sweep::Suite;
use spyglass_model::{Plan, Request, Tokenizer};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

/// The questions of consecutive items of a task, ready to be asked of any checkpoint with the same tokenizer.
#[derive(Debug)]
pub struct ItemQuestions {
    /// The log-likelihood requests of all items, as one trie of shared prefixes.
    pub plan: Plan,
    /// What belongs to each item, in order; requests are those of the plan in the same order.
    pub items: Vec<Vec<Asked>>,
    /// The first request of each item, and the count of all at the end.
    pub starts: Vec<usize>,
}

/// One question of an item.
#[derive(Debug)]
pub enum Asked {
    /// The next `requests` of the plan.
    Score {
        /// How many; one, or for a long text one a window.
        requests: usize,
        /// The context was cut from the left.
        truncated: bool,
        /// The context's tokens are no prefix of those of context and continuation together.
        off_token_edge: bool,
    },
    /// A prompt to be completed.
    Generate {
        /// The prompt's tokens.
        prompt: Vec<u32>,
        /// When to stop and how to sample.
        settings: spyglass_tasks::Generation,
        /// The prompt was cut from the left.
        truncated: bool,
    },
}

impl Asked {
    /// Tokens of a prompt that is to be completed; the others are counted in the plan.
    pub(super) fn prompt_tokens(&self) -> usize {
        match self {
            Self::Score { .. } => 0,
            Self::Generate { prompt, .. } => prompt.len(),
        }
    }
}

/// Which questions: of which tokenizer (by content) and context limit, which task, which items.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Which {
    tokenizer: String,
    max_length: usize,
    task: usize,
    items: Range<usize>,
}

type Slot = Arc<OnceLock<Result<Arc<ItemQuestions>, String>>>;

/// All questions of a suite that were asked for so far.
#[derive(Debug)]
pub struct Questions<'a> {
    suite: &'a Suite,
    built: Mutex<HashMap<Which, Slot>>,
}

/// A tokenizer with what tells it from others.
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a> {
    /// The tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// Its content's hash.
    pub hash: &'a str,
    /// The context limit of the model, in tokens.
    pub max_length: usize,
}

impl<'a> Questions<'a> {
    /// The questions of a suite; nothing is built yet.
    pub fn new(suite: &'a Suite) -> Self {
        Self { suite, built: Mutex::default() }
    }

    /// The questions of some items of a task. Whoever comes first builds them; others wait for that.
    ///
    /// # Errors
    /// Names the item that has no tokens to score, or does not fit.
    pub fn of(&self, tokens: Tokens<'_>, task: usize, items: Range<usize>) -> Result<Arc<ItemQuestions>, String> {
        // config.json names the prefix token where the tokenizer's own files do not.
        let tokenizer = format!("{} {:?}", tokens.hash, tokens.tokenizer.prefix_token());
        let which = Which { tokenizer, max_length: tokens.max_length, task, items: items.clone() };
        let slot = {
            let mut built = self.built.lock().expect("no thread panics while it holds the lock");
            Arc::clone(built.entry(which).or_default())
        };
        slot.get_or_init(|| self.build(tokens, task, items).map_err(|error| error.in_full())).clone()
    }

    fn build(&self, tokens: Tokens<'_>, task: usize, items: Range<usize>) -> Result<Arc<ItemQuestions>> {
        let task = &self.suite.tasks[task];
        let all = task.items.as_ref().map_or(&[][..], |items| &items.items);
        let prepared = prepare(&task.task.name, &all[items], tokens.tokenizer, tokens.max_length)?;
        let (mut requests, mut starts) = (Vec::new(), vec![0]);
        let mut items = Vec::with_capacity(prepared.len());
        for item in prepared {
            items.push(lay_out(item, &mut requests));
            starts.push(requests.len());
        }
        Ok(Arc::new(ItemQuestions { plan: Plan::new(&requests)?, items, starts }))
    }
}

fn lay_out(item: Prepared, requests: &mut Vec<Request>) -> Vec<Asked> {
    let one = |query| match query {
        PreparedQuery::Score { requests: own, truncated, off_token_edge } => {
            let count = own.len();
            requests.extend(own);
            Asked::Score { requests: count, truncated, off_token_edge }
        }
        PreparedQuery::Generate { prompt, settings, truncated } => Asked::Generate { prompt, settings, truncated },
    };
    item.queries.into_iter().map(one).collect()
}
