//! What the machine can do at most: fused multiply-adds without memory, and memory without arithmetic.

use super::vector::{LANES, Vector, on_isa};

/// Chains of multiply-adds side by side, as many as a product's tile has at most.
#[inline(always)]
fn chains<V: Vector, const N: usize>(rounds: usize) -> f32 {
    let mut sums = [V::zero(); N];
    let (factor, term) = (V::splat(0.999_9), V::splat(1e-3));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = sum.fma(factor, term);
        }
    }
    let mut all = V::zero();
    for sum in sums {
        all = all.add(sum);
    }
    all.sum()
}

#[inline(always)]
fn multiply_adds_body<V: Vector>(rounds: usize) -> f32 {
    match V::TILE_ROWS * V::TILE_VECTORS {
        20 => chains::<V, 20>(rounds),
        6 => chains::<V, 6>(rounds),
        _ => chains::<V, 3>(rounds),
    }
}

#[inline(always)]
fn read_body<V: Vector>(values: &[f32]) -> f32 {
    let mut sums = [V::zero(); 4];
    for chunk in values.as_chunks::<{ 4 * LANES }>().0 {
        for (sum, part) in sums.iter_mut().zip(chunk.as_chunks().0) {
            *sum = sum.add(V::load(part));
        }
    }
    sums[0].add(sums[1]).add(sums[2].add(sums[3])).sum()
}

on_isa! {
    /// `rounds` times [`per_round`] multiply-adds; gives a number so that nothing is left out.
    fn multiply_adds(rounds: usize) -> f32 = multiply_adds_body
}

on_isa! {
    /// Reads all of `values`.
    fn read(values: &[f32]) -> f32 = read_body
}

#[inline(always)]
fn per_round_body<V: Vector>() -> usize {
    V::TILE_ROWS * V::TILE_VECTORS * LANES
}

on_isa! {
    /// Multiply-adds in a round.
    fn per_round() -> usize = per_round_body
}
