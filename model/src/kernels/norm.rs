//! What is done row by row: norms, the gate of the MLP, rotation, addition.

use super::math::{
    Activation, GatedBySilu, Gelu, GeluGate, GeluTanh, GeluTanhGate, Relu, ReluGate, ScaledProduct, Shift, Silu,
    SiluGate, Sum, map, sum, sum_of_squares, zip, zip_to,
};
use super::vector::{Vector, on_isa};

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

impl Row<'_> {
    #[inline(always)]
    fn put<V: Vector>(self, out: &mut [f32]) {
        match self {
            Row::One(x) => out.copy_from_slice(x),
            Row::Sum(x, y) => zip_to::<V>(out, x, y, Sum),
            Row::Joined(x, y) => {
                let (first, second) = out.split_at_mut(x.len());
                first.copy_from_slice(x);
                second.copy_from_slice(y);
            }
        }
    }
}

#[inline(always)]
fn rms_norm_body<V: Vector>(row: Row<'_>, weight: &[f32], eps: f32, out: &mut [f32]) {
    row.put::<V>(out);
    scale::<V>(out, weight, eps);
}

#[inline(always)]
fn layer_norm_body<V: Vector>(row: Row<'_>, weight: &[f32], bias: &[f32], eps: f32, out: &mut [f32]) {
    row.put::<V>(out);
    let mean = sum::<V>(out) / out.len() as f32;
    map::<V>(out, Shift(-mean));
    scale::<V>(out, weight, eps);
    zip::<V>(out, bias, Sum);
}

/// `x / sqrt(mean(x²) + ε) ⊙ w`, in place.
#[inline(always)]
fn scale<V: Vector>(x: &mut [f32], weight: &[f32], eps: f32) {
    let scale = 1.0 / (sum_of_squares::<V>(x) / x.len() as f32 + eps).sqrt();
    zip::<V>(x, weight, ScaledProduct(scale));
}

#[inline(always)]
fn gated_norm_body<V: Vector>(y: &mut [f32], z: &[f32], weight: &[f32], groups: usize, eps: f32) {
    zip::<V>(y, z, GatedBySilu);
    let size = y.len() / groups;
    for (y, weight) in y.chunks_exact_mut(size).zip(weight.chunks_exact(size)) {
        scale::<V>(y, weight, eps);
    }
}

#[inline(always)]
fn gate_body<V: Vector>(activation: Activation, gate: &[f32], up: &[f32], out: &mut [f32]) {
    match activation {
        Activation::Gelu => zip_to::<V>(out, gate, up, GeluGate),
        Activation::GeluTanh => zip_to::<V>(out, gate, up, GeluTanhGate),
        Activation::Silu => zip_to::<V>(out, gate, up, SiluGate),
        Activation::Relu => zip_to::<V>(out, gate, up, ReluGate),
    }
}

#[inline(always)]
fn activate_body<V: Vector>(activation: Activation, x: &mut [f32]) {
    match activation {
        Activation::Gelu => map::<V>(x, Gelu),
        Activation::GeluTanh => map::<V>(x, GeluTanh),
        Activation::Silu => map::<V>(x, Silu),
        Activation::Relu => map::<V>(x, Relu),
    }
}

#[inline(always)]
fn add_body<V: Vector>(x: &mut [f32], y: &[f32]) {
    zip::<V>(x, y, Sum);
}

/// Turns every pair (i, i + half) of every head of a row by its angle.
#[inline(always)]
fn rotate_body<V: Vector>(row: &mut [f32], head_dim: usize, cos: &[f32], sin: &[f32]) {
    let half = cos.len();
    for head in row.chunks_exact_mut(head_dim) {
        let (first, second) = head[..2 * half].split_at_mut(half);
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
    /// `y ⊙ silu(z)`, normalised in each of `groups` groups apart, ⊙ weight; one row, in place.
    fn gated_norm(y: &mut [f32], z: &[f32], weight: &[f32], groups: usize, eps: f32) = gated_norm_body
}

on_isa! {
    /// `(x − mean(x)) / sqrt(var(x) + ε) ⊙ w + b` of one row.
    fn layer_norm(row: Row<'_>, weight: &[f32], bias: &[f32], eps: f32, out: &mut [f32]) = layer_norm_body
}

on_isa! {
    /// `f(gate) ⊙ up` of one row.
    fn gate(activation: Activation, gate: &[f32], up: &[f32], out: &mut [f32]) = gate_body
}

on_isa! {
    /// `f(x)`, in place.
    fn activate(activation: Activation, x: &mut [f32]) = activate_body
}

on_isa! {
    /// `x + y`, in place.
    fn add(x: &mut [f32], y: &[f32]) = add_body
}

on_isa! {
    /// Rotary embedding of one row: pairs (i, i + R/2) of each head turned by angle i, where R numbers of it are turned.
    fn rotate(row: &mut [f32], head_dim: usize, cos: &[f32], sin: &[f32]) = rotate_body
}
