//! The MLP of a block: gated, or plain.

use crate::error::Result;
use crate::kernels::Activation;
use crate::models::{Cost, Part, Pass};
use crate::ops::{self, Linear, Rows};

/// F is the width inside.
#[derive(Debug)]
pub(crate) enum Mlp {
    /// `down(f(gate) ⊙ up)`.
    Gated {
        gate_up: Linear, // [2F, H], gate rows first
        down: Linear,    // [H, F]
        activation: Activation,
    },
    /// `down(f(up))`.
    Plain {
        up: Linear,   // [F, H]
        down: Linear, // [H, F]
        activation: Activation,
    },
}

impl Mlp {
    /// x [rows, H] → [rows, H].
    pub(crate) fn forward(&self, x: &Rows, pass: &Pass<'_>) -> Result<Rows> {
        let clock = pass.clock;
        match self {
            Self::Gated { gate_up, down, activation } => {
                let gate_up = clock.time(Part::MlpProducts, || gate_up.apply(x))?;
                let gated = clock.time(Part::Gate, || ops::gate(*activation, &gate_up))?;
                drop(gate_up);
                clock.time(Part::MlpProducts, || down.apply(&gated))
            }
            Self::Plain { up, down, activation } => {
                let mut inner = clock.time(Part::MlpProducts, || up.apply(x))?;
                clock.time(Part::Gate, || ops::activate(*activation, &mut inner))?;
                clock.time(Part::MlpProducts, || down.apply(&inner))
            }
        }
    }

    /// What one token costs.
    pub(crate) fn cost(&self) -> Cost {
        match self {
            Self::Gated { gate_up: first, down, .. } | Self::Plain { up: first, down, .. } => Cost::of([first, down]),
        }
    }
}
