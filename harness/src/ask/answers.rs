//! Answers as they come in, gathered into items and chunks.

use std::collections::HashSet;
use std::ops::Range;

use spyglass_model::{Fork, LogLikelihood, State};
use spyglass_tasks::{Answer, Item, ItemRecord};

use super::questions::ItemQueries;
use super::replies::Replies;
use super::requests::TokenQuery;
use crate::Result;
use crate::checkpoint::Loaded;
use crate::progress::Interrupt;
use crate::results::CHUNK_ITEMS;
use crate::suite::SuiteTask;

/// The answers to a list of items.
pub(super) struct Answers<'a> {
    items: &'a [Item],
    asked: &'a ItemQueries,
    /// Number of the first of these items in the task.
    first: usize,
    /// Items that are given out already.
    given: usize,
    scores: Vec<Option<LogLikelihood>>,
    /// Requests of each item that are not answered yet.
    open: Vec<usize>,
    replies: Replies<'a>,
}

/// A chunk of consecutive items, answered.
pub(super) struct AnsweredChunk {
    pub(super) records: Vec<ItemRecord>,
    /// Tokens read and written for replies.
    pub(super) tokens_generated: u64,
}

/// The chunk that begins at item `done`: up to the next multiple of the chunk size, or to `end`.
fn chunk_after(done: usize, end: usize) -> Range<usize> {
    done..((done / CHUNK_ITEMS + 1) * CHUNK_ITEMS).min(end)
}

impl<'a> Answers<'a> {
    /// For the items of `task` from number `first` on, with so many bytes for the states of replies; a single one may take more.
    pub(super) fn new(
        loaded: &'a Loaded,
        task: &'a SuiteTask,
        asked: &'a ItemQueries,
        first: usize,
        state_memory: u64,
    ) -> Self {
        let open = asked.starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let items = &task.items()[first..];
        let replies = Replies::new(loaded, &task.task.name, items, asked, state_memory);
        Self { items, asked, first, given: 0, scores: vec![None; asked.trie.requests()], open, replies }
    }

    /// Where log-likelihoods read what replies begin with.
    pub(super) fn forks(&self) -> HashSet<Fork> {
        self.replies.forks()
    }

    /// Takes in answers by the index of their request.
    pub(super) fn take(&mut self, finished: &[(usize, LogLikelihood)]) {
        for (request, score) in finished {
            self.scores[*request] = Some(score.clone());
            let item = self.asked.starts.partition_point(|start| start <= request) - 1;
            self.open[item] -= 1;
        }
    }

    /// Takes the states after forks, and writes replies that go on from earlier ones where all else of their items is answered. Tokens that went
    /// through the model; `None` when it was interrupted.
    ///
    /// # Errors
    /// A number of the model is broken.
    pub(super) fn go_on_from(&mut self, states: Vec<(Fork, State)>, interrupt: &Interrupt) -> Result<Option<u64>> {
        let tokens = self.replies.write_begun(|item| self.open[item] == 0, interrupt)?;
        self.replies.hold(states);
        Ok(tokens)
    }

    /// The next chunk, once all its requests are answered. Replies are asked for here; `None` too when they are interrupted.
    ///
    /// # Errors
    /// A number of the model is broken.
    pub(super) fn next_chunk(&mut self, interrupt: &Interrupt) -> Result<Option<AnsweredChunk>> {
        let range = chunk_after(self.first + self.given, self.first + self.items.len());
        let (start, end) = (range.start - self.first, range.end - self.first);
        if start == end || self.open[start..end].iter().any(|open| *open > 0) {
            return Ok(None);
        }
        let Some((replies, tokens_generated)) = self.replies.of(start..end, interrupt)? else { return Ok(None) };
        let mut replies = replies.into_iter();
        let records = (start..end).map(|index| self.record(index, &mut replies)).collect::<Result<_>>()?;
        self.given = end;
        Ok(Some(AnsweredChunk { records, tokens_generated }))
    }

    fn record(&mut self, index: usize, replies: &mut impl Iterator<Item = Answer>) -> Result<ItemRecord> {
        let mut request = self.asked.starts[index];
        let mut answers = Vec::with_capacity(self.asked.items[index].len());
        for question in &self.asked.items[index] {
            answers.extend(match question {
                TokenQuery::Score { requests, truncated, off_token_edge } => {
                    let windows = self.scores[request..request + requests].iter_mut().filter_map(Option::take);
                    request += requests;
                    Some(Answer { truncated: *truncated, off_token_edge: *off_token_edge, ..joined(windows) })
                }
                TokenQuery::Generate { .. } => replies.next(),
            });
        }
        Ok(self.items[index].record(&answers)?)
    }
}

/// The answer to a text that was read in one or more windows.
fn joined(windows: impl Iterator<Item = LogLikelihood>) -> Answer {
    let mut answer = Answer { is_greedy: true, ..Answer::default() };
    for window in windows {
        answer.logprob += window.sum;
        answer.is_greedy &= window.is_greedy;
        answer.tokens += window.per_token.len();
        answer.token_logprobs.extend(window.per_token);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::chunk_after;

    #[test]
    fn chunks_end_at_fixed_item_numbers() {
        assert_eq!(chunk_after(0, 1000), 0..128);
        assert_eq!(chunk_after(0, 50), 0..50);
        assert_eq!(chunk_after(50, 1000), 50..128);
        assert_eq!(chunk_after(128, 130), 128..130);
    }
}
