//! The questions of a sweep as token ids, built once for all checkpoints that share a tokenizer.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

use spyglass_model::RequestTrie;

use super::requests::{TokenQuery, tokenise};
use crate::checkpoint::Tokens;
use crate::suite::Suite;
use crate::{Error, Result};

/// What is asked of consecutive items of a task, ready for any checkpoint with the same tokenizer.
#[derive(Debug)]
pub(crate) struct ItemQueries {
    /// The log-likelihood requests of all items.
    pub(crate) trie: RequestTrie,
    /// What belongs to each item, in order; the requests of all are those of the trie in the same order.
    pub(crate) items: Vec<Vec<TokenQuery>>,
    /// The first request of each item, and the count of all at the end.
    pub(crate) starts: Vec<usize>,
}

/// Which items: of a tokenizer (by content) with its context limit, of a task, by number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Which {
    tokenizer: String,
    max_length: usize,
    task: usize,
    items: Range<usize>,
}

/// The queries of some items, or why there are none; several checkpoints meet the same reason.
type Built = Result<Arc<ItemQueries>, Arc<Error>>;

/// All that was asked of a suite so far, as token ids.
#[derive(Debug)]
pub(crate) struct Questions {
    suite: Arc<Suite>,
    built: Mutex<HashMap<Which, Arc<OnceLock<Built>>>>,
}

impl Questions {
    /// The questions of a suite; nothing is built yet.
    pub(crate) fn new(suite: &Arc<Suite>) -> Self {
        Self { suite: Arc::clone(suite), built: Mutex::default() }
    }

    /// The queries of some items of a task. Whoever comes first builds them; others wait for that.
    ///
    /// # Errors
    /// Names the item that has no tokens to score, or does not fit.
    pub(crate) fn of(&self, tokens: Tokens<'_>, task: usize, items: Range<usize>) -> Built {
        // config.json names the prefix token where the tokenizer's own files do not.
        let tokenizer = format!("{} {:?}", tokens.hash, tokens.tokenizer.prefix_token());
        let which = Which { tokenizer, max_length: tokens.max_length, task, items: items.clone() };
        let slot = {
            let mut built = self.built.lock().expect("no thread panics while it holds the lock");
            Arc::clone(built.entry(which).or_default())
        };
        slot.get_or_init(|| self.build(tokens, task, items).map(Arc::new).map_err(Arc::new)).clone()
    }

    fn build(&self, tokens: Tokens<'_>, task: usize, items: Range<usize>) -> Result<ItemQueries> {
        let task = &self.suite.tasks[task];
        let _tokenise = tracing::debug_span!("tokenise", task = task.task.name, items = items.len()).entered();
        let tokenised = tokenise(&task.task.name, &task.items()[items], tokens)?;
        let (mut requests, mut starts) = (Vec::new(), vec![0]);
        let mut items = Vec::with_capacity(tokenised.len());
        for (queries, own) in tokenised {
            items.push(queries);
            requests.extend(own);
            starts.push(requests.len());
        }
        Ok(ItemQueries { trie: RequestTrie::new(&requests)?, items, starts })
    }
}
