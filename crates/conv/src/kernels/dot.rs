//! Inner products of a few gradient planes with a few shifted source planes, over all pixels.

use super::simd::{Simd, unrolled};

/// One block of a weight gradient:
/// `out[m][k] += sum over u, p of gradient[u][m][p] * source[u][offsets[k] + p]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dot<'a> {
    pub(crate) source: &'a [f32],
    pub(crate) source_unit: usize,
    /// One per column `k` of the block.
    pub(crate) offsets: &'a [usize],
    pub(crate) gradient: &'a [f32],
    pub(crate) gradient_unit: usize,
    pub(crate) gradient_stride: usize,
    /// Rows `m` of the block.
    pub(crate) rows: usize,
    /// Images (or bands) `u`.
    pub(crate) units: usize,
    /// Pixels `p`, a multiple of the vector width.
    pub(crate) pixels: usize,
    /// Distance between the rows of `out`.
    pub(crate) out_stride: usize,
}

/// A kernel for one number of rows and columns.
pub(super) type DotKernel = unsafe fn(&Dot<'_>, &mut [f32]);

impl Dot<'_> {
    /// True if every read and write of a kernel stays inside its slice.
    pub(super) fn is_inside(&self, out: usize) -> bool {
        let reach = self.offsets.iter().copied().max().unwrap_or(0);
        let unit = self.units.saturating_sub(1);
        let row = self.rows.saturating_sub(1);
        unit * self.source_unit + reach + self.pixels <= self.source.len()
            && unit * self.gradient_unit + row * self.gradient_stride + self.pixels
                <= self.gradient.len()
            && row * self.out_stride + self.offsets.len() <= out
    }
}

/// The kernel: `M` rows times `K` columns of vector sums stay in registers.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller; `dot.is_inside(out.len())`;
/// `dot.rows == M`, `dot.offsets.len() == K`, `dot.pixels` is a multiple of `V::LANES`.
#[inline(always)]
pub(super) unsafe fn dot<V: Simd, const M: usize, const K: usize>(dot: &Dot<'_>, out: &mut [f32]) {
    // SAFETY: by this function's contract every pointer below stays inside its slice.
    unsafe {
        let mut sums = [[V::splat(0.0); K]; M];
        for unit in 0..dot.units {
            let source = dot.source.as_ptr().add(unit * dot.source_unit);
            let gradient = dot.gradient.as_ptr().add(unit * dot.gradient_unit);
            let mut columns = [source; K];
            unrolled!(K, J, {
                columns[J] = source.add(*dot.offsets.get_unchecked(J));
            });
            let mut p = 0;
            while p < dot.pixels {
                let mut x = [V::splat(0.0); K];
                unrolled!(K, J, {
                    x[J] = V::load(columns[J].add(p));
                });
                unrolled!(M, I, {
                    let g = V::load(gradient.add(I * dot.gradient_stride + p));
                    unrolled!(K, J, {
                        sums[I][J] = g.mul_add(x[J], sums[I][J]);
                    });
                });
                p += V::LANES;
            }
        }
        unrolled!(M, I, {
            unrolled!(K, J, {
                *out.get_unchecked_mut(I * dot.out_stride + J) += sums[I][J].sum();
            });
        });
    }
}
