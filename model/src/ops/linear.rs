//! Linear layers and embeddings. A [`Linear`] alone knows how its weight lies.

use std::sync::Arc;

use candle_core::{D, DType, Tensor};

use super::rows::{Host, PASS, ROWS, Rows};
use crate::error::Result;
use crate::kernels::{Arithmetic, Format, Isa, Panels, Pool, Start, add, each, multiply};
use crate::options::Precision;

/// A linear layer: a weight [out, in] and perhaps a bias [out].
#[derive(Debug, Clone)]
pub(crate) enum Linear {
    /// On the CPU.
    Packed(Packed),
    /// On any device, multiplied by candle.
    Tensor {
        weight: Tensor,
        bias: Option<Tensor>,
        /// What inputs are rounded to before they are multiplied; sums stay f32.
        inputs: Precision,
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
    fn apply(&self, x: &[f32], y: &mut [f32]) {
        let isa = Isa::current();
        multiply(isa, self.arithmetic, x, &self.weight, Start::Zero, y);
        if let Some(bias) = &self.bias {
            let work = y.len() * PASS;
            each(y.chunks_mut(ROWS * bias.len()), work, |rows| {
                rows.chunks_exact_mut(bias.len()).for_each(|row| add(isa, row, bias));
            });
        }
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

    /// Rows of the weight.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Packed(Packed { weight, .. }) => weight.out(),
            Self::Tensor { weight, .. } => weight.dims()[0],
        }
    }

    /// `x Wᵀ + b`: [rows, in] → [rows, out].
    pub(crate) fn apply(&self, x: &Rows) -> Result<Rows> {
        Ok(match self {
            Self::Packed(layer) => {
                let x = x.host();
                let mut y = x.like(layer.weight.out())?;
                layer.apply(&x.values, &mut y.values);
                Rows::Host(y)
            }
            Self::Tensor { weight, bias, inputs } => {
                Rows::Tensor(by_candle(x.tensor(), weight, bias.as_ref(), *inputs)?)
            }
        })
    }

    /// `y + x Wᵀ`, in place: what a low-rank adapter does.
    pub(crate) fn apply_onto(&self, x: &Rows, y: &mut Rows) -> Result<()> {
        match self {
            Self::Packed(layer) => {
                let (x, y) = (&x.host().values, &mut y.host_mut().values);
                multiply(Isa::current(), layer.arithmetic, x, &layer.weight, Start::Onto, y);
            }
            Self::Tensor { .. } => *y = Rows::Tensor((y.tensor() + self.apply(x)?.tensor())?),
        }
        Ok(())
    }

    /// `x Wᵀ + b` of a head, written to `logits` [rows, V].
    pub(crate) fn apply_to(&self, x: &Rows, logits: &mut [f32]) -> Result<()> {
        match self {
            Self::Packed(layer) => layer.apply(&x.host().values, logits),
            Self::Tensor { weight, bias, inputs } => {
                let values = by_candle(x.tensor(), weight, bias.as_ref(), *inputs)?;
                logits.copy_from_slice(&values.flatten_all()?.to_vec1::<f32>()?);
            }
        }
        Ok(())
    }

    /// Rows `ids` of the weight: what an embedding looks up.
    pub(crate) fn look_up(&self, ids: &[u32], pool: &Arc<Pool>) -> Result<Rows> {
        Ok(match self {
            Self::Packed(Packed { weight, .. }) => {
                let mut out = Host::lend(pool, ids.len(), weight.input())?;
                out.each_row(|row, to| weight.row(ids[row] as usize, to));
                Rows::Host(out)
            }
            Self::Tensor { weight, .. } => Rows::Tensor(weight.index_select(&Tensor::new(ids, weight.device())?, 0)?),
        })
    }
}

fn by_candle(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, inputs: Precision) -> Result<Tensor> {
    let x = match inputs {
        Precision::F32 | Precision::Q4 => x.clone(),
        Precision::Bf16 => x.to_dtype(DType::BF16)?.to_dtype(DType::F32)?,
        Precision::Int8 => {
            let largest = x.abs()?.max_keepdim(D::Minus1)?.maximum(1e-30_f32)?;
            let whole = x.broadcast_mul(&(largest.recip()? * 127.0)?)?.round()?;
            whole.broadcast_mul(&(largest / 127.0)?)?
        }
    };
    let y = x.matmul(&weight.t()?)?;
    Ok(match bias {
        Some(bias) => y.broadcast_add(bias)?,
        None => y,
    })
}
