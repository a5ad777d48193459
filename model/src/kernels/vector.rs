//! Sixteen f32 side by side: one register of AVX-512, two of AVX2, four of NEON, or an array. The bodies of all kernels are written once over these.
#![expect(unsafe_code, reason = "intrinsics")]

#[cfg(target_arch = "x86_64")]
#[cfg_attr(not(test), expect(clippy::wildcard_imports, reason = "intrinsics carry their own prefix"))]
use std::arch::x86_64::*;

/// Numbers in a vector.
pub(super) const LANES: usize = 16;

/// Sixteen f32. A type that needs an instruction set is named only inside what `on_isa!` enters after it was found.
pub(super) trait Vector: Copy {
    /// Rows of a product's tile: as many as leave registers for the columns (twelve would spill on AVX-512 and halve the speed).
    const TILE_ROWS: usize;
    /// Vectors of columns of a product's tile.
    const TILE_VECTORS: usize;

    fn splat(x: f32) -> Self;
    fn load(from: &[f32; LANES]) -> Self;
    fn store(self, to: &mut [f32; LANES]);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// The larger; `other` where one is NaN.
    fn max(self, other: Self) -> Self;
    /// The smaller; `other` where one is NaN.
    fn min(self, other: Self) -> Self;
    fn abs(self) -> Self;
    /// `self · factor + term`, rounded once where the instruction set can.
    fn fma(self, factor: Self, term: Self) -> Self;
    /// 2ⁿ of numbers 1.5·2²³ + n, whose lowest bits hold n.
    fn power_of_shifted(self) -> Self;
    /// Sixteen pairs of bf16, widened: the first of each pair, then the second.
    fn widen(pairs: &[u32; LANES]) -> [Self; 2];
    /// Sixteen f16, widened.
    fn widen_half(halves: &[u16; LANES]) -> Self;
    /// Of sixteen words of eight codes the codes at `place`, less 8.
    fn codes(words: &[u32; LANES], place: usize) -> Self;
    /// Sixteen words of four whole numbers of eight bits, widened to 16: the first and the third, then the second and the fourth. As bits.
    fn quads(words: &[u32; LANES]) -> [Self; 2];
    /// Sums of 32 bits, and the products of two whole numbers of 16 bits with each pair. As bits.
    fn add_pairs(self, two: u32, pairs: Self) -> Self;

    #[inline(always)]
    fn zero() -> Self {
        Self::splat(0.0)
    }

    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        let mut values = [0.0; LANES];
        self.store(&mut values);
        values
    }

    /// Lane i is what was lane i ^ `BY`, a power of two: neighbours `BY` wide change places.
    #[inline(always)]
    fn swapped<const BY: usize>(self) -> Self {
        let values = self.to_array();
        let mut swapped = [0.0; LANES];
        swapped.iter_mut().enumerate().for_each(|(lane, to)| *to = values[lane ^ BY]);
        Self::load(&swapped)
    }

    /// The sum of all lanes, halves onto halves.
    #[inline(always)]
    fn sum(self) -> f32 {
        let eight = self.add(self.swapped::<8>());
        let four = eight.add(eight.swapped::<4>());
        let two = four.add(four.swapped::<2>());
        two.add(two.swapped::<1>()).to_array()[0]
    }

    /// The largest lane.
    #[inline(always)]
    fn highest(self) -> f32 {
        let eight = self.max(self.swapped::<8>());
        let four = eight.max(eight.swapped::<4>());
        let two = four.max(four.swapped::<2>());
        two.max(two.swapped::<1>()).to_array()[0]
    }
}

/// `bits << 23` plus the exponent's bias: see [`Vector::power_of_shifted`].
pub(super) const ONE: i32 = 127 << 23;

/// An array: what machines without AVX2 and without NEON compute with.
#[derive(Clone, Copy)]
pub(super) struct Plain([f32; LANES]);

impl Plain {
    #[inline(always)]
    fn with(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = self.0;
        out.iter_mut().zip(other.0).for_each(|(own, other)| *own = f(*own, other));
        Self(out)
    }
}

impl Vector for Plain {
    const TILE_ROWS: usize = 3;
    const TILE_VECTORS: usize = 1;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        Self(*from)
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        *to = self.0;
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.with(other, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.with(other, |a, b| a / b)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.with(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.with(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }
    #[inline(always)]
    fn fma(self, factor: Self, term: Self) -> Self {
        self.mul(factor).add(term) // a fused one would be a call of libm here
    }
    #[inline(always)]
    fn power_of_shifted(self) -> Self {
        Self(self.0.map(|x| f32::from_bits((x.to_bits() << 23).wrapping_add(ONE as u32))))
    }
    #[inline(always)]
    fn widen(pairs: &[u32; LANES]) -> [Self; 2] {
        [Self(pairs.map(|pair| f32::from_bits(pair << 16))), Self(pairs.map(|pair| f32::from_bits(pair & 0xffff_0000)))]
    }
    #[inline(always)]
    fn widen_half(halves: &[u16; LANES]) -> Self {
        Self(halves.map(|half| half::f16::from_bits(half).to_f32()))
    }
    #[inline(always)]
    fn codes(words: &[u32; LANES], place: usize) -> Self {
        Self(words.map(|word| (word >> (4 * place) & 15) as f32 - 8.0))
    }
    #[inline(always)]
    fn quads(words: &[u32; LANES]) -> [Self; 2] {
        let pair = |word: u32| u32::from(word as u8 as i8 as u16) | u32::from((word >> 16) as u8 as i8 as u16) << 16;
        [Self(words.map(|word| f32::from_bits(pair(word)))), Self(words.map(|word| f32::from_bits(pair(word >> 8))))]
    }
    #[inline(always)]
    fn add_pairs(self, two: u32, pairs: Self) -> Self {
        let halves = |word: u32| [i32::from(word as u16 as i16), i32::from((word >> 16) as u16 as i16)];
        let [first, second] = halves(two);
        self.with(pairs, |sum, pair| {
            let [low, high] = halves(pair.to_bits());
            f32::from_bits((sum.to_bits() as i32 + first * low + second * high) as u32)
        })
    }
}

/// A vector of registers, each treated alike. Everything is written out: a closure would be a function of its own, compiled without the
/// instruction set, and a large one is not inlined back into code that has it.
#[cfg(target_arch = "x86_64")]
macro_rules! of_registers {
    (
        $(#[$doc:meta])* $name:ident, [$register:ty; $count:literal] of $lanes:literal, $($i:literal)*, $integers:ty,
        tile $rows:literal x $vectors:literal,
        $set:ident, $load:ident, $store:ident, [$($method:ident = $two:ident),*], $fma:ident,
        $to_integers:ident, $to_floats:ident, $load_integers:ident, $set_integers:ident, $add:ident, $and:ident, $shift:ident, $load_halves:ident, $from_halves:ident,
        codes $codes:ident, pairs $left:ident $right:ident $multiply:ident, swapped $swapped:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(super) struct $name(pub(super) [$register; $count]);

        // SAFETY of every block: the type is named only where its instruction set was found (see `on_isa!`), and memory is reached
        // through references to arrays as long as the registers together
        impl Vector for $name {
            const TILE_ROWS: usize = $rows;
            const TILE_VECTORS: usize = $vectors;

            #[inline(always)]
            fn splat(x: f32) -> Self {
                // SAFETY: see above
                Self([unsafe { $set(x) }; $count])
            }
            #[inline(always)]
            fn load(from: &[f32; LANES]) -> Self {
                // SAFETY: see above
                unsafe { Self([$($load(from.as_ptr().add($i * $lanes))),*]) }
            }
            #[inline(always)]
            fn store(self, to: &mut [f32; LANES]) {
                // SAFETY: see above
                unsafe { $($store(to.as_mut_ptr().add($i * $lanes), self.0[$i]);)* }
            }
            of_registers!(methods [$($method = $two),*] $($i)*);
            #[inline(always)]
            fn swapped<const BY: usize>(self) -> Self {
                // SAFETY: see above
                Self(unsafe { $swapped::<BY>(self.0) })
            }
            #[inline(always)]
            fn abs(self) -> Self {
                // SAFETY: see above
                unsafe { Self([$($to_floats($and($to_integers(self.0[$i]), $set_integers(i32::MAX)))),*]) }
            }
            #[inline(always)]
            fn fma(self, factor: Self, term: Self) -> Self {
                // SAFETY: see above
                unsafe { Self([$($fma(self.0[$i], factor.0[$i], term.0[$i])),*]) }
            }
            #[inline(always)]
            fn power_of_shifted(self) -> Self {
                // SAFETY: see above
                unsafe { Self([$($to_floats($add($shift::<23>($to_integers(self.0[$i])), $set_integers(ONE)))),*]) }
            }
            #[inline(always)]
            fn widen(pairs: &[u32; LANES]) -> [Self; 2] {
                // SAFETY: see above
                unsafe {
                    let pairs: [$integers; $count] = [$($load_integers(pairs.as_ptr().add($i * $lanes).cast())),*];
                    let high = $set_integers(-0x1_0000);
                    [
                        Self([$($to_floats($shift::<16>(pairs[$i]))),*]),
                        Self([$($to_floats($and(pairs[$i], high))),*]),
                    ]
                }
            }
            #[inline(always)]
            fn widen_half(halves: &[u16; LANES]) -> Self {
                // SAFETY: see above
                unsafe { Self([$($from_halves($load_halves(halves.as_ptr().add($i * $lanes).cast()))),*]) }
            }
            #[inline(always)]
            fn codes(words: &[u32; LANES], place: usize) -> Self {
                // SAFETY: see above
                unsafe { Self([$($codes($load_integers(words.as_ptr().add($i * $lanes).cast()), 4 * place as i32)),*]) }
            }
            #[inline(always)]
            fn quads(words: &[u32; LANES]) -> [Self; 2] {
                // SAFETY: see above
                unsafe {
                    let words: [$integers; $count] = [$($load_integers(words.as_ptr().add($i * $lanes).cast())),*];
                    [
                        Self([$($to_floats($right::<8>($left::<8>(words[$i])))),*]),
                        Self([$($to_floats($right::<8>(words[$i]))),*]),
                    ]
                }
            }
            #[inline(always)]
            fn add_pairs(self, two: u32, pairs: Self) -> Self {
                // SAFETY: see above
                unsafe {
                    let two = $set_integers(two as i32);
                    Self([$($to_floats($add($to_integers(self.0[$i]), $multiply(two, $to_integers(pairs.0[$i]))))),*])
                }
            }
        }
    };
    (methods [$method:ident = $two:ident $(, $others:ident = $of_others:ident)*] $($i:literal)*) => {
        #[inline(always)]
        fn $method(self, other: Self) -> Self {
            // SAFETY: see above
            unsafe { Self([$($two(self.0[$i], other.0[$i])),*]) }
        }
        of_registers!(methods [$($others = $of_others),*] $($i)*);
    };
    (methods [] $($i:literal)*) => {};
}

#[cfg(target_arch = "x86_64")]
of_registers!(
    /// One register of AVX-512.
    Wide, [__m512; 1] of 16, 0, __m512i, tile 10 x 2, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps,
    [add = _mm512_add_ps, sub = _mm512_sub_ps, mul = _mm512_mul_ps, div = _mm512_div_ps, max = _mm512_max_ps, min = _mm512_min_ps],
    _mm512_fmadd_ps, _mm512_castps_si512, _mm512_castsi512_ps, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_add_epi32,
    _mm512_and_si512, shift_left_512, _mm256_loadu_si256, _mm512_cvtph_ps,
    codes codes_512, pairs _mm512_slli_epi16 _mm512_srai_epi16 _mm512_madd_epi16,
    swapped swapped_512
);

#[cfg(target_arch = "x86_64")]
of_registers!(
    /// Two registers of AVX2.
    Double, [__m256; 2] of 8, 0 1, __m256i, tile 6 x 1, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps,
    [add = _mm256_add_ps, sub = _mm256_sub_ps, mul = _mm256_mul_ps, div = _mm256_div_ps, max = _mm256_max_ps, min = _mm256_min_ps],
    _mm256_fmadd_ps, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_loadu_si256, _mm256_set1_epi32, _mm256_add_epi32,
    _mm256_and_si256, _mm256_slli_epi32, _mm_loadu_si128, _mm256_cvtph_ps,
    codes codes_256, pairs _mm256_slli_epi16 _mm256_srai_epi16 _mm256_madd_epi16,
    swapped swapped_256
);

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn shift_left_512<const BITS: i32>(x: __m512i) -> __m512i {
    _mm512_sllv_epi32(x, _mm512_set1_epi32(BITS)) // `_mm512_slli_epi32` counts in another type than its AVX2 sister
}

/// Codes that lie `bits` up in each word, less 8: looked up, since a lookup takes the lowest four bits alone.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn codes_512(words: __m512i, bits: i32) -> __m512 {
    let numbers =
        _mm512_setr_ps(-8.0, -7.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0);
    _mm512_permutexvar_ps(_mm512_srlv_epi32(words, _mm512_set1_epi32(bits)), numbers)
}

/// The same for eight words.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn codes_256(words: __m256i, bits: i32) -> __m256 {
    let codes = _mm256_and_si256(_mm256_srlv_epi32(words, _mm256_set1_epi32(bits)), _mm256_set1_epi32(15));
    _mm256_sub_ps(_mm256_cvtepi32_ps(codes), _mm256_set1_ps(8.0))
}

/// [`Vector::swapped`] of one register.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn swapped_512<const BY: usize>([x]: [__m512; 1]) -> [__m512; 1] {
    const { assert!(BY.is_power_of_two() && BY < LANES) }
    [match BY {
        8 => _mm512_shuffle_f32x4::<0b01_00_11_10>(x, x),
        4 => _mm512_shuffle_f32x4::<0b10_11_00_01>(x, x),
        2 => _mm512_permute_ps::<0b01_00_11_10>(x),
        _ => _mm512_permute_ps::<0b10_11_00_01>(x),
    }]
}

/// [`Vector::swapped`] of two registers.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn swapped_256<const BY: usize>([x, y]: [__m256; 2]) -> [__m256; 2] {
    const { assert!(BY.is_power_of_two() && BY < LANES) }
    match BY {
        8 => [y, x],
        4 => [_mm256_permute2f128_ps::<1>(x, x), _mm256_permute2f128_ps::<1>(y, y)],
        2 => [_mm256_permute_ps::<0b01_00_11_10>(x), _mm256_permute_ps::<0b01_00_11_10>(y)],
        _ => [_mm256_permute_ps::<0b10_11_00_01>(x), _mm256_permute_ps::<0b10_11_00_01>(y)],
    }
}

/// Tells the processor, where it can be told, that so many words are read soon. They need not be there: nothing is read yet.
#[inline(always)]
pub(super) fn call_for(at: *const u32, words: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..words).step_by(LANES) {
        // SAFETY: every x86-64 has the instruction, which takes any address
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(line).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (at, words);
}

/// Defines `pub(super) fn name(isa, …)`, which runs `body::<V>(…)` compiled for `isa`.
macro_rules! on_isa {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $body:ident) => {
        $(#[$doc])*
        #[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "entering code for an instruction set that was found"))]
        pub(crate) fn $name(isa: $crate::kernels::Isa, $($arg: $type),*) $(-> $out)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn wide($($arg: $type),*) $(-> $out)? {
                $body::<$crate::kernels::vector::Wide>($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c")]
            fn double($($arg: $type),*) $(-> $out)? {
                $body::<$crate::kernels::vector::Double>($($arg),*)
            }
            match isa {
                // SAFETY: an `Isa` that needs it is made only where the instruction set was found
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::Isa::Avx512 { .. } => unsafe { wide($($arg),*) },
                // SAFETY: as above
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::Isa::Avx2 => unsafe { double($($arg),*) },
                #[cfg(target_arch = "aarch64")]
                $crate::kernels::Isa::Neon => $body::<$crate::kernels::neon::Neon>($($arg),*),
                _ => $body::<$crate::kernels::vector::Plain>($($arg),*),
            }
        }
    };
}
pub(super) use on_isa;
