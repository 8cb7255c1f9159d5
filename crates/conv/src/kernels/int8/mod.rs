//! Products of 8-bit integers, four at a time, summed in 32 bits.
//!
//! A word holds four neighbouring terms of a sum. Source values are bytes from 1 to 255, where 128
//! stands for zero, because the instruction multiplies unsigned by signed ones: a sum starts from
//! -128 times the sum of its weights, which makes up for it exactly.

// Elsewhere the safe twins are all there is.
#![cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]

mod product;
mod quantize;
mod tile;

#[cfg(not(target_arch = "x86_64"))]
mod no_kernels;
#[cfg(target_arch = "x86_64")]
mod x86;
#[cfg(not(target_arch = "x86_64"))]
use no_kernels as native;
#[cfg(target_arch = "x86_64")]
use x86 as native;

pub(crate) use product::Int8Product;
pub(crate) use quantize::{Lines, larger};
pub(crate) use tile::Int8Tile;

use super::{Isa, simd::Simd};

/// Terms of a word.
pub(crate) const TERMS: usize = 4;

/// The bytes of a word whose terms are all zero.
pub(crate) const ZERO: u32 = 0x8080_8080;

/// The largest magnitude of a byte less its zero.
pub(crate) const LARGEST: f32 = 127.0;

/// Magnitudes below become zero, far from where [`LARGEST`] divided by them would overflow.
const SMALLEST: f32 = 1e-30;

/// The word of four signed bytes.
pub(crate) fn word(bytes: [i8; TERMS]) -> u32 {
    u32::from_le_bytes(bytes.map(|byte| byte as u8))
}

/// A word of source bytes as one of signed ones, and back.
pub(crate) fn signed(word: u32) -> u32 {
    word ^ ZERO
}

/// What a sum starts from, for weights in signed words.
pub(crate) fn start(words: impl Iterator<Item = u32>) -> i32 {
    let sum =
        |word: u32| word.to_le_bytes().into_iter().map(|byte| i32::from(byte as i8)).sum::<i32>();
    -128 * words.map(sum).sum::<i32>()
}

/// The instructions that the kernels need beyond [`Simd`]'s.
pub(super) trait Int8Simd: Simd {
    /// As many words, or sums, as a vector has lanes.
    type Words: Copy;
    unsafe fn splat_word(word: u32) -> Self::Words;
    /// Reads a vector.
    unsafe fn load_words(from: *const u32) -> Self::Words;
    /// Asks for what may be read soon; the pointer may be any.
    unsafe fn prefetch(from: *const u32);
    /// Writes a vector.
    unsafe fn store_words(words: Self::Words, to: *mut u32);
    /// Adds to each sum the products of four unsigned bytes by four signed ones.
    unsafe fn dot(unsigned: Self::Words, signed: Self::Words, sums: Self::Words) -> Self::Words;
    unsafe fn to_floats(sums: Self::Words) -> Self;
    unsafe fn mul(self, factor: Self) -> Self;
    /// The larger magnitude; NaN is larger than all others.
    unsafe fn larger_magnitude(self, other: Self) -> Self;
    /// Four terms, each at most [`LARGEST`] in magnitude, rounded to the nearest (even in the
    /// middle), in words of source bytes.
    unsafe fn to_bytes(terms: [Self; TERMS]) -> Self::Words;
}

impl Isa {
    /// Whether this processor has an instruction for products of 8-bit integers in this set:
    /// AVX-512 VNNI, or AVX-VNNI beside [`Isa::Avx2`].
    #[must_use]
    pub fn has_int8(self) -> bool {
        self.is_available() && native::has_int8(self)
    }

    /// Whether they may be taken where they are allowed. In safe Rust they are slower than floats, so
    /// they are for those who ask for [`Isa::Portable`] where there is a better set, to compare.
    pub(crate) fn takes_int8(self) -> bool {
        self.has_int8() || self == Self::Portable && Self::detect() != Self::Portable
    }

    /// Whether the kernels compute them.
    fn computes_int8(self) -> bool {
        self.has_int8() || self == Self::Portable
    }
}

/// The scale that a byte is to be multiplied with where `largest` becomes [`LARGEST`], and the inverse;
/// NaN and infinity give scales that make sums so.
#[inline(always)]
pub(crate) fn scale(largest: f32) -> [f32; 2] {
    let inverse = if largest >= SMALLEST { LARGEST / largest } else { 0.0 };
    [largest / LARGEST, inverse]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{Lanes, LastStep, TileAddend};

    /// Sets with an instruction for these products, to be held against safe Rust.
    fn with_instruction() -> impl Iterator<Item = Isa> {
        [Isa::Avx512, Isa::Avx2, Isa::Neon].into_iter().filter(|isa| isa.has_int8())
    }

    fn floats(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 + seed * 31) % 2003) as f32 / 500.0 - 2.0).collect()
    }

    fn words(n: usize, seed: u32) -> Vec<u32> {
        (0..n as u32).map(|i| (i + seed).wrapping_mul(2_654_435_761).rotate_left(11)).collect()
    }

    #[test]
    fn bytes_and_scales_are_those_of_safe_rust() {
        for isa in with_instruction() {
            for (terms, lanes) in [(1, 1), (4, 16), (7, 37), (16, 300), (33, 5)] {
                for largest in [None, Some(2.5)] {
                    let stride = lanes + 3;
                    let mut values = floats(terms * stride, terms);
                    values[stride * (terms - 1)] = 1e-35;
                    if largest.is_none() && lanes > 4 {
                        values[3] = f32::NAN;
                        values[4] = f32::NEG_INFINITY;
                    }
                    let lines = Lines { values: &values, terms, stride, lanes, largest };
                    // Whole vectors of either width.
                    let pitch = lanes.next_multiple_of(16) + 16;
                    let quantized = |isa: Isa| {
                        let mut words = vec![7; terms.div_ceil(TERMS) * pitch];
                        let mut scales = vec![7.0f32; pitch];
                        isa.quantize(&lines, pitch, &mut words, &mut scales);
                        (words, scales)
                    };
                    let (found, expected) = (quantized(isa), quantized(Isa::Portable));
                    for l in 0..lanes {
                        let [scale, other] = [found.1[l], expected.1[l]];
                        assert_eq!(scale.to_bits(), other.to_bits(), "{isa:?} {lanes}: lane {l}");
                        if scale.is_finite() {
                            let of = |words: &[u32]| {
                                words.iter().skip(l).step_by(pitch).copied().collect::<Vec<_>>()
                            };
                            assert_eq!(of(&found.0), of(&expected.0), "{isa:?} {lanes}: lane {l}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_largest_magnitude_is_found_wherever_it_is() {
        for isa in with_instruction().chain([Isa::Portable]) {
            for at in [0, 17, 63, 64, 130] {
                let mut values = vec![0.25f32; 131];
                values[at] = -3.0;
                assert_eq!(isa.magnitude(&values), 3.0, "{isa:?} {at}");
                values[at] = f32::NAN;
                assert!(isa.magnitude(&values).is_nan(), "{isa:?} {at}");
            }
        }
    }

    #[test]
    fn products_are_those_of_safe_rust() {
        for isa in with_instruction() {
            for (rows, vectors, groups) in [(1, 1, 1), (5, 2, 3), (12, 2, 9), (29, 3, 4)] {
                let columns = 16 * vectors;
                let (factors, weights) = (words(groups * rows, 1), words(groups * columns, 2));
                let (row_scales, column_scales) = (floats(rows, 1), floats(columns, 2));
                let starts = words(columns, 3).iter().map(|w| w >> 12).collect::<Vec<_>>();
                let sums = |isa: Isa| {
                    let product = Int8Product {
                        groups,
                        factors: &factors,
                        factor_stride: rows,
                        row_scales: &row_scales,
                        columns: &weights,
                        column_stride: columns,
                        starts: &starts,
                        column_scales: &column_scales,
                        rows,
                        vectors: columns / isa.lanes(),
                    };
                    let mut sums = vec![0.0; rows * columns];
                    isa.int8_product(&product, &mut sums, columns);
                    sums
                };
                assert_eq!(sums(isa), sums(Isa::Portable), "{isa:?} {rows} {vectors} {groups}");
            }
        }
    }

    #[test]
    fn tiles_are_those_of_safe_rust() {
        for isa in with_instruction() {
            for (outputs, taps, addend) in [(1, 1, false), (4, 2, true), (6, 3, false)] {
                let (groups, stride, pixels) = (5, 200, 32);
                let (source, weights) = (words(groups * stride, 1), words(groups * taps * 6, 2));
                let offsets: Vec<usize> = (0..taps).map(|t| 11 * t).collect();
                let starts = vec![5u32; outputs];
                let (scales, bias) = (floats(outputs, 1), floats(outputs, 2));
                let pixel_scales = floats(pixels, 3);
                let given = floats(outputs * pixels, 4);
                let given: Vec<&[f32]> = given.chunks(pixels).collect();
                let planes = |isa: Isa| {
                    // Every third pixel is none.
                    let mut dense = 0;
                    let lanes: Vec<Lanes> = (0..pixels / isa.lanes())
                        .map(|v| {
                            let valid = |l: &usize| !(v * isa.lanes() + l).is_multiple_of(3);
                            let mask = (0..isa.lanes()).filter(valid).fold(0, |m, l| m | 1 << l);
                            let lanes = Lanes { mask, dense };
                            dense += mask.count_ones() as usize;
                            lanes
                        })
                        .collect();
                    let mut out = vec![9.0; outputs * pixels];
                    let last = LastStep {
                        addend: if addend { TileAddend::Given(&given) } else { TileAddend::Output },
                        relu: addend,
                    };
                    // As many vectors at a time as every set has a kernel for.
                    let one = 2;
                    for (i, lanes) in lanes.chunks(one).enumerate() {
                        let first = i * one * isa.lanes();
                        let tile = Int8Tile {
                            source: &source[first..],
                            groups,
                            group_stride: stride,
                            offsets: &offsets,
                            pixel_scales: &pixel_scales[first..],
                            weights: &weights,
                            starts: &starts,
                            output_scales: &scales,
                            bias: &bias,
                            lanes,
                            last,
                        };
                        let mut planes: Vec<&mut [f32]> = out.chunks_mut(pixels).collect();
                        isa.int8_tile(&tile, &mut planes);
                    }
                    out
                };
                assert_eq!(planes(isa), planes(Isa::Portable), "{isa:?} {outputs} {taps}");
            }
        }
    }

    #[test]
    fn a_sum_of_zeros_is_its_start_made_up_for() {
        let weights = [word([1, -2, 127, -127]), word([5, 0, 0, -128])];
        let sum: i32 = weights.iter().map(|w| product::dot(ZERO, *w)).sum();
        assert_eq!(start(weights.into_iter()) + sum, 0);
    }
}
