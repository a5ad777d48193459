//! Whose cores the machine has, and which tile is the faster one on them: known for AMD and Intel, measured for others.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::panels::{Format, Panels, pack};
use super::tile::Start;
use super::{Arithmetic, Isa, Tile, alone, multiply};

/// Who made the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Zen, and Hygon's copy of it.
    Amd,
    /// Where products of bf16 by their instruction are slower than as many multiply-adds of f32 (0.6 to 0.8 ×).
    Intel,
    /// Nobody whose cores were measured by us.
    Other,
}

impl Family {
    /// By the twelve letters that `cpuid` gives.
    fn of(vendor: [u8; 12]) -> Self {
        match &vendor {
            b"AuthenticAMD" | b"HygonGenuine" => Self::Amd,
            b"GenuineIntel" => Self::Intel,
            _ => Self::Other,
        }
    }

    pub(super) fn is_amd(self) -> bool {
        self == Self::Amd
    }
}

/// That of this machine.
pub(super) fn current() -> Family {
    let leaf = std::arch::x86_64::__cpuid(0);
    let mut vendor = [0; 12];
    for (to, word) in vendor.chunks_exact_mut(4).zip([leaf.ebx, leaf.edx, leaf.ecx]) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    Family::of(vendor)
}

/// The tile of this machine, which has AVX-512: what `SPYGLASS_TILE` (`10x32`, `8x48`) asks for, else the faster one. Chosen once.
pub(super) fn tile() -> Tile {
    static TILE: OnceLock<Tile> = OnceLock::new();
    *TILE.get_or_init(|| match (std::env::var("SPYGLASS_TILE").as_deref(), current()) {
        (Ok("10x32"), _) | (_, Family::Amd) => Tile::Tall,
        (Ok("8x48"), _) | (_, Family::Intel) => Tile::Wide,
        (_, Family::Other) => measured(),
    })
}

/// The faster tile over a product of a fraction of a millisecond, the best of several.
fn measured() -> Tile {
    let (rows, out, input) = (96, 192, 512);
    let numbers = |count: usize| (0..count).map(|i| (i % 17) as f32 - 8.0).collect::<Vec<_>>();
    let (x, w, mut y) = (numbers(rows * input), numbers(out * input), vec![0.0; rows * out]);
    let Ok(mut weight) = Panels::new(out, input, Format::F32) else { return Tile::Tall };
    weight.fill(|panel, rows| pack(&w[rows.start * input..rows.end * input], input, Format::F32, panel, 0));
    let mut best = [Duration::MAX; 2];
    for _ in 0..8 {
        for (best, tile) in best.iter_mut().zip([Tile::Tall, Tile::Wide]) {
            let (isa, began) = (Isa::Avx512 { bf16: false, vnni: false, tile, amx: false }, Instant::now());
            alone(|| multiply(isa, Arithmetic::F32, &x, &weight, Start::Zero, &mut y));
            *best = began.elapsed().min(*best);
        }
    }
    if best[1] < best[0] { Tile::Wide } else { Tile::Tall }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_are_told_by_their_letters() {
        let cases = [
            (b"AuthenticAMD", Family::Amd),
            (b"HygonGenuine", Family::Amd),
            (b"GenuineIntel", Family::Intel),
            (b"CentaurHauls", Family::Other),
        ];
        cases.into_iter().for_each(|(vendor, family)| assert_eq!(Family::of(*vendor), family));
    }

    #[test]
    fn an_unknown_machine_is_measured_within_a_second() {
        if Isa::available().iter().any(|isa| matches!(isa, Isa::Avx512 { .. })) {
            assert!([Tile::Tall, Tile::Wide].contains(&measured()));
        }
    }
}
