//! What all models share: batches cut into passes, embedded rows through the blocks, states moved on, logits of the rows that are wanted.

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::language_model::{LanguageModel, Sequence};
use super::logits::Logits;
use super::passes::{Piece, passes, shares};
use super::profile::{Clock, Part};
use super::{Cost, ModelConfig};
use crate::batch::{PASS_ROWS, SMALL_MODEL, SMALL_PASS_ROWS};
use crate::error::{Error, Result};
use crate::kernels::{Pool, alone};
use crate::layers::{LayerState, Memory, State};
use crate::ops::{self, Input, Linear, Norm, Rows, Span};

/// One block of a model: what the stream goes through between two places where nothing else happens.
pub(crate) trait Block: Debug + Send + Sync {
    /// Moves the stream x [rows, H] on, and the states of the pass's sequences with it.
    fn forward(&self, x: &mut Rows, pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<()>;

    /// How many numbers it leaves behind.
    fn memory(&self) -> Memory;

    /// What one token after `position` others costs.
    fn cost(&self, position: usize) -> Cost;
}

/// The joined rows of one pass.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    pub(crate) clock: &'a Clock,
    pub(crate) spans: Vec<Span>,
    /// The embedding of the rows' tokens: [rows, H].
    pub(crate) embedded: Rows,
    /// All positions lie before this one.
    pub(crate) end: usize,
}

/// What an architecture builds of a checkpoint's tensors.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) embedding: Linear, // [V, H], the head too where they are tied
    /// What is added to the embedding by position: [positions, H].
    pub(crate) positions: Option<Linear>,
    pub(crate) blocks: Vec<Box<dyn Block>>,
    pub(crate) final_norm: Norm,
    pub(crate) head: Linear, // [V, H]
}

/// A model in memory, of whatever architecture.
#[derive(Debug)]
pub struct Model {
    config: ModelConfig,
    parts: Parts,
    /// The state before any token, which new ones share.
    empty: State,
    pool: Arc<Pool>,
    weight_bytes: u64,
}

impl Model {
    pub(super) fn new(config: ModelConfig, parts: Parts, weight_bytes: u64) -> Result<Self> {
        let pool = Arc::new(Pool::default());
        let mut layers: Vec<LayerState> = Vec::with_capacity(parts.blocks.len());
        for block in &parts.blocks {
            let memory = block.memory();
            // zeros of one size are shared
            let alike = layers
                .iter()
                .find(|layer| layer.columns.len() == memory.columns && layer.recurrent.len() == memory.recurrent);
            layers.push(alike.map_or_else(|| memory.zeros(&pool), |layer| Ok(layer.clone()))?);
        }
        Ok(Self { config, parts, empty: State { position: 0, layers }, pool, weight_bytes })
    }

    /// What its config.json says.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Bytes of weights in memory.
    pub fn weight_bytes(&self) -> u64 {
        self.weight_bytes
    }

    /// Computes a batch; see [`crate::LanguageModel::forward`].
    pub(crate) fn run(&self, sequences: &mut [Sequence<'_, State>], clock: &Clock) -> Result<Vec<Logits>> {
        let vocab = self.config.vocab_size();
        for sequence in &*sequences {
            if let Some(&token) = sequence.tokens.iter().find(|&&token| token as usize >= vocab) {
                return Err(Error::Token { token, vocab });
            }
            let end = sequence.state.position + sequence.tokens.len();
            if let Some(limit) = self.parts.positions.as_ref().map(Linear::rows).filter(|&limit| end > limit) {
                return Err(Error::Positions { end, limit });
            }
        }
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.tokens.len()).collect();
        let rows: usize = lengths.iter().sum();
        let threads = rayon::current_num_threads();
        if self.weight_bytes > SMALL_MODEL || threads == 1 || sequences.len() == 1 || rows < 2 * SMALL_PASS_ROWS {
            // a scope runs on a thread of the pool, where sharing an operation costs least
            return rayon::scope(|_| self.run_passes(sequences, PASS_ROWS, clock));
        }
        let mut left = sequences;
        let mut parts = Vec::new();
        for count in shares(&lengths, 2 * threads) {
            let (part, rest) = left.split_at_mut(count);
            parts.push(part);
            left = rest;
        }
        let logits: Result<Vec<Vec<Logits>>> = parts
            .into_par_iter()
            .with_max_len(1)
            .map(|part| alone(|| self.run_passes(part, SMALL_PASS_ROWS, clock)))
            .collect();
        Ok(logits?.into_iter().flatten().collect())
    }

    /// Computes a batch, `rows` rows at a time.
    fn run_passes(&self, sequences: &mut [Sequence<'_, State>], rows: usize, clock: &Clock) -> Result<Vec<Logits>> {
        let vocab = self.config.vocab_size();
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.tokens.len()).collect();
        let wanted: Vec<Range<usize>> =
            sequences.iter().map(|sequence| sequence.wanted.rows(sequence.tokens.len())).collect();
        let mut logits = self.pool.lend(wanted.iter().map(ExactSizeIterator::len).sum::<usize>() * vocab)?;
        let mut done = 0;
        // a leaf that is cut needs its state between the pieces
        let mut between: Vec<Option<State>> = sequences.iter().map(|_| None).collect();
        for pieces in passes(&lengths, rows) {
            let (first, last) = (pieces[0].sequence, pieces[pieces.len() - 1].sequence);
            let pass = self.pass(&pieces, sequences, &lengths, clock)?;
            let mut states: Vec<&mut State> = Vec::with_capacity(pieces.len());
            let here = sequences[first..=last].iter_mut().zip(&mut between[first..=last]).zip(&lengths[first..=last]);
            let mut next = pieces.iter().peekable();
            for (index, ((sequence, between), &len)) in here.enumerate() {
                let Some(piece) = next.next_if(|piece| piece.sequence == first + index) else { continue };
                let cut = piece.tokens.len() < len;
                states.push(if cut && !sequence.keep_state {
                    between.get_or_insert_with(|| sequence.state.clone())
                } else {
                    sequence.state
                });
            }
            let x = self.stream(&pass, &mut states)?;
            for (state, span) in states.into_iter().zip(&pass.spans) {
                if span.keep_state {
                    state.position += span.len;
                }
            }
            let mut indices: Vec<u32> = Vec::new();
            for (piece, span) in pieces.iter().zip(&pass.spans) {
                let wanted = &wanted[piece.sequence];
                let rows = wanted.start.max(piece.tokens.start)..wanted.end.min(piece.tokens.end);
                indices.extend(rows.map(|row| (span.start + row - piece.tokens.start) as u32));
                if piece.tokens.end == lengths[piece.sequence] {
                    between[piece.sequence] = None;
                }
            }
            if !indices.is_empty() {
                let end = done + indices.len() * vocab;
                clock.time(Part::Head, || {
                    let x = ops::select(&x, &indices)?;
                    let x = self.parts.final_norm.apply(Input::One(&x))?;
                    self.parts.head.apply_to(&x, &mut logits[done..end])
                })?;
                done = end;
            }
        }
        let logits = Arc::new(logits);
        let mut at = 0;
        let parts = wanted.iter().map(|wanted| {
            let here = at..at + wanted.len() * vocab;
            at = here.end;
            Logits::part(&logits, here, vocab)
        });
        Ok(parts.collect())
    }

    /// The embedded rows of one pass.
    fn pass<'a>(
        &self,
        pieces: &[Piece],
        sequences: &[Sequence<'_, State>],
        lengths: &[usize],
        clock: &'a Clock,
    ) -> Result<Pass<'a>> {
        let mut spans = Vec::with_capacity(pieces.len());
        let mut ids = Vec::new();
        for piece in pieces {
            let sequence = &sequences[piece.sequence];
            // a state that is kept has moved on with the pieces before; a leaf's has not
            let moved = if sequence.keep_state { 0 } else { piece.tokens.start };
            spans.push(Span {
                start: ids.len(),
                len: piece.tokens.len(),
                position: sequence.state.position + moved,
                keep_state: sequence.keep_state || piece.tokens.end < lengths[piece.sequence],
            });
            ids.extend_from_slice(&sequence.tokens[piece.tokens.clone()]);
        }
        let end = spans.iter().map(|span| span.position + span.len).max().unwrap_or(0);
        let embedded = clock.time(Part::Rest, || self.embed(&ids, &spans))?;
        Ok(Pass { clock, spans, embedded, end })
    }

    fn embed(&self, ids: &[u32], spans: &[Span]) -> Result<Rows> {
        let mut x = self.parts.embedding.look_up(ids, &self.pool)?;
        if let Some(positions) = &self.parts.positions {
            let at: Vec<u32> =
                spans.iter().flat_map(|span| span.position as u32..(span.position + span.len) as u32).collect();
            ops::add(&mut x, &positions.look_up(&at, &self.pool)?)?;
        }
        Ok(x)
    }

    /// The stream after the last block: [rows, H].
    fn stream(&self, pass: &Pass<'_>, states: &mut [&mut State]) -> Result<Rows> {
        let mut x = pass.embedded.clone();
        for (index, block) in self.parts.blocks.iter().enumerate() {
            let mut own: Vec<&mut LayerState> = states.iter_mut().map(|state| &mut state.layers[index]).collect();
            block.forward(&mut x, pass, &mut own)?;
        }
        Ok(x)
    }
}

impl LanguageModel for Model {
    type State = State;

    fn new_state(&self) -> State {
        self.empty.clone()
    }

    fn forward(&self, sequences: &mut [Sequence<'_, State>]) -> Result<Vec<Logits>> {
        self.run(sequences, &Clock::stopped())
    }

    fn vocab_size(&self) -> usize {
        self.config.vocab_size()
    }

    fn context_limit(&self) -> usize {
        self.config.context_limit()
    }

    fn state_bytes(&self, position: usize) -> u64 {
        self.parts.blocks.iter().map(|block| block.memory().bytes(position)).sum()
    }

    fn cost(&self, position: usize, head: bool) -> Cost {
        let head = if head { Cost::of([&self.parts.head]) } else { Cost::default() };
        self.parts.blocks.iter().fold(head, |sum, block| sum + block.cost(position))
    }
}
