//! Transforms of Winograd's F(4 x 4, 3 x 3): from 6 x 6 pixels to 36 values that are multiplied
//! by the filter's 36, and from the 36 sums to 4 x 4 pixels.
//!
//! The points are 0, ±1, ±2 and infinity, as in Lavin & Gray, "Fast algorithms for convolutional
//! neural networks", CVPR 2016. Lanes of a vector are neighbouring tiles of one row of tiles.

// No closure in a kernel touches a vector: it would be compiled without the instruction set.
#![allow(clippy::needless_range_loop)]

use super::{Isa, simd::Simd};

/// Values of a transformed tile.
pub(crate) const POINTS: usize = 36;

/// What is added to the pixels of one row of tiles.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RowAddend<'a> {
    Nothing,
    /// Pixels like those of the output's slice.
    Given(&'a [f32]),
    /// What the output's slice holds.
    Output,
}

/// How one row of tiles becomes up to four rows of pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TileRow<'a> {
    /// Values from one of the 36 matrices to the next.
    pub(crate) matrix: usize,
    /// Pixels of a row of the output.
    pub(crate) columns: usize,
    pub(crate) bias: f32,
    pub(crate) addend: RowAddend<'a>,
    pub(crate) relu: bool,
}

/// Tiles that cover this many pixels.
pub(crate) fn tiles(pixels: usize) -> usize {
    pixels.div_ceil(4)
}

impl Isa {
    /// Values that a row of a strip of `tiles` tiles may read.
    pub(crate) fn strip_reach(self, tiles: usize) -> usize {
        tiles.next_multiple_of(self.lanes()) * 4 + 4
    }

    /// Transforms a row of tiles: point `k` of tile `t` goes to `to[k matrix + t]`. `strip` starts
    /// at the first tile's first pixel and has 6 rows, `pitch` values apart.
    pub(crate) fn winograd_input(
        self,
        strip: &[f32],
        pitch: usize,
        tiles: usize,
        to: &mut [f32],
        matrix: usize,
    ) {
        assert!(
            self.is_available()
                && 5 * pitch + self.strip_reach(tiles) <= strip.len()
                && (POINTS - 1) * matrix + tiles <= to.len(),
            "a transform reaches outside its slices"
        );
        #[cfg(target_arch = "x86_64")]
        match self {
            // SAFETY: the instruction set is available and all accesses are inside.
            Self::Avx512 => {
                return unsafe { super::x86::input512(strip, pitch, tiles, to, matrix) };
            }
            // SAFETY: as above.
            Self::Avx2 => return unsafe { super::x86::input256(strip, pitch, tiles, to, matrix) },
            Self::Portable => {}
        }
        portable::input(strip, pitch, tiles, to, matrix);
    }

    /// Transforms a row of tiles back: point `k` of tile `t` is `from[k matrix + t]`. `out` has as
    /// many rows of pixels as are wanted, at most four.
    pub(crate) fn winograd_output(self, from: &[f32], row: &TileRow<'_>, out: &mut [f32]) {
        let reach = tiles(row.columns).next_multiple_of(self.lanes());
        let addend = match row.addend {
            RowAddend::Given(addend) => addend.len(),
            RowAddend::Nothing | RowAddend::Output => out.len(),
        };
        assert!(
            self.is_available()
                && row.columns > 0
                && (POINTS - 1) * row.matrix + reach <= from.len()
                && out.len().is_multiple_of(row.columns)
                && out.len() <= 4 * row.columns
                && addend == out.len(),
            "a transform reaches outside its slices"
        );
        #[cfg(target_arch = "x86_64")]
        match self {
            // SAFETY: the instruction set is available and all accesses are inside.
            Self::Avx512 => return unsafe { super::x86::output512(from, row, out) },
            // SAFETY: as above.
            Self::Avx2 => return unsafe { super::x86::output256(from, row, out) },
            Self::Portable => {}
        }
        portable::output(from, row, out);
    }
}

/// One dimension of the input's transform.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller.
#[inline(always)]
unsafe fn input_line<V: Simd>(d: [V; 6]) -> [V; 6] {
    // SAFETY: by this function's contract.
    unsafe {
        let (two, four, five) = (V::splat(2.0), V::splat(-4.0), V::splat(-5.0));
        let even = d[2].mul_add(four, d[4]);
        let odd = d[1].mul_add(four, d[3]);
        let (far, near) = (d[4].sub(d[2]), d[3].sub(d[1]));
        let near = near.mul_add(two, V::splat(0.0));
        [
            d[2].mul_add(five, d[0].mul_add(V::splat(4.0), d[4])),
            even.add(odd),
            even.sub(odd),
            far.add(near),
            far.sub(near),
            d[3].mul_add(five, d[1].mul_add(V::splat(4.0), d[5])),
        ]
    }
}

/// One dimension of the output's transform.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller.
#[inline(always)]
unsafe fn output_line<V: Simd>(m: [V; 6]) -> [V; 4] {
    // SAFETY: by this function's contract.
    unsafe {
        let (s1, d1) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (s2, d2) = (m[3].add(m[4]), m[3].sub(m[4]));
        [
            m[0].add(s1).add(s2),
            d2.mul_add(V::splat(2.0), d1),
            s2.mul_add(V::splat(4.0), s1),
            d2.mul_add(V::splat(8.0), d1).add(m[5]),
        ]
    }
}

/// The kernel behind [`Isa::winograd_input`].
///
/// # Safety
/// `V`'s instruction set is enabled in the caller, and the bounds asserted there hold.
#[inline(always)]
pub(super) unsafe fn input<V: Simd>(
    strip: &[f32],
    pitch: usize,
    tiles: usize,
    to: &mut [f32],
    matrix: usize,
) {
    for first in (0..tiles).step_by(V::LANES) {
        let count = (tiles - first).min(V::LANES);
        // SAFETY: by this function's contract.
        unsafe {
            let from = strip.as_ptr().add(4 * first);
            let to = to.as_mut_ptr().add(first);
            let mut lines = [[V::splat(0.0); 6]; 6];
            for i in 0..6 {
                lines[i] = input_line(V::load_sixes(from.add(i * pitch)));
            }
            for j in 0..6 {
                let mut column = [V::splat(0.0); 6];
                for i in 0..6 {
                    column[i] = lines[i][j];
                }
                let column = input_line(column);
                for i in 0..6 {
                    column[i].store_first(to.add((6 * i + j) * matrix), count);
                }
            }
        }
    }
}

/// The kernel behind [`Isa::winograd_output`].
///
/// # Safety
/// `V`'s instruction set is enabled in the caller, and the bounds asserted there hold.
#[inline(always)]
pub(super) unsafe fn output<V: Simd>(from: &[f32], row: &TileRow<'_>, out: &mut [f32]) {
    let out_ptr = out.as_mut_ptr();
    let addend = match row.addend {
        RowAddend::Nothing => core::ptr::null(),
        RowAddend::Given(addend) => addend.as_ptr(),
        RowAddend::Output => out_ptr.cast_const(),
    };
    let rows = out.len() / row.columns;
    for first in (0..tiles(row.columns)).step_by(V::LANES) {
        let column = 4 * first;
        // SAFETY: by this function's contract; `column` is below the row's length.
        unsafe {
            let from = from.as_ptr().add(first);
            let mut lines = [[V::splat(0.0); 6]; 4];
            for j in 0..6 {
                let mut column = [V::splat(0.0); 6];
                for i in 0..6 {
                    column[i] = V::load(from.add((6 * i + j) * row.matrix));
                }
                let column = output_line(column);
                for i in 0..4 {
                    lines[i][j] = column[i];
                }
            }
            for (i, line) in lines.iter().enumerate().take(rows) {
                let at = i * row.columns + column;
                let to = Pixels {
                    out: out_ptr.add(at),
                    addend: if addend.is_null() { addend } else { addend.add(at) },
                    count: (row.columns - column).min(4 * V::LANES),
                };
                write(output_line::<V>(*line), row, &to);
            }
        }
    }
}

/// Where up to four vectors of pixels go.
struct Pixels {
    out: *mut f32,
    /// Null for nothing.
    addend: *const f32,
    count: usize,
}

/// # Safety
/// `V`'s instruction set is enabled in the caller; `to` points at `to.count` values.
#[inline(always)]
unsafe fn write<V: Simd>(parts: [V; 4], row: &TileRow<'_>, to: &Pixels) {
    let mut pixels = [0.0f32; 64];
    // SAFETY: four vectors are at most 64 values; the rest by this function's contract.
    unsafe {
        V::store_fours(parts, pixels.as_mut_ptr());
        for at in (0..to.count).step_by(V::LANES) {
            let count = (to.count - at).min(V::LANES);
            let mut values = V::load(pixels.as_ptr().add(at)).add(V::splat(row.bias));
            if !to.addend.is_null() {
                values = values.add(V::load_first(to.addend.add(at), count));
            }
            if row.relu {
                values = values.rectified();
            }
            values.store_first(to.out.add(at), count);
        }
    }
}

/// The same transforms in safe Rust: the oracle of the others.
mod portable {
    use super::{POINTS, RowAddend, TileRow, tiles};

    fn input_line(d: [f32; 6]) -> [f32; 6] {
        let (even, odd) = (d[4] - 4.0 * d[2], d[3] - 4.0 * d[1]);
        let (far, near) = (d[4] - d[2], 2.0 * (d[3] - d[1]));
        let outer = |i: usize| 4.0 * d[i] - 5.0 * d[i + 2] + d[i + 4];
        [outer(0), even + odd, even - odd, far + near, far - near, outer(1)]
    }

    fn output_line(m: [f32; 6]) -> [f32; 4] {
        let (s1, d1, s2, d2) = (m[1] + m[2], m[1] - m[2], m[3] + m[4], m[3] - m[4]);
        [m[0] + s1 + s2, d1 + 2.0 * d2, s1 + 4.0 * s2, d1 + 8.0 * d2 + m[5]]
    }

    pub(super) fn input(strip: &[f32], pitch: usize, tiles: usize, to: &mut [f32], matrix: usize) {
        for t in 0..tiles {
            let pixel = |i: usize, j: usize| strip[i * pitch + 4 * t + j];
            let lines: [[f32; 6]; 6] =
                std::array::from_fn(|i| input_line(std::array::from_fn(|j| pixel(i, j))));
            for j in 0..6 {
                let column = input_line(std::array::from_fn(|i| lines[i][j]));
                for (i, value) in column.into_iter().enumerate() {
                    to[(6 * i + j) * matrix + t] = value;
                }
            }
        }
    }

    pub(super) fn output(from: &[f32], row: &TileRow<'_>, out: &mut [f32]) {
        for t in 0..tiles(row.columns) {
            let point: [f32; POINTS] = std::array::from_fn(|k| from[k * row.matrix + t]);
            let lines: [[f32; 4]; 6] =
                std::array::from_fn(|j| output_line(std::array::from_fn(|i| point[6 * i + j])));
            for (i, pixels) in out.chunks_mut(row.columns).enumerate() {
                let line = output_line(std::array::from_fn(|j| lines[j][i]));
                let pixels = pixels[4 * t..].iter_mut().take(4);
                for (j, (pixel, value)) in pixels.zip(line).enumerate() {
                    let sum = value
                        + row.bias
                        + match row.addend {
                            RowAddend::Nothing => 0.0,
                            RowAddend::Given(addend) => addend[i * row.columns + 4 * t + j],
                            RowAddend::Output => *pixel,
                        };
                    *pixel = if row.relu && sum < 0.0 { 0.0 } else { sum };
                }
            }
        }
    }
}
