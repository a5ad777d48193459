//! Continuations that a turn chooses between.

use spyglass_tasks::vibes::{ChoiceScore, Choices, Reference, Turn, TurnRecord};

use super::prefix_cache::PrefixCache;
use crate::{Error, Result};

/// The continuations of a turn, tokenised, in the order right, wrong, reference.
pub(super) struct Continuations<'t> {
    turn: &'t Turn,
    texts: Vec<&'t str>,
    pub(super) ids: Vec<Vec<u32>>,
}

impl<'t> Continuations<'t> {
    pub(super) fn of(turn: &'t Turn, tokenise: impl Fn(&str) -> Result<Vec<u32>>) -> Result<Self> {
        let choices = turn.choose.iter().flat_map(|choose| choose.right.iter().chain(&choose.wrong));
        let texts: Vec<&str> = choices.chain(&turn.reference).map(String::as_str).collect();
        let ids: Vec<Vec<u32>> = texts.iter().map(|text| tokenise(text)).collect::<Result<_>>()?;
        match ids.iter().position(Vec::is_empty) {
            Some(index) => Err(Error::Usage {
                problem: format!("the continuation `{}` has no tokens", texts[index]),
                help: "the tokenizer drops all of it; choose other words".into(),
            }),
            None => Ok(Self { turn, texts, ids }),
        }
    }

    pub(super) fn score(self, memory: &mut PrefixCache<'_>, last: u32, record: &mut TurnRecord) -> Result<()> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let means = memory.score(last, &self.ids)?;
        let score = |index: usize| ChoiceScore {
            text: self.texts[index].to_owned(),
            logprob: means[index],
            tokens: self.ids[index].len(),
        };
        let mut first = 0;
        if let Some(choose) = &self.turn.choose {
            let (right, all) = (choose.right.len(), choose.right.len() + choose.wrong.len());
            record.choices = Choices::new((0..right).map(score).collect(), (right..all).map(score).collect());
            first = all;
        }
        record.reference = self.turn.reference.as_ref().map(|_| {
            let ChoiceScore { text, logprob, tokens } = score(first);
            Reference { text, logprob, tokens }
        });
        Ok(())
    }
}
