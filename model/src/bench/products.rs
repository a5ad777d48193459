//! What was chosen for products on this machine, and what the other ways would have given.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::pieces::numbers;
use crate::error::Result;
use crate::kernels::{Arithmetic, Format, Isa, Panels, Start, Tile, multiply, pack};
use crate::options::Precision;

/// One way of a product of many rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductSpeed {
    /// What is multiplied.
    pub precision: Precision,
    /// How.
    pub way: &'static str,
    /// Whether it is the one that is used.
    pub is_chosen: bool,
    /// Operations a second, two a multiply-add.
    pub flops: f64,
}

/// Rows, outputs and inputs: those of an MLP of a small model.
const SIZES: [usize; 3] = [512, 3072, 768];
/// Rounds of which the fastest counts: what else the machine does only slows them.
const ROUNDS: usize = 12;

/// Measures every way that this machine has, on all threads; takes about a second.
///
/// # Errors
/// There is no memory.
pub fn product_speeds() -> Result<Vec<ProductSpeed>> {
    let current = Isa::current();
    let mut speeds = Vec::new();
    for (precision, format, arithmetic) in [
        (Precision::F32, Format::F32, Arithmetic::F32),
        (Precision::Bf16, Format::Bf16, Arithmetic::Bf16),
        (Precision::Int8, Format::Int8, Arithmetic::F32),
    ] {
        let ways: Vec<(&str, Isa, bool)> = ways(current, &Isa::paths(), precision);
        let best = measure(format, arithmetic, &ways)?;
        let flops = 2.0 * SIZES.iter().product::<usize>() as f64;
        speeds.extend(ways.iter().zip(best).map(|(&(way, _, is_chosen), best)| ProductSpeed {
            precision,
            way,
            is_chosen,
            flops: flops / best.as_secs_f64(),
        }));
    }
    Ok(speeds)
}

/// The ways of one arithmetic on the instruction set in use, of `all` that the machine has, and which is taken.
fn ways(current: Isa, all: &[Isa], precision: Precision) -> Vec<(&'static str, Isa, bool)> {
    let Isa::Avx512 { bf16, vnni, tile, amx } = current else { return vec![(current.name(), current, true)] };
    let mut ways = match precision {
        Precision::F32 | Precision::Q4 => vec![
            ("tiles of 10 × 32", Isa::Avx512 { bf16, vnni, tile: Tile::Tall, amx }),
            ("tiles of 8 × 48", Isa::Avx512 { bf16, vnni, tile: Tile::Wide, amx }),
        ],
        Precision::Bf16 => vec![
            ("expanded to f32", Isa::Avx512 { bf16: false, vnni, tile, amx: false }),
            ("`vdpbf16ps`", Isa::Avx512 { bf16: true, vnni, tile, amx: false }),
            ("`tdpbf16ps`", Isa::Avx512 { bf16, vnni, tile, amx: true }),
        ],
        Precision::Int8 => vec![
            ("16 bits", Isa::Avx512 { bf16, vnni: false, tile, amx: false }),
            ("`vpdpbusd`", Isa::Avx512 { bf16, vnni: true, tile, amx: false }),
            ("`tdpbusd`", Isa::Avx512 { bf16, vnni: true, tile, amx: true }),
        ],
    };
    let needs_nothing = |way: Isa| precision == Precision::Int8 && !way.has_vnni();
    ways.retain(|&(_, way)| needs_nothing(way) || all.contains(&way));
    ways.into_iter().map(|(name, way)| (name, way, way == current)).collect()
}

/// The shortest time of each way, in turns.
fn measure(format: Format, arithmetic: Arithmetic, ways: &[(&str, Isa, bool)]) -> Result<Vec<Duration>> {
    let [rows, out, input] = SIZES;
    let (x, w, mut y) = (numbers(rows * input), numbers(out * input), vec![0.0; rows * out]);
    let mut weight = Panels::new(out, input, format)?;
    weight.fill(|panel, rows| pack(&w[rows.start * input..rows.end * input], input, format, panel, 0));
    let mut best = vec![Duration::MAX; ways.len()];
    for _ in 0..ROUNDS {
        for (best, &(_, isa, _)) in best.iter_mut().zip(ways) {
            let began = Instant::now();
            multiply(isa, arithmetic, black_box(&x), &weight, Start::Zero, &mut y);
            *best = began.elapsed().min(*best);
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_needs_what_the_machine_has_not() {
        let of = |tile| Isa::Avx512 { bf16: false, vnni: false, tile, amx: false };
        let all = [of(Tile::Tall), of(Tile::Wide)];
        for (precision, count) in [(Precision::F32, 2), (Precision::Bf16, 1), (Precision::Int8, 1)] {
            let ways = ways(all[1], &all, precision);
            assert!(ways.len() == count && ways.iter().all(|(_, way, _)| all.contains(way)), "{ways:?}");
        }
    }

    #[test]
    fn one_way_of_each_arithmetic_is_taken() {
        for isa in Isa::available() {
            for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
                let ways = ways(isa, &Isa::paths(), precision);
                assert_eq!(ways.iter().filter(|way| way.2).count(), 1, "{isa:?} {precision:?}");
                assert!(ways.iter().all(|&(_, other, taken)| taken == (other == isa)), "{isa:?}: {ways:?}");
            }
        }
    }
}
