//! Copies of planes with zero padding and a step, the preparation of every direct pass.

use std::ops::Range;

use super::Isa;

/// What [`Isa::copy_planes`] copies: of each plane, row `r` and column `j` of the result is
/// `source[start[0] + step[0] r][start[1] + step[1] j]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaneCopy {
    pub(crate) planes: usize,
    /// Height and width of a source plane.
    pub(crate) source: [usize; 2],
    /// Values from one source plane to the next.
    pub(crate) source_stride: usize,
    pub(crate) start: [isize; 2],
    pub(crate) step: [usize; 2],
    /// Rows and columns of a result plane.
    pub(crate) result: [usize; 2],
    /// Values from one row of a result plane to the next.
    pub(crate) pitch: usize,
    /// Values from one result plane to the next.
    pub(crate) result_stride: usize,
}

impl PlaneCopy {
    /// The result's rows (axis 0) or columns (axis 1) whose source is inside the plane.
    fn inside(&self, axis: usize) -> Range<usize> {
        steps_inside(self.start[axis], self.step[axis], self.source[axis], self.result[axis])
    }

    /// Source row and column of the first result pixel inside.
    fn first(&self, rows: &Range<usize>, columns: &Range<usize>) -> [usize; 2] {
        let at = |axis: usize, i: usize| self.start[axis] + (i * self.step[axis]) as isize;
        [at(0, rows.start) as usize, at(1, columns.start) as usize]
    }
}

/// Those `i` in `0..count` with `0 <= start + step i < len`.
fn steps_inside(start: isize, step: usize, len: usize, count: usize) -> Range<usize> {
    let from = |x: isize| (x.max(0) as usize).div_ceil(step).min(count);
    let (low, high) = (from(-start), from(len as isize - start));
    low..high.max(low)
}

impl Isa {
    /// Copies the pixels inside the source planes; the caller has set the others to zero.
    pub(crate) fn copy_planes(self, copy: &PlaneCopy, source: &[f32], to: &mut [f32]) {
        let (rows, columns) = (copy.inside(0), copy.inside(1));
        if rows.is_empty() || columns.is_empty() || copy.planes == 0 {
            return;
        }
        let [y, x] = copy.first(&rows, &columns);
        let source = &source[y * copy.source[1] + x..];
        let to = &mut to[rows.start * copy.pitch + columns.start..];
        let block = Block {
            rows: rows.len(),
            columns: columns.len(),
            row_step: copy.step[0] * copy.source[1],
            column_step: copy.step[1],
        };
        assert!(block.is_inside(copy, source.len(), to.len()), "a copy reaches outside its slices");
        #[cfg(target_arch = "x86_64")]
        if self == Self::Avx512 && copy.step[1] <= 2 && self.is_available() {
            // SAFETY: AVX-512 is available and all pixels are inside both slices.
            return unsafe { x86::copy(copy, &block, source, to) };
        }
        for plane in 0..copy.planes {
            for row in 0..block.rows {
                let from = &source[plane * copy.source_stride + row * block.row_step..];
                let into =
                    &mut to[plane * copy.result_stride + row * copy.pitch..][..block.columns];
                let pixels = into.iter_mut().zip(from.iter().step_by(block.column_step));
                pixels.for_each(|(to, from)| *to = *from);
            }
        }
    }
}

/// The pixels of each plane that are copied, from the first one inside on.
struct Block {
    rows: usize,
    columns: usize,
    /// Source values from one row to the next.
    row_step: usize,
    /// Source values from one column to the next.
    column_step: usize,
}

impl Block {
    fn is_inside(&self, copy: &PlaneCopy, source: usize, to: usize) -> bool {
        let (plane, row, column) = (copy.planes - 1, self.rows - 1, self.columns - 1);
        let from = plane * copy.source_stride + row * self.row_step + column * self.column_step;
        let into = plane * copy.result_stride + row * copy.pitch + column;
        from < source && into < to
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    use super::{Block, PlaneCopy};

    /// Copies in blocks of 16 columns, whose masks are the same in every row and plane.
    ///
    /// # Safety
    /// `block.is_inside` of both slices.
    #[target_feature(enable = "avx512f,avx512vl")]
    pub(super) unsafe fn copy(copy: &PlaneCopy, block: &Block, source: &[f32], to: &mut [f32]) {
        let even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
        for column in (0..block.columns).step_by(16) {
            let count = (block.columns - column).min(16);
            let read = (count - 1) * block.column_step + 1;
            let [low, high] = [lanes(read), lanes(read.saturating_sub(16))];
            let store = lanes(count);
            let from = source.as_ptr().wrapping_add(column * block.column_step);
            let into = to.as_mut_ptr().wrapping_add(column);
            for plane in 0..copy.planes {
                let mut from = from.wrapping_add(plane * copy.source_stride);
                let mut into = into.wrapping_add(plane * copy.result_stride);
                for _ in 0..block.rows {
                    // SAFETY: the masks select the block's own pixels, which are inside by this
                    // function's contract; other lanes are neither read nor written.
                    unsafe {
                        let mut values = _mm512_maskz_loadu_ps(low, from);
                        if block.column_step == 2 {
                            let next = _mm512_maskz_loadu_ps(high, from.wrapping_add(16));
                            values = _mm512_permutex2var_ps(values, even, next);
                        }
                        _mm512_mask_storeu_ps(into, store, values);
                    }
                    from = from.wrapping_add(block.row_step);
                    into = into.wrapping_add(copy.pitch);
                }
            }
        }
    }

    /// A mask of the first `count` lanes.
    fn lanes(count: usize) -> __mmask16 {
        ((1u32 << count.min(16)) - 1) as __mmask16
    }
}
