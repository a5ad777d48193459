//! The Mamba-2 mixer between its two projections: convolution, scan and gated norm.

use std::sync::Arc;

use candle_core::{D, Tensor};

use super::convolution;
use super::rows::{Host, Rows, Span, softplus, to_buffer};
use crate::error::Result;
use crate::kernels::{self, Buffer, Convolution, Head, Isa, Recurrent, Strip, each};
use crate::layers::LayerState;

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
    /// Least and greatest Δt.
    pub(crate) dt_limit: [f32; 2],
    /// ε of the gated norm.
    pub(crate) norm_eps: f32,
}

/// The mixer between its projections: [rows, 2DI + 2GN + NH] (z, x, B, C, Δt) → [rows, DI].
pub(crate) fn mixer(
    weights: &MixerWeights,
    projected: &Rows,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Rows> {
    Ok(match projected {
        Rows::Host(projected) => Rows::Host(by_kernel(weights, projected, spans, layers)?),
        Rows::Tensor(projected) => Rows::Tensor(by_candle(weights, projected, spans, layers)?),
    })
}

fn by_kernel(weights: &MixerWeights, projected: &Host, spans: &[Span], layers: &mut [&mut LayerState]) -> Result<Host> {
    let isa = Isa::current();
    let inner = weights.norm.len();
    let mixed = convolution::by_kernel(&weights.convolution, projected, inner, spans, layers)?;
    let mut out = projected.like(inner)?;
    scan(weights, projected, &mixed, &mut out, spans, layers)?;
    out.each_row(|row, y| {
        kernels::gated_norm(
            isa,
            y,
            &projected.row(row)[..inner],
            &weights.norm,
            weights.sizes.groups,
            weights.sizes.norm_eps,
        );
    });
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
            dt_limit: sizes.dt_limit,
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

fn by_candle(
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
        let y = scan_by_candle(weights, &rows, layer, span.keep_state)?;
        parts.push(gated_norm(weights, &y, &z)?);
    }
    Ok(Tensor::cat(&parts, 0)?)
}

/// Convolution and recurrence of one sequence: [len, width] → [len, DI].
fn scan_by_candle(weights: &MixerWeights, rows: &Tensor, layer: &mut LayerState, keep_state: bool) -> Result<Tensor> {
    let device = rows.device();
    let sizes = weights.sizes;
    let (inner, channels) = (weights.norm.len(), weights.convolution.channels());
    let (heads, p, n) = (sizes.heads, sizes.head_dim, sizes.state);
    let len = rows.dim(0)?;
    let mixed = convolution::one_by_candle(&weights.convolution, &rows.narrow(1, inner, channels)?, layer, keep_state)?;
    let raw = rows.narrow(1, inner + channels, heads)?.broadcast_add(&Tensor::new(&*weights.dt_bias, device)?)?;
    let dt = softplus(&raw)?.clamp(sizes.dt_limit[0], sizes.dt_limit[1])?; // [len, NH]
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
        layer.recurrent = Arc::new(to_buffer(&state, pool)?);
    }
    Ok(Tensor::cat(&outputs, 0)?)
}

/// `y ⊙ silu(z)`, normalised in each group apart, ⊙ weight: [len, DI].
fn gated_norm(weights: &MixerWeights, y: &Tensor, z: &Tensor) -> Result<Tensor> {
    let (len, inner) = y.dims2()?;
    let groups = weights.sizes.groups;
    let gated = (y * z.contiguous()?.silu()?)?.reshape((len, groups, inner / groups))?;
    let scale = (gated.sqr()?.mean_keepdim(D::Minus1)? + f64::from(weights.sizes.norm_eps))?.sqrt()?;
    let weight = Tensor::new(&*weights.norm, y.device())?;
    Ok(gated.broadcast_div(&scale)?.reshape((len, inner))?.broadcast_mul(&weight)?)
}
