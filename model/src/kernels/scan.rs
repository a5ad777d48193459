//! The selective scan: the plain recurrence `S ← exp(Δt·A)·S + Δt·x Bᵀ`, `y = S C + D·x`, token by token.
//!
//! Sixteen channels of a head lie in the lanes of a vector, sixteen columns of the state in registers, while time passes by. No chunks: a
//! state is carried from any token to the next by the same operations, so a text may be cut anywhere.

use super::math::{Exp, map, softplus};
use super::strip::Strip;
use super::vector::{LANES, Vector, on_isa};

/// One head's part of a scan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    /// Rows of x, B and C after the convolution, `width` wide.
    pub(crate) mixed: &'a [f32],
    pub(crate) width: usize,
    /// Where in a row this head's x, B and C begin.
    pub(crate) at: [usize; 3],
    /// P and N.
    pub(crate) sizes: [usize; 2],
    /// Rows of the projection, and where in them and in a row its Δt lies: (rows, width, column).
    pub(crate) dt: (&'a [f32], usize, usize),
    pub(crate) dt_bias: f32,
    /// Least and greatest Δt.
    pub(crate) dt_limit: [f32; 2],
    /// A, below zero.
    pub(crate) a: f32,
    pub(crate) d: f32,
}

/// A state before and after: a head's [P, N], or that of some channels [channels, S].
#[derive(Debug)]
pub(crate) enum Recurrent<'a> {
    /// Moved on in place.
    InPlace(&'a mut [f32]),
    /// Read, and written elsewhere.
    Copied(&'a [f32], &'a mut [f32]),
    /// Read alone: nobody wants what comes after.
    Left(&'a [f32]),
}

impl Recurrent<'_> {
    pub(super) fn before(&self) -> &[f32] {
        match self {
            Self::InPlace(state) => state,
            Self::Copied(state, _) | Self::Left(state) => state,
        }
    }

    pub(super) fn after(&mut self) -> Option<&mut [f32]> {
        match self {
            Self::InPlace(state) | Self::Copied(_, state) => Some(state),
            Self::Left(_) => None,
        }
    }
}

/// Tokens that pass by before the next columns of the state are taken up: x, y, B and C of so many stay in the first caches.
const TOKENS: usize = 64;

#[inline(always)]
fn scan_body<V: Vector>(head: Head<'_>, mut state: Recurrent<'_>, mut out: Strip<'_>) {
    let [p, n] = head.sizes;
    let len = out.rows();
    let (dts, decays) = steps::<V>(head, len);
    let mut columns = vec![[0f32; LANES]; n]; // sixteen rows of the state, turned
    for channel in (0..p).step_by(LANES) {
        let lanes = LANES.min(p - channel);
        columns.fill([0.0; LANES]);
        for lane in 0..lanes {
            let row = &state.before()[(channel + lane) * n..(channel + lane + 1) * n];
            columns.iter_mut().zip(row).for_each(|(column, &value)| column[lane] = value);
        }
        for from in (0..len).step_by(TOKENS) {
            let tokens = from..len.min(from + TOKENS);
            let mut piece = Piece::<V>::new(head, &dts[tokens.clone()], &decays[tokens], from, channel, lanes);
            let (blocks, rest) = columns.as_chunks_mut::<LANES>();
            for (block, columns) in blocks.iter_mut().enumerate() {
                piece.sixteen_columns(block * LANES, columns);
            }
            piece.few_columns(n - rest.len(), rest);
            piece.write(&mut out, channel, lanes);
        }
        if let Some(after) = state.after() {
            for lane in 0..lanes {
                let row = &mut after[(channel + lane) * n..(channel + lane + 1) * n];
                columns.iter().zip(row).for_each(|(column, value)| *value = column[lane]);
            }
        }
    }
}

/// Δt of every token, and exp(Δt·A).
#[inline(always)]
fn steps<V: Vector>(head: Head<'_>, len: usize) -> (Vec<f32>, Vec<f32>) {
    let (rows, width, column) = head.dt;
    let [least, most] = head.dt_limit;
    let step = |t: usize| softplus(rows[t * width + column] + head.dt_bias).clamp(least, most); // NaN stays NaN
    let dts: Vec<f32> = (0..len).map(step).collect();
    let mut decays: Vec<f32> = dts.iter().map(|dt| dt * head.a).collect();
    map::<V>(&mut decays, Exp);
    (dts, decays)
}

/// Some tokens of sixteen channels of a head.
struct Piece<'a, V> {
    head: Head<'a>,
    from: usize,
    decays: &'a [f32],
    /// Δt·x, and y as far as it is summed up.
    inputs: [V; TOKENS],
    sums: [V; TOKENS],
}

impl<'a, V: Vector> Piece<'a, V> {
    #[inline(always)]
    fn new(head: Head<'a>, dts: &[f32], decays: &'a [f32], from: usize, channel: usize, lanes: usize) -> Self {
        let (mut inputs, mut sums) = ([V::zero(); TOKENS], [V::zero(); TOKENS]);
        let d = V::splat(head.d);
        for (t, &dt) in dts.iter().enumerate() {
            let mut x = [0.0; LANES];
            let start = (from + t) * head.width + head.at[0] + channel;
            x[..lanes].copy_from_slice(&head.mixed[start..start + lanes]);
            let x = V::load(&x);
            inputs[t] = x.mul(V::splat(dt));
            sums[t] = x.mul(d);
        }
        Self { head, from, decays, inputs, sums }
    }

    /// B and C of a token, from column `column` on.
    #[inline(always)]
    fn b_and_c(&self, t: usize, column: usize) -> (&'a [f32], &'a [f32]) {
        let Head { mixed, width, at: [_, b, c], sizes: [_, n], .. } = self.head;
        let row = &mixed[(self.from + t) * width..(self.from + t + 1) * width];
        (&row[b + column..b + n], &row[c + column..c + n])
    }

    /// Columns `first..first + 16` of the state, in registers.
    #[inline(always)]
    fn sixteen_columns(&mut self, first: usize, columns: &mut [[f32; LANES]; LANES]) {
        let mut state = [V::zero(); LANES];
        for (state, column) in state.iter_mut().zip(&*columns) {
            *state = V::load(column);
        }
        for t in 0..self.decays.len() {
            let (b, c) = self.b_and_c(t, first);
            let (b, c): (&[f32; LANES], &[f32; LANES]) =
                (b.first_chunk().expect("sixteen columns"), c.first_chunk().expect("sixteen columns"));
            let (decay, input) = (V::splat(self.decays[t]), self.inputs[t]);
            let mut sums = [self.sums[t], V::zero(), V::zero(), V::zero()]; // four chains hide the time an addition takes
            for i in 0..LANES {
                state[i] = input.fma(V::splat(b[i]), state[i].mul(decay));
                sums[i % 4] = state[i].fma(V::splat(c[i]), sums[i % 4]);
            }
            self.sums[t] = sums[0].add(sums[1]).add(sums[2].add(sums[3]));
        }
        for (state, column) in state.into_iter().zip(columns) {
            state.store(column);
        }
    }

    /// The last columns, fewer than sixteen.
    #[inline(always)]
    fn few_columns(&mut self, first: usize, columns: &mut [[f32; LANES]]) {
        for t in 0..self.decays.len() {
            let (b, c) = self.b_and_c(t, first);
            let decay = V::splat(self.decays[t]);
            for ((column, &b), &c) in columns.iter_mut().zip(b).zip(c) {
                let state = self.inputs[t].fma(V::splat(b), V::load(column).mul(decay));
                state.store(column);
                self.sums[t] = state.fma(V::splat(c), self.sums[t]);
            }
        }
    }

    #[inline(always)]
    fn write(&self, out: &mut Strip<'_>, channel: usize, lanes: usize) {
        for (t, sum) in self.sums.iter().enumerate().take(self.decays.len()) {
            out.row(self.from + t)[channel..channel + lanes].copy_from_slice(&sum.to_array()[..lanes]);
        }
    }
}

on_isa! {
    /// Scans one head of one sequence; `out` [len, P].
    fn scan(head: Head<'_>, state: Recurrent<'_>, out: Strip<'_>) = scan_body
}
