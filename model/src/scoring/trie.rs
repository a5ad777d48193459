//! All requests of a unit as one trie of shared prefixes: what is computed, in which order, and what is read where.

use std::collections::HashMap;
use std::ops::Range;

use super::request::Request;
use crate::error::{Error, Result};

/// Longest stretch of tokens computed at once, in tokens; stretches are cut at multiples of it. It bounds the memory of a
/// long text's logits, and is tall enough for the matrix products.
pub(super) const LONGEST_STRETCH: usize = 512;
/// The parent of nodes that begin a text, and of nothing else.
pub(crate) const NONE: u32 = u32::MAX;
/// Tokens compared at once while a request is walked down.
const STRIDE: usize = 64;

/// A place in a trie after which the state is kept, since more than one text goes on from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fork {
    pub(crate) node: u32,
    /// Tokens from the beginning of the text up to there.
    pub tokens: usize,
}

/// The work that a list of requests makes, each distinct prefix once. It knows nothing of any model, so one trie serves
/// every checkpoint of a tokenizer.
#[derive(Debug, Clone)]
pub struct RequestTrie {
    /// Depth first, so a node's descendants follow it; siblings in the order of the requests.
    pub(crate) nodes: Vec<Node>,
    pub(crate) tokens: Vec<u32>,
    /// By node, then by offset.
    pub(crate) questions: Vec<WantedToken>,
    /// Where each request's log-probabilities begin among those of all, and their count at the end.
    pub(crate) starts: Vec<usize>,
    requested: u64,
    largest_token: u32,
}

/// A stretch of tokens that some requests share.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) parent: u32,
    pub(crate) tokens: Range<usize>,
    /// Tokens from the beginning of the text to the end of the stretch.
    pub(crate) end: usize,
    /// The index after the last descendant.
    pub(crate) subtree_end: u32,
    pub(crate) children: u32,
    pub(crate) questions: Range<usize>,
}

/// How probable a token is after the one at `offset` of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WantedToken {
    node: u32,
    pub(crate) offset: u32,
    pub(crate) token: u32,
    pub(crate) request: u32,
    /// Which token of the request's continuation it is.
    pub(crate) index: u32,
}

impl RequestTrie {
    /// Sorts requests into a trie, in time proportional to their tokens.
    ///
    /// # Errors
    /// [`Error::Request`] for a request whose context or continuation is empty.
    pub fn new(requests: &[Request]) -> Result<Self> {
        Self::with_stretch(requests, LONGEST_STRETCH)
    }

    /// As [`RequestTrie::new`], with stretches of at most `longest` tokens.
    ///
    /// # Errors
    /// As [`RequestTrie::new`].
    pub fn with_stretch(requests: &[Request], longest: usize) -> Result<Self> {
        let mut builder = Builder::default();
        for (index, request) in requests.iter().enumerate() {
            check(index, request)?;
            builder.insert(request);
        }
        Ok(builder.finish(requests, longest.max(1)))
    }

    /// Tokens that are computed: each distinct prefix once.
    pub fn tokens_computed(&self) -> u64 {
        self.tokens.len() as u64
    }

    /// Tokens that would be computed one request at a time: context and continuation without its last token.
    pub fn tokens_requested(&self) -> u64 {
        self.requested
    }

    /// What all tokens that are computed cost together, where one after so many others costs `cost`; each stretch as if at its middle, to
    /// half a token.
    pub fn total(&self, cost: impl Fn(usize) -> u64) -> u64 {
        let of_stretch = |node: &Node| node.tokens.len() as u64 * cost(node.end - node.tokens.len().div_ceil(2));
        self.nodes.iter().map(of_stretch).sum()
    }

    /// The last fork on the way of a text, before its last token.
    pub fn fork_before(&self, text: &[u32]) -> Option<Fork> {
        let (mut parent, mut last) = (NONE, None);
        loop {
            let is_next = |&child: &u32| {
                let node = &self.nodes[child as usize];
                node.children > 0 && node.end < text.len() && text[..node.end].ends_with(self.tokens_of(child))
            };
            let Some(node) = self.children(parent).find(is_next) else { return last };
            last = Some(Fork { node, tokens: self.nodes[node as usize].end });
            parent = node;
        }
    }

    /// How many requests there are.
    pub fn requests(&self) -> usize {
        self.starts.len() - 1
    }

    /// The largest token among the requests.
    pub fn largest_token(&self) -> Option<u32> {
        (self.requests() > 0).then_some(self.largest_token)
    }

    /// Bytes of the states that a walk depth first, one stretch at a time, holds at its peak, by `state_bytes` of a model (bytes of a state
    /// after so many tokens). A smaller budget makes the scorer compute some prefixes again; a larger one makes its batches taller.
    #[doc(hidden)] // tests hold the walk to it
    pub fn peak_state_bytes(&self, state_bytes: impl Fn(usize) -> u64) -> u64 {
        let needed = self.needed(state_bytes);
        self.children(NONE).map(|top| needed[top as usize]).max().unwrap_or(0)
    }

    /// Bytes of the largest single state that has to be kept.
    pub fn largest_state(&self, state_bytes: impl Fn(usize) -> u64) -> u64 {
        let kept = self.nodes.iter().filter(|node| node.children > 0).map(|node| node.end);
        kept.chain((!self.nodes.is_empty()).then_some(0)).map(state_bytes).max().unwrap_or(0)
    }

    /// What the states of each node and its descendants cost at the peak of a walk depth first; nothing for leaves.
    pub(crate) fn needed(&self, cost: impl Fn(usize) -> u64) -> Vec<u64> {
        let mut needed: Vec<u64> = vec![0; self.nodes.len()];
        let mut is_last = vec![true; self.nodes.len()]; // by parent: whether no inner child was seen yet
        for index in (0..self.nodes.len()).rev() {
            let node = &self.nodes[index];
            if node.children == 0 {
                continue;
            }
            needed[index] = needed[index].max(cost(node.end));
            if let Some(parent) = self.nodes.get(node.parent as usize) {
                // leaves go first, and the last inner child takes its parent's state over
                let held = if is_last[node.parent as usize] { 0 } else { cost(parent.end) };
                is_last[node.parent as usize] = false;
                needed[node.parent as usize] = needed[node.parent as usize].max(held + needed[index]);
            }
        }
        needed
    }

    pub(crate) fn tokens_of(&self, node: u32) -> &[u32] {
        &self.tokens[self.nodes[node as usize].tokens.clone()]
    }

    pub(crate) fn questions_of(&self, node: u32) -> &[WantedToken] {
        &self.questions[self.nodes[node as usize].questions.clone()]
    }

    pub(crate) fn parent(&self, node: u32) -> Option<u32> {
        Some(self.nodes[node as usize].parent).filter(|&parent| parent != NONE)
    }

    /// The children of a node, or the nodes that begin a text for `NONE`.
    pub(crate) fn children(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        self.siblings(node, node.wrapping_add(1))
    }

    /// From `first` on, the children of a node (or of `NONE`).
    pub(crate) fn siblings(&self, parent: u32, first: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.nodes.get(parent as usize).map_or(self.nodes.len() as u32, |parent| parent.subtree_end);
        let within = move |&child: &u32| child < end;
        std::iter::successors(Some(first).filter(within), move |&child| {
            Some(self.nodes[child as usize].subtree_end).filter(within)
        })
    }
}

/// # Errors
/// [`Error::Request`] for an empty context or continuation.
pub(super) fn check(index: usize, request: &Request) -> Result<()> {
    let error =
        |problem: &str, mend: &str| Error::Request { request: index, problem: problem.into(), mend: mend.into() };
    if request.context.is_empty() {
        return Err(error("the context is empty", "begin it with the tokenizer's prefix token (BOS, else EOS)"));
    }
    if request.continuation.is_empty() {
        return Err(error("the continuation is empty", "leave the request out: there is nothing to score"));
    }
    Ok(())
}

/// What the model reads of a request: all but its last token.
struct Input<'a> {
    context: &'a [u32],
    continuation: &'a [u32],
}

impl<'a> Input<'a> {
    fn new(request: &'a Request) -> Self {
        Self { context: &request.context, continuation: &request.continuation[..request.continuation.len() - 1] }
    }

    fn len(&self) -> usize {
        self.context.len() + self.continuation.len()
    }

    /// The rest from `at`, in two parts.
    fn from(&self, at: usize) -> (&'a [u32], &'a [u32]) {
        let split = at.min(self.context.len());
        (&self.context[split..], &self.continuation[at - split..])
    }

    fn first(&self, at: usize) -> Option<u32> {
        let (context, continuation) = self.from(at);
        context.first().or(continuation.first()).copied()
    }

    /// How many tokens from `at` on are those of `stretch`.
    fn shared(&self, at: usize, stretch: &[u32]) -> usize {
        let (context, continuation) = self.from(at);
        let shared = shared(context, stretch);
        if shared < context.len() { shared } else { shared + self::shared(continuation, &stretch[shared..]) }
    }
}

fn shared(a: &[u32], b: &[u32]) -> usize {
    let strides = a.chunks_exact(STRIDE).zip(b.chunks_exact(STRIDE)).take_while(|(a, b)| a == b).count() * STRIDE;
    strides + a[strides..].iter().zip(&b[strides..]).take_while(|(a, b)| a == b).count()
}

/// A trie while it grows: nodes in the order of their making, stretches of any length.
#[derive(Default)]
struct Builder {
    stretches: Vec<Stretch>,
    child: HashMap<(u32, u32), u32>, // (parent, first token)
    tokens: Vec<u32>,
    /// The stretch that each request's input ends with.
    last: Vec<u32>,
    requested: u64,
    largest_token: u32,
}

struct Stretch {
    parent: u32,
    tokens: Range<usize>,
    end: usize, // depth
    /// The first request that has it.
    request: u32,
}

impl Builder {
    fn insert(&mut self, request: &Request) {
        let input = Input::new(request);
        let (mut node, mut at) = (NONE, 0);
        while let Some(first) = input.first(at) {
            let Some(&child) = self.child.get(&(node, first)) else {
                node = self.grow(node, first, &input, at);
                break;
            };
            let stretch = self.stretches[child as usize].tokens.clone();
            let shared = input.shared(at, &self.tokens[stretch.clone()]);
            node = if shared < stretch.len() { self.split(child, shared) } else { child };
            at += shared;
        }
        self.last.push(node);
        self.requested += input.len() as u64;
        let tokens = request.context.iter().chain(&request.continuation);
        self.largest_token = tokens.fold(self.largest_token, |most, &token| most.max(token));
    }

    fn grow(&mut self, parent: u32, first: u32, input: &Input<'_>, at: usize) -> u32 {
        let (context, continuation) = input.from(at);
        let start = self.tokens.len();
        self.tokens.extend(context.iter().chain(continuation));
        let request = self.last.len() as u32;
        self.add(parent, first, Stretch { parent, tokens: start..self.tokens.len(), end: input.len(), request })
    }

    /// Cuts a stretch in two; its first `len` tokens are a new one, which is returned.
    fn split(&mut self, node: u32, len: usize) -> u32 {
        let new = self.stretches.len() as u32;
        let Stretch { parent, tokens, end, request } = &mut self.stretches[node as usize];
        let cut = tokens.start + len;
        let head =
            Stretch { parent: *parent, tokens: tokens.start..cut, end: *end - (tokens.end - cut), request: *request };
        tokens.start = cut;
        *parent = new;
        let first = self.tokens[head.tokens.start];
        let head = self.add(head.parent, first, head);
        self.child.insert((head, self.tokens[cut]), node);
        head
    }

    fn add(&mut self, parent: u32, first: u32, stretch: Stretch) -> u32 {
        let index = self.stretches.len() as u32;
        self.stretches.push(stretch);
        self.child.insert((parent, first), index);
        index
    }

    fn finish(self, requests: &[Request], longest: usize) -> RequestTrie {
        let (nodes, ends) = self.depth_first(longest);
        let mut trie = RequestTrie {
            nodes,
            tokens: self.tokens,
            questions: Vec::new(),
            starts: vec![0],
            requested: self.requested,
            largest_token: self.largest_token,
        };
        for (index, (request, &last)) in requests.iter().zip(&self.last).enumerate() {
            trie.ask(index as u32, request, ends[last as usize]);
            trie.starts.push(trie.starts[index] + request.continuation.len());
        }
        trie.questions.sort_unstable();
        let mut at = 0;
        for (index, node) in trie.nodes.iter_mut().enumerate() {
            let count = trie.questions[at..].iter().take_while(|question| question.node == index as u32).count();
            node.questions = at..at + count;
            at += count;
        }
        trie
    }

    /// The nodes in depth-first order, none longer than `longest`, and which of them is the end of each stretch.
    fn depth_first(&self, longest: usize) -> (Vec<Node>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.stretches.len() as u32).collect();
        order.sort_unstable_by_key(|&index| std::cmp::Reverse(self.stretches[index as usize].request));
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new(); // last request first, as a stack gives them back
        for index in order {
            children.entry(self.stretches[index as usize].parent).or_default().push(index);
        }
        let mut nodes: Vec<Node> = Vec::new();
        let mut ends = vec![NONE; self.stretches.len()];
        let mut stack = children.remove(&NONE).unwrap_or_default();
        while let Some(index) = stack.pop() {
            let stretch = &self.stretches[index as usize];
            let mut parent = ends.get(stretch.parent as usize).copied().unwrap_or(NONE);
            let (mut start, mut begin) = (stretch.tokens.start, stretch.end - stretch.tokens.len());
            while start < stretch.tokens.end {
                let len = (longest - begin % longest).min(stretch.tokens.end - start);
                (start, begin) = (start + len, begin + len);
                nodes.push(Node {
                    parent,
                    tokens: start - len..start,
                    end: begin,
                    subtree_end: 0,
                    children: 0,
                    questions: 0..0,
                });
                if parent != NONE {
                    nodes[parent as usize].children += 1;
                }
                parent = nodes.len() as u32 - 1;
            }
            ends[index as usize] = parent;
            stack.extend(children.remove(&index).unwrap_or_default());
        }
        for index in (0..nodes.len()).rev() {
            let end = nodes[index].subtree_end.max(index as u32 + 1);
            nodes[index].subtree_end = end;
            let parent = nodes[index].parent as usize;
            if let Some(parent) = nodes.get_mut(parent) {
                parent.subtree_end = parent.subtree_end.max(end);
            }
        }
        (nodes, ends)
    }
}

impl RequestTrie {
    /// Notes where the tokens of a request's continuation are read, from its last node upwards.
    fn ask(&mut self, request: u32, asked: &Request, mut node: u32) {
        let context = asked.context.len();
        let mut index = asked.continuation.len();
        loop {
            let Node { parent, tokens, end, .. } = &self.nodes[node as usize];
            let begin = end - tokens.len();
            // continuation token `index` is read after the token at position context + index − 1
            while index > 0 && context + index - 2 >= begin {
                index -= 1;
                let offset = (context + index - 1 - begin) as u32;
                let token = asked.continuation[index];
                self.questions.push(WantedToken { node, offset, token, request, index: index as u32 });
            }
            if index == 0 {
                return;
            }
            node = *parent;
        }
    }
}
