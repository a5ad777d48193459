//! The order in which a trie's nodes are computed: depth first, in tall batches, within a budget for states.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::log_softmax::{TokenScore, WantedRows, read};
use super::request::ScorerOptions;
use super::trie::{Fork, NONE, Node, RequestTrie};
use crate::error::Result;
use crate::models::{LanguageModel, Sequence, Wanted};

/// A walk over a trie.
///
/// Nodes come into a batch in the order of the trie, leaves and inner nodes from queues of their own: a leaf leaves no state
/// and always fits. An inner node is taken before its turn only if room is left for what the others need below them, so a
/// budget of [`RequestTrie::peak_state_bytes`] never has anything computed twice. With less, the states that are needed last are given
/// up when the next node does not fit, and computed again later: any budget that holds one state will do.
pub(crate) struct Walk<'a, M: LanguageModel> {
    model: &'a M,
    trie: &'a RequestTrie,
    options: ScorerOptions,
    live: HashMap<u32, Live<M::State>>,
    /// What is left of the children of nodes whose states were given up.
    parked: HashMap<u32, Pending>,
    /// The next leaf of each live node.
    leaves: BTreeSet<u32>,
    /// What comes next of inner nodes, by the node it is for: itself, or a parent that has to be computed again first.
    inner: BTreeMap<u32, u32>,
    /// Children of no node.
    tops: Pending,
    used: u64,
    /// Parents whose states leaves of this batch read.
    lent: HashSet<u32>,
    /// Bytes of states that are needed no more once this batch is computed.
    last_used: u64,
    /// What a walk depth first needs for each node and its descendants, in bytes.
    needed: Vec<u64>,
    /// What live nodes may need below them, beyond their own states: how many need how many bytes.
    reserves: BTreeMap<u64, u32>,
    /// Tokens computed so far, repetitions included.
    pub(crate) tokens_done: u64,
}

/// A state that is kept for the children of its node.
struct Live<S> {
    state: S,
    bytes: u64,
    pending: Pending,
}

/// Children that were not started yet.
#[derive(Clone, Copy)]
struct Pending {
    leaf: u32,  // the next one that is a leaf, or `NONE`
    inner: u32, // the next one that is not
    count: u32,
}

/// A node to be computed from `state`.
pub(crate) struct Job<S> {
    node: u32,
    state: S,
    /// Nodes above whose states are gone, the topmost first: computed again together with this one.
    above: Vec<u32>,
    /// Whether the node's own questions were answered before.
    again: bool,
    len: usize,
}

impl<'a, M: LanguageModel> Walk<'a, M> {
    pub(crate) fn new(model: &'a M, trie: &'a RequestTrie, options: ScorerOptions) -> Self {
        let tops = Pending::children(trie, NONE);
        let mut walk = Self {
            model,
            trie,
            options,
            live: HashMap::new(),
            parked: HashMap::new(),
            leaves: BTreeSet::new(),
            inner: BTreeMap::new(),
            tops,
            used: 0,
            lent: HashSet::new(),
            last_used: 0,
            needed: trie.needed(|position| model.state_bytes(position)),
            reserves: BTreeMap::new(),
            tokens_done: 0,
        };
        walk.queue(tops);
        walk
    }

    /// The nodes to compute next, together; `None` when all are done.
    pub(crate) fn next_batch(&mut self) -> Option<Vec<Job<M::State>>> {
        let (mut batch, mut rows, mut memory) = (Vec::new(), 0, true);
        loop {
            let leaf = self.leaves.first().copied();
            let inner = self.inner.first_key_value().filter(|_| memory).map(|(&due, &node)| (due, node));
            let (due, node) = match (leaf, inner) {
                (Some(leaf), Some(inner)) if inner.0 < leaf => inner,
                (Some(leaf), _) => (leaf, leaf),
                (None, Some(inner)) => inner,
                (None, None) => break,
            };
            let above = self.above(node);
            let len = above.iter().chain([&node]).map(|&node| self.node(node).tokens.len()).sum::<usize>();
            if !batch.is_empty() && rows + len > self.options.rows_per_batch {
                break;
            }
            let mut steal = false;
            if self.node(node).children > 0 && !self.fits_beside(node) {
                if !batch.is_empty() || leaf.is_some() {
                    memory = false;
                    continue;
                }
                steal = self.make_room(node);
            }
            self.leaves.remove(&due);
            self.inner.remove(&due);
            batch.push(self.start(node, steal));
            rows += len;
        }
        batch.sort_by_key(|job: &Job<_>| Reverse(job.len)); // the longest first, so that threads end together
        Some(batch).filter(|batch| !batch.is_empty())
    }

    /// Computes a batch and answers its questions; copies of the states after those of `forks` that it comes by for the first time.
    pub(crate) fn compute(
        &mut self,
        mut batch: Vec<Job<M::State>>,
        forks: &HashSet<Fork>,
    ) -> Result<(Vec<TokenScore>, Vec<(Fork, M::State)>)> {
        let trie = self.trie;
        let tokens: Vec<Cow<'_, [u32]>> = (batch.iter())
            .map(|job| match &job.above[..] {
                [] => trie.tokens_of(job.node).into(),
                above => above.iter().chain([&job.node]).flat_map(|&node| trie.tokens_of(node)).copied().collect(),
            })
            .collect();
        let mut sequences: Vec<Sequence<'_, M::State>> = (batch.iter_mut().zip(&tokens))
            .map(|(job, tokens)| Sequence {
                tokens,
                state: &mut job.state,
                wanted: match trie.questions_of(job.node) {
                    [first, ..] if !job.again => Wanted::From(first.offset as usize),
                    _ => Wanted::Nothing,
                },
                keep_state: trie.nodes[job.node as usize].children > 0,
            })
            .collect();
        let logits = self.model.forward(&mut sequences)?;
        drop(sequences);
        self.used -= std::mem::take(&mut self.last_used);
        self.lent.clear();
        self.tokens_done += batch.iter().map(|job| job.len as u64).sum::<u64>();
        let (mut asked, mut states) = (Vec::new(), Vec::new());
        for (job, logits) in batch.into_iter().zip(logits) {
            let (node, questions) = (self.node(job.node), trie.questions_of(job.node));
            if let ([first, ..], false) = (questions, job.again) {
                let position = node.end - node.tokens.len() + first.offset as usize;
                asked.push(WantedRows { questions, logits, position });
            }
            if node.children > 0 {
                let fork = Fork { node: job.node, tokens: node.end };
                if !job.again && forks.contains(&fork) {
                    states.push((fork, job.state.clone()));
                }
                self.keep(job.node, job.state);
            }
        }
        Ok((read(&asked)?, states))
    }

    fn node(&self, node: u32) -> &'a Node {
        &self.trie.nodes[node as usize]
    }

    fn bytes(&self, node: u32) -> u64 {
        self.model.state_bytes(self.node(node).end)
    }

    /// Ancestors up to the nearest one whose state is there, the topmost first. None unless `node` is computed again.
    fn above(&self, node: u32) -> Vec<u32> {
        let up = std::iter::successors(self.trie.parent(node), |&above| self.trie.parent(above));
        let mut above: Vec<u32> = up.take_while(|above| !self.live.contains_key(above)).collect();
        above.reverse();
        above
    }

    /// The live parent whose last pending child `node` is: its state is taken over, not copied.
    fn takes_over(&self, node: u32) -> Option<&Live<M::State>> {
        let parent = self.trie.parent(node)?;
        let live = self.live.get(&parent)?;
        let last = live.pending.count == 1 && !self.parked.contains_key(&node);
        (last && !self.lent.contains(&parent)).then_some(live)
    }

    /// Whether the state of an inner node fits, once its parent's is taken over or stolen.
    fn fits(&self, node: u32, steal: bool) -> bool {
        let parent = if steal {
            self.trie.parent(node).and_then(|parent| self.live.get(&parent))
        } else {
            self.takes_over(node)
        };
        self.used - parent.map_or(0, |parent| parent.bytes) + self.bytes(node) <= self.options.state_memory
    }

    /// Whether it fits and leaves room for what any live node may need below it.
    fn fits_beside(&self, node: u32) -> bool {
        let others = self.reserves.last_key_value().map_or(0, |(&bytes, _)| bytes);
        let reserve = others.max(self.reserve(node));
        let taken = self.takes_over(node).map_or(0, |parent| parent.bytes);
        self.used - taken + self.bytes(node) + reserve <= self.options.state_memory
    }

    fn reserve(&self, node: u32) -> u64 {
        self.needed[node as usize] - self.bytes(node)
    }

    /// Takes the state of a live node away.
    fn release(&mut self, node: u32) -> Live<M::State> {
        let live = self.live.remove(&node).expect("only states of live nodes are taken away");
        self.used -= live.bytes;
        let reserve = self.reserve(node);
        let count = self.reserves.get_mut(&reserve).expect("it was noted when the node was started");
        *count -= 1;
        if *count == 0 {
            self.reserves.remove(&reserve);
        }
        live
    }

    /// Gives up states, those needed last first, until that of `node` fits. Says whether the parent's is to be stolen: taken
    /// over although siblings still need it.
    fn make_room(&mut self, node: u32) -> bool {
        let parent = self.trie.parent(node).filter(|_| !self.parked.contains_key(&node));
        let mut steal = false;
        while !self.fits(node, steal) {
            let safe = if steal || self.takes_over(node).is_some() { parent } else { None };
            let needed_again = |(&above, live): (&u32, &Live<M::State>)| match live.pending.inner {
                due if due == node => (self.next_inner(due), above), // the parent: needed by the sibling after
                due => (due, above),
            };
            let last = self.live.iter().filter(|&(&above, _)| Some(above) != safe).map(needed_again).max();
            let (_, victim) = last.expect("the largest single state fits, as was checked before the walk");
            if Some(victim) == parent {
                steal = true;
            } else {
                let live = self.release(victim);
                self.park(victim, live.pending);
            }
        }
        steal
    }

    /// Makes a node due again when the next of its children is.
    fn park(&mut self, node: u32, pending: Pending) {
        self.leaves.remove(&pending.leaf);
        self.inner.remove(&pending.inner);
        self.inner.insert(pending.leaf.min(pending.inner), node);
        self.parked.insert(node, pending);
    }

    /// Makes a job of a node that was taken from its queue, and queues the sibling after it.
    fn start(&mut self, node: u32, steal: bool) -> Job<M::State> {
        let (above, again) = (self.above(node), self.parked.contains_key(&node));
        let len = above.iter().chain([&node]).map(|&node| self.node(node).tokens.len()).sum();
        let state = if again {
            let from = above.first().map_or(self.trie.parent(node), |&topmost| self.trie.parent(topmost));
            from.map_or_else(|| self.model.new_state(), |from| self.live[&from].state.clone())
        } else {
            self.first_state(node, steal)
        };
        if self.node(node).children > 0 {
            self.used += self.bytes(node);
            *self.reserves.entry(self.reserve(node)).or_default() += 1;
        }
        Job { node, state, above, again, len }
    }

    fn first_state(&mut self, node: u32, steal: bool) -> M::State {
        let Some(parent) = self.trie.parent(node) else {
            self.tops = self.after(self.tops, node);
            self.queue(self.tops);
            return self.model.new_state();
        };
        let pending = self.after(self.live[&parent].pending, node);
        if self.node(node).children == 0 {
            self.lent.insert(parent);
        }
        if pending.count > 0 && !steal {
            self.queue(pending);
            let live = self.live.get_mut(&parent).expect("looked up above");
            live.pending = pending;
            return live.state.clone();
        }
        let live = self.release(parent);
        if self.lent.contains(&parent) {
            self.used += live.bytes;
            self.last_used += live.bytes;
        }
        if pending.count > 0 {
            self.park(parent, pending);
        }
        live.state
    }

    fn keep(&mut self, node: u32, state: M::State) {
        let pending = self.parked.remove(&node).unwrap_or_else(|| Pending::children(self.trie, node));
        self.queue(pending);
        self.live.insert(node, Live { state, bytes: self.bytes(node), pending });
    }

    fn queue(&mut self, pending: Pending) {
        if pending.leaf != NONE {
            self.leaves.insert(pending.leaf);
        }
        if pending.inner != NONE {
            self.inner.insert(pending.inner, pending.inner);
        }
    }

    /// What is pending once `started` is started.
    fn after(&self, pending: Pending, started: u32) -> Pending {
        let count = pending.count - 1;
        if started == pending.leaf {
            Pending { leaf: self.next_sibling(started, |node| node.children == 0), count, ..pending }
        } else {
            Pending { inner: self.next_inner(started), count, ..pending }
        }
    }

    fn next_inner(&self, node: u32) -> u32 {
        self.next_sibling(node, |node| node.children > 0)
    }

    fn next_sibling(&self, node: u32, kind: impl Fn(&Node) -> bool) -> u32 {
        let parent = self.trie.parent(node).unwrap_or(NONE);
        self.trie.siblings(parent, self.node(node).subtree_end).find(|&next| kind(self.node(next))).unwrap_or(NONE)
    }
}

impl Pending {
    fn children(trie: &RequestTrie, node: u32) -> Self {
        let is_leaf = |&child: &u32| trie.nodes[child as usize].children == 0;
        Self {
            leaf: trie.children(node).find(is_leaf).unwrap_or(NONE),
            inner: trie.children(node).find(|child| !is_leaf(child)).unwrap_or(NONE),
            count: trie.children(node).count() as u32,
        }
    }
}
