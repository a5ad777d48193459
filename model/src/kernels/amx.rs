//! Products by the tiles of AMX: `tdpbusd` for numbers of eight bits, `tdpbf16ps` for pairs of bf16. Both read the words that their sisters of AVX-512 read.
//!
//! Sums of eight bits are exact, so their bits are those of every other way. Those of bf16 are not: in sixteen pairs the first ones and the second ones have a chain
//! each from 0, whose sum is added to what was there (Intel's Instruction Set Extensions Programming Reference, TDPBF16PS; denormal numbers count as zeros).
//! No machine that this was written on has the instructions. So the definition stands beside them: the way through it is what the tests try, and where the instructions
//! give anything else when the program starts, they are not used.
#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "instructions that the compiler has no names for"))]

use super::panels::PANEL;
use super::strip::Strip;
use super::tile::{Start, Task};

/// Rows of a tile, and words of one.
const DEPTH: usize = 16;
/// Rows that go through a panel together: two tiles, so that four sums of tiles are under way.
const ROWS: usize = 2 * DEPTH;

/// The sums of some rows and a panel's columns; those of eight bits as the bits of f32.
type Sums = [[f32; PANEL]; ROWS];

/// What a word of x and one of the weights are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// Four numbers of eight bits, those of x without a sign.
    Quads,
    /// Two bf16.
    Pairs,
}

/// Some rows of x and some steps of a panel: whole tiles deep, or less than one.
#[derive(Debug, Clone, Copy)]
struct Block<'a> {
    words: Words,
    /// The first row, from the first of the steps on.
    x: &'a [u32],
    /// Words from one row to the next.
    stride: usize,
    rows: usize,
    /// [steps, 32].
    panel: &'a [u32],
}

/// One panel's columns by the instructions, of an `isa` that has them.
pub(super) fn strip(words: Words, task: Task<'_>, y: Strip<'_>) {
    #[cfg(target_arch = "x86_64")]
    strip_by(by_instruction::add, words, task, y);
    #[cfg(not(target_arch = "x86_64"))]
    strip_by(add_by_definition, words, task, y);
}

fn strip_by(add: impl Fn(Block<'_>, &mut Sums), words: Words, task: Task<'_>, mut y: Strip<'_>) {
    let Task { x, panel, steps, start } = task;
    let (all, columns) = (y.rows(), y.columns());
    assert!(x.len() == all * steps && panel.len() == steps * PANEL && columns <= PANEL, "a strip that does not fit");
    let whole = steps / DEPTH * DEPTH;
    for first in (0..all).step_by(ROWS) {
        let rows = ROWS.min(all - first);
        let mut sums = [[0.0; PANEL]; ROWS];
        if start == Start::Onto {
            for (row, sums) in sums[..rows].iter_mut().enumerate() {
                sums[..columns].copy_from_slice(y.row(first + row));
            }
        }
        for steps_here in [0..whole, whole..steps].into_iter().filter(|steps| !steps.is_empty()) {
            let x = &x[first * steps + steps_here.start..];
            let panel = &panel[steps_here.start * PANEL..steps_here.end * PANEL];
            add(Block { words, x, stride: steps, rows, panel }, &mut sums);
        }
        for (row, sums) in sums[..rows].iter().enumerate() {
            y.row(first + row).copy_from_slice(&sums[..columns]);
        }
    }
}

/// What the instructions are defined to do.
fn add_by_definition(block: Block<'_>, sums: &mut Sums) {
    for (row, sums) in sums[..block.rows].iter_mut().enumerate() {
        let x = &block.x[row * block.stride..][..block.panel.len() / PANEL];
        for (x, panel) in x.chunks(DEPTH).zip(block.panel.chunks(DEPTH * PANEL)) {
            for (column, sum) in sums.iter_mut().enumerate() {
                let words = x.iter().copied().zip(panel.chunks_exact(PANEL).map(|words| words[column]));
                *sum = match block.words {
                    Words::Quads => f32::from_bits(words.fold(sum.to_bits(), add_quads)),
                    Words::Pairs => {
                        let [first, second] = words.fold([0.0; 2], add_pairs);
                        flushed(*sum + flushed(first + second))
                    }
                };
            }
        }
    }
}

fn add_quads(sum: u32, (x, w): (u32, u32)) -> u32 {
    let products = x.to_le_bytes().into_iter().zip(w.to_le_bytes()).map(|(x, w)| i32::from(x) * i32::from(w as i8));
    products.fold(sum as i32, i32::wrapping_add) as u32
}

fn add_pairs([first, second]: [f32; 2], (x, w): (u32, u32)) -> [f32; 2] {
    let low = |word: u32| flushed(f32::from_bits(word << 16));
    let high = |word: u32| flushed(f32::from_bits(word & 0xffff_0000));
    [flushed(low(x).mul_add(low(w), first)), flushed(high(x).mul_add(high(w), second))]
}

fn flushed(x: f32) -> f32 {
    if x.is_subnormal() { 0.0_f32.copysign(x) } else { x }
}

/// Whether the machine has the instructions, the system lets this process use them, and they do what they are defined to do.
#[cfg(target_arch = "x86_64")]
pub(super) fn is_granted() -> bool {
    use std::sync::OnceLock;
    static IS_GRANTED: OnceLock<bool> = OnceLock::new();
    *IS_GRANTED
        .get_or_init(|| by_instruction::is_there() && by_instruction::is_allowed() && agrees(by_instruction::add))
}

/// Whether `add` gives the bits of the definition, for both kinds of words, more rows than a tile has and a rest of steps.
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "there are no instructions to try"))]
fn agrees(add: impl Fn(Block<'_>, &mut Sums) + Copy) -> bool {
    let (rows, steps) = (ROWS + 3, 2 * DEPTH + 5);
    let mut at = 1_u32;
    let mut words = |count: usize, mask: u32, bits: u32| -> Vec<u32> {
        let mut next = || {
            at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            at & mask | bits
        };
        (0..count).map(|_| next()).collect()
    };
    [(Words::Quads, u32::MAX, 0), (Words::Pairs, 0x81ff_81ff, 0x3e00_3e00)].into_iter().all(|(kind, mask, bits)| {
        let (x, panel) = (words(rows * steps, mask, bits), words(steps * PANEL, mask, bits));
        let task = Task { x: &x, panel: &panel, steps, start: Start::Onto };
        let [mut found, mut expected] = [vec![1.5; rows * PANEL], vec![1.5; rows * PANEL]];
        strip_by(add, kind, task, Strip::new(&mut found, PANEL));
        strip_by(add_by_definition, kind, task, Strip::new(&mut expected, PANEL));
        found.iter().zip(&expected).all(|(found, expected)| found.to_bits() == expected.to_bits())
    })
}

#[cfg(target_arch = "x86_64")]
mod by_instruction {
    use std::arch::{asm, x86_64::__cpuid_count};

    use super::{Block, DEPTH, PANEL, Sums, Words};

    /// Shapes of the eight tiles, as `ldtilecfg` reads them.
    #[repr(C, align(64))]
    struct Shapes([u8; 64]);

    impl Shapes {
        /// Tiles 0 to 3 are sums, 4 and 5 rows of x, 6 and 7 a panel's columns; `rows` are those of the upper and of the lower tiles.
        fn of(rows: [usize; 2], depth: usize) -> Self {
            let mut shapes = [0; 64];
            shapes[0] = 1; // the palette
            let [upper, lower] = rows;
            let all = [
                (upper, DEPTH),
                (upper, DEPTH),
                (lower, DEPTH),
                (lower, DEPTH),
                (upper, depth),
                (lower, depth),
                (depth, DEPTH),
                (depth, DEPTH),
            ];
            for (tile, (rows, words)) in all.into_iter().enumerate().filter(|(_, (rows, _))| *rows > 0) {
                shapes[16 + 2 * tile] = (words * size_of::<u32>()) as u8;
                shapes[48 + tile] = rows as u8;
            }
            Self(shapes)
        }
    }

    /// Leaf 7 of `cpuid`: the tiles and both products.
    pub(super) fn is_there() -> bool {
        const TILES: u32 = 1 << 24;
        const BYTES: u32 = 1 << 25;
        const BF16: u32 = 1 << 22;
        let wanted = TILES | BYTES | BF16;
        std::arch::x86_64::__cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & wanted == wanted
    }

    /// Asks Linux for the registers, which are so large that a process has to ask (Documentation/arch/x86/xstate.rst of the kernel).
    #[cfg(target_os = "linux")]
    pub(super) fn is_allowed() -> bool {
        const REQUEST: libc::c_long = 0x1023; // ARCH_REQ_XCOMP_PERM
        const TILE_DATA: libc::c_long = 18; // XFEATURE_XTILE_DATA
        // SAFETY: a request that changes nothing but what this process may use
        unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST, TILE_DATA) == 0 }
    }

    /// Other systems' ways of asking are not known to us.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn is_allowed() -> bool {
        false
    }

    macro_rules! add {
        ($dot:literal, $block:ident, $sums:ident, $shapes:ident, $lower:ident, $turns:ident) => {
            asm!(
                "ldtilecfg [{shapes}]",
                "tileloadd tmm0, [{sums} + {row}]",
                "tileloadd tmm1, [{sums} + {row} + 64]",
                "test {lower}, {lower}",
                "jz 2f",
                "tileloadd tmm2, [{sums} + {row} + 2048]",
                "tileloadd tmm3, [{sums} + {row} + 2112]",
                "2:",
                "tileloadd tmm4, [{x} + {stride}]",
                "tileloadd tmm6, [{panel} + {row}]",
                concat!($dot, " tmm0, tmm4, tmm6"),
                "tileloadd tmm7, [{panel} + {row} + 64]",
                concat!($dot, " tmm1, tmm4, tmm7"),
                "test {lower}, {lower}",
                "jz 3f",
                "tileloadd tmm5, [{x_lower} + {stride}]",
                concat!($dot, " tmm2, tmm5, tmm6"),
                concat!($dot, " tmm3, tmm5, tmm7"),
                "3:",
                "add {x}, 64",
                "add {x_lower}, 64",
                "add {panel}, 2048",
                "dec {turns}",
                "jnz 2b",
                "tilestored [{sums} + {row}], tmm0",
                "tilestored [{sums} + {row} + 64], tmm1",
                "test {lower}, {lower}",
                "jz 4f",
                "tilestored [{sums} + {row} + 2048], tmm2",
                "tilestored [{sums} + {row} + 2112], tmm3",
                "4:",
                "tilerelease",
                shapes = in(reg) &raw const $shapes,
                sums = in(reg) $sums.as_mut_ptr(),
                row = in(reg) size_of::<[u32; PANEL]>(),
                lower = in(reg) $lower,
                x = inout(reg) $block.x.as_ptr() => _,
                x_lower = inout(reg) $block.x.as_ptr().wrapping_add(DEPTH * $block.stride) => _,
                stride = in(reg) $block.stride * size_of::<u32>(),
                panel = inout(reg) $block.panel.as_ptr() => _,
                turns = inout(reg) $turns => _,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            )
        };
    }

    /// Adds the products of a block.
    pub(super) fn add(block: Block<'_>, sums: &mut Sums) {
        let steps = block.panel.len() / PANEL;
        let (depth, upper) = (steps.min(DEPTH), block.rows.min(DEPTH));
        let lower = block.rows - upper;
        assert!(
            block.x.len() >= (block.rows - 1) * block.stride + steps && steps.is_multiple_of(depth) && lower <= DEPTH,
            "a block that does not fit"
        );
        let (shapes, turns) = (Shapes::of([upper, lower], depth), steps / depth);
        // SAFETY: run only where the instructions were found and granted; by the assertion every tile that is loaded lies within x and the panel, and
        // `sums` has room for four
        unsafe {
            match block.words {
                Words::Quads => add!("tdpbusd", block, sums, shapes, lower, turns),
                Words::Pairs => add!("tdpbf16ps", block, sums, shapes, lower, turns),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;
    use proptest::prelude::*;

    use super::*;

    fn numbers(len: usize, seed: u32) -> Vec<f32> {
        let mut at = seed;
        let mut next = || {
            at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (at >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..len).map(|_| next()).collect()
    }

    fn run(words: Words, (x, panel): (&[u32], &[u32]), steps: usize, (before, columns): (&[f32], usize)) -> Vec<f32> {
        let mut y = before.to_vec();
        let task = Task { x, panel, steps, start: Start::Onto };
        strip_by(add_by_definition, words, task, Strip::new(&mut y, columns));
        y
    }

    proptest! {
        #[test]
        fn the_way_through_the_tiles_is_that_of_the_products(
            rows in 1usize..80, columns in 1usize..=PANEL, steps in 1usize..60, row in 0usize..80, seed in 1u32..,
        ) {
            let row = row % rows;
            let before = numbers(rows * columns, seed ^ 9);
            // bytes: exact sums, and those of x have no sign
            let words = |count, seed| numbers(count, seed).into_iter().map(f32::to_bits).collect::<Vec<_>>();
            let (x, panel) = (words(rows * steps, seed), words(steps * PANEL, !seed));
            let found = run(Words::Quads, (&x, &panel), steps, (&before, columns));
            for (at, (found, before)) in found.iter().zip(&before).enumerate() {
                let (row, column) = (at / columns, at % columns);
                let product = |step: usize, byte: usize| {
                    let w = panel[step * PANEL + column].to_le_bytes()[byte] as i8;
                    i64::from(x[row * steps + step].to_le_bytes()[byte]) * i64::from(w)
                };
                let sum: i64 = (0..steps).flat_map(|step| (0..4).map(move |byte| (step, byte))).map(|(step, byte)| product(step, byte)).sum();
                prop_assert_eq!(found.to_bits() as i32, before.to_bits().wrapping_add(sum as u32) as i32);
            }
            // pairs of bf16: near the sums of f64, and a row alone has the same bits
            let pair = |[first, second]: [f32; 2]| u32::from(bf16::from_f32(first).to_bits()) | u32::from(bf16::from_f32(second).to_bits()) << 16;
            let pairs = |count: usize, seed| numbers(2 * count, seed).as_chunks().0.iter().map(|&two| pair(two)).collect::<Vec<_>>();
            let (x, panel) = (pairs(rows * steps, seed), pairs(steps * PANEL, !seed));
            let found = run(Words::Pairs, (&x, &panel), steps, (&before, columns));
            let halves = |word: u32| [f64::from(f32::from_bits(word << 16)), f64::from(f32::from_bits(word & 0xffff_0000))];
            for (at, (found, before)) in found.iter().zip(&before).enumerate() {
                let (row, column) = (at / columns, at % columns);
                let product = |step: usize| {
                    let (x, w) = (halves(x[row * steps + step]), halves(panel[step * PANEL + column]));
                    x[0] * w[0] + x[1] * w[1]
                };
                let expected = f64::from(*before) + (0..steps).map(product).sum::<f64>();
                prop_assert!((f64::from(*found) - expected).abs() <= 2e-6 * steps as f64, "{found} {expected}");
            }
            let here = row * columns..(row + 1) * columns;
            let alone = run(Words::Pairs, (&x[row * steps..(row + 1) * steps], &panel), steps, (&before[here.clone()], columns));
            prop_assert_eq!(alone, &found[here]);
        }
    }

    #[test]
    fn a_pair_has_two_chains_whose_denormal_numbers_are_zeros() {
        let word = |first: f32, second: f32| (first.to_bits() >> 16) | second.to_bits() & 0xffff_0000;
        let one = |x: u32, w: u32, before: f32| {
            let mut panel = [0; PANEL];
            panel[0] = w;
            run(Words::Pairs, (&[x], &panel), 1, (&[before], 1))[0]
        };
        // one chain from `before` on would lose both ones beside 2²⁴; two chains bring their sum
        assert_eq!(one(word(1.0, 1.0), word(1.0, 1.0), 16_777_216.0).to_bits(), 16_777_218.0_f32.to_bits());
        assert_eq!(one(word(1e-39, 1e-30), word(1.0, 1e-9), 0.0).to_bits(), 0);
    }

    #[test]
    fn instructions_that_do_anything_else_are_told() {
        assert!(agrees(add_by_definition));
        let differs_at = |row: usize, words: Words| {
            move |block: Block<'_>, sums: &mut Sums| {
                add_by_definition(block, sums);
                if block.words == words && block.rows > row {
                    sums[row][31] = f32::from_bits(sums[row][31].to_bits() + 1);
                }
            }
        };
        assert!(!agrees(differs_at(17, Words::Quads)));
        assert!(!agrees(differs_at(0, Words::Pairs)));
    }
}
