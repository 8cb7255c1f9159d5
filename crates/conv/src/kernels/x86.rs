//! AVX-512 and AVX2 + FMA instances of the kernels.
#![allow(unsafe_code)]

use core::arch::x86_64::*;

use super::{
    Isa,
    dot::DotKernel,
    instances::{instances, table},
    product::ProductKernel,
    rate::Chains,
    simd::{COMPRESS, Simd},
    tile::TileKernel,
    winograd::{
        filter::FilterKernel, gradient::GradientKernel, input::InputKernel, output::OutputKernel,
        weight::WeightKernel,
    },
};

#[derive(Clone, Copy)]
pub(super) struct Avx512(pub(super) __m512);

impl Simd for Avx512 {
    const LANES: usize = 16;
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the trait's contract gives AVX-512F and VL.
        Self(unsafe { _mm512_set1_ps(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as above; the caller vouches for the 16 values.
        Self(unsafe { _mm512_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, count: usize) -> Self {
        // SAFETY: as above; the mask selects the first `count` values only.
        Self(unsafe { _mm512_maskz_loadu_ps(first(count), from) })
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, count: usize) {
        // SAFETY: as above; the mask selects the first `count` values only.
        unsafe { _mm512_mask_storeu_ps(to, first(count), self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: the trait's contract.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }
    #[inline(always)]
    unsafe fn rectified(self) -> Self {
        // SAFETY: the trait's contract. The instruction gives its second operand if one is NaN.
        Self(unsafe { _mm512_max_ps(_mm512_setzero_ps(), self.0) })
    }
    #[inline(always)]
    unsafe fn compress(self, mask: u32) -> Self {
        // SAFETY: the trait's contract. In a register: a compressing store is microcoded on some
        // processors.
        Self(unsafe { _mm512_maskz_compress_ps(mask as __mmask16, self.0) })
    }
    #[inline(always)]
    unsafe fn load_sixes(from: *const f32) -> [Self; 6] {
        // SAFETY: as above; reads values 0 to 65 of the 68 the caller vouches for.
        unsafe {
            let even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
            let odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
            let (a, b) = (_mm512_loadu_ps(from), _mm512_loadu_ps(from.add(16)));
            let (c, d) = (_mm512_loadu_ps(from.add(32)), _mm512_loadu_ps(from.add(48)));
            let even0 = _mm512_permutex2var_ps(a, even, b);
            let odd0 = _mm512_permutex2var_ps(a, odd, b);
            let even1 = _mm512_permutex2var_ps(c, even, d);
            let odd1 = _mm512_permutex2var_ps(c, odd, d);
            let p0 = _mm512_permutex2var_ps(even0, even, even1);
            let p1 = _mm512_permutex2var_ps(odd0, even, odd1);
            let p2 = _mm512_permutex2var_ps(even0, odd, even1);
            let p3 = _mm512_permutex2var_ps(odd0, odd, odd1);
            let (p4, p5) = (followed_by(p0, from.add(64)), followed_by(p1, from.add(65)));
            [Self(p0), Self(p1), Self(p2), Self(p3), Self(p4), Self(p5)]
        }
    }
    #[inline(always)]
    unsafe fn load_fours(from: *const f32, stride: usize) -> Self {
        // SAFETY: as above; the caller vouches for the four times four values.
        unsafe {
            let four = |i: usize| _mm_loadu_ps(from.add(i * stride));
            let low = _mm512_castps128_ps512(four(0));
            let low = _mm512_insertf32x4::<1>(low, four(1));
            let low = _mm512_insertf32x4::<2>(low, four(2));
            Self(_mm512_insertf32x4::<3>(low, four(3)))
        }
    }
    #[inline(always)]
    unsafe fn store_fours(parts: [Self; 4], to: *mut f32) {
        // SAFETY: as above; the caller vouches for the 64 values.
        unsafe {
            let low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
            let high =
                _mm512_set_epi32(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8);
            let [a, b, c, d] = parts;
            let even0 = _mm512_permutex2var_ps(a.0, low, c.0);
            let even1 = _mm512_permutex2var_ps(a.0, high, c.0);
            let odd0 = _mm512_permutex2var_ps(b.0, low, d.0);
            let odd1 = _mm512_permutex2var_ps(b.0, high, d.0);
            _mm512_storeu_ps(to, _mm512_permutex2var_ps(even0, low, odd0));
            _mm512_storeu_ps(to.add(16), _mm512_permutex2var_ps(even0, high, odd0));
            _mm512_storeu_ps(to.add(32), _mm512_permutex2var_ps(even1, low, odd1));
            _mm512_storeu_ps(to.add(48), _mm512_permutex2var_ps(even1, high, odd1));
        }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: as above.
        unsafe { _mm512_reduce_add_ps(self.0) }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Avx2(pub(super) __m256);

impl Simd for Avx2 {
    const LANES: usize = 8;
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the trait's contract gives AVX2 and FMA.
        Self(unsafe { _mm256_set1_ps(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as above; the caller vouches for the 8 values.
        Self(unsafe { _mm256_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, count: usize) -> Self {
        // SAFETY: as above; the mask selects the first `count` values only.
        Self(unsafe { _mm256_maskload_ps(from, first_of_8(count)) })
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, count: usize) {
        // SAFETY: as above; the mask selects the first `count` values only.
        unsafe {
            if count >= 8 {
                _mm256_storeu_ps(to, self.0);
            } else {
                _mm256_maskstore_ps(to, first_of_8(count), self.0);
            }
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: the trait's contract.
        Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, addend.0) })
    }
    #[inline(always)]
    unsafe fn rectified(self) -> Self {
        // SAFETY: the trait's contract. The instruction gives its second operand if one is NaN.
        Self(unsafe { _mm256_max_ps(_mm256_setzero_ps(), self.0) })
    }
    #[inline(always)]
    unsafe fn compress(self, mask: u32) -> Self {
        // SAFETY: the trait's contract; the index is below 256.
        unsafe {
            let lanes = COMPRESS[(mask & 0xff) as usize];
            let lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(lanes as i64));
            Self(_mm256_permutevar8x32_ps(self.0, lanes))
        }
    }
    #[inline(always)]
    unsafe fn load_sixes(from: *const f32) -> [Self; 6] {
        // SAFETY: as above; reads values 0 to 35, the 36 the caller vouches for.
        unsafe {
            let at = |i: usize| {
                let low = _mm256_castps128_ps256(_mm_loadu_ps(from.add(4 * i)));
                _mm256_insertf128_ps::<1>(low, _mm_loadu_ps(from.add(16 + 4 * i)))
            };
            let (a, b, c, d, e) = (at(0), at(1), at(2), at(3), at(4));
            let [p0, p1, p2, p3] = transposed(a, b, c, d);
            let (low, high) = (_mm256_unpacklo_ps(b, c), _mm256_unpacklo_ps(d, e));
            let p4 = _mm256_shuffle_ps::<0x44>(low, high);
            let p5 = _mm256_shuffle_ps::<0xee>(low, high);
            [p0, p1, p2, p3, p4, p5].map(Self)
        }
    }
    #[inline(always)]
    unsafe fn load_fours(from: *const f32, stride: usize) -> Self {
        // SAFETY: as above; the caller vouches for the two times four values.
        unsafe {
            let low = _mm256_castps128_ps256(_mm_loadu_ps(from));
            Self(_mm256_insertf128_ps::<1>(low, _mm_loadu_ps(from.add(stride))))
        }
    }
    #[inline(always)]
    unsafe fn store_fours(parts: [Self; 4], to: *mut f32) {
        // SAFETY: as above; the caller vouches for the 32 values.
        unsafe {
            let [a, b, c, d] = parts.map(|p| p.0);
            for (i, four) in transposed(a, b, c, d).into_iter().enumerate() {
                _mm_storeu_ps(to.add(4 * i), _mm256_castps256_ps128(four));
                _mm_storeu_ps(to.add(16 + 4 * i), _mm256_extractf128_ps::<1>(four));
            }
        }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: as above.
        unsafe {
            let half = _mm_add_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps(self.0, 1));
            let quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
            _mm_cvtss_f32(_mm_add_ss(quarter, _mm_shuffle_ps(quarter, quarter, 1)))
        }
    }
}

/// Lanes 1 to 15 of `p` and the value at `from`.
///
/// # Safety
/// AVX-512 is enabled in the caller; `from` points at a value.
#[inline(always)]
unsafe fn followed_by(p: __m512, from: *const f32) -> __m512 {
    // SAFETY: by this function's contract.
    unsafe {
        let value = _mm512_castps_si512(_mm512_zextps128_ps512(_mm_load_ss(from)));
        _mm512_castsi512_ps(_mm512_alignr_epi32::<1>(value, _mm512_castps_si512(p)))
    }
}

/// A mask of the first `count` of 16 lanes.
#[inline(always)]
fn first(count: usize) -> __mmask16 {
    ((1u32 << count.min(16)) - 1) as __mmask16
}

/// A mask of the first `count` of 8 lanes.
///
/// # Safety
/// AVX2 is enabled in the caller.
#[inline(always)]
unsafe fn first_of_8(count: usize) -> __m256i {
    // SAFETY: by this function's contract.
    unsafe {
        let lanes = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(count.min(8) as i32), lanes)
    }
}

/// Transposes the 4 x 4 values in each half of four vectors.
///
/// # Safety
/// AVX2 is enabled in the caller.
#[inline(always)]
unsafe fn transposed(a: __m256, b: __m256, c: __m256, d: __m256) -> [__m256; 4] {
    // SAFETY: by this function's contract.
    unsafe {
        let (ab0, ab1) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (cd0, cd1) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0x44>(ab0, cd0),
            _mm256_shuffle_ps::<0xee>(ab0, cd0),
            _mm256_shuffle_ps::<0x44>(ab1, cd1),
            _mm256_shuffle_ps::<0xee>(ab1, cd1),
        ]
    }
}

// VL is asked for because without it 256-bit halves live in the lower 16 registers only, which
// makes the compiler spill the sums of the inner products.
mod avx512 {
    super::instances!(Avx512, "avx512f,avx512vl");
}

mod avx2 {
    super::instances!(Avx2, "avx2,fma");
}

/// Whether this processor has the instruction set.
pub(super) fn is_available(isa: Isa) -> bool {
    match isa {
        Isa::Avx512 => {
            std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512vl")
        }
        Isa::Avx2 => {
            std::arch::is_x86_feature_detected!("avx2")
                && std::arch::is_x86_feature_detected!("fma")
        }
        _ => false,
    }
}

/// The kernel of `m` outputs times `n` vectors, if that fits the registers.
pub(super) fn tile(isa: Isa, m: usize, n: usize) -> Option<TileKernel> {
    match isa {
        Isa::Avx512 => table!(avx512::tile, m, n, 32),
        Isa::Avx2 => table!(avx2::tile, m, n, 16),
        _ => None,
    }
}

/// The kernel of `m` rows times `n` vectors, if that fits the registers.
pub(super) fn product(isa: Isa, m: usize, n: usize) -> Option<ProductKernel> {
    match isa {
        Isa::Avx512 => table!(avx512::product, m, n, 32),
        Isa::Avx2 => table!(avx2::product, m, n, 16),
        _ => None,
    }
}

/// The same for products that are not plain.
pub(super) fn strided_product(isa: Isa, m: usize, n: usize) -> Option<ProductKernel> {
    match isa {
        Isa::Avx512 => table!(avx512::strided_product, m, n, 32),
        Isa::Avx2 => table!(avx2::strided_product, m, n, 16),
        _ => None,
    }
}

/// The kernel of `m` gradient rows times `k` columns.
pub(super) fn dot(isa: Isa, m: usize, k: usize) -> Option<DotKernel> {
    match isa {
        Isa::Avx512 => table!(avx512::dot, m, k, [
            1: 1 2 3 4 5 6; 2: 1 2 3 4 5 6; 3: 1 2 3 4 5 6; 4: 1 2 3 4 5 6; 5: 1 2 3; 6: 1 2 3;
            7: 1 2 3; 8: 1 2 3;
        ]),
        Isa::Avx2 => table!(avx2::dot, m, k, [1: 1 2 3 4; 2: 1 2 3 4; 3: 1 2 3 4;]),
        _ => None,
    }
}

pub(super) fn filter(isa: Isa) -> Option<FilterKernel> {
    match isa {
        Isa::Avx512 => Some(avx512::filter),
        Isa::Avx2 => Some(avx2::filter),
        _ => None,
    }
}

pub(super) fn input(isa: Isa) -> Option<InputKernel> {
    match isa {
        Isa::Avx512 => Some(avx512::input),
        Isa::Avx2 => Some(avx2::input),
        _ => None,
    }
}

pub(super) fn output(isa: Isa) -> Option<OutputKernel> {
    match isa {
        Isa::Avx512 => Some(avx512::output),
        Isa::Avx2 => Some(avx2::output),
        _ => None,
    }
}

pub(super) fn gradient(isa: Isa) -> Option<GradientKernel> {
    match isa {
        Isa::Avx512 => Some(avx512::gradient),
        Isa::Avx2 => Some(avx2::gradient),
        _ => None,
    }
}

pub(super) fn weight(isa: Isa) -> Option<WeightKernel> {
    match isa {
        Isa::Avx512 => Some(avx512::weight),
        Isa::Avx2 => Some(avx2::weight),
        _ => None,
    }
}

pub(super) fn chains(isa: Isa) -> Option<Chains> {
    match isa {
        Isa::Avx512 => Some(Chains { lanes: 24 * Avx512::LANES, run: avx512::chains::<12, 2> }),
        Isa::Avx2 => Some(Chains { lanes: 12 * Avx2::LANES, run: avx2::chains::<6, 2> }),
        _ => None,
    }
}
