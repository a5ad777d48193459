//! The mixer's causal convolution, channel by channel, and `SiLU`.

use super::math::{Silu, load_part, map, store_part};
use super::vector::{LANES, Vector, on_isa};

/// Weights of a convolution: K taps over CD channels.
#[derive(Debug, Clone)]
pub(crate) struct Convolution {
    /// [K, CD], the last tap is the current token's.
    pub(crate) taps: Vec<f32>,
    /// [CD].
    pub(crate) bias: Vec<f32>,
}

impl Convolution {
    /// CD.
    pub(crate) fn channels(&self) -> usize {
        self.bias.len()
    }

    /// K.
    pub(crate) fn width(&self) -> usize {
        self.taps.len() / self.bias.len()
    }
}

/// What a convolution reads: rows of a wider matrix, and the columns kept of the tokens before them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs<'a> {
    /// Rows `width` wide, whose channels begin at `offset`.
    pub(crate) rows: &'a [f32],
    pub(crate) width: usize,
    pub(crate) offset: usize,
    /// [K − 1, CD], oldest first.
    pub(crate) before: &'a [f32],
}

/// Channels done at a time for all rows, so that their weights stay near.
const CHANNELS: usize = 512;

#[inline(always)]
fn convolve_body<V: Vector>(convolution: &Convolution, inputs: Inputs<'_>, first: usize, out: &mut [f32]) {
    let (channels, taps) = (convolution.channels(), convolution.width());
    for from in (0..channels).step_by(CHANNELS) {
        let here = from..channels.min(from + CHANNELS);
        for (t, out) in out.chunks_exact_mut(channels).enumerate() {
            let out = &mut out[here.clone()];
            out.copy_from_slice(&convolution.bias[here.clone()]);
            for tap in 0..taps {
                // the input `taps - 1 - tap` tokens back, of these rows or of the columns kept
                let at = first + t + tap;
                let input = if at >= taps - 1 {
                    let row = (at - (taps - 1)) * inputs.width + inputs.offset;
                    &inputs.rows[row + here.start..row + here.end]
                } else {
                    &inputs.before[at * channels + here.start..at * channels + here.end]
                };
                add_product::<V>(out, input, &convolution.taps[tap * channels + here.start..tap * channels + here.end]);
            }
            map::<V>(out, Silu);
        }
    }
}

/// `out += x ⊙ weight`.
#[inline(always)]
fn add_product<V: Vector>(out: &mut [f32], x: &[f32], weight: &[f32]) {
    let (out, out_rest) = out.as_chunks_mut::<LANES>();
    let ((x, x_rest), (weight, weight_rest)) = (x.as_chunks::<LANES>(), weight.as_chunks::<LANES>());
    for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
        V::load(x).fma(V::load(weight), V::load(out)).store(out);
    }
    if !out_rest.is_empty() {
        store_part(load_part::<V>(x_rest).fma(load_part(weight_rest), load_part(out_rest)), out_rest);
    }
}

on_isa! {
    /// Convolution and `SiLU` of the rows from `first` on, as many as `out` [.., CD] holds.
    fn convolve(convolution: &Convolution, inputs: Inputs<'_>, first: usize, out: &mut [f32]) = convolve_body
}
