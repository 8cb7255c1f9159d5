//! Copies of a plane's rows with zero padding and a step, the preparation of every direct pass.

use std::ops::Range;

use super::Isa;

/// What [`Isa::copy_rows`] reads: row `r`, column `j` of the result is
/// `source[start[0] + step[0] r][start[1] + step[1] j]`, zero outside the plane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    /// Height and width of the source plane.
    pub(crate) source: [usize; 2],
    pub(crate) start: [isize; 2],
    pub(crate) step: [usize; 2],
    /// Columns of the result.
    pub(crate) pitch: usize,
}

impl Rows {
    /// The run of the `count` result rows whose source rows are inside the plane.
    fn inside(&self, count: usize) -> Range<usize> {
        steps_inside(self.start[0], self.step[0], self.source[0], count)
    }

    /// The source row of result row `r`, which must be [`inside`](Self::inside).
    fn row<'a>(&self, source: &'a [f32], r: usize) -> &'a [f32] {
        let y = (self.start[0] + (r * self.step[0]) as isize) as usize;
        &source[y * self.source[1]..(y + 1) * self.source[1]]
    }
}

/// Those `i` in `0..count` with `0 <= start + step i < len`.
fn steps_inside(start: isize, step: usize, len: usize, count: usize) -> Range<usize> {
    let from = |x: isize| (x.max(0) as usize).div_ceil(step).min(count);
    let (low, high) = (from(-start), from(len as isize - start));
    low..high.max(low)
}

impl Isa {
    /// Fills `to`, rows of `rows.pitch` values of which the last may be cut short.
    pub(crate) fn copy_rows(self, rows: &Rows, source: &[f32], to: &mut [f32]) {
        let pitch = rows.pitch.max(1);
        let (to, cut) = to.split_at_mut(to.len() / pitch * pitch);
        if !cut.is_empty() {
            let last = rows.inside(to.len() / pitch + 1);
            match last.contains(&(to.len() / pitch)) {
                true => {
                    copy_row(rows.row(source, to.len() / pitch), rows.start[1], rows.step[1], cut)
                }
                false => cut.fill(0.0),
            }
        }
        let inside = rows.inside(to.len() / pitch);
        to[..inside.start * pitch].fill(0.0);
        to[inside.end * pitch..].fill(0.0);
        let to = &mut to[inside.start * pitch..inside.end * pitch];
        if to.is_empty() {
            return;
        }
        let first = (rows.start[0] + (inside.start * rows.step[0]) as isize) as usize;
        let source = &source[first * rows.source[1]..rows.source[0] * rows.source[1]];
        #[cfg(target_arch = "x86_64")]
        if self == Self::Avx512 && rows.step[1] <= 2 && self.is_available() {
            // SAFETY: AVX-512 is available.
            return unsafe { x86::copy(rows, source, to) };
        }
        let from = source.chunks(rows.source[1]).step_by(rows.step[0]);
        for (to, from) in to.chunks_mut(pitch).zip(from) {
            copy_row(&from[..rows.source[1]], rows.start[1], rows.step[1], to);
        }
    }
}

fn copy_row(source: &[f32], start: isize, step: usize, to: &mut [f32]) {
    let inside = steps_inside(start, step, source.len(), to.len());
    to[..inside.start].fill(0.0);
    to[inside.end..].fill(0.0);
    if !inside.is_empty() {
        let from = &source[(start + (inside.start * step) as isize) as usize..];
        let columns = to[inside].iter_mut().zip(from.iter().step_by(step));
        columns.for_each(|(to, from)| *to = *from);
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    use super::Rows;

    /// Every `rows.step[0]`-th row of `source` into the rows of `to`, in blocks of 16 columns
    /// whose masks are the same in every row; column steps 1 and 2.
    #[target_feature(enable = "avx512f,avx512vl")]
    pub(super) fn copy(rows: &Rows, source: &[f32], to: &mut [f32]) {
        let (width, step) = (rows.source[1], rows.step[1]);
        let even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
        let count = to.len() / rows.pitch;
        assert!((count.max(1) - 1) * rows.step[0] * width + width <= source.len());
        for column in (0..rows.pitch).step_by(16) {
            let x = rows.start[1] + (column * step) as isize;
            let [low, high] = [valid(x, width), valid(x + 16, width)];
            let store = (0xffff_u32 >> 16_usize.saturating_sub(rows.pitch - column)) as __mmask16;
            let mut from = source.as_ptr().wrapping_offset(x);
            let mut into = to.as_mut_ptr().wrapping_add(column);
            for _ in 0..count {
                // SAFETY: `low` and `high` select columns inside the row and `store` columns
                // inside the result's row; both rows are inside their slices, by the assertion
                // and by `count`. Lanes masked off are neither read nor written.
                unsafe {
                    let mut values = _mm512_maskz_loadu_ps(low, from);
                    if step == 2 {
                        let next = _mm512_maskz_loadu_ps(high, from.wrapping_add(16));
                        values = _mm512_permutex2var_ps(values, even, next);
                    }
                    _mm512_mask_storeu_ps(into, store, values);
                }
                from = from.wrapping_add(rows.step[0] * width);
                into = into.wrapping_add(rows.pitch);
            }
        }
    }

    /// The lanes `i` with `0 <= x + i < width`.
    fn valid(x: isize, width: usize) -> __mmask16 {
        let low = (-x).clamp(0, 16) as u32;
        let high = (width as isize - x).clamp(0, 16) as u32;
        (((1u32 << high) - 1) & !((1u32 << low) - 1)) as __mmask16
    }
}
