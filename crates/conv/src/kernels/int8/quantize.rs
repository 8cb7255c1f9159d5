//! Floats to bytes: what lies side by side in lanes, terms in words.

use super::{
    super::{Isa, simd::unrolled},
    Int8Simd, TERMS, native, scale,
};

/// Vectors whose scales are found together.
const VECTORS: usize = 16;
/// The most lanes of those.
const LANES: usize = VECTORS * 16;

/// Terms of sums, as many sums side by side as there are lanes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lines<'a> {
    /// Term `t` of lane `l` at `t * stride + l`.
    pub(crate) values: &'a [f32],
    pub(crate) terms: usize,
    pub(crate) stride: usize,
    pub(crate) lanes: usize,
    /// The largest magnitude of all, if lanes are to share one scale.
    pub(crate) largest: Option<f32>,
}

impl Lines<'_> {
    fn is_inside(&self, lanes: usize, pitch: usize, words: usize, scales: usize) -> bool {
        let width = self.lanes.next_multiple_of(lanes);
        let groups = self.terms.div_ceil(TERMS);
        self.terms > 0
            && (self.terms - 1) * self.stride + self.lanes <= self.values.len()
            && (groups - 1) * pitch + width <= words
            && (groups == 1 || width <= pitch)
            && width <= scales
    }
}

/// Takes what [`Isa::quantize`] takes, in its order.
pub(super) type QuantizeKernel = unsafe fn(&Lines<'_>, usize, &mut [u32], &mut [f32]);

/// Takes values.
pub(super) type MagnitudeKernel = unsafe fn(&[f32]) -> f32;

impl Isa {
    /// Writes the terms as bytes, group `g` of lane `l` to `words[g * pitch + l]`, and what a byte
    /// less its zero is to be multiplied with to `scales[l]`. Lanes are written up to a whole
    /// vector, those beyond the last being zero.
    ///
    /// A lane with a NaN or an infinity has a scale that is none, too.
    pub(crate) fn quantize(
        self,
        lines: &Lines<'_>,
        pitch: usize,
        words: &mut [u32],
        scales: &mut [f32],
    ) {
        assert!(
            self.computes_int8() && lines.is_inside(self.lanes(), pitch, words.len(), scales.len()),
            "values for bytes reach outside their slices"
        );
        match native::quantize(self) {
            // SAFETY: the instruction set is available and all accesses are inside.
            Some(kernel) => unsafe { kernel(lines, pitch, words, scales) },
            None => portable(lines, pitch, words, scales),
        }
    }

    /// The largest magnitude; NaN if there is one.
    pub(crate) fn magnitude(self, values: &[f32]) -> f32 {
        assert!(self.computes_int8(), "no products of bytes");
        match native::magnitude(self) {
            // SAFETY: the instruction set is available.
            Some(kernel) => unsafe { kernel(values) },
            None => values.iter().copied().fold(0.0, larger),
        }
    }
}

/// The larger magnitude by its bits, which puts NaN above infinity.
#[inline(always)]
pub(crate) fn larger(largest: f32, value: f32) -> f32 {
    f32::from_bits(largest.to_bits().max(value.abs().to_bits()))
}

/// The kernel behind [`Isa::magnitude`].
///
/// # Safety
/// `V`'s instruction set is enabled in the caller.
#[inline(always)]
pub(super) unsafe fn magnitude<V: Int8Simd>(values: &[f32]) -> f32 {
    // SAFETY: every chunk has as many values as are read, and `lanes` has room for a vector.
    unsafe {
        let mut largest = [V::splat(0.0); 4];
        let mut chunks = values.chunks_exact(4 * V::LANES);
        for chunk in &mut chunks {
            for (i, largest) in largest.iter_mut().enumerate() {
                let value = V::load(chunk.as_ptr().add(i * V::LANES));
                *largest = largest.larger_magnitude(value);
            }
        }
        let [a, b, c, d] = largest;
        let largest = a.larger_magnitude(b).larger_magnitude(c.larger_magnitude(d));
        let mut lanes = [0.0f32; 16];
        largest.store_first(lanes.as_mut_ptr(), V::LANES);
        lanes.iter().chain(chunks.remainder()).copied().fold(0.0, larger)
    }
}

/// The kernel behind [`Isa::quantize`].
///
/// # Safety
/// `V`'s instruction set is enabled in the caller, and the bounds asserted there hold.
#[inline(always)]
pub(super) unsafe fn quantize<V: Int8Simd>(
    lines: &Lines<'_>,
    pitch: usize,
    words: &mut [u32],
    scales: &mut [f32],
) {
    let mut inverses = [0.0f32; LANES];
    let together = VECTORS * V::LANES;
    for first in (0..lines.lanes).step_by(together) {
        let lanes = (lines.lanes - first).min(together);
        let vectors = lanes.div_ceil(V::LANES);
        let scales = &mut scales[first..first + vectors * V::LANES];
        // SAFETY: by this function's contract; of the last vector only the lanes that there are
        // are read.
        unsafe {
            let values = lines.values.as_ptr().add(first);
            match lines.largest {
                Some(largest) => scales.fill(largest),
                None => {
                    scales.fill(0.0);
                    largest::<V>(lines, values, lanes, scales);
                }
            }
            for (inverse, largest) in inverses.iter_mut().zip(scales.iter_mut()) {
                [*largest, *inverse] = scale(*largest);
            }
            let mut to = words.as_mut_ptr().add(first);
            for group in 0..lines.terms.div_ceil(TERMS) {
                let term = values.add(group * TERMS * lines.stride);
                let terms = (lines.terms - group * TERMS).min(TERMS);
                for v in 0..vectors {
                    let at = v * V::LANES;
                    let count = (lanes - at).min(V::LANES);
                    let inverse = V::load(inverses.as_ptr().add(at));
                    let mut four = [V::splat(0.0); TERMS];
                    for (t, four) in four.iter_mut().enumerate().take(terms) {
                        let from = term.add(t * lines.stride + at);
                        let value = match count == V::LANES {
                            true => V::load(from),
                            false => V::load_first(from, count),
                        };
                        *four = value.mul(inverse);
                    }
                    V::store_words(V::to_bytes(four), to.add(at));
                }
                to = to.wrapping_add(pitch);
            }
        }
    }
}

/// The largest magnitude of every lane, to `scales`, where zeros are.
///
/// # Safety
/// As [`quantize`]; `lanes` lanes from `values` on are the lines' own, at most as many as there are
/// scales.
#[inline(always)]
unsafe fn largest<V: Int8Simd>(
    lines: &Lines<'_>,
    values: *const f32,
    lanes: usize,
    scales: &mut [f32],
) {
    // SAFETY: by this function's contract.
    unsafe {
        let mut t = 0;
        while t < lines.terms {
            let terms = (lines.terms - t).min(8);
            let term = values.add(t * lines.stride);
            for at in (0..lanes).step_by(V::LANES) {
                let count = (lanes - at).min(V::LANES);
                let to = scales.as_mut_ptr().add(at);
                let mut largest = V::load(to);
                if terms == 8 && count == V::LANES {
                    unrolled!(8, T, {
                        largest =
                            largest.larger_magnitude(V::load(term.add(T * lines.stride + at)));
                    });
                } else {
                    for u in 0..terms {
                        let value = V::load_first(term.add(u * lines.stride + at), count);
                        largest = largest.larger_magnitude(value);
                    }
                }
                largest.store_first(to, V::LANES);
            }
            t += terms;
        }
    }
}

/// The same in safe Rust.
fn portable(lines: &Lines<'_>, pitch: usize, words: &mut [u32], scales: &mut [f32]) {
    let value = |t: usize, l: usize| match t < lines.terms && l < lines.lanes {
        true => lines.values[t * lines.stride + l],
        false => 0.0,
    };
    for l in 0..lines.lanes.next_multiple_of(super::super::portable::LANES) {
        let found = || (0..lines.terms).map(|t| value(t, l)).fold(0.0, larger);
        let [scale, inverse] = scale(lines.largest.unwrap_or_else(found));
        scales[l] = scale;
        for group in 0..lines.terms.div_ceil(TERMS) {
            let byte = |t: usize| {
                let rounded = (value(TERMS * group + t, l) * inverse).round_ties_even();
                (rounded as i32).wrapping_add(128) as u8
            };
            words[group * pitch + l] = u32::from_le_bytes(std::array::from_fn(byte));
        }
    }
}
