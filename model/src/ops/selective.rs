//! The selective scan of Mamba-1: every channel has a Δt and decays of its own.

use std::sync::Arc;

use candle_core::Tensor;

use super::rows::{Host, Rows, Span, softplus, to_buffer};
use crate::error::Result;
use crate::kernels::{self, Buffer, Channels, Isa, Recurrent, SCANNED, Strip, each};
use crate::layers::LayerState;

/// What a scan holds of its own. I channels in groups of I/G, each group with its B and C.
#[derive(Debug, Clone)]
pub(crate) struct SelectiveWeights {
    pub(crate) dt_bias: Vec<f32>, // [I]
    pub(crate) a: Vec<f32>,       // [I, S], −exp(A_log)
    pub(crate) d: Vec<f32>,       // [I]
    /// S.
    pub(crate) state: usize,
    /// G.
    pub(crate) groups: usize,
}

/// What it reads of every row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selected<'a> {
    /// After the convolution: [rows, I].
    pub(crate) x: &'a Rows,
    /// Before its bias and the softplus: [rows, I].
    pub(crate) dt: &'a Rows,
    /// [rows, G·S] each.
    pub(crate) b: &'a Rows,
    pub(crate) c: &'a Rows,
    /// Whose last I columns are the gate.
    pub(crate) gated: &'a Rows,
}

/// `S ← exp(Δt·A) ⊙ S + Δt·x Bᵀ`, `y = (S C + D ⊙ x) ⊙ silu(z)`: → [rows, I].
pub(crate) fn selective_scan(
    weights: &SelectiveWeights,
    selected: Selected<'_>,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Rows> {
    Ok(match selected.x {
        Rows::Host(x) => Rows::Host(by_kernel(weights, x, selected, spans, layers)?),
        Rows::Tensor(x) => Rows::Tensor(by_candle(weights, x, selected, spans, layers)?),
    })
}

fn by_kernel(
    weights: &SelectiveWeights,
    x: &Host,
    selected: Selected<'_>,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Host> {
    let isa = Isa::current();
    let [dt, b, c, gated] = [selected.dt, selected.b, selected.c, selected.gated].map(Rows::host);
    let (inner, n) = (weights.d.len(), weights.state);
    let mut out = x.like(inner)?;
    let work = 16 * out.values.len() * n;
    // a state that others share is written to new memory
    let mut fresh: Vec<Option<Buffer>> = Vec::with_capacity(spans.len());
    for (span, layer) in spans.iter().zip(&mut *layers) {
        let copied = span.keep_state && Arc::get_mut(&mut layer.recurrent).is_none();
        fresh.push(if copied { Some(x.values.pool().lend(layer.recurrent.len())?) } else { None });
    }
    let group = inner / weights.groups;
    let mut rows = Strip::new(&mut out.values, inner);
    let mut tasks = Vec::new();
    for ((span, layer), fresh) in spans.iter().zip(&mut *layers).zip(&mut fresh) {
        let mut strip = rows.cut_rows(span.len);
        for (first, state) in states(span.keep_state, layer, fresh, [group, n]) {
            let count = SCANNED.min(group - first % group);
            tasks.push((*span, first, state, strip.cut(count)));
        }
    }
    each(tasks, work, |(span, first, state, out)| {
        let (count, group) = (out.columns(), first / group);
        let channels = Channels {
            x: columns_of(x, span, first),
            dt: columns_of(dt, span, first),
            b: columns_of(b, span, group * n),
            c: columns_of(c, span, group * n),
            z: columns_of(gated, span, gated.width - inner + first),
            dt_bias: &weights.dt_bias[first..first + count],
            a: &weights.a[first * n..(first + count) * n],
            d: &weights.d[first..first + count],
            state: n,
        };
        kernels::selective_scan(isa, channels, state, out);
    });
    for (layer, fresh) in layers.iter_mut().zip(fresh) {
        if let Some(fresh) = fresh {
            layer.recurrent = Arc::new(fresh);
        }
    }
    Ok(out)
}

/// A sequence's rows, from column `column` on.
fn columns_of(rows: &Host, span: Span, column: usize) -> kernels::Columns<'_> {
    let width = rows.width;
    kernels::Columns { rows: &rows.values[span.start * width..(span.start + span.len) * width], width, column }
}

/// The states of neighbouring channels, none beyond its group, with the number of the first.
fn states<'a>(
    keep_state: bool,
    layer: &'a mut LayerState,
    fresh: &'a mut Option<Buffer>,
    [group, n]: [usize; 2],
) -> Vec<(usize, Recurrent<'a>)> {
    let whole = layer.recurrent.len() / n;
    let starts = (0..whole / group).flat_map(|at| (0..group).step_by(SCANNED).map(move |first| at * group + first));
    let lengths: Vec<(usize, usize)> = starts.map(|first| (first, SCANNED.min(group - first % group) * n)).collect();
    match (keep_state, fresh) {
        (false, _) => (lengths.iter())
            .map(|&(first, len)| (first, Recurrent::Left(&layer.recurrent[first * n..first * n + len])))
            .collect(),
        (true, Some(fresh)) => {
            let mut left: &mut [f32] = fresh;
            let copied = |&(first, len): &(usize, usize)| {
                let (to, rest) = std::mem::take(&mut left).split_at_mut(len);
                left = rest;
                (first, Recurrent::Copied(&layer.recurrent[first * n..first * n + len], to))
            };
            lengths.iter().map(copied).collect()
        }
        (true, None) => {
            let own = Arc::get_mut(&mut layer.recurrent).expect("one that is shared has fresh memory");
            let mut left: &mut [f32] = own;
            let in_place = |&(first, len): &(usize, usize)| {
                let (to, rest) = std::mem::take(&mut left).split_at_mut(len);
                left = rest;
                (first, Recurrent::InPlace(to))
            };
            lengths.iter().map(in_place).collect()
        }
    }
}

fn by_candle(
    weights: &SelectiveWeights,
    x: &Tensor,
    selected: Selected<'_>,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Tensor> {
    let device = x.device();
    let (inner, n, groups) = (weights.d.len(), weights.state, weights.groups);
    let [dt, b, c, gated] = [selected.dt, selected.b, selected.c, selected.gated].map(Rows::tensor);
    let gate = gated.narrow(1, gated.dim(1)? - inner, inner)?.contiguous()?.silu()?;
    let dt = softplus(&dt.broadcast_add(&Tensor::new(&*weights.dt_bias, device)?)?)?;
    let a = Tensor::from_slice(&weights.a, (inner, n), device)?;
    let d = Tensor::new(&*weights.d, device)?;
    let per_channel = |rows: &Tensor, row: usize| -> Result<Tensor> {
        // B or C of every channel: those of one group share it
        let by_group = rows.narrow(0, row, 1)?.reshape((groups, 1, n))?.repeat((1, inner / groups, 1))?;
        Ok(by_group.reshape((inner, n))?)
    };
    let mut outputs = Vec::new();
    for (span, layer) in spans.iter().zip(layers) {
        let mut state = Tensor::from_slice(&layer.recurrent, (inner, n), device)?;
        for row in span.start..span.start + span.len {
            let column = |rows: &Tensor| rows.narrow(0, row, 1)?.reshape((inner, 1));
            let (dt, x) = (column(&dt)?, column(x)?);
            let decay = a.broadcast_mul(&dt)?.exp()?;
            state = ((state * decay)? + per_channel(b, row)?.broadcast_mul(&(&dt * &x)?)?)?;
            let y = (state.mul(&per_channel(c, row)?)?.sum(1)? + (x.reshape(inner)? * &d)?)?;
            outputs.push(y.reshape((1, inner))?);
        }
        if span.keep_state {
            let pool = &Arc::clone(layer.columns.pool());
            layer.recurrent = Arc::new(to_buffer(&state, pool)?);
        }
    }
    Ok((Tensor::cat(&outputs, 0)? * gate)?)
}
