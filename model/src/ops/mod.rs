//! The operations a hybrid model is made of. Rows of all sequences are joined for the products; convolution, scan and attention run per
//! sequence, each on its own state.
//!
//! On the CPU each is our kernel ([`host`]). Each is also a composition of candle tensors ([`plain`]), operation by operation as SPEC §2
//! writes it: the twin that tests compare with, and what a device without kernels of its own would run.

mod host;
mod linear;
mod plain;

use std::sync::Arc;

use candle_core::Tensor;

pub(crate) use host::Host;
pub(crate) use linear::{Linear, Packed};

use crate::error::Result;
use crate::kernels::{AttentionSizes, Convolution, Pool};
use crate::state::LayerState;

/// Activations [rows, width]: in memory of ours, or a tensor.
#[derive(Debug, Clone)]
pub(crate) enum Rows {
    Host(Host),
    Tensor(Tensor),
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
    pub(crate) convolution: Convolution,
    pub(crate) dt_bias: Vec<f32>, // [NH]
    pub(crate) a: Vec<f32>,       // [NH], −exp(A_log)
    pub(crate) d: Vec<f32>,       // [NH]
    pub(crate) norm: Vec<f32>,    // [DI]
    pub(crate) sizes: MixerSizes,
}

/// Sizes of a mixer: DI = heads · `head_dim`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MixerSizes {
    pub(crate) heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) state: usize,
    pub(crate) groups: usize,
    pub(crate) dt_floor: f32,
}

/// Rows to be normalised.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Input<'a> {
    /// As they are.
    One(&'a Rows),
    /// The sum of two.
    Sum(&'a Rows, &'a Rows),
    /// Each row of the first, then that of the second.
    Joined(&'a Rows, &'a Rows),
}

/// cos and sin of the angles by which pairs of queries and keys are turned: [positions, HD/2] each, from position 0 on.
#[derive(Debug)]
pub(crate) struct Angles {
    pub(crate) cos: Vec<f32>,
    pub(crate) sin: Vec<f32>,
    pub(crate) half: usize,
}

/// Both operands lie where the weights lie, so a mixture is a mistake of ours.
const MIXED: &str = "all rows of a model lie in one place";

/// Rows `ids` of an embedding.
pub(crate) fn embed(embedding: &Linear, ids: &[u32], pool: &Arc<Pool>) -> Result<Rows> {
    match embedding {
        Linear::Packed(weight) => Ok(Rows::Host(host::embed(weight, ids, pool)?)),
        Linear::Tensor { weight, .. } => Ok(Rows::Tensor(plain::rows(weight, ids)?)),
    }
}

/// `x Wᵀ + b`: [rows, in] → [rows, out].
pub(crate) fn linear(x: &Rows, layer: &Linear) -> Result<Rows> {
    match (x, layer) {
        (Rows::Host(x), Linear::Packed(layer)) => Ok(Rows::Host(host::linear(x, layer)?)),
        (Rows::Tensor(x), Linear::Tensor { weight, bias, rounded }) => {
            Ok(Rows::Tensor(plain::linear(x, weight, bias.as_ref(), *rounded)?))
        }
        _ => unreachable!("{MIXED}"),
    }
}

/// `y + x Wᵀ`, in place: what a low-rank adapter does.
pub(crate) fn linear_onto(y: &mut Rows, x: &Rows, layer: &Linear) -> Result<()> {
    match (y, x, layer) {
        (Rows::Host(y), Rows::Host(x), Linear::Packed(layer)) => host::linear_onto(y, x, layer),
        (Rows::Tensor(y), Rows::Tensor(x), Linear::Tensor { weight, rounded, .. }) => {
            *y = (&*y + plain::linear(x, weight, None, *rounded)?)?;
        }
        _ => unreachable!("{MIXED}"),
    }
    Ok(())
}

/// `x + y`, in place.
pub(crate) fn add(x: &mut Rows, y: &Rows) -> Result<()> {
    match (x, y) {
        (Rows::Host(x), Rows::Host(y)) => host::add(x, y),
        (Rows::Tensor(x), Rows::Tensor(y)) => *x = (&*x + y)?,
        _ => unreachable!("{MIXED}"),
    }
    Ok(())
}

/// `x / sqrt(mean(x²) + ε) ⊙ w` of every row.
pub(crate) fn rms_norm(input: Input<'_>, weight: &[f32], eps: f64) -> Result<Rows> {
    use Rows::{Host, Tensor};
    Ok(match input {
        Input::One(Host(x)) => Host(host::rms_norm(x, None, weight, eps)?),
        Input::Sum(Host(x), Host(y)) => Host(host::rms_norm(x, Some((y, host::Both::Sum)), weight, eps)?),
        Input::Joined(Host(x), Host(y)) => Host(host::rms_norm(x, Some((y, host::Both::Joined)), weight, eps)?),
        Input::One(Tensor(x)) => Tensor(plain::rms_norm(x, weight, eps)?),
        Input::Sum(Tensor(x), Tensor(y)) => Tensor(plain::rms_norm(&(x + y)?, weight, eps)?),
        Input::Joined(Tensor(x), Tensor(y)) => {
            Tensor(plain::rms_norm(&candle_core::Tensor::cat(&[x, y], 1)?, weight, eps)?)
        }
        _ => unreachable!("{MIXED}"),
    })
}

/// `gelu(gate) ⊙ up` with the exact GELU: [rows, 2F], gate first → [rows, F].
pub(crate) fn gated_mlp(gate_up: &Rows) -> Result<Rows> {
    match gate_up {
        Rows::Host(gate_up) => Ok(Rows::Host(host::gated_mlp(gate_up)?)),
        Rows::Tensor(gate_up) => Ok(Rows::Tensor(plain::gated_mlp(gate_up)?)),
    }
}

/// The mixer between its projections: [rows, 2DI + 2GN + NH] (z, x, B, C, Δt) → [rows, DI].
pub(crate) fn mixer(
    weights: &MixerWeights,
    projected: &Rows,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Rows> {
    match projected {
        Rows::Host(projected) => Ok(Rows::Host(host::mixer(weights, projected, spans, layers)?)),
        Rows::Tensor(projected) => Ok(Rows::Tensor(plain::mixer(weights, projected, spans, layers)?)),
    }
}

/// Causal attention of new queries over what the caches hold and the new keys: [rows, NA·HD] each → [rows, NA·HD].
/// Queries and keys are turned by `angles` first.
pub(crate) fn attention(
    sizes: AttentionSizes,
    [queries, keys, values]: [Rows; 3],
    angles: Option<&Angles>,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Rows> {
    match (queries, keys, values) {
        (Rows::Host(queries), Rows::Host(keys), Rows::Host(values)) => {
            Ok(Rows::Host(host::attention(sizes, [queries, keys, values], angles, spans, layers)?))
        }
        (Rows::Tensor(queries), Rows::Tensor(keys), Rows::Tensor(values)) => {
            Ok(Rows::Tensor(plain::attention(sizes, [&queries, &keys, &values], angles, spans, layers)?))
        }
        _ => unreachable!("{MIXED}"),
    }
}

/// The rows at `indices`.
pub(crate) fn select(x: &Rows, indices: &[u32]) -> Result<Rows> {
    match x {
        Rows::Host(x) => Ok(Rows::Host(host::select(x, indices)?)),
        Rows::Tensor(x) => Ok(Rows::Tensor(plain::rows(x, indices)?)),
    }
}

/// `x Wᵀ` of the head, written to `logits` [rows, V].
pub(crate) fn head(x: &Rows, layer: &Linear, logits: &mut [f32]) -> Result<()> {
    match (x, layer) {
        (Rows::Host(x), Linear::Packed(layer)) => layer.apply(x.values(), logits),
        (Rows::Tensor(x), Linear::Tensor { weight, bias, rounded }) => {
            let values = plain::linear(x, weight, bias.as_ref(), *rounded)?.flatten_all()?.to_vec1::<f32>()?;
            logits.copy_from_slice(&values);
        }
        _ => unreachable!("{MIXED}"),
    }
    Ok(())
}
