//! Causal attention of one head: a few queries at a time over blocks of keys and values that lie at fixed positions.
//!
//! A block holds keys and values as panels, so scores and weighted values are the products of `gemm`. The softmax goes on from block to
//! block with the largest score so far. Blocks are fixed by absolute position and a masked key adds an exact zero, so a query
//! gives the same bits alone, among others, and wherever its text was cut.

use std::ops::Range;
use std::sync::Arc;

use super::math::{Scale, exp, map};
use super::memory::{Buffer, Pool};
use super::panels::PANEL;
use super::strip::Strip;
use super::tile::{ByF32, Start, Task, strip};
use super::vector::{LANES, Vector, on_isa};
use crate::error::Result;

/// Positions in a block of keys and values.
pub(crate) const BLOCK: usize = PANEL;

/// Queries that go over the blocks together.
pub(crate) const QUERIES: usize = 40;

/// Shape of an attention, with its scale.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttentionSizes {
    /// NA, heads of queries.
    pub(crate) heads: usize,
    /// KV, heads of keys and values: as many, or fewer, each for a group of neighbouring heads of queries.
    pub(crate) kv_heads: usize,
    /// HD.
    pub(crate) head_dim: usize,
    pub(crate) scale: f32,
    /// How many keys a query looks back on, its own included; all, where there is no window.
    pub(crate) window: Option<usize>,
}

impl AttentionSizes {
    /// NA·HD, width of a row of queries.
    pub(crate) fn width(self) -> usize {
        self.heads * self.head_dim
    }

    /// KV·HD, width of a row of keys or values.
    pub(crate) fn kv_width(self) -> usize {
        self.kv_heads * self.head_dim
    }

    /// Heads of queries that share one of keys and values.
    pub(crate) fn group(self) -> usize {
        self.heads / self.kv_heads
    }

    /// The positions of the keys that the query at `position` looks at.
    pub(crate) fn seen(self, position: usize) -> Range<usize> {
        let end = position + 1;
        self.window.map_or(0, |window| end.saturating_sub(window))..end
    }

    /// The most keys that a query looks at among `keys`.
    pub(crate) fn most_seen(self, keys: usize) -> usize {
        self.window.map_or(keys, |window| keys.min(window))
    }

    /// Panels that the values of one head take.
    fn panels(self) -> usize {
        self.head_dim.div_ceil(PANEL)
    }

    /// Numbers in a block.
    pub(crate) fn block_len(self) -> usize {
        BLOCK * (self.kv_width() + self.kv_heads * self.panels() * PANEL)
    }
}

/// [`BLOCK`] positions of one attention, zeros where there is none yet.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    keys: Buffer,   // [KV, HD, 32], after rotation
    values: Buffer, // [KV, HD / 32 rounded up, 32, 32]
    sizes: AttentionSizes,
}

impl Block {
    /// A block of zeros.
    pub(crate) fn new(pool: &Arc<Pool>, sizes: AttentionSizes) -> Result<Self> {
        let keys = pool.zeros(BLOCK * sizes.kv_width())?;
        Ok(Self { values: pool.zeros(sizes.block_len() - keys.len())?, keys, sizes })
    }

    /// Numbers in it.
    pub(crate) fn len(&self) -> usize {
        self.keys.len() + self.values.len()
    }

    /// Writes rows of keys and values at the slots from `first` on.
    pub(crate) fn write(&mut self, first: usize, keys: &[f32], values: &[f32]) {
        let width = self.sizes.kv_width();
        // some channels of all rows, then the next: the lines written to are used until they are full
        for from in (0..width).step_by(LANES) {
            let here = from..width.min(from + LANES);
            for (slot, row) in keys.chunks_exact(width).enumerate() {
                let columns = self.keys[here.start * BLOCK..here.end * BLOCK].chunks_exact_mut(BLOCK);
                columns.zip(&row[here.clone()]).for_each(|(column, &key)| column[first + slot] = key);
            }
        }
        let (head_dim, panels) = (self.sizes.head_dim, self.sizes.panels());
        for (slot, row) in values.chunks_exact(width).enumerate() {
            for (head, row) in row.chunks_exact(head_dim).enumerate() {
                for (panel, row) in row.chunks(PANEL).enumerate() {
                    let to = ((head * panels + panel) * BLOCK + first + slot) * PANEL;
                    self.values[to..to + row.len()].copy_from_slice(row);
                }
            }
        }
    }

    /// The key and the value at `slot`, each KV·HD long.
    pub(crate) fn read(&self, slot: usize) -> (Vec<f32>, Vec<f32>) {
        let (head_dim, panels) = (self.sizes.head_dim, self.sizes.panels());
        let keys = self.keys.chunks_exact(BLOCK).map(|column| column[slot]).collect();
        let at = |i: usize| {
            let (head, i) = (i / head_dim, i % head_dim);
            ((head * panels + i / PANEL) * BLOCK + slot) * PANEL + i % PANEL
        };
        (keys, (0..self.sizes.kv_width()).map(|i| self.values[at(i)]).collect())
    }
}

/// Queries of one sequence, and the head of keys and values that some heads of them look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queries<'a> {
    /// Rows NA·HD wide, rotated: with all heads of the group at most [`QUERIES`] queries, or one row.
    pub(crate) rows: &'a [f32],
    /// Position of the first.
    pub(crate) position: usize,
    pub(crate) kv_head: usize,
    pub(crate) sizes: AttentionSizes,
    /// Blocks from the first that a query looks at, or an earlier one, to the last query's at least.
    pub(crate) blocks: &'a [Arc<Block>],
    /// How many blocks lie before them.
    pub(crate) gone: usize,
}

#[inline(always)]
fn attend_body<V: Vector>(queries: Queries<'_>, mut out: Strip<'_>) {
    let Queries { rows, position, kv_head, sizes, blocks, gone } = queries;
    let AttentionSizes { head_dim, scale, .. } = sizes;
    let (group, width, padded) = (sizes.group(), sizes.width(), sizes.panels() * PANEL);
    let last = position + out.rows() - 1;
    let count = out.rows() * group; // queries: all heads of the group, row after row
    let own = kv_head * group * head_dim..(kv_head + 1) * group * head_dim;
    let mut scaled = vec![0f32; count * head_dim];
    for (to, row) in scaled.chunks_exact_mut(group * head_dim).zip(rows.chunks_exact(width)) {
        to.copy_from_slice(&row[own.clone()]);
    }
    map::<V>(&mut scaled, Scale(scale));
    let mut weights = vec![0f32; count * BLOCK];
    let mut sums = vec![0f32; count * padded];
    let mut softmax = Softmax::new((0..count).map(|query| sizes.seen(position + query / group)));
    let first = sizes.seen(position).start / BLOCK;
    for (index, block) in (first..=last / BLOCK).zip(&blocks[first - gone..]) {
        let panel = &block.keys[kv_head * head_dim * BLOCK..(kv_head + 1) * head_dim * BLOCK];
        let task = Task {
            x: bytemuck::cast_slice(&scaled),
            panel: bytemuck::cast_slice(panel),
            steps: head_dim,
            start: Start::Zero,
        };
        strip::<V, ByF32>(task, Strip::new(&mut weights, BLOCK));
        softmax.go_on::<V>(index * BLOCK, weights.as_chunks_mut().0);
        for (sums, &correction) in sums.chunks_exact_mut(padded).zip(&softmax.corrections) {
            scale_by::<V>(sums, correction);
        }
        let mut left = Strip::new(&mut sums, padded);
        let values = &block.values[kv_head * padded * BLOCK..(kv_head + 1) * padded * BLOCK];
        for panel in values.chunks_exact(BLOCK * PANEL) {
            let task = Task {
                x: bytemuck::cast_slice(&weights),
                panel: bytemuck::cast_slice(panel),
                steps: BLOCK,
                start: Start::Onto,
            };
            strip::<V, ByF32>(task, left.cut(PANEL));
        }
    }
    for query in 0..count {
        let sums = &mut sums[query * padded..(query + 1) * padded];
        scale_by::<V>(sums, 1.0 / softmax.totals[query]);
        let head = query % group * head_dim;
        out.row(query / group)[head..head + head_dim].copy_from_slice(&sums[..head_dim]);
    }
}

/// A softmax over keys that come block by block, of several queries.
struct Softmax {
    /// By query: the positions of the keys that it looks at.
    seen: Vec<Range<usize>>,
    /// Its largest score so far.
    highest: Vec<f32>,
    /// The sum of its weights, relative to that.
    totals: Vec<f32>,
    /// Factors for all that was summed before the last block; as long as whole vectors.
    corrections: Vec<f32>,
}

impl Softmax {
    fn new(seen: impl Iterator<Item = Range<usize>>) -> Self {
        let seen: Vec<Range<usize>> = seen.collect();
        let count = seen.len();
        let corrections = vec![0.0; count.next_multiple_of(LANES)];
        Self { seen, highest: vec![f32::NEG_INFINITY; count], totals: vec![0.0; count], corrections }
    }

    /// Makes the scores of the block from position `begin` on into weights relative to each query's largest score so far; zeros where it
    /// does not look.
    #[inline(always)]
    fn go_on<V: Vector>(&mut self, begin: usize, scores: &mut [[f32; BLOCK]]) {
        let here = |seen: &Range<usize>| {
            let [from, to] = [seen.start, seen.end].map(|key| key.saturating_sub(begin).min(BLOCK));
            from..to
        };
        // one thing for all queries, then the next: what one query waits for another does meanwhile
        let queries = self.seen.iter().zip(&mut *scores).zip(&mut self.highest);
        for (((seen, scores), highest), fall) in queries.zip(&mut self.corrections) {
            let seen = here(seen);
            if seen.len() < BLOCK {
                scores[..seen.start].fill(f32::NEG_INFINITY);
                scores[seen.end..].fill(f32::NEG_INFINITY);
            }
            let (halves, _) = scores.as_chunks::<LANES>();
            let before = *highest;
            *highest = before.max(V::load(&halves[0]).max(V::load(&halves[1])).highest());
            *fall = if seen.is_empty() { 0.0 } else { before - *highest };
        }
        for falls in self.corrections.as_chunks_mut::<LANES>().0 {
            exp(V::load(falls)).store(falls);
        }
        let queries = self.seen.iter().zip(scores).zip(&self.highest);
        for ((((seen, scores), &highest), total), correction) in queries.zip(&mut self.totals).zip(&self.corrections) {
            let seen = here(seen);
            if seen.is_empty() {
                scores.fill(0.0);
                continue;
            }
            let (halves, _) = scores.as_chunks_mut::<LANES>();
            for half in halves {
                exp(V::load(half).sub(V::splat(highest))).store(half);
            }
            if seen.len() < BLOCK {
                scores[..seen.start].fill(0.0); // e⁻⁸⁷ is the least that `exp` gives
                scores[seen.end..].fill(0.0);
            }
            let (halves, _) = scores.as_chunks::<LANES>();
            *total = *total * correction + V::load(&halves[0]).add(V::load(&halves[1])).sum();
        }
    }
}

/// `x · factor`, in place.
#[inline(always)]
fn scale_by<V: Vector>(x: &mut [f32], factor: f32) {
    #[expect(clippy::float_cmp, reason = "exactly 1 is what an unchanged maximum gives")]
    if factor != 1.0 {
        map::<V>(x, Scale(factor));
    }
}

on_isa! {
    /// Attention of the heads that share one head of keys and values: `out` [rows, group·HD].
    fn attend(queries: Queries<'_>, out: Strip<'_>) = attend_body
}
