//! What is done row by row: norms, the gate of the MLP, rotation, addition.

use super::math::{Gate, GatedBySilu, ScaledProduct, Sum, sum_of_squares, zip, zip_to};
use super::vector::{Vector, on_isa};

/// ε of the gated norm, whatever the config says (SPEC §1).
const GATED_NORM_EPS: f32 = 1e-5;

/// A row to be normalised.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Row<'a> {
    /// As it is.
    One(&'a [f32]),
    /// The sum of two.
    Sum(&'a [f32], &'a [f32]),
    /// One after the other.
    Joined(&'a [f32], &'a [f32]),
}

#[inline(always)]
fn rms_norm_body<V: Vector>(row: Row<'_>, weight: &[f32], eps: f32, out: &mut [f32]) {
    match row {
        Row::One(x) => out.copy_from_slice(x),
        Row::Sum(x, y) => zip_to::<V>(out, x, y, Sum),
        Row::Joined(x, y) => {
            let (first, second) = out.split_at_mut(x.len());
            first.copy_from_slice(x);
            second.copy_from_slice(y);
        }
    }
    scale::<V>(out, weight, eps);
}

/// `x / sqrt(mean(x²) + ε) ⊙ w`, in place.
#[inline(always)]
fn scale<V: Vector>(x: &mut [f32], weight: &[f32], eps: f32) {
    let scale = 1.0 / (sum_of_squares::<V>(x) / x.len() as f32 + eps).sqrt();
    zip::<V>(x, weight, ScaledProduct(scale));
}

#[inline(always)]
fn gated_norm_body<V: Vector>(y: &mut [f32], z: &[f32], weight: &[f32], groups: usize) {
    zip::<V>(y, z, GatedBySilu);
    let size = y.len() / groups;
    for (y, weight) in y.chunks_exact_mut(size).zip(weight.chunks_exact(size)) {
        scale::<V>(y, weight, GATED_NORM_EPS);
    }
}

#[inline(always)]
fn gate_body<V: Vector>(gate: &[f32], up: &[f32], out: &mut [f32]) {
    zip_to::<V>(out, gate, up, Gate);
}

#[inline(always)]
fn add_body<V: Vector>(x: &mut [f32], y: &[f32]) {
    zip::<V>(x, y, Sum);
}

/// Turns every pair (i, i + half) of every head of a row by its angle.
#[inline(always)]
fn rotate_body<V: Vector>(row: &mut [f32], cos: &[f32], sin: &[f32]) {
    let half = cos.len();
    for head in row.chunks_exact_mut(2 * half) {
        let (first, second) = head.split_at_mut(half);
        for (((first, second), &cos), &sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
            (*first, *second) = (*first * cos - *second * sin, *second * cos + *first * sin);
        }
    }
}

on_isa! {
    /// `x / sqrt(mean(x²) + ε) ⊙ w` of one row.
    fn rms_norm(row: Row<'_>, weight: &[f32], eps: f32, out: &mut [f32]) = rms_norm_body
}

on_isa! {
    /// `y ⊙ silu(z)`, normalised in each of `groups` groups apart, ⊙ weight; one row, in place (SPEC §2, Mixer 5).
    fn gated_norm(y: &mut [f32], z: &[f32], weight: &[f32], groups: usize) = gated_norm_body
}

on_isa! {
    /// `gelu(gate) ⊙ up` of one row.
    fn gate(gate: &[f32], up: &[f32], out: &mut [f32]) = gate_body
}

on_isa! {
    /// `x + y`, in place.
    fn add(x: &mut [f32], y: &[f32]) = add_body
}

on_isa! {
    /// Rotary embedding of one row: pairs (i, i + HD/2) of each head turned by angle i (SPEC §2).
    fn rotate(row: &mut [f32], cos: &[f32], sin: &[f32]) = rotate_body
}
