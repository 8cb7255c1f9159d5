//! AVX-512 VNNI and AVX-VNNI instances of the kernels.
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use super::{
    super::{
        Isa,
        instances::table,
        x86::{Avx2, Avx512},
    },
    Int8Simd, TERMS, ZERO,
    product::Int8ProductKernel,
    quantize::{MagnitudeKernel, QuantizeKernel},
    tile::Int8TileKernel,
};

impl Int8Simd for Avx512 {
    type Words = __m512i;
    #[inline(always)]
    unsafe fn splat_word(word: u32) -> __m512i {
        // SAFETY: the trait's contract, here and below, gives AVX-512F, VL and VNNI.
        unsafe { _mm512_set1_epi32(word as i32) }
    }
    #[inline(always)]
    unsafe fn load_words(from: *const u32) -> __m512i {
        // SAFETY: as above; the caller vouches for the 16 words.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }
    #[inline(always)]
    unsafe fn prefetch(from: *const u32) {
        // SAFETY: a prefetch of any address does nothing but move cache lines.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
    }
    #[inline(always)]
    unsafe fn store_words(words: __m512i, to: *mut u32) {
        // SAFETY: as above.
        unsafe { _mm512_storeu_si512(to.cast(), words) }
    }
    #[inline(always)]
    unsafe fn dot(unsigned: __m512i, signed: __m512i, sums: __m512i) -> __m512i {
        // SAFETY: as above.
        unsafe { _mm512_dpbusd_epi32(sums, unsigned, signed) }
    }
    #[inline(always)]
    unsafe fn to_floats(sums: __m512i) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_cvtepi32_ps(sums) })
    }
    #[inline(always)]
    unsafe fn mul(self, factor: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_mul_ps(self.0, factor.0) })
    }
    #[inline(always)]
    unsafe fn larger_magnitude(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe {
            let magnitude = _mm512_castps_si512(_mm512_abs_ps(other.0));
            Self(_mm512_castsi512_ps(_mm512_max_epu32(_mm512_castps_si512(self.0), magnitude)))
        }
    }
    #[inline(always)]
    unsafe fn to_bytes(terms: [Self; TERMS]) -> __m512i {
        // SAFETY: as above.
        unsafe {
            let [a, b, c, d] = terms.map(|term| _mm512_cvtps_epi32(term.0));
            let (b, c, d) =
                (_mm512_slli_epi32::<8>(b), _mm512_slli_epi32::<16>(c), _mm512_slli_epi32::<24>(d));
            // Bits of the first or the second by the third.
            let (byte, half) = (_mm512_set1_epi32(0xff), _mm512_set1_epi32(0xffff));
            let low = _mm512_ternarylogic_epi32::<0xca>(byte, a, b);
            let third = _mm512_set1_epi32(0x00ff_ffff);
            let high = _mm512_ternarylogic_epi32::<0xca>(third, c, d);
            let words = _mm512_ternarylogic_epi32::<0xca>(half, low, high);
            _mm512_xor_si512(words, _mm512_set1_epi32(ZERO as i32))
        }
    }
}

impl Int8Simd for Avx2 {
    type Words = __m256i;
    #[inline(always)]
    unsafe fn splat_word(word: u32) -> __m256i {
        // SAFETY: the trait's contract, here and below, gives AVX2, FMA and AVX-VNNI.
        unsafe { _mm256_set1_epi32(word as i32) }
    }
    #[inline(always)]
    unsafe fn load_words(from: *const u32) -> __m256i {
        // SAFETY: as above; the caller vouches for the 8 words.
        unsafe { _mm256_loadu_si256(from.cast()) }
    }
    #[inline(always)]
    unsafe fn prefetch(from: *const u32) {
        // SAFETY: a prefetch of any address does nothing but move cache lines.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
    }
    #[inline(always)]
    unsafe fn store_words(words: __m256i, to: *mut u32) {
        // SAFETY: as above.
        unsafe { _mm256_storeu_si256(to.cast(), words) }
    }
    #[inline(always)]
    unsafe fn dot(unsigned: __m256i, signed: __m256i, sums: __m256i) -> __m256i {
        // SAFETY: as above.
        unsafe { _mm256_dpbusd_avx_epi32(sums, unsigned, signed) }
    }
    #[inline(always)]
    unsafe fn to_floats(sums: __m256i) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_cvtepi32_ps(sums) })
    }
    #[inline(always)]
    unsafe fn mul(self, factor: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_mul_ps(self.0, factor.0) })
    }
    #[inline(always)]
    unsafe fn larger_magnitude(self, other: Self) -> Self {
        // SAFETY: as above.
        unsafe {
            let bits = _mm256_set1_epi32(i32::MAX);
            let magnitude = _mm256_and_si256(_mm256_castps_si256(other.0), bits);
            Self(_mm256_castsi256_ps(_mm256_max_epu32(_mm256_castps_si256(self.0), magnitude)))
        }
    }
    #[inline(always)]
    unsafe fn to_bytes(terms: [Self; TERMS]) -> __m256i {
        // SAFETY: as above.
        unsafe {
            let [a, b, c, d] = terms.map(|term| _mm256_cvtps_epi32(term.0));
            let byte = _mm256_set1_epi32(0xff);
            let a = _mm256_and_si256(a, byte);
            let b = _mm256_slli_epi32::<8>(_mm256_and_si256(b, byte));
            let c = _mm256_slli_epi32::<16>(_mm256_and_si256(c, byte));
            let d = _mm256_slli_epi32::<24>(d);
            let words = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
            _mm256_xor_si256(words, _mm256_set1_epi32(ZERO as i32))
        }
    }
}

/// The kernels over the vectors `$vector`, compiled with `$features`, for a module of their own.
macro_rules! instances {
    ($vector:ident, $features:literal) => {
        use crate::kernels::{
            int8::{product, quantize, tile},
            x86::$vector,
        };

        #[target_feature(enable = $features)]
        pub(super) unsafe fn tile<const M: usize, const N: usize>(
            job: &tile::Int8Tile<'_>,
            out: &mut [&mut [f32]],
        ) {
            // SAFETY: the instruction set by the attribute; the rest is this function's own
            // contract.
            unsafe { tile::tile::<$vector, M, N>(job, out) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn product<const M: usize, const N: usize>(
            job: &product::Int8Product<'_>,
            first: [usize; 2],
            sums: &mut [f32],
            stride: usize,
        ) {
            // SAFETY: as above.
            unsafe { product::product::<$vector, M, N>(job, first, sums, stride) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn quantize(
            lines: &quantize::Lines<'_>,
            pitch: usize,
            words: &mut [u32],
            scales: &mut [f32],
        ) {
            // SAFETY: as above.
            unsafe { quantize::quantize::<$vector>(lines, pitch, words, scales) }
        }

        #[target_feature(enable = $features)]
        pub(super) unsafe fn magnitude(values: &[f32]) -> f32 {
            // SAFETY: as above.
            unsafe { quantize::magnitude::<$vector>(values) }
        }
    };
}

mod avx512 {
    instances!(Avx512, "avx512f,avx512vl,avx512vnni");
}

mod avx2 {
    instances!(Avx2, "avx2,fma,avxvnni");
}

/// Whether this processor has products of bytes beside the instruction set.
pub(super) fn has_int8(isa: Isa) -> bool {
    match isa {
        Isa::Avx512 => std::arch::is_x86_feature_detected!("avx512vnni"),
        Isa::Avx2 => std::arch::is_x86_feature_detected!("avxvnni"),
        _ => false,
    }
}

pub(super) fn tile(isa: Isa, m: usize, n: usize) -> Option<Int8TileKernel> {
    match isa {
        Isa::Avx512 => table!(avx512::tile, m, n, 32),
        Isa::Avx2 => table!(avx2::tile, m, n, 16),
        _ => None,
    }
}

pub(super) fn product(isa: Isa, m: usize, n: usize) -> Option<Int8ProductKernel> {
    match isa {
        Isa::Avx512 => table!(avx512::product, m, n, 32),
        Isa::Avx2 => table!(avx2::product, m, n, 16),
        _ => None,
    }
}

pub(super) fn quantize(isa: Isa) -> Option<QuantizeKernel> {
    match isa {
        Isa::Avx512 => Some(avx512::quantize),
        Isa::Avx2 => Some(avx2::quantize),
        _ => None,
    }
}

pub(super) fn magnitude(isa: Isa) -> Option<MagnitudeKernel> {
    match isa {
        Isa::Avx512 => Some(avx512::magnitude),
        Isa::Avx2 => Some(avx2::magnitude),
        _ => None,
    }
}
