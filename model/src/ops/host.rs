//! The operations on the CPU, by our kernels, in memory that is used again.

use std::sync::Arc;

use super::{Angles, MixerWeights, Packed, Span};
use crate::error::Result;
use crate::kernels::{
    self, AttentionSizes, Buffer, Head, Inputs, Isa, Pool, QUERIES, Queries, Recurrent, Row, Strip, each,
};
use crate::state::{Cache, LayerState};

/// Rows of numbers, `width` each.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    values: Buffer,
    width: usize,
}

/// How two rows become one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Both {
    Sum,
    Joined,
}

/// Rows that one thread does at a time.
const ROWS: usize = 16;
/// Multiply-adds that one number costs in a pass over rows, roughly.
const PASS: usize = 8;

impl Host {
    fn lend(pool: &Arc<Pool>, rows: usize, width: usize) -> Result<Self> {
        Ok(Self { values: pool.lend(rows * width)?, width })
    }

    /// Rows that hold `values`.
    pub(crate) fn of(values: &[f32], width: usize, pool: &Arc<Pool>) -> Result<Self> {
        let mut rows = Self::lend(pool, values.len() / width, width)?;
        rows.values.copy_from_slice(values);
        Ok(rows)
    }

    /// As many rows, `width` wide.
    fn like(&self, width: usize) -> Result<Self> {
        Self::lend(self.values.pool(), self.rows(), width)
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    fn rows(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// Does `f` on every row, by number.
    fn each_row(&mut self, f: impl Fn(usize, &mut [f32]) + Sync + Send) {
        let (width, work) = (self.width, self.values.len() * PASS);
        each(self.values.chunks_mut(ROWS * width).enumerate(), work, |(chunk, rows)| {
            rows.chunks_exact_mut(width).enumerate().for_each(|(row, values)| f(chunk * ROWS + row, values));
        });
    }
}

pub(super) fn embed(embedding: &Packed, ids: &[u32], pool: &Arc<Pool>) -> Result<Host> {
    let mut out = Host::lend(pool, ids.len(), embedding.weight.input())?;
    out.each_row(|row, to| embedding.weight.row(ids[row] as usize, to));
    Ok(out)
}

pub(super) fn linear(x: &Host, layer: &Packed) -> Result<Host> {
    let mut y = x.like(layer.weight.out())?;
    layer.apply(&x.values, &mut y.values);
    Ok(y)
}

pub(super) fn linear_onto(y: &mut Host, x: &Host, layer: &Packed) {
    layer.apply_onto(&x.values, &mut y.values);
}

pub(super) fn add(x: &mut Host, y: &Host) {
    let isa = Isa::current();
    x.each_row(|row, x| kernels::add(isa, x, y.row(row)));
}

pub(super) fn rms_norm(x: &Host, other: Option<(&Host, Both)>, weight: &[f32], eps: f64) -> Result<Host> {
    let isa = Isa::current();
    let mut out = x.like(weight.len())?;
    out.each_row(|index, out| {
        let row = match other {
            None => Row::One(x.row(index)),
            Some((y, Both::Sum)) => Row::Sum(x.row(index), y.row(index)),
            Some((y, Both::Joined)) => Row::Joined(x.row(index), y.row(index)),
        };
        kernels::rms_norm(isa, row, weight, eps as f32, out);
    });
    Ok(out)
}

pub(super) fn gated_mlp(gate_up: &Host) -> Result<Host> {
    let isa = Isa::current();
    let half = gate_up.width / 2;
    let mut out = gate_up.like(half)?;
    out.each_row(|row, out| {
        let (gate, up) = gate_up.row(row).split_at(half);
        kernels::gate(isa, gate, up, out);
    });
    Ok(out)
}

pub(super) fn select(x: &Host, indices: &[u32]) -> Result<Host> {
    let mut out = Host::lend(x.values.pool(), indices.len(), x.width)?;
    out.each_row(|row, to| to.copy_from_slice(x.row(indices[row] as usize)));
    Ok(out)
}

/// Convolution, scan and gated norm (SPEC §2, Mixer 2 to 5).
pub(super) fn mixer(
    weights: &MixerWeights,
    projected: &Host,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Host> {
    let isa = Isa::current();
    let inner = weights.norm.len();
    let mixed = convolve(weights, projected, spans, layers)?;
    let mut out = projected.like(inner)?;
    scan(weights, projected, &mixed, &mut out, spans, layers)?;
    out.each_row(|row, y| {
        kernels::gated_norm(isa, y, &projected.row(row)[..inner], &weights.norm, weights.sizes.groups);
    });
    Ok(out)
}

/// x, B and C after the convolution: [rows, CD]. Keeps the last columns of what went into it.
fn convolve(weights: &MixerWeights, projected: &Host, spans: &[Span], layers: &mut [&mut LayerState]) -> Result<Host> {
    let isa = Isa::current();
    let (width, offset) = (projected.width, weights.norm.len());
    let (channels, taps) = (weights.convolution.channels(), weights.convolution.width());
    let mut out = projected.like(channels)?;
    let work = out.values.len() * PASS;
    let mut left: &mut [f32] = &mut out.values;
    let mut tasks = Vec::new();
    for (span, layer) in spans.iter().zip(&*layers) {
        let (own, rest) = left.split_at_mut(span.len * channels);
        left = rest;
        let rows = &projected.values[span.start * width..(span.start + span.len) * width];
        let inputs = Inputs { rows, width, offset, before: &layer.columns };
        tasks.extend(own.chunks_mut(ROWS * channels).enumerate().map(|(chunk, out)| (inputs, chunk * ROWS, out)));
    }
    each(tasks, work, |(inputs, first, out)| kernels::convolve(isa, &weights.convolution, inputs, first, out));
    for (span, layer) in spans.iter().zip(layers) {
        if span.keep_state {
            let mut columns = projected.values.pool().lend((taps - 1) * channels)?;
            for (age, column) in columns.chunks_exact_mut(channels).enumerate() {
                // of the kept columns and the new ones, the last `taps - 1`
                let at = span.len + age;
                column.copy_from_slice(match at.checked_sub(taps - 1) {
                    Some(row) => &projected.row(span.start + row)[offset..offset + channels],
                    None => &layer.columns[at * channels..(at + 1) * channels],
                });
            }
            layer.columns = Arc::new(columns);
        }
    }
    Ok(out)
}

/// The recurrence of every head of every sequence; `out` [rows, DI].
fn scan(
    weights: &MixerWeights,
    projected: &Host,
    mixed: &Host,
    out: &mut Host,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<()> {
    let isa = Isa::current();
    let sizes = weights.sizes;
    let (p, n) = (sizes.head_dim, sizes.state);
    let inner = weights.norm.len();
    let work = 4 * out.values.len() * n;
    // a state that others share is written to new memory
    let mut fresh: Vec<Option<Buffer>> = Vec::with_capacity(spans.len());
    for (span, layer) in spans.iter().zip(&mut *layers) {
        let copied = span.keep_state && Arc::get_mut(&mut layer.recurrent).is_none();
        fresh.push(if copied { Some(projected.values.pool().lend(layer.recurrent.len())?) } else { None });
    }
    let mut rows = Strip::new(&mut out.values, inner);
    let mut tasks = Vec::with_capacity(spans.len() * sizes.heads);
    for ((span, layer), fresh) in spans.iter().zip(&mut *layers).zip(&mut fresh) {
        let mut strip = rows.cut_rows(span.len);
        let mut states: Vec<Recurrent<'_>> = match (span.keep_state, fresh) {
            (false, _) => layer.recurrent.chunks_exact(p * n).map(Recurrent::Left).collect(),
            (true, Some(fresh)) => (layer.recurrent.chunks_exact(p * n).zip(fresh.chunks_exact_mut(p * n)))
                .map(|(from, to)| Recurrent::Copied(from, to))
                .collect(),
            (true, None) => {
                let own = Arc::get_mut(&mut layer.recurrent).expect("one that is shared has fresh memory");
                own.chunks_exact_mut(p * n).map(Recurrent::InPlace).collect()
            }
        };
        tasks.extend(states.drain(..).enumerate().map(|(head, state)| (*span, head, state, strip.cut(p))));
    }
    each(tasks, work, |(span, head, state, out)| {
        let group = head / (sizes.heads / sizes.groups);
        let rows = span.start..span.start + span.len;
        let head = Head {
            mixed: &mixed.values[rows.start * mixed.width..rows.end * mixed.width],
            width: mixed.width,
            at: [head * p, inner + group * n, inner + (sizes.groups + group) * n],
            sizes: [p, n],
            dt: (
                &projected.values[rows.start * projected.width..rows.end * projected.width],
                projected.width,
                inner + mixed.width + head,
            ),
            dt_bias: weights.dt_bias[head],
            dt_floor: sizes.dt_floor,
            a: weights.a[head],
            d: weights.d[head],
        };
        kernels::scan(isa, head, state, out);
    });
    for (layer, fresh) in layers.iter_mut().zip(fresh) {
        if let Some(fresh) = fresh {
            layer.recurrent = Arc::new(fresh);
        }
    }
    Ok(())
}

pub(super) fn attention(
    sizes: AttentionSizes,
    [mut queries, mut keys, values]: [Host; 3],
    angles: Option<&Angles>,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Host> {
    let isa = Isa::current();
    let width = sizes.width();
    if let Some(angles) = angles {
        let positions: Vec<usize> = spans.iter().flat_map(|span| span.position..span.position + span.len).collect();
        for rows in [&mut queries, &mut keys] {
            rows.each_row(|row, values| {
                let here = positions[row] * angles.half..(positions[row] + 1) * angles.half;
                kernels::rotate(isa, values, &angles.cos[here.clone()], &angles.sin[here]);
            });
        }
    }
    let caches = append(sizes, &keys, &values, spans, layers)?;
    drop((keys, values));
    let mut out = queries.like(width)?;
    let pairs: usize = spans.iter().map(|span| span.len * (span.position + span.len)).sum();
    let mut rows = Strip::new(&mut out.values, width);
    let mut tasks = Vec::new();
    for (span, cache) in spans.iter().zip(&caches) {
        for first in (0..span.len).step_by(QUERIES) {
            let count = QUERIES.min(span.len - first);
            let mut strip = rows.cut_rows(count);
            let start = (span.start + first) * width;
            let rows = &queries.values[start..start + count * width];
            let position = span.position + first;
            tasks.extend((0..sizes.heads).map(|head| {
                (Queries { rows, position, head, sizes, blocks: &cache.blocks }, strip.cut(sizes.head_dim))
            }));
        }
    }
    each(tasks, pairs * width, |(queries, out)| kernels::attend(isa, queries, out));
    Ok(out)
}

/// The caches with the new keys and values. A leaf's is a clone, which shares all but its last block and is dropped after use.
fn append(
    sizes: AttentionSizes,
    keys: &Host,
    values: &Host,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Vec<Cache>> {
    let (width, pool) = (sizes.width(), keys.values.pool());
    let mut leaves: Vec<Cache> = spans
        .iter()
        .zip(&*layers)
        .map(|(span, layer)| if span.keep_state { Cache::default() } else { layer.cache.clone() })
        .collect();
    let mut tasks = Vec::new();
    for ((span, layer), leaf) in spans.iter().zip(&mut *layers).zip(&mut leaves) {
        let cache = if span.keep_state { &mut layer.cache } else { leaf };
        for room in cache.room(span.position, span.len, sizes, pool)? {
            let rows = (span.start + room.rows.start) * width..(span.start + room.rows.end) * width;
            tasks.push((room.block, room.slot, &keys.values[rows.clone()], &values.values[rows]));
        }
    }
    each(tasks, keys.values.len() * PASS, |(block, slot, keys, values)| block.write(slot, keys, values));
    let whole = |((span, layer), leaf): ((&Span, &&mut LayerState), Cache)| {
        if span.keep_state { layer.cache.clone() } else { leaf }
    };
    Ok(spans.iter().zip(&*layers).zip(leaves).map(whole).collect())
}
