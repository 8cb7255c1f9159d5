//! Copies of a plane's rows with zero padding and a step, the preparation of every direct pass.

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
    /// The source row of result row `r`, if it is inside the plane.
    fn row<'a>(&self, source: &'a [f32], r: usize) -> Option<&'a [f32]> {
        let y = usize::try_from(self.start[0] + (r * self.step[0]) as isize).ok()?;
        (y < self.source[0]).then(|| &source[y * self.source[1]..(y + 1) * self.source[1]])
    }
}

impl Isa {
    /// Fills `to`, a whole number of rows of `rows.pitch` values.
    pub(crate) fn copy_rows(self, rows: &Rows, source: &[f32], to: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if self == Self::Avx512 && rows.step[1] <= 2 && self.is_available() {
            for (r, to) in to.chunks_mut(rows.pitch.max(1)).enumerate() {
                let row = rows.row(source, r).unwrap_or(&[]);
                // SAFETY: AVX-512 is available.
                unsafe { x86::copy_row(row, rows.start[1], rows.step[1], to) };
            }
            return;
        }
        for (r, to) in to.chunks_mut(rows.pitch.max(1)).enumerate() {
            match rows.row(source, r) {
                Some(row) => copy_row(row, rows.start[1], rows.step[1], to),
                None => to.fill(0.0),
            }
        }
    }
}

fn copy_row(source: &[f32], start: isize, step: usize, to: &mut [f32]) {
    // Columns j with 0 <= step j + start < width are inside the plane.
    let inside = |x: isize| (x.max(0) as usize).div_ceil(step).min(to.len());
    let (low, high) = (inside(-start), inside(source.len() as isize - start));
    to[..low].fill(0.0);
    if low < high {
        let from = &source[(start + (low * step) as isize) as usize..];
        if step == 1 {
            to[low..high].copy_from_slice(&from[..high - low]);
        } else {
            let columns = to[low..high].iter_mut().zip(from.iter().step_by(step));
            columns.for_each(|(to, from)| *to = *from);
        }
    }
    to[high.max(low)..].fill(0.0);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    /// [`super::copy_row`] for steps 1 and 2, 16 columns at a time by masks.
    #[target_feature(enable = "avx512f,avx512vl")]
    pub(super) fn copy_row(source: &[f32], start: isize, step: usize, to: &mut [f32]) {
        let even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
        for (block, to) in to.chunks_mut(16).enumerate() {
            let x = start + (block * 16 * step) as isize;
            let mut values = load(source, x);
            if step == 2 {
                values = _mm512_permutex2var_ps(values, even, load(source, x + 16));
            }
            let mask = (u32::MAX >> (32 - to.len() as u32)) as __mmask16;
            // SAFETY: the mask has `to.len()` lanes, 1 to 16.
            unsafe { _mm512_mask_storeu_ps(to.as_mut_ptr(), mask, values) };
        }
    }

    /// The 16 values from `x` on, zero outside the slice.
    #[target_feature(enable = "avx512f,avx512vl")]
    #[inline]
    fn load(source: &[f32], x: isize) -> __m512 {
        let low = (-x).clamp(0, 16) as u32;
        let high = (source.len() as isize - x).clamp(0, 16) as u32;
        let mask = ((1u32 << high) - 1) & !((1u32 << low) - 1);
        // SAFETY: lanes outside `low..high` are masked off and not read; the others are inside.
        unsafe { _mm512_maskz_loadu_ps(mask as __mmask16, source.as_ptr().wrapping_offset(x)) }
    }
}
