//! The Mamba-2 mixer with its projections.

use super::state::{LayerState, Memory};
use crate::error::Result;
use crate::models::{Cost, Part, Pass};
use crate::ops::{self, Linear, MixerWeights, Rows};

/// DI = heads · head width.
#[derive(Debug)]
pub(crate) struct Mamba2 {
    pub(crate) in_proj: Linear, // [2DI + 2GN + NH, H]: z, x, B, C, Δt
    pub(crate) mixer: MixerWeights,
    pub(crate) out_proj: Linear, // [H, DI]
}

impl Mamba2 {
    /// x [rows, H] → [rows, H]; columns and recurrent states are moved on.
    pub(crate) fn forward(&self, x: &Rows, pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<Rows> {
        let clock = pass.clock;
        let projected = clock.time(Part::MixerProducts, || self.in_proj.apply(x))?;
        let mixed = clock.time(Part::Mixer, || ops::mixer(&self.mixer, &projected, &pass.spans, states))?; // [rows, DI]
        clock.time(Part::MixerProducts, || self.out_proj.apply(&mixed))
    }

    /// Numbers it leaves behind.
    pub(crate) fn memory(&self) -> Memory {
        let convolution = &self.mixer.convolution;
        Memory {
            columns: (convolution.width() - 1) * convolution.channels(),
            recurrent: self.recurrent(),
            ..Memory::default()
        }
    }

    /// What one token costs: the products, three multiply-adds for each number of the state, which is read and written.
    pub(crate) fn cost(&self) -> Cost {
        Cost::of([&self.in_proj, &self.out_proj]) + Cost::of_scan(self.recurrent())
    }

    fn recurrent(&self) -> usize {
        self.mixer.norm.len() * self.mixer.sizes.state
    }
}
