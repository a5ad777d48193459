//! The selective scan of Mamba-1: `S ← exp(Δt·A) ⊙ S + Δt·x Bᵀ`, `y = (S C + D ⊙ x) ⊙ silu(z)`, token by token, where every channel has
//! decays of its own.
//!
//! Sixteen channels lie in the lanes of a vector, sixteen columns of their states in registers, while time passes by. A state is carried
//! from any token to the next by the same operations, so a text may be cut anywhere.

use super::math::{exp2, load_part, silu, softplus_of};
use super::scan::Recurrent;
use super::strip::Strip;
use super::vector::{LANES, Vector, on_isa};

/// Channels that are scanned together.
pub(crate) const SCANNED: usize = LANES;

/// Tokens that pass by before the next columns of the state are taken up.
const TOKENS: usize = 32;

/// Some columns of rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a> {
    /// Rows `width` wide.
    pub(crate) rows: &'a [f32],
    pub(crate) width: usize,
    /// The first of them.
    pub(crate) column: usize,
}

impl<'a> Columns<'a> {
    #[inline(always)]
    fn of(self, row: usize, count: usize) -> &'a [f32] {
        let start = row * self.width + self.column;
        &self.rows[start..start + count]
    }
}

/// At most [`SCANNED`] channels of one sequence, all of one group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channels<'a> {
    /// After the convolution.
    pub(crate) x: Columns<'a>,
    /// Before its bias and the softplus.
    pub(crate) dt: Columns<'a>,
    /// The group's.
    pub(crate) b: Columns<'a>,
    pub(crate) c: Columns<'a>,
    /// The gate.
    pub(crate) z: Columns<'a>,
    pub(crate) dt_bias: &'a [f32],
    /// [channels, S], below zero.
    pub(crate) a: &'a [f32],
    pub(crate) d: &'a [f32],
    /// S.
    pub(crate) state: usize,
}

#[inline(always)]
fn selective_body<V: Vector>(channels: Channels<'_>, mut state: Recurrent<'_>, mut out: Strip<'_>) {
    let (len, lanes, n) = (out.rows(), out.columns(), channels.state);
    let mut columns = turned(state.before(), lanes, n);
    let decays = turned(channels.a, lanes, n);
    let log2_e = V::splat(std::f32::consts::LOG2_E);
    let (bias, d) = (load_part::<V>(channels.dt_bias), load_part::<V>(channels.d));
    let (mut dts, mut inputs, mut sums) = ([V::zero(); TOKENS], [V::zero(); TOKENS], [V::zero(); TOKENS]);
    for from in (0..len).step_by(TOKENS) {
        let count = TOKENS.min(len - from);
        for t in 0..count {
            let x = load_part::<V>(channels.x.of(from + t, lanes));
            dts[t] = softplus_of(load_part::<V>(channels.dt.of(from + t, lanes)).add(bias));
            inputs[t] = x.mul(dts[t]);
            sums[t] = x.mul(d);
        }
        for first in (0..n).step_by(LANES) {
            let here = first..n.min(first + LANES);
            if here.len() == LANES {
                let mut states = [V::zero(); LANES];
                let mut rates = [V::zero(); LANES];
                for i in 0..LANES {
                    states[i] = V::load(&columns[first + i]);
                    rates[i] = V::load(&decays[first + i]).mul(log2_e);
                }
                for t in 0..count {
                    let (b, c) = (channels.b.of(from + t, n), channels.c.of(from + t, n));
                    let (b, c) = (&b[here.clone()], &c[here.clone()]);
                    let mut parts = [sums[t], V::zero(), V::zero(), V::zero()]; // four chains hide the time an addition takes
                    for i in 0..LANES {
                        let decay = exp2(dts[t].mul(rates[i]));
                        states[i] = inputs[t].fma(V::splat(b[i]), states[i].mul(decay));
                        parts[i % 4] = states[i].fma(V::splat(c[i]), parts[i % 4]);
                    }
                    sums[t] = parts[0].add(parts[1]).add(parts[2].add(parts[3]));
                }
                for i in 0..LANES {
                    states[i].store(&mut columns[first + i]);
                }
            } else {
                for t in 0..count {
                    let (b, c) = (channels.b.of(from + t, n), channels.c.of(from + t, n));
                    for i in here.clone() {
                        let decay = exp2(dts[t].mul(V::load(&decays[i]).mul(log2_e)));
                        let next = inputs[t].fma(V::splat(b[i]), V::load(&columns[i]).mul(decay));
                        next.store(&mut columns[i]);
                        sums[t] = next.fma(V::splat(c[i]), sums[t]);
                    }
                }
            }
        }
        for (t, sum) in sums.iter().enumerate().take(count) {
            let gated = sum.mul(silu(load_part::<V>(channels.z.of(from + t, lanes))));
            out.row(from + t).copy_from_slice(&gated.to_array()[..lanes]);
        }
    }
    if let Some(after) = state.after() {
        for (lane, row) in after.chunks_exact_mut(n).enumerate() {
            columns.iter().zip(row).for_each(|(column, value)| *value = column[lane]);
        }
    }
}

/// Rows [lanes, n] as columns: [n, 16].
#[inline(always)]
fn turned(rows: &[f32], lanes: usize, n: usize) -> Vec<[f32; LANES]> {
    let mut columns = vec![[0f32; LANES]; n];
    for (lane, row) in rows.chunks_exact(n).enumerate().take(lanes) {
        columns.iter_mut().zip(row).for_each(|(column, &value)| column[lane] = value);
    }
    columns
}

on_isa! {
    /// Scans the channels of one sequence; `out` [len, channels].
    fn selective_scan(channels: Channels<'_>, state: Recurrent<'_>, out: Strip<'_>) = selective_body
}
