//! `G' m G`: from the 36 sums of a filter's gradient to its 3 x 3 taps, adjoint to the transform of
//! weights. Lanes of a vector are neighbouring outputs.

use super::{
    super::{Isa, native, simd::Simd},
    MOST, POINTS, SIDE, TAPS,
};

/// The sums of at most a vector of outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PointSums<'a> {
    /// Point `k` of channel `c` and output `o` at `k * matrix + c * stride + o`.
    pub(crate) sums: &'a [f32],
    pub(crate) matrix: usize,
    pub(crate) stride: usize,
    /// Whether the taps are added to what there is.
    pub(crate) adds: bool,
}

impl PointSums<'_> {
    fn is_inside(&self, lanes: usize, out: &[&mut [f32]]) -> bool {
        let len = out.first().map_or(0, |filters| filters.len());
        let last = (len / TAPS).max(1) - 1;
        out.len() <= lanes
            && len.is_multiple_of(TAPS)
            && out.iter().all(|filters| filters.len() == len)
            && (POINTS - 1) * self.matrix + last * self.stride + lanes <= self.sums.len()
    }
}

/// Takes what [`Isa::winograd_weight`] takes, in its order.
pub(in super::super) type WeightKernel = unsafe fn(&PointSums<'_>, &mut [&mut [f32]]);

impl Isa {
    /// Writes the filters `[channel, tap]` of each output, or adds to them.
    pub(crate) fn winograd_weight(self, sums: &PointSums<'_>, out: &mut [&mut [f32]]) {
        assert!(
            self.is_available() && sums.is_inside(self.lanes(), out),
            "a transform reaches outside its slices"
        );
        match native::weight(self) {
            // SAFETY: the instruction set is available and all accesses are inside.
            Some(kernel) => unsafe { kernel(sums, out) },
            None => portable(sums, out),
        }
    }
}

/// One dimension.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller.
#[inline(always)]
unsafe fn taps<V: Simd>(m: [V; SIDE]) -> [V; 3] {
    // SAFETY: by this function's contract.
    unsafe {
        let sixth = V::splat(1.0 / 6.0);
        let (near, near_odd) = (m[1].add(m[2]), m[2].sub(m[1]));
        let (far, far_odd) = (m[3].add(m[4]), m[3].sub(m[4]));
        let first = m[0].mul_add(V::splat(0.25), far.mul_add(V::splat(1.0 / 24.0), V::splat(0.0)));
        let minus = V::splat(-1.0 / 6.0);
        [
            near.mul_add(minus, first),
            near_odd.mul_add(sixth, far_odd.mul_add(V::splat(1.0 / 12.0), V::splat(0.0))),
            far.sub(near).mul_add(sixth, m[5]),
        ]
    }
}

/// The kernel behind [`Isa::winograd_weight`].
///
/// # Safety
/// `V`'s instruction set is enabled in the caller, and the bounds asserted there hold.
#[inline(always)]
pub(in super::super) unsafe fn weight<V: Simd>(sums: &PointSums<'_>, out: &mut [&mut [f32]]) {
    let channels = out.first().map_or(0, |filters| filters.len() / TAPS);
    // Taps 0 to 3 of every output, then taps 4 to 7, then the last one.
    let mut filters = [0.0f32; TAPS * MOST];
    let (second, last) = (4 * V::LANES, 8 * V::LANES);
    for c in 0..channels {
        // SAFETY: by this function's contract; nine taps of every output have their place.
        unsafe {
            let from = sums.sums.as_ptr().add(c * sums.stride);
            let mut lines = [[V::splat(0.0); SIDE]; 3];
            for j in 0..SIDE {
                let mut column = [V::splat(0.0); SIDE];
                for i in 0..SIDE {
                    column[i] = V::load(from.add((SIDE * i + j) * sums.matrix));
                }
                let column = taps(column);
                for u in 0..3 {
                    lines[u][j] = column[u];
                }
            }
            let [a, b, c0] = taps(lines[0]);
            let [d, e, f] = taps(lines[1]);
            let [g, h, i] = taps(lines[2]);
            V::store_fours([a, b, c0, d], filters.as_mut_ptr());
            V::store_fours([e, f, g, h], filters.as_mut_ptr().add(second));
            i.store_first(filters.as_mut_ptr().add(last), V::LANES);
            for o in 0..out.len() {
                let (from, to) = (filters.as_ptr(), out[o].as_mut_ptr().add(c * TAPS));
                if sums.adds {
                    for k in 0..4 {
                        *to.add(k) += *from.add(4 * o + k);
                        *to.add(4 + k) += *from.add(second + 4 * o + k);
                    }
                    *to.add(8) += *from.add(last + o);
                } else {
                    core::ptr::copy_nonoverlapping(from.add(4 * o), to, 4);
                    core::ptr::copy_nonoverlapping(from.add(second + 4 * o), to.add(4), 4);
                    *to.add(8) = *from.add(last + o);
                }
            }
        }
    }
}

/// The same transform in safe Rust.
fn portable(sums: &PointSums<'_>, out: &mut [&mut [f32]]) {
    let line = |m: [f32; SIDE]| {
        let (near, far) = (m[1] + m[2], m[3] + m[4]);
        [
            m[0] / 4.0 - near / 6.0 + far / 24.0,
            (m[2] - m[1]) / 6.0 + (m[3] - m[4]) / 12.0,
            (far - near) / 6.0 + m[5],
        ]
    };
    for (o, filters) in out.iter_mut().enumerate() {
        for (c, filter) in filters.chunks_exact_mut(TAPS).enumerate() {
            let sum = |k: usize| sums.sums[k * sums.matrix + c * sums.stride + o];
            let lines: [[f32; 3]; SIDE] =
                std::array::from_fn(|j| line(std::array::from_fn(|i| sum(SIDE * i + j))));
            for (u, row) in filter.chunks_exact_mut(3).enumerate() {
                let taps = line(std::array::from_fn(|j| lines[j][u]));
                for (to, tap) in row.iter_mut().zip(taps) {
                    *to = if sums.adds { *to + tap } else { tap };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::filter::FILTER, *};

    #[test]
    fn every_instruction_set_gives_the_taps_of_the_definition() {
        for isa in [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable] {
            if !isa.is_available() {
                continue;
            }
            for outputs in [1, isa.lanes() - 1, isa.lanes()] {
                check(isa, outputs, false);
                check(isa, outputs, true);
            }
        }
    }

    fn check(isa: Isa, outputs: usize, adds: bool) {
        let channels = 3;
        let stride = isa.lanes() + 16;
        let matrix = channels * stride;
        let sums: Vec<f32> =
            (0..POINTS * matrix).map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0).collect();
        let before = if adds { 2.5 } else { f32::NAN };
        let mut values = vec![before; outputs * channels * TAPS];
        let mut out: Vec<&mut [f32]> = values.chunks_mut(channels * TAPS).collect();
        isa.winograd_weight(&PointSums { sums: &sums, matrix, stride, adds }, &mut out);
        for (i, got) in values.iter().enumerate() {
            let (o, c, tap) = (i / (channels * TAPS), i / TAPS % channels, i % TAPS);
            let sum = |k: usize| f64::from(sums[k * matrix + c * stride + o]);
            let g = |point: usize, tap: usize| f64::from(FILTER[point][tap]);
            let sum: f64 =
                (0..POINTS).map(|k| g(k / SIDE, tap / 3) * g(k % SIDE, tap % 3) * sum(k)).sum();
            let expected = if adds { sum + f64::from(before) } else { sum };
            let error = (f64::from(*got) - expected).abs();
            assert!(error < 1e-5, "{isa:?} {o} {c} {tap}: {got}, {expected}");
        }
    }
}
