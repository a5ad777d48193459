//! The instruction set the kernels run on, chosen once at run time.

use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use super::{amx, family};

/// The tile of a product of f32: rows × columns whose sums stay in registers. Both give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tile {
    /// 10 × 32, rows of x as they lie: AMD's Zen is fastest with it.
    Tall,
    /// 8 × 48, rows of x packed by tiles: fewer loads a multiply-add, which Intel's cores wait for.
    Wide,
}

/// An instruction set that the kernels are compiled for.
///
/// On one of them every result is the same bit for bit whatever the batch, the split or the threads; two of them differ in rounding,
/// since [`Isa::Portable`] has no fused multiply-add, the bf16 product of AVX-512 flushes denormal numbers, and that of AMX sums the two of
/// each pair apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// AVX-512 (F, BW, DQ, VL), with `bf16` and `vnni` also its dot products of bf16 and of eight bits. What of it is used was chosen for the
    /// machine, see `Isa::paths`.
    Avx512 {
        /// Whether `vdpbf16ps` is there and worth it; otherwise its products are multiply-adds of f32.
        bf16: bool,
        /// Whether `vpdpbusd` is there; otherwise 16 bits are multiplied.
        vnni: bool,
        /// How products of f32 are cut.
        tile: Tile,
        /// Whether products of bf16 and of eight bits go through the tiles of AMX.
        amx: bool,
    },
    /// AVX2 with fused multiply-add and f16 conversion, which all machines with AVX2 have.
    Avx2,
    /// NEON with fused multiply-add, which every 64-bit ARM has.
    Neon,
    /// Plain Rust.
    Portable,
}

impl Isa {
    /// The one that this process uses: the widest there is, or what `SPYGLASS_ISA` (`amx`, `avx512`, `avx2`, `neon`, `portable`) asks for.
    /// A name that is not one of these, or one the machine has not, falls back to the widest below it.
    pub fn current() -> Self {
        static CURRENT: OnceLock<Isa> = OnceLock::new();
        *CURRENT.get_or_init(|| Self::choose(std::env::var("SPYGLASS_ISA").ok().as_deref()))
    }

    /// All that this machine has, the widest first.
    pub fn available() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "aarch64")]
        all.insert(0, Self::Neon);
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c") {
                all.insert(0, Self::Avx2);
                let wide = is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl");
                if wide {
                    let bf16 = is_x86_feature_detected!("avx512bf16") && family::bf16_pays();
                    let vnni = is_x86_feature_detected!("avx512vnni");
                    let tile = family::tile();
                    all.insert(0, Self::Avx512 { bf16, vnni, tile, amx: false });
                    if vnni && amx::is_granted() {
                        all.insert(0, Self::Avx512 { bf16, vnni, tile, amx: true });
                    }
                }
            }
        }
        all
    }

    /// All ways that products could go on this machine, those not chosen among them.
    pub(crate) fn paths() -> Vec<Self> {
        let mut all = Vec::new();
        for isa in Self::available() {
            #[cfg(target_arch = "x86_64")]
            if let Self::Avx512 { bf16, vnni, amx, .. } = isa {
                for tile in [Tile::Tall, Tile::Wide] {
                    let has_bf16 = is_x86_feature_detected!("avx512bf16");
                    let bf16s =
                        [false, true].into_iter().filter(|&one| if amx { one == bf16 } else { has_bf16 || !one });
                    all.extend(bf16s.map(|bf16| Self::Avx512 { bf16, vnni, tile, amx }));
                }
                continue;
            }
            all.push(isa);
        }
        all
    }

    /// Whether many rows go through the tile of 8 × 48.
    pub(super) fn is_wide(self) -> bool {
        matches!(self, Self::Avx512 { tile: Tile::Wide, .. })
    }

    /// Whether products of bf16 go through an instruction of theirs: `vdpbf16ps`, or `tdpbf16ps`.
    pub(crate) fn has_bf16(self) -> bool {
        matches!(self, Self::Avx512 { bf16: true, .. } | Self::Avx512 { amx: true, .. })
    }

    /// Whether products of eight bits go through an instruction of theirs: `vpdpbusd`, or `tdpbusd`.
    pub(crate) fn has_vnni(self) -> bool {
        matches!(self, Self::Avx512 { vnni: true, .. })
    }

    fn choose(asked: Option<&str>) -> Self {
        let all = Self::available();
        let allowed = |isa: &&Self| match asked {
            Some("portable") => **isa == Self::Portable,
            Some("avx2") => !matches!(isa, Self::Avx512 { .. }),
            Some("avx512") => !matches!(isa, Self::Avx512 { amx: true, .. }),
            _ => true,
        };
        all.iter().find(allowed).copied().unwrap_or(Self::Portable)
    }

    /// Its name, as `SPYGLASS_ISA` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 { amx: true, .. } => "amx",
            Self::Avx512 { .. } => "avx512",
            Self::Avx2 => "avx2",
            Self::Neon => "neon",
            Self::Portable => "portable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forced_set_is_never_wider_than_asked() {
        assert_eq!(Isa::choose(Some("portable")), Isa::Portable);
        assert!(!matches!(Isa::choose(Some("avx2")), Isa::Avx512 { .. }));
        assert_eq!(Isa::choose(Some("neon")), Isa::choose(None));
        assert_eq!(Isa::choose(None), Isa::available()[0]);
    }
}
