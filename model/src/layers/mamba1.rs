//! The Mamba-1 mixer with its projections.

use super::state::{LayerState, Memory};
use crate::error::Result;
use crate::kernels::Convolution;
use crate::models::{Cost, Part, Pass};
use crate::ops::{self, Input, Linear, Norm, Rows, Selected, SelectiveWeights};

/// I channels, in heads that have a Δt, B and C of their own (most models have one).
#[derive(Debug)]
pub(crate) struct Mamba1 {
    pub(crate) in_proj: Linear, // [2I, H]: x, then the gate
    pub(crate) convolution: Convolution,
    pub(crate) heads: Vec<Head>,
    /// Norms of Δt, B and C before they are used.
    pub(crate) norms: Option<[Norm; 3]>,
    pub(crate) scan: SelectiveWeights,
    pub(crate) out_proj: Linear, // [H, I]
}

/// The projections of one head; R is the rank of Δt.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) x_proj: Linear,  // [R + 2S, I / heads]: Δt, B, C
    pub(crate) dt_proj: Linear, // [I / heads, R]
    /// R.
    pub(crate) rank: usize,
}

impl Mamba1 {
    /// x [rows, H] → [rows, H]; columns and recurrent states are moved on.
    pub(crate) fn forward(&self, x: &Rows, pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<Rows> {
        let clock = pass.clock;
        let projected = clock.time(Part::MixerProducts, || self.in_proj.apply(x))?;
        let mixed = clock.time(Part::Mixer, || ops::convolve(&self.convolution, &projected, &pass.spans, states))?;
        let [dt, b, c] = clock.time(Part::MixerProducts, || self.selected(&mixed))?;
        let selected = Selected { x: &mixed, dt: &dt, b: &b, c: &c, gated: &projected };
        let y = clock.time(Part::Mixer, || ops::selective_scan(&self.scan, selected, &pass.spans, states))?; // [rows, I]
        clock.time(Part::MixerProducts, || self.out_proj.apply(&y))
    }

    /// Δt [rows, I], B and C [rows, heads·S].
    fn selected(&self, mixed: &Rows) -> Result<[Rows; 3]> {
        let (n, width) = (self.scan.state, self.scan.d.len() / self.heads.len());
        let (mut dts, mut bs, mut cs) = (Vec::new(), Vec::new(), Vec::new());
        for (number, head) in self.heads.iter().enumerate() {
            let projected = if self.heads.len() == 1 {
                head.x_proj.apply(mixed)?
            } else {
                head.x_proj.apply(&ops::columns(mixed, number * width..(number + 1) * width)?)?
            };
            let rank = head.rank;
            let mut dt = ops::columns(&projected, 0..rank)?;
            let mut b = ops::columns(&projected, rank..rank + n)?;
            let mut c = ops::columns(&projected, rank + n..rank + 2 * n)?;
            if let Some([of_dt, of_b, of_c]) = &self.norms {
                dt = of_dt.apply(Input::One(&dt))?;
                b = of_b.apply(Input::One(&b))?;
                c = of_c.apply(Input::One(&c))?;
            }
            dts.push(head.dt_proj.apply(&dt)?);
            bs.push(b);
            cs.push(c);
        }
        Ok([ops::beside(dts)?, ops::beside(bs)?, ops::beside(cs)?])
    }

    /// Numbers it leaves behind.
    pub(crate) fn memory(&self) -> Memory {
        let columns = (self.convolution.width() - 1) * self.convolution.channels();
        Memory { columns, recurrent: self.scan.a.len(), ..Memory::default() }
    }

    /// What one token costs.
    pub(crate) fn cost(&self) -> Cost {
        let heads = self.heads.iter().flat_map(|head| [&head.x_proj, &head.dt_proj]);
        Cost::of([&self.in_proj, &self.out_proj].into_iter().chain(heads)) + Cost::of_scan(self.scan.a.len())
    }
}
