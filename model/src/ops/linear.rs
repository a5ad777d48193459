//! Linear layers: packed for our kernels, or a tensor.

use std::sync::Arc;

use candle_core::Tensor;

use crate::kernels::{Arithmetic, Format, Isa, Panels, Start, add, multiply};

/// A linear layer: a weight [out, in] and perhaps a bias [out].
#[derive(Debug, Clone)]
pub(crate) enum Linear {
    /// On the CPU.
    Packed(Packed),
    /// On any device, multiplied by candle.
    Tensor {
        weight: Tensor,
        bias: Option<Tensor>,
        /// Whether inputs are rounded to bf16 before they are multiplied; sums stay f32.
        rounded: bool,
    },
}

/// A linear layer whose weight lies in panels.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    /// Shared by an embedding and the head tied to it.
    pub(crate) weight: Arc<Panels>,
    pub(crate) bias: Option<Vec<f32>>,
    pub(crate) arithmetic: Arithmetic,
}

impl Packed {
    /// Whether the weight is stored as bf16.
    pub(crate) fn is_bf16(&self) -> bool {
        self.weight.format() == Format::Bf16
    }

    /// y = x Wᵀ + b.
    pub(crate) fn apply(&self, x: &[f32], y: &mut [f32]) {
        let isa = Isa::current();
        multiply(isa, self.arithmetic, x, &self.weight, Start::Zero, y);
        if let Some(bias) = &self.bias {
            y.chunks_exact_mut(bias.len()).for_each(|row| add(isa, row, bias));
        }
    }

    /// y + x Wᵀ, in place.
    pub(crate) fn apply_onto(&self, x: &[f32], y: &mut [f32]) {
        multiply(Isa::current(), self.arithmetic, x, &self.weight, Start::Onto, y);
    }
}

impl Linear {
    /// Multiply-adds of one row, and bytes of the weight.
    pub(crate) fn cost(&self) -> (u64, u64) {
        match self {
            Self::Packed(Packed { weight, .. }) => ((weight.out() * weight.input()) as u64, weight.bytes() as u64),
            Self::Tensor { weight, .. } => {
                (weight.elem_count() as u64, (weight.elem_count() * size_of::<f32>()) as u64)
            }
        }
    }
}
