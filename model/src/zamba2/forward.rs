//! One forward pass: joined rows through the layers, states moved on, logits of the rows that are wanted.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::batch::{Piece, ROWS, passes, shares};
use super::clock::{Clock, Part};
use super::{Adapter, Call, Zamba2};
use crate::error::{Error, Result};
use crate::kernels::{AttentionSizes, alone};
use crate::language_model::{Logits, Sequence};
use crate::ops::{self, Angles, Input, Linear, Rows, Span};
use crate::state::{LayerState, State};

/// Weights up to here lie in every thread's cache, so threads take sequences of their own instead of sharing each operation.
const SMALL: u64 = 8 << 20;
/// Rows of a pass of such a model, so that its activations lie there too.
const SMALL_ROWS: usize = 128;

/// The joined rows of one pass.
struct Pass<'a> {
    clock: &'a Clock,
    spans: Vec<Span>,
    embedded: Rows, // [rows, H]
    angles: Option<Arc<Angles>>,
}

impl Zamba2 {
    pub(super) fn attention_sizes(&self) -> AttentionSizes {
        let head_dim = self.config.attention_head_dim();
        AttentionSizes { heads: self.config.attention_heads, head_dim, scale: (head_dim as f32 / 2.0).powf(-0.5) }
    }

    /// Computes a batch; see [`crate::LanguageModel::forward`].
    pub(crate) fn run(&self, sequences: &mut [Sequence<'_, State>], clock: &Clock) -> Result<Vec<Logits>> {
        let vocab = self.config.vocab_size;
        for sequence in &*sequences {
            if let Some(&token) = sequence.tokens.iter().find(|&&token| token as usize >= vocab) {
                return Err(Error::Token { token, vocab });
            }
        }
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.tokens.len()).collect();
        let rows: usize = lengths.iter().sum();
        let threads = rayon::current_num_threads();
        if self.weight_bytes > SMALL || threads == 1 || sequences.len() == 1 || rows < 2 * SMALL_ROWS {
            // a scope runs on a thread of the pool, where sharing an operation costs least
            return rayon::scope(|_| self.run_passes(sequences, ROWS, clock));
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
            .map(|part| alone(|| self.run_passes(part, SMALL_ROWS, clock)))
            .collect();
        Ok(logits?.into_iter().flatten().collect())
    }

    /// Computes a batch, `rows` rows at a time.
    fn run_passes(&self, sequences: &mut [Sequence<'_, State>], rows: usize, clock: &Clock) -> Result<Vec<Logits>> {
        let vocab = self.config.vocab_size;
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
                    let x = ops::rms_norm(Input::One(&x), &self.final_norm, self.config.rms_norm_eps)?;
                    ops::head(&x, &self.head, &mut logits[done..end])
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
        let angles = self.angles.as_ref().map(|table| table.until(end));
        let embedded = clock.time(Part::Rest, || ops::embed(&self.embedding, &ids, &self.pool))?;
        Ok(Pass { clock, spans, embedded, angles })
    }

    /// The stream after the last layer: [rows, H].
    fn stream(&self, pass: &Pass<'_>, states: &mut [&mut State]) -> Result<Rows> {
        let (eps, clock) = (self.config.rms_norm_eps, pass.clock);
        let mut x = pass.embedded.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            let mut own: Vec<&mut LayerState> = states.iter_mut().map(|state| &mut state.layers[index]).collect();
            let called = layer.call.as_ref().map(|call| self.call(call, &x, pass, &mut own)).transpose()?;
            // the call's output is not added to the stream
            let input = called.as_ref().map_or(Input::One(&x), |called| Input::Sum(&x, called));
            let normed = clock.time(Part::Rest, || ops::rms_norm(input, &layer.norm, eps))?;
            let projected = clock.time(Part::MixerProducts, || ops::linear(&normed, &layer.in_proj))?;
            let mixed = clock.time(Part::Mixer, || ops::mixer(&layer.mixer, &projected, &pass.spans, &mut own))?; // [rows, DI]
            let out = clock.time(Part::MixerProducts, || ops::linear(&mixed, &layer.out_proj))?;
            clock.time(Part::Rest, || ops::add(&mut x, &out))?;
        }
        Ok(x)
    }

    /// One hybrid layer's addition to its mixer's input: x [rows, H] → [rows, H].
    fn call(&self, call: &Call, x: &Rows, pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<Rows> {
        let (block, eps, clock) = (&self.blocks[call.block], self.config.rms_norm_eps, pass.clock);
        let joined = Input::Joined(x, &pass.embedded);
        let u = clock.time(Part::Rest, || ops::rms_norm(joined, &block.input_norm, eps))?; // [rows, 2H]
        let project = |index: usize| match &call.adapters {
            Some(adapters) => adapted(&u, &block.qkv[index], &adapters[index]),
            None => ops::linear(&u, &block.qkv[index]),
        };
        let qkv = clock.time(Part::AttentionProducts, || Ok::<_, Error>([project(0)?, project(1)?, project(2)?]))?;
        let (sizes, angles) = (self.attention_sizes(), pass.angles.as_deref());
        let attended = clock.time(Part::Attention, || ops::attention(sizes, qkv, angles, &pass.spans, states))?;
        let attended = clock.time(Part::AttentionProducts, || ops::linear(&attended, &block.output))?;
        let m = clock.time(Part::Rest, || ops::rms_norm(Input::One(&attended), &block.pre_ff_norm, eps))?; // [rows, H]
        let gate_up = clock.time(Part::MlpProducts, || adapted(&m, &block.gate_up, &call.gate_up))?; // [rows, 2F]
        let gated = clock.time(Part::Gate, || ops::gated_mlp(&gate_up))?;
        clock.time(Part::MlpProducts, || ops::linear(&ops::linear(&gated, &block.down)?, &call.linear))
    }
}

/// `x Wᵀ + b + (x Aᵀ) Bᵀ`.
fn adapted(x: &Rows, layer: &Linear, adapter: &Adapter) -> Result<Rows> {
    let mut y = ops::linear(x, layer)?;
    ops::linear_onto(&mut y, &ops::linear(x, &adapter.down)?, &adapter.up)?;
    Ok(y)
}
