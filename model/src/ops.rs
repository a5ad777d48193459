//! The six operations a hybrid model is made of. Rows of all sequences are joined for the products; convolution, scan and attention
//! run per sequence, each over slices of its own state.
//!
//! Every sum over keys or time goes in one order, position by position, so that no split of a text changes what these two give.

use std::sync::Arc;

use candle_core::{D, DType, Device, Tensor};
use rayon::prelude::*;

use crate::error::Result;
use crate::state::{Cache, LayerState};

/// A linear layer: `weight` [out, in], `bias` [out].
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    pub(crate) weight: Tensor,
    pub(crate) bias: Option<Tensor>,
    /// Whether inputs are rounded to bf16 before they are multiplied; sums stay f32.
    pub(crate) rounded: bool,
}

/// The rows of one sequence among the joined ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) len: usize,
    /// Position of its first token.
    pub(crate) position: usize,
    pub(crate) keep_state: bool,
}

/// What a mixer holds between its two projections.
#[derive(Debug, Clone)]
pub(crate) struct MixerWeights {
    pub(crate) conv: Vec<f32>,      // [K, CD], the last tap is the current token's
    pub(crate) conv_bias: Vec<f32>, // [CD]
    pub(crate) dt_bias: Vec<f32>,   // [NH]
    pub(crate) a: Vec<f32>,         // [NH], −exp(A_log)
    pub(crate) d: Vec<f32>,         // [NH]
    pub(crate) norm: Vec<f32>,      // [DI]
    pub(crate) sizes: MixerSizes,
}

/// Sizes of a mixer: DI = heads · `head_dim`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MixerSizes {
    pub(crate) heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) state: usize,
    pub(crate) groups: usize,
    pub(crate) taps: usize,
    pub(crate) dt_floor: f32,
}

/// Shape of an attention, with its scale.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttentionSizes {
    pub(crate) heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) scale: f32,
}

/// ε of the gated norm, whatever the config says (SPEC §1).
const GATED_NORM_EPS: f32 = 1e-5;

/// `x Wᵀ + b`: [rows, in] → [rows, out].
pub(crate) fn linear(x: &Tensor, layer: &Linear) -> Result<Tensor> {
    let rounded;
    let x = if layer.rounded {
        rounded = x.to_dtype(DType::BF16)?.to_dtype(DType::F32)?;
        &rounded
    } else {
        x
    };
    let y = x.matmul(&layer.weight.t()?)?;
    Ok(match &layer.bias {
        Some(bias) => y.broadcast_add(bias)?,
        None => y,
    })
}

/// `x / sqrt(mean(x²) + ε) ⊙ w` over the last axis.
pub(crate) fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    let scale = (x.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?;
    Ok(x.broadcast_div(&scale)?.broadcast_mul(weight)?)
}

/// `gelu(gate) ⊙ up` with the exact GELU: [rows, 2F], gate first → [rows, F].
pub(crate) fn gated_mlp(gate_up: &Tensor) -> Result<Tensor> {
    let halves = gate_up.chunk(2, D::Minus1)?;
    Ok((halves[0].contiguous()?.gelu_erf()? * halves[1].contiguous()?)?)
}

/// The mixer between its projections: [rows, 2DI + 2GN + NH] (z, x, B, C, Δt) → [rows, DI].
pub(crate) fn mixer(
    weights: &MixerWeights,
    projected: &Tensor,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Tensor> {
    let (rows, width) = projected.dims2()?;
    let values = projected.flatten_all()?.to_vec1::<f32>()?;
    let inner = weights.norm.len();
    let parts: Vec<Vec<f32>> = spans
        .par_iter()
        .zip(layers.par_iter_mut())
        .map(|(span, layer)| {
            let rows = &values[span.start * width..(span.start + span.len) * width];
            weights.run(rows, width, layer, span.keep_state)
        })
        .collect();
    Ok(Tensor::from_vec(parts.concat(), (rows, inner), &Device::Cpu)?)
}

impl MixerWeights {
    /// One sequence: convolution, scan and gated norm (SPEC §2, Mixer 2 to 5).
    fn run(&self, rows: &[f32], width: usize, layer: &mut LayerState, keep_state: bool) -> Vec<f32> {
        let sizes = self.sizes;
        let inner = self.norm.len();
        let channels = self.conv_bias.len();
        let len = rows.len() / width;
        let mixed = self.convolve(rows, width, &layer.columns);
        if keep_state {
            layer.columns = Arc::new(last_columns(rows, width, inner, channels, &layer.columns));
        }
        let mut leaf = Vec::new();
        let recurrent: &mut [f32] = if keep_state {
            Arc::make_mut(&mut layer.recurrent).as_mut_slice()
        } else {
            leaf.extend_from_slice(&layer.recurrent);
            &mut leaf
        };
        let mut scanned = vec![0f32; len * inner]; // [NH, len, P]: a head's rows lie together, so heads run in parallel
        if len > 0 {
            recurrent
                .par_chunks_exact_mut(sizes.head_dim * sizes.state)
                .zip(scanned.par_chunks_exact_mut(len * sizes.head_dim))
                .enumerate()
                .for_each(|(head, (state, out))| self.scan(head, rows, width, &mixed, state, out));
        }
        let mut out = vec![0f32; len * inner];
        out.par_chunks_exact_mut(inner).enumerate().for_each(|(t, out)| {
            for head in 0..sizes.heads {
                let from = (head * len + t) * sizes.head_dim;
                let to = head * sizes.head_dim;
                out[to..to + sizes.head_dim].copy_from_slice(&scanned[from..from + sizes.head_dim]);
            }
            self.gated_norm(&rows[t * width..t * width + inner], out);
        });
        out
    }

    /// Causal depthwise convolution, then `SiLU`, over x, B and C: [len, CD].
    fn convolve(&self, rows: &[f32], width: usize, columns: &[f32]) -> Vec<f32> {
        let (inner, channels, taps) = (self.norm.len(), self.conv_bias.len(), self.sizes.taps);
        let len = rows.len() / width;
        let mut out = vec![0f32; len * channels];
        out.par_chunks_exact_mut(channels).enumerate().for_each(|(t, out)| {
            out.copy_from_slice(&self.conv_bias);
            for tap in 0..taps {
                // the input `taps - 1 - tap` tokens back, from this piece or from the columns kept of the one before
                let at = t + tap;
                let input = if at >= taps - 1 {
                    let row = at - (taps - 1);
                    &rows[row * width + inner..row * width + inner + channels]
                } else {
                    &columns[at * channels..(at + 1) * channels]
                };
                let weight = &self.conv[tap * channels..(tap + 1) * channels];
                for ((out, input), weight) in out.iter_mut().zip(input).zip(weight) {
                    *out += input * weight;
                }
            }
            for value in out {
                *value = silu(*value);
            }
        });
        out
    }

    /// The recurrence of one head: `S ← exp(Δt·A)·S + Δt·x Bᵀ`, `y = S C + D·x`; `out` [len, P].
    fn scan(&self, head: usize, rows: &[f32], width: usize, mixed: &[f32], state: &mut [f32], out: &mut [f32]) {
        let MixerSizes { heads, head_dim, state: n, groups, dt_floor, .. } = self.sizes;
        let (inner, channels) = (self.norm.len(), self.conv_bias.len());
        let group = head / (heads / groups);
        for (t, out) in out.chunks_exact_mut(head_dim).enumerate() {
            let row = &mixed[t * channels..(t + 1) * channels];
            let x = &row[head * head_dim..(head + 1) * head_dim];
            let b = &row[inner + group * n..inner + (group + 1) * n];
            let c = &row[inner + (groups + group) * n..inner + (groups + group + 1) * n];
            let raw = rows[t * width + inner + channels + head] + self.dt_bias[head];
            let dt = softplus(raw).max(dt_floor);
            let decay = (dt * self.a[head]).exp();
            for ((out, &x), state) in out.iter_mut().zip(x).zip(state.chunks_exact_mut(n)) {
                *out = step(state, b, c, decay, dt * x) + self.d[head] * x;
            }
        }
    }

    /// `y ⊙ silu(z)`, normalised in each group apart, ⊙ weight.
    fn gated_norm(&self, z: &[f32], y: &mut [f32]) {
        let size = y.len() / self.sizes.groups;
        y.iter_mut().zip(z).for_each(|(y, &z)| *y *= silu(z));
        for (y, weight) in y.chunks_exact_mut(size).zip(self.norm.chunks_exact(size)) {
            let scale = 1.0 / (dot(y, y) / size as f32 + GATED_NORM_EPS).sqrt();
            y.iter_mut().zip(weight).for_each(|(y, weight)| *y *= scale * weight);
        }
    }
}

/// Causal attention of new queries over what the caches hold and the new keys: [rows, NA·HD] each → [rows, NA·HD].
pub(crate) fn attention(
    sizes: AttentionSizes,
    [queries, keys, values]: [&Tensor; 3],
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Tensor> {
    let (rows, width) = queries.dims2()?;
    let queries = queries.flatten_all()?.to_vec1::<f32>()?;
    let keys = keys.flatten_all()?.to_vec1::<f32>()?;
    let values = values.flatten_all()?.to_vec1::<f32>()?;
    let parts: Vec<Vec<f32>> = spans
        .par_iter()
        .zip(layers.par_iter_mut())
        .map(|(span, layer)| {
            let own = span.start * width..(span.start + span.len) * width;
            let (keys, values) = (&keys[own.clone()], &values[own.clone()]);
            if span.keep_state {
                layer.cache.append(span.position, width, keys, values);
                attend(sizes, &queries[own], span.position, &pieces(&layer.cache, &[], &[]))
            } else {
                attend(sizes, &queries[own], span.position, &pieces(&layer.cache, keys, values))
            }
        })
        .collect();
    Ok(Tensor::from_vec(parts.concat(), (rows, width), &Device::Cpu)?)
}

/// Keys and values in the order of positions.
fn pieces<'a>(cache: &'a Cache, keys: &'a [f32], values: &'a [f32]) -> Vec<(&'a [f32], &'a [f32])> {
    let cached = cache.blocks.iter().map(|block| (block.keys.as_slice(), block.values.as_slice()));
    cached.chain(std::iter::once((keys, values))).collect()
}

fn attend(sizes: AttentionSizes, queries: &[f32], position: usize, pieces: &[(&[f32], &[f32])]) -> Vec<f32> {
    let AttentionSizes { heads, head_dim, scale } = sizes;
    let width = heads * head_dim;
    let mut out = vec![0f32; queries.len()];
    out.par_chunks_exact_mut(width).zip(queries.par_chunks_exact(width)).enumerate().for_each(|(t, (out, query))| {
        let visible = position + t + 1;
        let mut scores = Vec::with_capacity(visible);
        for head in 0..heads {
            let here = head * head_dim..(head + 1) * head_dim;
            let query = &query[here.clone()];
            let rows = pieces.iter().flat_map(|(keys, _)| keys.chunks_exact(width)).take(visible);
            scores.clear();
            scores.extend(rows.map(|key| dot(query, &key[here.clone()]) * scale));
            let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut sum = 0f32;
            let rows = pieces.iter().flat_map(|(_, values)| values.chunks_exact(width));
            let out = &mut out[here.clone()];
            for (score, value) in scores.iter().zip(rows) {
                let weight = (score - highest).exp();
                sum += weight;
                out.iter_mut().zip(&value[here.clone()]).for_each(|(out, value)| *out += weight * value);
            }
            for out in out {
                *out /= sum;
            }
        }
    });
    out
}

/// The last K − 1 inputs of the convolution after `rows`.
fn last_columns(rows: &[f32], width: usize, inner: usize, channels: usize, before: &[f32]) -> Vec<f32> {
    let kept = before.len() / channels;
    let len = rows.len() / width;
    let mut columns = before[len.min(kept) * channels..].to_vec();
    for t in len.saturating_sub(kept)..len {
        columns.extend_from_slice(&rows[t * width + inner..t * width + inner + channels]);
    }
    columns
}

/// Moves one row of the recurrent state on and gives its product with `c`. Eight sums side by side, so that it becomes vector code.
fn step(state: &mut [f32], b: &[f32], c: &[f32], decay: f32, input: f32) -> f32 {
    let mut sums = [0f32; 8];
    let whole = state.len() / 8 * 8;
    let (head, tail) = state.split_at_mut(whole);
    for ((state, b), c) in head.chunks_exact_mut(8).zip(b.chunks_exact(8)).zip(c.chunks_exact(8)) {
        for lane in 0..8 {
            state[lane] = state[lane] * decay + input * b[lane];
            sums[lane] += state[lane] * c[lane];
        }
    }
    for ((state, b), c) in tail.iter_mut().zip(&b[whole..]).zip(&c[whole..]) {
        *state = *state * decay + input * b;
        sums[0] += *state * c;
    }
    sums.iter().sum()
}

/// Σ x·y, in eight sums side by side.
fn dot(x: &[f32], y: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    let (xs, ys) = (x.chunks_exact(8), y.chunks_exact(8));
    let rest: f32 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in xs.zip(ys) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

fn silu(x: f32) -> f32 {
    x / (1.0 + (-x).exp())
}

/// log(1 + eˣ), without overflow.
fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
