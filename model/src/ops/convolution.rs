//! The causal convolution before a recurrence, channel by channel, and `SiLU`. It keeps the last columns of what went into it.

use std::sync::Arc;

use candle_core::Tensor;

use super::rows::{Host, PASS, ROWS, Rows, Span, to_buffer};
use crate::error::Result;
use crate::kernels::{self, Convolution, Inputs, Isa, each};
use crate::layers::LayerState;

/// The first CD columns of `projected`: → [rows, CD].
pub(crate) fn convolve(
    convolution: &Convolution,
    projected: &Rows,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Rows> {
    Ok(match projected {
        Rows::Host(projected) => Rows::Host(by_kernel(convolution, projected, 0, spans, layers)?),
        Rows::Tensor(projected) => {
            let mut parts = Vec::with_capacity(spans.len());
            for (span, layer) in spans.iter().zip(layers) {
                let rows = projected.narrow(0, span.start, span.len)?.narrow(1, 0, convolution.channels())?;
                parts.push(one_by_candle(convolution, &rows, layer, span.keep_state)?);
            }
            Rows::Tensor(Tensor::cat(&parts, 0)?)
        }
    })
}

/// On the CPU: columns of `projected` from `offset` on → [rows, CD].
pub(super) fn by_kernel(
    convolution: &Convolution,
    projected: &Host,
    offset: usize,
    spans: &[Span],
    layers: &mut [&mut LayerState],
) -> Result<Host> {
    let isa = Isa::current();
    let width = projected.width;
    let (channels, taps) = (convolution.channels(), convolution.width());
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
    each(tasks, work, |(inputs, first, out)| kernels::convolve(isa, convolution, inputs, first, out));
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

/// One sequence, by candle: [len, CD] → the same.
pub(super) fn one_by_candle(
    convolution: &Convolution,
    rows: &Tensor,
    layer: &mut LayerState,
    keep_state: bool,
) -> Result<Tensor> {
    let (device, len) = (rows.device(), rows.dim(0)?);
    let (channels, taps) = (convolution.channels(), convolution.width());
    let before = Tensor::from_slice(&layer.columns, (taps - 1, channels), device)?;
    let inputs = Tensor::cat(&[&before, rows], 0)?; // [K − 1 + len, CD]
    let kernel = Tensor::from_slice(&convolution.taps, (taps, channels), device)?;
    let mut mixed = Tensor::from_slice(&convolution.bias, (1, channels), device)?.repeat((len, 1))?;
    for tap in 0..taps {
        mixed = (mixed + inputs.narrow(0, tap, len)?.broadcast_mul(&kernel.narrow(0, tap, 1)?)?)?;
    }
    if keep_state {
        let pool = &Arc::clone(layer.columns.pool());
        layer.columns = Arc::new(to_buffer(&inputs.narrow(0, len, taps - 1)?, pool)?);
    }
    Ok(mixed.silu()?)
}
