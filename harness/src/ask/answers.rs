//! Answers as they come in, gathered into items and chunks.

use std::ops::Range;

use spyglass_model::{LanguageModel, LogLikelihood, Prompt, Sampling, Stopped, batch, generate_batch, read_shared};
use spyglass_tasks::{Answer, Generation, Item, ItemRecord};

use super::questions::ItemQueries;
use super::requests::TokenQuery;
use crate::Result;
use crate::checkpoint::Loaded;
use crate::progress::Interrupt;
use crate::results::CHUNK_ITEMS;
use crate::suite::SuiteTask;

/// The answers to a list of items.
pub(super) struct Answers<'a> {
    loaded: &'a Loaded,
    task: &'a str,
    items: &'a [Item],
    asked: &'a ItemQueries,
    /// Number of the first of these items in the task.
    first: usize,
    /// Items that are given out already.
    given: usize,
    scores: Vec<Option<LogLikelihood>>,
    /// Requests of each item that are not answered yet.
    open: Vec<usize>,
    /// Bytes that the states of replies may take together.
    state_memory: u64,
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
    /// For the items of `task` from number `first` on.
    pub(super) fn new(loaded: &'a Loaded, task: &'a SuiteTask, asked: &'a ItemQueries, first: usize) -> Self {
        let open = asked.starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (name, items) = (&task.task.name, &task.items()[first..]);
        let scores = vec![None; asked.trie.requests()];
        let state_memory = batch::STATE_MEMORY;
        Self { loaded, task: name, items, asked, first, given: 0, scores, open, state_memory }
    }

    /// The same with so many bytes for the states of replies; a single one may take more.
    pub(super) fn within(self, state_memory: u64) -> Self {
        Self { state_memory, ..self }
    }

    /// Takes in answers by the index of their request.
    pub(super) fn take(&mut self, finished: &[(usize, LogLikelihood)]) {
        for (request, score) in finished {
            self.scores[*request] = Some(score.clone());
            let item = self.asked.starts.partition_point(|start| start <= request) - 1;
            self.open[item] -= 1;
        }
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
        let Some((replies, tokens_generated)) = self.replies(start..end, interrupt)? else { return Ok(None) };
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

    /// The replies that the items of a range ask for, in order, and the tokens that went through the model for them; `None` when they were
    /// interrupted.
    fn replies(&self, items: Range<usize>, interrupt: &Interrupt) -> Result<Option<(Vec<Answer>, u64)>> {
        let mut wanted = Vec::new();
        for index in items {
            for question in &self.asked.items[index] {
                if let TokenQuery::Generate { prompt, settings, truncated } = question {
                    let name = [self.task.to_owned(), self.items[index].doc_id.to_string()];
                    wanted.push((prompt, sampling(settings), *truncated, name));
                }
            }
        }
        let mut replies = Vec::with_capacity(wanted.len());
        let (model, tokenizer) = (&self.loaded.model, &self.loaded.tokenizer);
        let longest = wanted.iter().map(|(prompt, sampling, ..)| prompt.len() + sampling.max_tokens).max().unwrap_or(0);
        let fitting = (self.state_memory / model.state_bytes(longest).max(1)).clamp(1, batch::REPLIES as u64);
        let mut tokens = 0;
        for together in wanted.chunks(fitting as usize) {
            let words: Vec<Vec<&str>> =
                together.iter().map(|(.., name)| name.iter().map(String::as_str).collect()).collect();
            let texts: Vec<&[u32]> = together.iter().map(|(prompt, ..)| prompt.as_slice()).collect();
            let (begun, read) = read_shared(model, &texts)?;
            tokens += read + texts.iter().zip(&begun).map(|(text, (_, seen))| text.len() - seen).sum::<usize>();
            let each = together.iter().zip(&words).zip(begun);
            let prompts = each.map(|(((prompt, sampling, ..), words), (state, seen))| Prompt {
                state,
                seen: &prompt[..seen],
                tokens: &prompt[seen..],
                sampling,
                words,
            });
            let _forward = tracing::debug_span!("forward", replies = together.len()).entered();
            let generated = generate_batch(model, tokenizer, prompts.collect(), |_| interrupt.flow())?;
            for (reply, (_, _, truncated, _)) in generated.into_iter().zip(together) {
                if reply.stopped == Stopped::Interrupted {
                    return Ok(None);
                }
                tokens += reply.ids.len();
                let (tokens, text) = (reply.ids.len(), Some(reply.text));
                replies.push(Answer { tokens, text, truncated: *truncated, ..Answer::default() });
            }
        }
        Ok(Some((replies, tokens as u64)))
    }
}

fn sampling(settings: &Generation) -> Sampling {
    let (temperature, max_tokens, stop) = (settings.temperature, settings.max_tokens, settings.until.clone());
    Sampling { temperature, max_tokens, stop, ..Sampling::default() }
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
