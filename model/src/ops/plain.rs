//! The operations as compositions of candle tensors, each as SPEC §2 writes it: slow, plain, on any device.

use std::sync::Arc;

use candle_core::{D, DType, Device, Tensor};

use super::{Angles, MixerWeights, Span};
use crate::error::Result;
use crate::kernels::{AttentionSizes, Buffer, Pool};
use crate::state::LayerState;

/// ε of the gated norm, whatever the config says (SPEC §1).
const GATED_NORM_EPS: f64 = 1e-5;

pub(super) fn rows(x: &Tensor, indices: &[u32]) -> Result<Tensor> {
    Ok(x.index_select(&Tensor::new(indices, x.device())?, 0)?)
}

pub(super) fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, rounded: bool) -> Result<Tensor> {
    let x = if rounded { x.to_dtype(DType::BF16)?.to_dtype(DType::F32)? } else { x.clone() };
    let y = x.matmul(&weight.t()?)?;
    Ok(match bias {
        Some(bias) => y.broadcast_add(bias)?,
        None => y,
    })
}

pub(super) fn rms_norm(x: &Tensor, weight: &[f32], eps: f64) -> Result<Tensor> {
    let scale = (x.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?;
    Ok(x.broadcast_div(&scale)?.broadcast_mul(&Tensor::new(weight, x.device())?)?)
}

pub(super) fn gated_mlp(gate_up: &Tensor) -> Result<Tensor> {
    let halves = gate_up.chunk(2, D::Minus1)?;
    Ok((halves[0].contiguous()?.gelu_erf()? * halves[1].contiguous()?)?)
}

pub(super) fn mixer(
    weights: &MixerWeights,
    projected: &Tensor,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Tensor> {
    let mut parts = Vec::with_capacity(spans.len());
    for (span, layer) in spans.iter().zip(layers) {
        let rows = projected.narrow(0, span.start, span.len)?;
        let inner = weights.norm.len();
        let z = rows.narrow(1, 0, inner)?;
        let y = scan(weights, &rows, layer, span.keep_state)?;
        parts.push(gated_norm(weights, &y, &z)?);
    }
    Ok(Tensor::cat(&parts, 0)?)
}

/// Convolution and recurrence of one sequence: [len, width] → [len, DI].
fn scan(weights: &MixerWeights, rows: &Tensor, layer: &mut LayerState, keep_state: bool) -> Result<Tensor> {
    let device = rows.device();
    let sizes = weights.sizes;
    let (inner, channels, taps) = (weights.norm.len(), weights.convolution.channels(), weights.convolution.width());
    let (heads, p, n) = (sizes.heads, sizes.head_dim, sizes.state);
    let len = rows.dim(0)?;
    let before = Tensor::from_slice(&layer.columns, (taps - 1, channels), device)?;
    let inputs = Tensor::cat(&[&before, &rows.narrow(1, inner, channels)?], 0)?; // [K − 1 + len, CD]
    let kernel = Tensor::from_slice(&weights.convolution.taps, (taps, channels), device)?;
    let mut mixed = Tensor::from_slice(&weights.convolution.bias, (1, channels), device)?.repeat((len, 1))?;
    for tap in 0..taps {
        mixed = (mixed + inputs.narrow(0, tap, len)?.broadcast_mul(&kernel.narrow(0, tap, 1)?)?)?;
    }
    let mixed = mixed.silu()?;
    let raw = rows.narrow(1, inner + channels, heads)?.broadcast_add(&Tensor::new(&*weights.dt_bias, device)?)?;
    let dt = softplus(&raw)?.maximum(f64::from(sizes.dt_floor))?; // [len, NH]
    let decay = dt.broadcast_mul(&Tensor::new(&*weights.a, device)?)?.exp()?;
    let d = Tensor::from_slice(&weights.d, (heads, 1), device)?;
    let per_head = |t: usize, from: usize| -> Result<Tensor> {
        // B or C of every head: heads of one group share it
        let groups = mixed.narrow(0, t, 1)?.narrow(1, from, sizes.groups * n)?.reshape((sizes.groups, 1, n))?;
        Ok(groups.repeat((1, heads / sizes.groups, 1))?.reshape((heads, 1, n))?)
    };
    let mut state = Tensor::from_slice(&layer.recurrent, (heads, p, n), device)?;
    let mut outputs = Vec::with_capacity(len);
    for t in 0..len {
        let x = mixed.narrow(0, t, 1)?.narrow(1, 0, inner)?.reshape((heads, p))?;
        let scaled = x.broadcast_mul(&dt.narrow(0, t, 1)?.reshape((heads, 1))?)?.unsqueeze(2)?; // [NH, P, 1]
        let (b, c) = (per_head(t, inner)?, per_head(t, inner + sizes.groups * n)?);
        state = (state.broadcast_mul(&decay.narrow(0, t, 1)?.reshape((heads, 1, 1))?)? + scaled.broadcast_mul(&b)?)?;
        let y = (state.broadcast_mul(&c)?.sum(2)? + x.broadcast_mul(&d)?)?; // [NH, P]
        outputs.push(y.reshape((1, inner))?);
    }
    if keep_state {
        let pool = &Arc::clone(layer.columns.pool());
        layer.columns = Arc::new(host(&inputs.narrow(0, len, taps - 1)?, pool)?);
        layer.recurrent = Arc::new(host(&state, pool)?);
    }
    Ok(Tensor::cat(&outputs, 0)?)
}

/// `y ⊙ silu(z)`, normalised in each group apart, ⊙ weight: [len, DI].
fn gated_norm(weights: &MixerWeights, y: &Tensor, z: &Tensor) -> Result<Tensor> {
    let (len, inner) = y.dims2()?;
    let groups = weights.sizes.groups;
    let gated = (y * z.contiguous()?.silu()?)?.reshape((len, groups, inner / groups))?;
    let scale = (gated.sqr()?.mean_keepdim(D::Minus1)? + GATED_NORM_EPS)?.sqrt()?;
    let weight = Tensor::new(&*weights.norm, y.device())?;
    Ok(gated.broadcast_div(&scale)?.reshape((len, inner))?.broadcast_mul(&weight)?)
}

/// log(1 + eˣ), without overflow.
fn softplus(x: &Tensor) -> Result<Tensor> {
    Ok((x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?)?)
}

pub(super) fn attention(
    sizes: AttentionSizes,
    [queries, keys, values]: [&Tensor; 3],
    angles: Option<&Angles>,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Tensor> {
    let device = queries.device();
    let (heads, head_dim, width) = (sizes.heads, sizes.head_dim, sizes.width());
    let by_head = |x: &Tensor| -> Result<Tensor> {
        Ok(x.reshape((x.dim(0)?, heads, head_dim))?.transpose(0, 1)?.contiguous()?) // [NA, L, HD]
    };
    let mut parts = Vec::with_capacity(spans.len());
    for (span, layer) in spans.iter().zip(layers) {
        let own = |x: &Tensor| x.narrow(0, span.start, span.len);
        let turned = |x: Tensor| match angles {
            Some(angles) => rotate(sizes, &x, angles, span.position),
            None => Ok(x),
        };
        let (query, key, value) = (turned(own(queries)?)?, turned(own(keys)?)?, own(values)?);
        let (before, after) = layer.cache.rows(span.position);
        let earlier = |rows: Vec<f32>| Tensor::from_vec(rows, (span.position, width), device);
        if span.keep_state {
            let (new_keys, new_values) = (key.flatten_all()?.to_vec1::<f32>()?, value.flatten_all()?.to_vec1::<f32>()?);
            let pool = Arc::clone(layer.columns.pool());
            for room in layer.cache.room(span.position, span.len, sizes, &pool)? {
                let rows = room.rows.start * width..room.rows.end * width;
                room.block.write(room.slot, &new_keys[rows.clone()], &new_values[rows]);
            }
        }
        let (query, key, value) = if span.position == 0 {
            (by_head(&query)?, by_head(&key)?, by_head(&value)?)
        } else {
            let key = Tensor::cat(&[&earlier(before)?, &key], 0)?;
            (by_head(&query)?, by_head(&key)?, by_head(&Tensor::cat(&[&earlier(after)?, &value], 0)?)?)
        };
        let scores = (query.matmul(&key.transpose(1, 2)?.contiguous()?)? * f64::from(sizes.scale))?; // [NA, len, L]
        let weights = softmax(&scores.broadcast_add(&mask(span, device)?)?)?;
        parts.push(weights.matmul(&value)?.transpose(0, 1)?.contiguous()?.reshape((span.len, width))?);
    }
    Ok(Tensor::cat(&parts, 0)?)
}

/// Zeros, and −∞ where a key comes after the query: [len, position + len].
fn mask(span: &Span, device: &Device) -> Result<Tensor> {
    let keys = span.position + span.len;
    let rows = (0..span.len)
        .flat_map(|t| (0..keys).map(move |key| if key > span.position + t { f32::NEG_INFINITY } else { 0.0 }));
    Ok(Tensor::from_vec(rows.collect(), (span.len, keys), device)?)
}

fn softmax(x: &Tensor) -> Result<Tensor> {
    let weights = x.broadcast_sub(&x.max_keepdim(D::Minus1)?)?.exp()?;
    Ok(weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?)
}

/// Pairs (i, i + HD/2) of each head turned by their angles: [len, NA·HD] → the same.
fn rotate(sizes: AttentionSizes, x: &Tensor, angles: &Angles, position: usize) -> Result<Tensor> {
    let (len, width) = x.dims2()?;
    let half = angles.half;
    let at = |table: &[f32]| {
        Tensor::from_slice(&table[position * half..(position + len) * half], (len, 1, half), x.device())
    };
    let (cos, sin) = (at(&angles.cos)?, at(&angles.sin)?);
    let heads = x.reshape((len, sizes.heads, sizes.head_dim))?;
    let (first, second) = (heads.narrow(2, 0, half)?.contiguous()?, heads.narrow(2, half, half)?.contiguous()?);
    let turned_first = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
    let turned_second = (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?;
    Ok(Tensor::cat(&[turned_first, turned_second], 2)?.reshape((len, width))?)
}

/// A tensor's numbers, in memory of `pool`.
fn host(x: &Tensor, pool: &Arc<Pool>) -> Result<Buffer> {
    let values = x.flatten_all()?.to_vec1::<f32>()?;
    let mut buffer = pool.lend(values.len())?;
    buffer.copy_from_slice(&values);
    Ok(buffer)
}
