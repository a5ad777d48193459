//! Replies of a task's items. What the log-likelihoods of an item have read already is not read again for its reply.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use spyglass_model::{
    Begun, Fork, LanguageModel, Prompt, Sampling, State, Stopped, batch, generate_batch, read_shared,
};
use spyglass_tasks::{Answer, Generation, Item};

use super::questions::ItemQueries;
use super::requests::TokenQuery;
use crate::Result;
use crate::checkpoint::Loaded;
use crate::progress::Interrupt;

/// A reply that an item asks for.
struct Wanted<'a> {
    prompt: &'a [u32],
    sampling: Sampling,
    truncated: bool,
    /// What names it: the task and the item.
    name: [String; 2],
    /// Index of its item.
    item: usize,
}

/// The replies that some items ask for, in order.
pub(super) struct Replies<'a> {
    loaded: &'a Loaded,
    wanted: Vec<Wanted<'a>>,
    /// The replies that go on from each fork.
    by_fork: HashMap<Fork, Vec<usize>>,
    /// States after what was read of prompts whose replies are still to come.
    begun: BTreeMap<usize, Begun<State>>,
    given: Vec<Option<Answer>>,
    /// Bytes that states may take together; a single one may take more.
    state_memory: u64,
}

impl<'a> Replies<'a> {
    /// Of the items of a task, none of them given yet.
    pub(super) fn new(
        loaded: &'a Loaded,
        task: &str,
        items: &[Item],
        asked: &'a ItemQueries,
        state_memory: u64,
    ) -> Self {
        let mut wanted = Vec::new();
        for (index, (item, queries)) in items.iter().zip(&asked.items).enumerate() {
            for query in queries {
                if let TokenQuery::Generate { prompt, settings, truncated } = query {
                    wanted.push(Wanted {
                        prompt,
                        sampling: sampling(settings),
                        truncated: *truncated,
                        name: [task.to_owned(), item.doc_id.to_string()],
                        item: index,
                    });
                }
            }
        }
        let mut by_fork: HashMap<Fork, Vec<usize>> = HashMap::new();
        for (reply, wanted) in wanted.iter().enumerate() {
            if let Some(fork) = asked.trie.fork_before(wanted.prompt) {
                by_fork.entry(fork).or_default().push(reply);
            }
        }
        let given = vec![None; wanted.len()];
        Self { loaded, wanted, by_fork, begun: BTreeMap::new(), given, state_memory }
    }

    /// Where log-likelihoods read what replies begin with.
    pub(super) fn forks(&self) -> HashSet<Fork> {
        self.by_fork.keys().copied().collect()
    }

    /// Bytes of the state of a reply at its end.
    fn bytes(&self, reply: usize) -> u64 {
        let wanted = &self.wanted[reply];
        self.loaded.model.state_bytes(wanted.prompt.len() + wanted.sampling.max_tokens)
    }

    /// Bytes beside what log-likelihoods take at the same time: states share most of theirs with those.
    fn room(&self) -> u64 {
        self.state_memory / 2
    }

    /// Bytes that some of the states take which are held, when their replies are written: what one shares with the one before is there once.
    fn held(&self, counts: impl Fn(usize) -> bool) -> u64 {
        let bytes = |tokens| self.loaded.model.state_bytes(tokens);
        let (mut sum, mut before): (u64, &[u32]) = (0, &[]);
        for reply in self.begun.keys().copied().filter(|&reply| counts(reply)) {
            let prompt = self.wanted[reply].prompt;
            let shared = before.iter().zip(prompt).take_while(|(one, other)| one == other).count();
            sum += self.bytes(reply) - (bytes(shared) - bytes(0));
            before = prompt;
        }
        sum
    }

    /// Takes states that replies go on from, as long as there is room for them, or one; the others read their prompts themselves.
    pub(super) fn hold(&mut self, states: Vec<(Fork, State)>) {
        for (fork, state) in states {
            for &reply in self.by_fork.get(&fork).map_or(&[][..], Vec::as_slice) {
                if self.given[reply].is_some() {
                    continue;
                }
                self.begun.insert(reply, (state.clone(), fork.tokens));
                let most = if self.begun.len() > 1 { self.room() } else { self.state_memory };
                if self.held(|_| true) > most {
                    self.begun.remove(&reply);
                }
            }
        }
    }

    /// Writes the replies that are begun and whose items are answered but for them, if there are enough to go together or no room for one more.
    /// Tokens that went through the model; `None` when it was interrupted.
    pub(super) fn write_begun(&mut self, is_due: impl Fn(usize) -> bool, interrupt: &Interrupt) -> Result<Option<u64>> {
        let due: Vec<usize> = self.begun.keys().copied().filter(|&reply| is_due(self.wanted[reply].item)).collect();
        let largest = due.iter().map(|&reply| self.bytes(reply)).max().unwrap_or(0);
        if due.len() >= batch::REPLIES || !due.is_empty() && self.held(|_| true) + largest > self.room() {
            return self.write(&due, interrupt);
        }
        Ok(Some(0))
    }

    /// The replies of some items, and the tokens that went through the model for those that were not written before; `None` when it was
    /// interrupted.
    pub(super) fn of(&mut self, items: Range<usize>, interrupt: &Interrupt) -> Result<Option<(Vec<Answer>, u64)>> {
        let place = |item: usize| self.wanted.partition_point(|wanted| wanted.item < item);
        let replies = place(items.start)..place(items.end);
        let due: Vec<usize> = replies.clone().filter(|&reply| self.given[reply].is_none()).collect();
        let Some(tokens) = self.write(&due, interrupt)? else { return Ok(None) };
        Ok(Some((self.given[replies].iter_mut().filter_map(Option::take).collect(), tokens)))
    }

    fn write(&mut self, replies: &[usize], interrupt: &Interrupt) -> Result<Option<u64>> {
        let largest = replies.iter().map(|&reply| self.bytes(reply)).max().unwrap_or(0);
        let others = self.held(|reply| !replies.contains(&reply));
        let room = self.state_memory.saturating_sub(others);
        let fitting = (room / largest.max(1)).clamp(1, batch::REPLIES as u64);
        let mut tokens = 0;
        for together in replies.chunks(fitting as usize) {
            if interrupt.is_set() {
                return Ok(None); // a prompt takes minutes
            }
            let Some(more) = self.write_together(together, interrupt)? else { return Ok(None) };
            tokens += more;
        }
        Ok(Some(tokens))
    }

    fn write_together(&mut self, together: &[usize], interrupt: &Interrupt) -> Result<Option<u64>> {
        let (model, tokenizer) = (&self.loaded.model, &self.loaded.tokenizer);
        let unread: Vec<usize> = together.iter().copied().filter(|reply| !self.begun.contains_key(reply)).collect();
        let texts: Vec<&[u32]> = unread.iter().map(|&reply| self.wanted[reply].prompt).collect();
        let (begun, mut tokens) = read_shared(model, &texts)?;
        let mut states: BTreeMap<usize, Begun<State>> = unread.into_iter().zip(begun).collect();
        for reply in together {
            if let Some(begun) = self.begun.remove(reply) {
                states.insert(*reply, begun);
            }
        }
        let order: Vec<usize> = states.keys().copied().collect();
        let wanted: Vec<&Wanted<'_>> = order.iter().map(|&reply| &self.wanted[reply]).collect();
        let words: Vec<[&str; 2]> = wanted.iter().map(|wanted| wanted.name.each_ref().map(String::as_str)).collect();
        let mut prompts = Vec::with_capacity(wanted.len());
        for ((wanted, words), (state, seen)) in wanted.iter().zip(&words).zip(states.into_values()) {
            let (seen, rest) = wanted.prompt.split_at(seen);
            tokens += rest.len();
            prompts.push(Prompt { state, seen, tokens: rest, sampling: &wanted.sampling, words });
        }
        let _forward = tracing::debug_span!("forward", replies = prompts.len()).entered();
        let generated = generate_batch(model, tokenizer, prompts, |_| interrupt.flow())?;
        for (reply, generated) in order.into_iter().zip(generated) {
            if generated.stopped == Stopped::Interrupted {
                return Ok(None);
            }
            tokens += generated.ids.len();
            let (tokens, text) = (generated.ids.len(), Some(generated.text));
            let truncated = self.wanted[reply].truncated;
            self.given[reply] = Some(Answer { tokens, text, truncated, ..Answer::default() });
        }
        Ok(Some(tokens as u64))
    }
}

fn sampling(settings: &Generation) -> Sampling {
    let (temperature, max_tokens, stop) = (settings.temperature, settings.max_tokens, settings.until.clone());
    Sampling { temperature, max_tokens, stop, ..Sampling::default() }
}
