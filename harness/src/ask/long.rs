//! Long texts, laid out in tokens of the checkpoint that is asked.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use spyglass_model::{Continued, Tokenizer};
use spyglass_tasks::Item;

use crate::{Error, Result};

/// Texts of at most so many bytes are counted once for all items.
const SHORT: usize = 2048;

/// Tokens of short texts: the sentences that fill one text fill the others, too.
#[derive(Debug, Default)]
pub(super) struct Counts(RwLock<HashMap<String, usize>>);

impl Counts {
    /// How many tokens the text has as a prompt.
    fn of(&self, text: &str, texts: &mut Continued<'_>) -> Result<usize> {
        if text.len() > SHORT {
            return Ok(texts.prompt(text)?.len());
        }
        if let Some(count) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(*count);
        }
        let count = texts.prompt(text)?.len();
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned(), count);
        Ok(count)
    }
}

/// The item with its text as long as it is to be, where it asks about a long one; `limit` is the model's.
///
/// # Errors
/// The text is longer than the limit; as [`laid_out`].
pub(super) fn fitted<'i>(
    task: &str,
    item: &'i Item,
    limit: usize,
    (counts, texts): (&Counts, &RefCell<Continued<'_>>),
) -> Result<Cow<'i, Item>> {
    match item.place() {
        Some(place) if place.length > limit => Err(Error::Usage {
            problem: format!("task `{task}`: its texts are {} tokens long, the context limit is {limit}", place.length),
            help: "leave this length out, or go beyond with `model: {context: TOKENS}` or `model: {rope: {scale: N}}` in the run file \
                   (`--context`, `--rope-scale`)"
                .into(),
        }),
        _ => item.fitted(|text| counts.of(text, &mut texts.borrow_mut())),
    }
}

/// The item with its text laid out in tokens of this tokenizer, where it asks about a long one.
///
/// # Errors
/// The tokenizer refuses the text, or the length is too short for the question.
pub(crate) fn laid_out<'i>(item: &'i Item, tokenizer: &Tokenizer) -> Result<Cow<'i, Item>> {
    let (counts, texts) = (Counts::default(), RefCell::new(Continued::new(tokenizer)));
    item.fitted(|text| counts.of(text, &mut texts.borrow_mut()))
}
