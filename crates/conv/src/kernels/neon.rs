//! NEON instances of the kernels.
#![allow(unsafe_code)]

use core::arch::aarch64::*;

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

/// Two registers of four lanes: each factor that is broadcast serves twice as many multiply-adds
/// as one register would give it, and the 32 registers make 16 pairs.
#[derive(Clone, Copy)]
struct Neon(float32x4_t, float32x4_t);

impl Simd for Neon {
    const LANES: usize = 8;
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the trait's contract gives NEON.
        let four = unsafe { vdupq_n_f32(value) };
        Self(four, four)
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as above; the caller vouches for the 8 values.
        unsafe { Self(vld1q_f32(from), vld1q_f32(from.add(4))) }
    }
    #[inline(always)]
    unsafe fn load_first(from: *const f32, count: usize) -> Self {
        // SAFETY: as above; no more than `count` values are read.
        unsafe {
            if count >= 8 {
                return Self::load(from);
            }
            let mut values = [0.0; 8];
            core::ptr::copy_nonoverlapping(from, values.as_mut_ptr(), count);
            Self::load(values.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, count: usize) {
        // SAFETY: as above; no more than `count` values are written.
        unsafe {
            if count >= 8 {
                return self.store(to);
            }
            let mut values = [0.0; 8];
            self.store(values.as_mut_ptr());
            core::ptr::copy_nonoverlapping(values.as_ptr(), to, count);
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(vaddq_f32(self.0, other.0), vaddq_f32(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe { Self(vsubq_f32(self.0, other.0), vsubq_f32(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: the trait's contract.
        unsafe {
            Self(vfmaq_f32(addend.0, self.0, factor.0), vfmaq_f32(addend.1, self.1, factor.1))
        }
    }
    #[inline(always)]
    unsafe fn rectified(self) -> Self {
        // SAFETY: the trait's contract. The instruction gives NaN if one operand is.
        unsafe {
            let zero = vdupq_n_f32(0.0);
            Self(vmaxq_f32(self.0, zero), vmaxq_f32(self.1, zero))
        }
    }
    #[inline(always)]
    unsafe fn compress(self, mask: u32) -> Self {
        // SAFETY: the trait's contract; the index is below 256.
        unsafe {
            let lanes = vcreate_u8(COMPRESS[(mask & 0xff) as usize]);
            let all = uint8x16x2_t(vreinterpretq_u8_f32(self.0), vreinterpretq_u8_f32(self.1));
            Self(
                vreinterpretq_f32_u8(vqtbl2q_u8(all, bytes_of(lanes, &LOW_LANES))),
                vreinterpretq_f32_u8(vqtbl2q_u8(all, bytes_of(lanes, &HIGH_LANES))),
            )
        }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: the trait's contract.
        unsafe { vaddvq_f32(vaddq_f32(self.0, self.1)) }
    }
    #[inline(always)]
    unsafe fn load_sixes(from: *const f32) -> [Self; 6] {
        // SAFETY: as above; reads values 0 to 33 of the 36 the caller vouches for.
        unsafe {
            let (low, high) = (vld4q_f32(from), vld4q_f32(from.add(16)));
            let p0 = Self(low.0, high.0);
            let p1 = Self(low.1, high.1);
            let (p2, p3) = (Self(low.2, high.2), Self(low.3, high.3));
            [p0, p1, p2, p3, p0.followed_by(from.add(32)), p1.followed_by(from.add(33))]
        }
    }
    #[inline(always)]
    unsafe fn load_fours(from: *const f32, stride: usize) -> Self {
        // SAFETY: as above; the caller vouches for the two times four values.
        unsafe { Self(vld1q_f32(from), vld1q_f32(from.add(stride))) }
    }
    #[inline(always)]
    unsafe fn store_fours(parts: [Self; 4], to: *mut f32) {
        // SAFETY: as above; the caller vouches for the 32 values.
        unsafe {
            let [a, b, c, d] = parts;
            vst4q_f32(to, float32x4x4_t(a.0, b.0, c.0, d.0));
            vst4q_f32(to.add(16), float32x4x4_t(a.1, b.1, c.1, d.1));
        }
    }
}

impl Neon {
    /// Writes all lanes.
    ///
    /// # Safety
    /// NEON is enabled in the caller; `to` points at 8 values.
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: by this function's contract.
        unsafe {
            vst1q_f32(to, self.0);
            vst1q_f32(to.add(4), self.1);
        }
    }

    /// Lanes 1 to 7 and the value at `from`.
    ///
    /// # Safety
    /// NEON is enabled in the caller; `from` points at a value.
    #[inline(always)]
    unsafe fn followed_by(self, from: *const f32) -> Self {
        // SAFETY: by this function's contract.
        unsafe {
            let value = vld1q_dup_f32(from);
            Self(vextq_f32::<1>(self.0, self.1), vextq_f32::<1>(self.1, value))
        }
    }
}

/// The places of the bytes of four of eight lanes in a pair of registers.
///
/// # Safety
/// NEON is enabled in the caller.
#[inline(always)]
unsafe fn bytes_of(lanes: uint8x8_t, which: &[u8; 16]) -> uint8x16_t {
    // SAFETY: by this function's contract; each array has the 16 bytes that are read.
    unsafe {
        let first = vshl_n_u8::<2>(lanes);
        let first = vqtbl1q_u8(vcombine_u8(first, first), vld1q_u8(which.as_ptr()));
        vaddq_u8(first, vld1q_u8(BYTE_OF_LANE.as_ptr()))
    }
}

static LOW_LANES: [u8; 16] = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3];
static HIGH_LANES: [u8; 16] = [4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7];
static BYTE_OF_LANE: [u8; 16] = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3];

mod compiled {
    super::instances!(Neon, "neon");
}

/// Whether this processor has the instruction set.
pub(super) fn is_available(isa: Isa) -> bool {
    isa == Isa::Neon && std::arch::is_aarch64_feature_detected!("neon")
}

/// The kernel of `m` outputs times `n` vectors, if that fits the registers.
pub(super) fn tile(isa: Isa, m: usize, n: usize) -> Option<TileKernel> {
    if isa == Isa::Neon { table!(compiled::tile, m, n, 16) } else { None }
}

/// The kernel of `m` rows times `n` vectors, if that fits the registers.
pub(super) fn product(isa: Isa, m: usize, n: usize) -> Option<ProductKernel> {
    if isa == Isa::Neon { table!(compiled::product, m, n, 16) } else { None }
}

/// The same for products that are not plain.
pub(super) fn strided_product(isa: Isa, m: usize, n: usize) -> Option<ProductKernel> {
    if isa == Isa::Neon { table!(compiled::strided_product, m, n, 16) } else { None }
}

/// The kernel of `m` gradient rows times `k` columns.
pub(super) fn dot(isa: Isa, m: usize, k: usize) -> Option<DotKernel> {
    if isa != Isa::Neon {
        return None;
    }
    table!(compiled::dot, m, k, [1: 1 2 3 4; 2: 1 2 3 4; 3: 1 2 3 4;])
}

pub(super) fn filter(isa: Isa) -> Option<FilterKernel> {
    (isa == Isa::Neon).then_some(compiled::filter)
}

pub(super) fn input(isa: Isa) -> Option<InputKernel> {
    (isa == Isa::Neon).then_some(compiled::input)
}

pub(super) fn output(isa: Isa) -> Option<OutputKernel> {
    (isa == Isa::Neon).then_some(compiled::output)
}

pub(super) fn gradient(isa: Isa) -> Option<GradientKernel> {
    (isa == Isa::Neon).then_some(compiled::gradient)
}

pub(super) fn weight(isa: Isa) -> Option<WeightKernel> {
    (isa == Isa::Neon).then_some(compiled::weight)
}

pub(super) fn chains(isa: Isa) -> Option<Chains> {
    (isa == Isa::Neon).then_some(Chains { lanes: 12 * Neon::LANES, run: compiled::chains::<6, 2> })
}
