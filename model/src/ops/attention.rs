//! Causal attention over what a cache holds and new keys, with the rotation before it.

use std::sync::Arc;

use candle_core::{D, Device, Tensor};

use super::rows::{Host, PASS, Rows, Span};
use crate::error::Result;
use crate::kernels::{self, AttentionSizes, BLOCK, Isa, QUERIES, Queries, Strip, each};
use crate::layers::{Cache, LayerState};

/// cos and sin of the angles by which pairs of queries and keys are turned: [positions, R/2] each, from position 0 on. R is at most the
/// width of a head; what lies beyond is not turned.
#[derive(Debug)]
pub(crate) struct Angles {
    pub(crate) cos: Vec<f32>,
    pub(crate) sin: Vec<f32>,
    pub(crate) half: usize,
}

/// Causal attention of new queries over what the caches hold and the new keys: [rows, NA·HD] and twice [rows, KV·HD] → [rows, NA·HD].
/// Queries and keys are turned by `angles` first.
pub(crate) fn attention(
    sizes: AttentionSizes,
    qkv: [Rows; 3],
    angles: Option<&Angles>,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Rows> {
    Ok(match qkv {
        [Rows::Host(mut queries), mut keys, values] => {
            let keys = keys.host_mut();
            if let Some(angles) = angles {
                rotate(sizes, &mut queries, angles, spans);
                rotate(sizes, keys, angles, spans);
            }
            Rows::Host(by_kernel(sizes, &queries, [keys, values.host()], spans, layers)?)
        }
        [Rows::Tensor(queries), keys, values] => {
            Rows::Tensor(by_candle(sizes, [&queries, keys.tensor(), values.tensor()], angles, spans, layers)?)
        }
    })
}

fn rotate(sizes: AttentionSizes, rows: &mut Host, angles: &Angles, spans: &[Span]) {
    let isa = Isa::current();
    let positions: Vec<usize> = spans.iter().flat_map(|span| span.position..span.position + span.len).collect();
    rows.each_row(|row, values| {
        let here = positions[row] * angles.half..(positions[row] + 1) * angles.half;
        kernels::rotate(isa, values, sizes.head_dim, &angles.cos[here.clone()], &angles.sin[here]);
    });
}

fn by_kernel(
    sizes: AttentionSizes,
    queries: &Host,
    [keys, values]: [&Host; 2],
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Host> {
    let isa = Isa::current();
    let width = sizes.width();
    let caches = append(sizes, keys, values, spans, layers)?;
    let mut out = queries.like(width)?;
    let mut rows = Strip::new(&mut out.values, width);
    let mut tasks = Vec::new();
    let group = sizes.group();
    let step = (QUERIES / group).max(1);
    let seen = |span: &Span| sizes.most_seen(span.position + span.len);
    let pairs: usize = spans.iter().map(|span| span.len * seen(span)).sum();
    let read: usize = spans.iter().map(|span| span.len.div_ceil(step) * seen(span)).sum();
    let bytes = 2 * read * sizes.kv_heads * sizes.head_dim * size_of::<f32>();
    for (span, cache) in spans.iter().zip(&caches) {
        for first in (0..span.len).step_by(step) {
            let count = step.min(span.len - first);
            let mut strip = rows.cut_rows(count);
            let start = (span.start + first) * width;
            let rows = &queries.values[start..start + count * width];
            let position = span.position + first;
            tasks.extend((0..sizes.kv_heads).map(|kv_head| {
                let queries = Queries { rows, position, kv_head, sizes, blocks: &cache.blocks, gone: cache.gone };
                (queries, strip.cut(group * sizes.head_dim))
            }));
        }
    }
    each(tasks, kernels::work(pairs * width, bytes), |(queries, out)| kernels::attend(isa, queries, out));
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
    let (width, pool) = (sizes.kv_width(), keys.values.pool());
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
    let mut caches = Vec::with_capacity(spans.len());
    for ((span, layer), leaf) in spans.iter().zip(layers).zip(leaves) {
        if !span.keep_state {
            caches.push(leaf);
            continue;
        }
        caches.push(layer.cache.clone()); // holds what only this pass still looks at
        layer.cache.forget(sizes, span.position + span.len);
    }
    Ok(caches)
}

fn by_candle(
    sizes: AttentionSizes,
    [queries, keys, values]: [&Tensor; 3],
    angles: Option<&Angles>,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Tensor> {
    let device = queries.device();
    let (width, kv_width) = (sizes.width(), sizes.kv_width());
    let mut parts = Vec::with_capacity(spans.len());
    for (span, layer) in spans.iter().zip(layers) {
        let own = |x: &Tensor| x.narrow(0, span.start, span.len);
        let turned = |x: Tensor| match angles {
            Some(angles) => rotated(sizes, &x, angles, span.position),
            None => Ok(x),
        };
        let (query, key, value) = (turned(own(queries)?)?, turned(own(keys)?)?, own(values)?);
        let held = layer.cache.gone * BLOCK..span.position;
        let (before, after) = layer.cache.rows(span.position);
        let earlier = |rows: Vec<f32>| Tensor::from_vec(rows, (held.len(), kv_width), device);
        if span.keep_state {
            let (new_keys, new_values) = (key.flatten_all()?.to_vec1::<f32>()?, value.flatten_all()?.to_vec1::<f32>()?);
            let pool = Arc::clone(layer.columns.pool());
            for room in layer.cache.room(span.position, span.len, sizes, &pool)? {
                let rows = room.rows.start * kv_width..room.rows.end * kv_width;
                room.block.write(room.slot, &new_keys[rows.clone()], &new_values[rows]);
            }
            layer.cache.forget(sizes, span.position + span.len);
        }
        let (key, value) = if held.is_empty() {
            (key, value)
        } else {
            (Tensor::cat(&[&earlier(before)?, &key], 0)?, Tensor::cat(&[&earlier(after)?, &value], 0)?)
        };
        let (query, key, value) = (by_head(sizes, &query)?, by_head(sizes, &key)?, by_head(sizes, &value)?);
        let scores = (query.matmul(&key.transpose(1, 2)?.contiguous()?)? * f64::from(sizes.scale))?; // [NA, len, L]
        let weights = softmax(&scores.broadcast_add(&mask(sizes, span, held.start, device)?)?)?;
        parts.push(weights.matmul(&value)?.transpose(0, 1)?.contiguous()?.reshape((span.len, width))?);
    }
    Ok(Tensor::cat(&parts, 0)?)
}

/// [L, heads·HD] → [NA, L, HD]: heads of keys and values are repeated for the heads of queries that share them.
fn by_head(sizes: AttentionSizes, x: &Tensor) -> Result<Tensor> {
    let (len, width) = x.dims2()?;
    let heads = width / sizes.head_dim;
    let x = x.reshape((len, heads, sizes.head_dim))?.transpose(0, 1)?.contiguous()?;
    if heads == sizes.heads {
        return Ok(x);
    }
    let repeated = x.unsqueeze(1)?.repeat((1, sizes.group(), 1, 1))?;
    Ok(repeated.reshape((sizes.heads, len, sizes.head_dim))?)
}

/// Zeros, and −∞ where a key comes after the query or has left its window; the keys are those from position `from` on: [len, keys].
fn mask(sizes: AttentionSizes, span: &Span, from: usize, device: &Device) -> Result<Tensor> {
    let keys = from..span.position + span.len;
    let rows = (0..span.len).flat_map(|t| {
        let seen = sizes.seen(span.position + t);
        keys.clone().map(move |key| if seen.contains(&key) { 0.0 } else { f32::NEG_INFINITY })
    });
    Ok(Tensor::from_vec(rows.collect(), (span.len, keys.len()), device)?)
}

fn softmax(x: &Tensor) -> Result<Tensor> {
    let weights = x.broadcast_sub(&x.max_keepdim(D::Minus1)?)?.exp()?;
    Ok(weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?)
}

/// Pairs (i, i + R/2) of each head turned by their angles, the rest as it is: [len, heads·HD] → the same.
fn rotated(sizes: AttentionSizes, x: &Tensor, angles: &Angles, position: usize) -> Result<Tensor> {
    let (len, width) = x.dims2()?;
    let half = angles.half;
    let at = |table: &[f32]| {
        Tensor::from_slice(&table[position * half..(position + len) * half], (len, 1, half), x.device())
    };
    let (cos, sin) = (at(&angles.cos)?, at(&angles.sin)?);
    let heads = x.reshape((len, width / sizes.head_dim, sizes.head_dim))?;
    let (first, second) = (heads.narrow(2, 0, half)?.contiguous()?, heads.narrow(2, half, half)?.contiguous()?);
    let turned_first = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
    let turned_second = (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?;
    let rest = heads.narrow(2, 2 * half, sizes.head_dim - 2 * half)?;
    Ok(Tensor::cat(&[turned_first, turned_second, rest.contiguous()?], 2)?.reshape((len, width))?)
}
