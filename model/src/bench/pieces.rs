//! Single operations on made-up numbers, ready to be done again and again: what `cargo bench` measures.

use std::hint::black_box;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use half::bf16;

use crate::error::Result;
use crate::kernels::{Arithmetic, AttentionSizes, Convolution, Format, Isa, Panels, Pool, Start, multiply, pack};
use crate::layers::{LayerState, Memory};
use crate::ops::{self, Angles, Host, MixerSizes, MixerWeights, Rows, Span};
use crate::options::Backend;

/// How a product is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Weights and arithmetic in f32.
    F32,
    /// Weights stored as bf16, arithmetic in f32.
    Widened,
    /// Weights and inputs in bf16, sums in f32.
    Bf16,
}

/// Sizes of a mixer of one group.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names are those of the config")]
pub struct MixerShape {
    pub heads: usize,
    pub head_dim: usize,
    pub state: usize,
}

/// `rows` rows times a packed weight [out, input].
///
/// # Errors
/// There is no memory.
pub fn product(kind: Product, rows: usize, [out, input]: [usize; 2]) -> Result<impl FnMut()> {
    let (format, arithmetic) = match kind {
        Product::F32 => (Format::F32, Arithmetic::F32),
        Product::Widened => (Format::Bf16, Arithmetic::F32),
        Product::Bf16 => (Format::Bf16, Arithmetic::Bf16),
    };
    let mut weight = Panels::new(out, input, format)?;
    let values: Vec<bf16> = numbers(out * input).into_iter().map(bf16::from_f32).collect();
    weight.fill(|panel, rows| pack(&values[rows.start * input..rows.end * input], input, format, panel, 0));
    let (x, mut y) = (numbers(rows * input), vec![0.0; rows * out]);
    Ok(move || multiply(Isa::current(), arithmetic, black_box(&x), &weight, Start::Zero, &mut y))
}

/// Convolution, scan and gated norm of `sequences` texts of `length` tokens, which leave no states.
///
/// # Errors
/// There is no memory.
pub fn mixer(
    backend: Backend,
    shape: MixerShape,
    sequences: usize,
    length: usize,
) -> Result<impl FnMut() -> Result<()>> {
    let MixerShape { heads, head_dim, state } = shape;
    let (inner, taps) = (heads * head_dim, 4);
    let channels = inner + 2 * state;
    let weights = MixerWeights {
        convolution: Convolution { taps: numbers(taps * channels), bias: numbers(channels) },
        dt_bias: vec![-3.0; heads],
        a: vec![-1.0; heads],
        d: vec![1.0; heads],
        norm: vec![1.0; inner],
        sizes: MixerSizes { heads, head_dim, state, groups: 1, dt_limit: [1e-3, f32::INFINITY], norm_eps: 1e-5 },
    };
    let pool = Arc::new(Pool::default());
    let projected = rows(backend, sequences * length, inner + channels + heads, &pool)?;
    let memory = Memory { columns: (taps - 1) * channels, recurrent: inner * state, ..Memory::default() };
    let layer = memory.zeros(&pool)?;
    let spans = spans(sequences, length, 0, false);
    let mut layers = vec![layer; sequences];
    Ok(move || {
        let mut layers: Vec<&mut LayerState> = layers.iter_mut().collect();
        black_box(ops::mixer(&weights, &projected, &spans, &mut layers)?);
        Ok(())
    })
}

/// Attention of `length` new tokens after `context` others, with `heads` heads of `head_dim` numbers, rotation included.
///
/// # Errors
/// There is no memory.
pub fn attention(
    backend: Backend,
    [heads, head_dim]: [usize; 2],
    context: usize,
    length: usize,
) -> Result<impl FnMut() -> Result<()>> {
    let sizes =
        AttentionSizes { heads, kv_heads: heads, head_dim, window: None, scale: (head_dim as f32 / 2.0).powf(-0.5) };
    let half = head_dim / 2;
    let angles = Angles { cos: numbers((context + length) * half), sin: numbers((context + length) * half), half };
    let pool = Arc::new(Pool::default());
    let inputs = |count: usize| -> Result<[Rows; 3]> {
        let rows = || rows(backend, count, sizes.width(), &pool);
        Ok([rows()?, rows()?, rows()?])
    };
    let mut layer = Memory::default().zeros(&pool)?;
    if context > 0 {
        ops::attention(sizes, inputs(context)?, Some(&angles), &spans(1, context, 0, true), &mut [&mut layer])?;
    }
    let (new, spans) = (inputs(length)?, spans(1, length, context, false));
    Ok(move || {
        black_box(ops::attention(sizes, new.clone(), Some(&angles), &spans, &mut [&mut layer])?);
        Ok(())
    })
}

fn spans(sequences: usize, len: usize, position: usize, keep_state: bool) -> Vec<Span> {
    (0..sequences).map(|sequence| Span { start: sequence * len, len, position, keep_state }).collect()
}

fn rows(backend: Backend, count: usize, width: usize, pool: &Arc<Pool>) -> Result<Rows> {
    let values = numbers(count * width);
    Ok(match backend {
        Backend::Kernels => Rows::Host(Host::of(&values, width, pool)?),
        Backend::Candle => Rows::Tensor(Tensor::from_vec(values, (count, width), &Device::Cpu)?),
    })
}

/// Numbers between −1 and 1.
pub(super) fn numbers(len: usize) -> Vec<f32> {
    (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_can_be_done_again() {
        for kind in [Product::F32, Product::Widened, Product::Bf16] {
            let mut run = product(kind, 3, [40, 10]).unwrap();
            run();
            run();
        }
        let shape = MixerShape { heads: 2, head_dim: 8, state: 16 };
        for backend in [Backend::Kernels, Backend::Candle] {
            let (mut mix, mut attend) =
                (mixer(backend, shape, 2, 5).unwrap(), attention(backend, [2, 8], 33, 4).unwrap());
            for _ in 0..2 {
                mix().unwrap();
                attend().unwrap();
            }
        }
    }
}
