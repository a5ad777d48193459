//! Whose cores the machine has, and which tile and which product of bf16 are the faster ones on them: known for AMD and Intel, measured for others.

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
    *TILE.get_or_init(|| tile_of(std::env::var("SPYGLASS_TILE").ok().as_deref(), current()))
}

fn tile_of(asked: Option<&str>, family: Family) -> Tile {
    match (asked, family) {
        (Some("10x32"), _) => Tile::Tall,
        (Some("8x48"), _) | (_, Family::Intel) => Tile::Wide,
        (_, Family::Amd) => Tile::Tall,
        (_, Family::Other) => {
            let ways = [Tile::Tall, Tile::Wide];
            let isas = ways.map(|tile| Isa::Avx512 { bf16: false, vnni: false, tile, amx: false });
            ways[usize::from(second_is_faster(isas, Format::F32, Arithmetic::F32))]
        }
    }
}

/// Whether `vdpbf16ps`, which the machine has, is the faster way of a product of bf16. Chosen once.
pub(super) fn bf16_pays() -> bool {
    static PAYS: OnceLock<bool> = OnceLock::new();
    *PAYS.get_or_init(|| match current() {
        Family::Amd => true,
        Family::Intel => false,
        Family::Other => {
            let isas = [false, true].map(|bf16| Isa::Avx512 { bf16, vnni: false, tile: tile(), amx: false });
            second_is_faster(isas, Format::Bf16, Arithmetic::Bf16)
        }
    })
}

fn second_is_faster(ways: [Isa; 2], format: Format, arithmetic: Arithmetic) -> bool {
    measured(ways, format, arithmetic).is_some_and(|[first, second]| second < first)
}

/// How long two ways take for a product of a fraction of a millisecond, the best of several; `None` without memory.
fn measured(ways: [Isa; 2], format: Format, arithmetic: Arithmetic) -> Option<[Duration; 2]> {
    let (rows, out, input) = (96, 192, 512);
    let numbers = |count: usize| (0..count).map(|i| (i % 17) as f32 - 8.0).collect::<Vec<_>>();
    let (x, w, mut y) = (numbers(rows * input), numbers(out * input), vec![0.0; rows * out]);
    let mut weight = Panels::new(out, input, format).ok()?;
    weight.fill(|panel, rows| pack(&w[rows.start * input..rows.end * input], input, format, panel, 0));
    let mut best = [Duration::MAX; 2];
    for _ in 0..8 {
        for (best, isa) in best.iter_mut().zip(ways) {
            let began = Instant::now();
            alone(|| multiply(isa, arithmetic, &x, &weight, Start::Zero, &mut y));
            *best = began.elapsed().min(*best);
        }
    }
    Some(best)
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
    fn what_is_asked_for_goes_before_what_is_known() {
        for family in [Family::Amd, Family::Intel, Family::Other] {
            assert_eq!(tile_of(Some("10x32"), family), Tile::Tall);
            assert_eq!(tile_of(Some("8x48"), family), Tile::Wide);
        }
        assert_eq!(tile_of(None, Family::Amd), Tile::Tall);
        assert_eq!(tile_of(Some("9x9"), Family::Intel), Tile::Wide);
    }

    #[test]
    fn both_ways_of_an_unknown_machine_are_measured() {
        for isa in Isa::available() {
            let best = measured([Isa::Portable, isa], Format::F32, Arithmetic::F32).unwrap();
            assert!(best.iter().all(|&best| best > Duration::ZERO && best < Duration::MAX), "{isa:?}: {best:?}");
        }
    }
}
