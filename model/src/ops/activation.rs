//! The activation inside an MLP.

use candle_core::{D, Tensor};

use super::rows::Rows;
use crate::error::Result;
use crate::kernels::{self, Activation, Isa};

/// `f(gate) ⊙ up`: [rows, 2F], gate first → [rows, F].
pub(crate) fn gate(activation: Activation, gate_up: &Rows) -> Result<Rows> {
    Ok(match gate_up {
        Rows::Host(gate_up) => {
            let (isa, half) = (Isa::current(), gate_up.width / 2);
            let mut out = gate_up.like(half)?;
            out.each_row(|row, out| {
                let (gate, up) = gate_up.row(row).split_at(half);
                kernels::gate(isa, activation, gate, up, out);
            });
            Rows::Host(out)
        }
        Rows::Tensor(gate_up) => {
            let halves = gate_up.chunk(2, D::Minus1)?;
            Rows::Tensor((by_candle(activation, &halves[0].contiguous()?)? * halves[1].contiguous()?)?)
        }
    })
}

/// `f(x)`, in place.
pub(crate) fn activate(activation: Activation, x: &mut Rows) -> Result<()> {
    match x {
        Rows::Host(x) => {
            let isa = Isa::current();
            x.each_row(|_, x| kernels::activate(isa, activation, x));
        }
        Rows::Tensor(x) => *x = by_candle(activation, x)?,
    }
    Ok(())
}

fn by_candle(activation: Activation, x: &Tensor) -> Result<Tensor> {
    Ok(match activation {
        Activation::Gelu => x.gelu_erf()?,
        Activation::GeluTanh => x.gelu()?, // candle's is the approximation by tanh
        Activation::Silu => x.silu()?,
        Activation::Relu => x.relu()?,
    })
}
