//! Elementary functions over vectors, with their errors.

use super::vector::{LANES, Vector};

/// eˣ: relative error below 2e-7; e⁰ is exactly 1. Below −87 it is 0 or all but, above 88 it stays at e⁸⁸.
#[inline(always)]
pub(super) fn exp<V: Vector>(x: V) -> V {
    let x = V::splat(88.0).min(V::splat(-87.3).max(x)); // in this order NaN stays NaN
    let shift = V::splat(12_582_912.0); // 1.5·2²³: adding it rounds to a whole number, in the lowest bits
    let shifted = x.fma(V::splat(std::f32::consts::LOG2_E), shift);
    let n = shifted.sub(shift);
    // x − n·ln 2 with ln 2 in two parts, the first exact in few bits
    let r = n.fma(V::splat(-0.693_359_4), x);
    let r = n.fma(V::splat(2.121_944_4e-4), r);
    // Taylor to r⁷: |r| ≤ ln 2 / 2 leaves 5e-9
    let mut sum = V::splat(1.0 / 5040.0);
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum.fma(r, V::splat(term));
    }
    sum.mul(shifted.power_of_shifted())
}

/// 2ˣ for x up to 127: relative error below 2e-7; 2⁰ is exactly 1. Below −126 it is 2⁻¹²⁶.
///
/// 2ʳ = 1 + r·P(r) for |r| ≤ 1/2; P interpolates (2ʳ − 1)/r at six Chebyshev nodes. Fewer steps than [`exp`], for where it is all that is done.
#[inline(always)]
pub(super) fn exp2<V: Vector>(x: V) -> V {
    const P: [f32; 6] =
        [1.545_316_3e-4, 1.339_086_3e-3, 9.618_083e-3, 5.550_357e-2, 0.240_226_5, std::f32::consts::LN_2];
    let x = V::splat(-126.0).max(x); // in this order NaN stays NaN
    let shift = V::splat(12_582_912.0); // see `exp`
    let shifted = x.add(shift);
    let r = x.sub(shifted.sub(shift));
    let mut sum = V::splat(P[0]);
    for &term in &P[1..] {
        sum = sum.fma(r, V::splat(term));
    }
    sum.fma(r, V::splat(1.0)).mul(shifted.power_of_shifted())
}

/// x / (1 + e⁻ˣ): relative error below 4e-7.
#[inline(always)]
pub(super) fn silu<V: Vector>(x: V) -> V {
    x.div(V::splat(1.0).add(exp(V::zero().sub(x))))
}

/// The exact GELU, x·Φ(x): error below 3e-7·|x|, and relative to Φ where x is negative below 2e-6.
///
/// x·Φ(x) = max(x, 0) − |x|/2 · erfc(|x|/√2). For z ≥ 0, erfc(z) = e^(−z²)·t·P(t) with t = 1/(1 + z/2); P interpolates
/// at the Chebyshev nodes of 0 ≤ z ≤ 9.5, relative error 5e-8.
#[inline(always)]
pub(super) fn gelu<V: Vector>(x: V) -> V {
    const P: [f32; 9] = [
        -5.933_812_6e-2,
        2.859_796_7e-1,
        -4.902_760_5e-1,
        0.281_742_2,
        -2.923_109_8e-2,
        2.038_022_6e-1,
        2.428_240_9e-1,
        2.824_126_1e-1,
        2.820_844e-1,
    ];
    let size = x.abs();
    let t = V::splat(1.0).div(size.fma(V::splat(0.5 * std::f32::consts::FRAC_1_SQRT_2), V::splat(1.0)));
    let mut sum = V::splat(P[0]);
    for &term in &P[1..] {
        sum = sum.fma(t, V::splat(term));
    }
    let half = size.mul(V::splat(0.5));
    let tail = exp(V::zero().sub(half.mul(size))).mul(sum).mul(t); // erfc(|x|/√2)
    x.max(V::zero()).sub(half.mul(tail))
}

/// The GELU by its tanh approximation, x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), as x·σ(2·…): relative error below 2e-6.
#[inline(always)]
pub(super) fn gelu_tanh<V: Vector>(x: V) -> V {
    let twice = 2.0 * std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::FRAC_1_SQRT_2; // 2·√(2/π)
    let inner = x.mul(x).fma(V::splat(0.044_715 * twice), V::splat(twice)).mul(x);
    x.div(V::splat(1.0).add(exp(V::zero().sub(inner))))
}

/// log(1 + eˣ), lane by lane, without overflow: relative error below 5e-7.
///
/// max(x, 0) + log(1 + e) with e = e^(−|x|); log(1 + e) = 2·artanh(s), s = e / (2 + e) ≤ 1/3, by its series to s¹⁷.
#[inline(always)]
pub(super) fn softplus_of<V: Vector>(x: V) -> V {
    let e = exp(V::zero().sub(x.abs()));
    let s = e.div(e.add(V::splat(2.0)));
    let square = s.mul(s);
    let mut sum = V::splat(2.0 / 17.0);
    for term in [2.0 / 15.0, 2.0 / 13.0, 2.0 / 11.0, 2.0 / 9.0, 2.0 / 7.0, 2.0 / 5.0, 2.0 / 3.0, 2.0] {
        sum = sum.fma(square, V::splat(term));
    }
    sum.fma(s, V::zero().max(x))
}

/// The activation inside an MLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// x·Φ(x).
    Gelu,
    /// Its approximation by tanh.
    GeluTanh,
    /// x·σ(x).
    Silu,
    /// max(x, 0).
    Relu,
}

/// log(1 + eˣ), without overflow.
pub(super) fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// A function of one number, or of two. A type and no closure, since a closure is compiled without the instruction set of the kernel
/// that it is passed in, and a large one is not inlined back.
pub(super) trait Unary<V>: Copy {
    fn of(self, x: V) -> V;
}

/// See [`Unary`].
pub(super) trait Binary<V>: Copy {
    fn of(self, x: V, y: V) -> V;
}

/// Defines functions: `Name(fields), x, y => value`.
macro_rules! functions {
    ($($(#[$doc:meta])* $trait:ident $name:ident$(($field:ident: $type:ty))?, |$($x:ident),*| $value:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy)]
            pub(super) struct $name$((pub(super) $type))?;

            impl<V: Vector> $trait<V> for $name {
                #[inline(always)]
                fn of(self, $($x: V),*) -> V {
                    $(let $name($field) = self;)?
                    $value
                }
            }
        )*
    };
}

functions! {
    /// eˣ.
    Unary Exp, |x| exp(x);
    /// x·σ(x).
    Unary Silu, |x| silu(x);
    /// The exact GELU.
    Unary Gelu, |x| gelu(x);
    /// The GELU by tanh.
    Unary GeluTanh, |x| gelu_tanh(x);
    /// The larger of x and 0.
    Unary Relu, |x| V::zero().max(x);
    /// x plus a number.
    Unary Shift(term: f32), |x| x.add(V::splat(term));
    /// x times a number.
    Unary Scale(factor: f32), |x| x.mul(V::splat(factor));
    /// x + y.
    Binary Sum, |x, y| x.add(y);
    /// gelu(x)·y.
    Binary GeluGate, |x, y| gelu(x).mul(y);
    /// The same with the GELU by tanh.
    Binary GeluTanhGate, |x, y| gelu_tanh(x).mul(y);
    /// silu(x)·y.
    Binary SiluGate, |x, y| silu(x).mul(y);
    /// The larger of x and 0, times y.
    Binary ReluGate, |x, y| V::zero().max(x).mul(y);
    /// x·silu(y).
    Binary GatedBySilu, |x, y| x.mul(silu(y));
    /// x·y times a number.
    Binary ScaledProduct(factor: f32), |x, y| x.mul(V::splat(factor)).mul(y);
}

/// `x = f(x)`, vector by vector, the last one filled up with zeros.
#[inline(always)]
pub(super) fn map<V: Vector>(values: &mut [f32], f: impl Unary<V>) {
    let (whole, rest) = values.as_chunks_mut::<LANES>();
    for chunk in whole {
        f.of(V::load(chunk)).store(chunk);
    }
    if !rest.is_empty() {
        store_part(f.of(load_part(rest)), rest);
    }
}

/// `x = f(x, y)`, vector by vector; both are of one length.
#[inline(always)]
pub(super) fn zip<V: Vector>(x: &mut [f32], y: &[f32], f: impl Binary<V>) {
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks_mut::<LANES>(), y.as_chunks::<LANES>());
    for (x, y) in x.iter_mut().zip(y) {
        f.of(V::load(x), V::load(y)).store(x);
    }
    if !x_rest.is_empty() {
        store_part(f.of(load_part(x_rest), load_part(y_rest)), x_rest);
    }
}

/// `out = f(x, y)`, vector by vector; all three are of one length.
#[inline(always)]
pub(super) fn zip_to<V: Vector>(out: &mut [f32], x: &[f32], y: &[f32], f: impl Binary<V>) {
    let (out, out_rest) = out.as_chunks_mut::<LANES>();
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    for ((out, x), y) in out.iter_mut().zip(x).zip(y) {
        f.of(V::load(x), V::load(y)).store(out);
    }
    if !out_rest.is_empty() {
        store_part(f.of(load_part(x_rest), load_part(y_rest)), out_rest);
    }
}

/// Σ x, in sixteen sums side by side and then halves onto halves.
#[inline(always)]
pub(super) fn sum<V: Vector>(values: &[f32]) -> f32 {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut sums = V::zero();
    for chunk in whole {
        sums = sums.add(V::load(chunk));
    }
    if !rest.is_empty() {
        sums = sums.add(load_part::<V>(rest));
    }
    sums.sum()
}

/// Σ x², in sixteen sums side by side and then halves onto halves.
#[inline(always)]
pub(super) fn sum_of_squares<V: Vector>(values: &[f32]) -> f32 {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut sums = V::zero();
    for chunk in whole {
        let x = V::load(chunk);
        sums = x.fma(x, sums);
    }
    if !rest.is_empty() {
        let x = load_part::<V>(rest);
        sums = x.fma(x, sums);
    }
    sums.sum()
}

/// The first lanes, as many as `to` holds.
#[inline(always)]
pub(super) fn store_part<V: Vector>(value: V, to: &mut [f32]) {
    to.copy_from_slice(&value.to_array()[..to.len()]);
}

/// Fewer numbers than a vector holds, then zeros.
#[inline(always)]
pub(super) fn load_part<V: Vector>(values: &[f32]) -> V {
    let mut filled = [0.0; LANES];
    filled[..values.len()].copy_from_slice(values);
    V::load(&filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Isa;
    use crate::kernels::vector::on_isa;

    #[inline(always)]
    fn all_body<V: Vector>(x: &[f32; LANES], out: &mut [[f32; LANES]; 6]) {
        let x = V::load(x);
        exp(x).store(&mut out[0]);
        silu(x).store(&mut out[1]);
        gelu(x).store(&mut out[2]);
        gelu_tanh(x).store(&mut out[3]);
        softplus_of(x).store(&mut out[4]);
        exp2(x).store(&mut out[5]);
    }

    on_isa! {
        fn all(x: &[f32; LANES], out: &mut [[f32; LANES]; 6]) = all_body
    }

    /// erfc by its continued fraction and series, in f64 (Abramowitz and Stegun, 7.1.6 and 7.1.14).
    fn erfc(z: f64) -> f64 {
        let scale = (-z * z).exp() / std::f64::consts::PI.sqrt();
        if z < 2.5 {
            let (mut term, mut sum) = (z, z);
            for n in 1..100 {
                term *= 2.0 * z * z / f64::from(2 * n + 1);
                sum += term;
            }
            return 1.0 - 2.0 * scale * sum;
        }
        let fraction = (1..200).rev().fold(z, |below, n| z + f64::from(n) / 2.0 / below);
        scale / fraction
    }

    #[test]
    fn functions_keep_the_errors_they_promise() {
        for isa in Isa::available() {
            for step in -9000..9000 {
                let x = step as f32 * 0.01 + 0.003;
                let mut out = [[0.0; LANES]; 6];
                all(isa, &[x; LANES], &mut out);
                let [exp, silu, gelu, gelu_tanh, softplus, exp2] = out.map(|lanes| f64::from(lanes[7]));
                let x = f64::from(x);
                if (-87.0..88.0).contains(&x) {
                    assert!((exp / x.exp() - 1.0).abs() < 2e-7, "{isa:?} exp({x}) = {exp}");
                    assert!((exp2 / x.exp2() - 1.0).abs() < 2e-7, "{isa:?} exp2({x}) = {exp2}");
                    let expected = x / (1.0 + (-x).exp());
                    assert!((silu / expected - 1.0).abs() < 4e-7, "{isa:?} silu({x}) = {silu}, {expected}");
                }
                let expected = x.max(0.0) - 0.5 * x.abs() * erfc(x.abs() / std::f64::consts::SQRT_2);
                assert!((gelu - expected).abs() < 3e-7 * x.abs(), "{isa:?} gelu({x}) = {gelu}, {expected}");
                let tanh = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
                let by_tanh = x / (1.0 + (-2.0 * tanh).exp());
                assert!(
                    (gelu_tanh - by_tanh).abs() < 2e-6 * x.abs(),
                    "{isa:?} gelu_tanh({x}) = {gelu_tanh}, {by_tanh}"
                );
                let expected = x.max(0.0) + (-x.abs()).exp().ln_1p();
                assert!(
                    (softplus / expected - 1.0).abs() < 5e-7 || expected < 1e-37,
                    "{isa:?} softplus({x}) = {softplus}, {expected}"
                );
                let expected = x.max(0.0) - 0.5 * x.abs() * erfc(x.abs() / std::f64::consts::SQRT_2);
                if (-6.0..0.0).contains(&x) {
                    assert!((gelu / expected - 1.0).abs() < 2e-6, "{isa:?} gelu({x}) = {gelu}, {expected}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        for isa in Isa::available() {
            let mut out = [[0.0; LANES]; 6];
            all(isa, &[f32::NAN; LANES], &mut out);
            assert!(out.as_flattened().iter().all(|x| x.is_nan()), "{isa:?}: {out:?}");
            all(isa, &[0.0; LANES], &mut out);
            let bits = out.map(|lanes| lanes.map(f32::to_bits));
            let [one, zero] = [1.0f32, 0.0].map(|x| [x.to_bits(); LANES]);
            assert_eq!([bits[0], bits[1], bits[2], bits[3], bits[5]], [one, zero, zero, zero, one], "{isa:?}");
        }
        assert!(softplus(f32::NAN).is_nan());
    }
}
