//! Norms of rows.

use candle_core::{D, Tensor};

use super::rows::{Host, Rows};
use crate::error::Result;
use crate::kernels::{self, Isa, Row};

/// How a row is normalised.
#[derive(Debug, Clone)]
pub(crate) enum Norm {
    /// `x / sqrt(mean(x²) + ε) ⊙ w`.
    Rms { weight: Vec<f32>, eps: f64 },
    /// `(x − mean(x)) / sqrt(var(x) + ε) ⊙ w + b`, the variance that of all numbers; without parameters w is 1 and b 0.
    Layer { weight: Vec<f32>, bias: Vec<f32>, eps: f64 },
}

impl Norm {
    /// A layer norm without parameters, over rows `width` wide.
    pub(crate) fn bare_layer(width: usize, eps: f64) -> Self {
        Self::Layer { weight: vec![1.0; width], bias: vec![0.0; width], eps }
    }

    /// An RMS norm without a weight, over rows `width` wide.
    pub(crate) fn bare_rms(width: usize, eps: f64) -> Self {
        Self::Rms { weight: vec![1.0; width], eps }
    }

    fn width(&self) -> usize {
        match self {
            Self::Rms { weight, .. } | Self::Layer { weight, .. } => weight.len(),
        }
    }

    /// Normalises every row.
    pub(crate) fn apply(&self, input: Input<'_>) -> Result<Rows> {
        use Input::{Joined, One, Sum};
        Ok(match input {
            One(Rows::Host(x)) => Rows::Host(self.by_kernel(x, |row| Row::One(x.row(row)))?),
            Sum(Rows::Host(x), y) => Rows::Host(self.by_kernel(x, |row| Row::Sum(x.row(row), y.host().row(row)))?),
            Joined(Rows::Host(x), y) => {
                Rows::Host(self.by_kernel(x, |row| Row::Joined(x.row(row), y.host().row(row)))?)
            }
            One(Rows::Tensor(x)) => Rows::Tensor(self.by_candle(x)?),
            Sum(Rows::Tensor(x), y) => Rows::Tensor(self.by_candle(&(x + y.tensor())?)?),
            Joined(Rows::Tensor(x), y) => Rows::Tensor(self.by_candle(&Tensor::cat(&[x, y.tensor()], 1)?)?),
        })
    }

    fn by_kernel<'a>(&self, x: &'a Host, row: impl Fn(usize) -> Row<'a> + Sync + Send) -> Result<Host> {
        let isa = Isa::current();
        let mut out = x.like(self.width())?;
        out.each_row(|index, out| match self {
            Self::Rms { weight, eps } => kernels::rms_norm(isa, row(index), weight, *eps as f32, out),
            Self::Layer { weight, bias, eps } => {
                kernels::layer_norm(isa, row(index), weight, bias, *eps as f32, out);
            }
        });
        Ok(out)
    }

    fn by_candle(&self, x: &Tensor) -> Result<Tensor> {
        let device = x.device();
        Ok(match self {
            Self::Rms { weight, eps } => {
                let scale = (x.sqr()?.mean_keepdim(D::Minus1)? + *eps)?.sqrt()?;
                x.broadcast_div(&scale)?.broadcast_mul(&Tensor::new(&**weight, device)?)?
            }
            Self::Layer { weight, bias, eps } => {
                let x = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
                let scale = (x.sqr()?.mean_keepdim(D::Minus1)? + *eps)?.sqrt()?;
                let scaled = x.broadcast_div(&scale)?.broadcast_mul(&Tensor::new(&**weight, device)?)?;
                scaled.broadcast_add(&Tensor::new(&**bias, device)?)?
            }
        })
    }
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
