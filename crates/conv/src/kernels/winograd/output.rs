//! `A' m A`: from the 36 sums of a tile to its 4 x 4 pixels. Lanes of a vector are neighbouring
//! outputs.

use super::{
    super::{
        Isa, native,
        simd::{Simd, unrolled},
    },
    MOST, POINTS, SIDE, tiles,
};

/// What is added to the pixels of one row of tiles.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RowAddend<'a> {
    Nothing,
    /// Pixels like those of the output, one slice per output.
    Given(&'a [&'a [f32]]),
    /// What the output's slices hold.
    Output,
}

/// The sums of one row of tiles and of at most a vector of outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TileRow<'a> {
    /// Point `k` of tile `t` and output `o` at `k * matrix + t * stride + o`.
    pub(crate) sums: &'a [f32],
    pub(crate) matrix: usize,
    pub(crate) stride: usize,
    /// Pixels of a row of the output.
    pub(crate) columns: usize,
    /// A vector.
    pub(crate) bias: &'a [f32],
    pub(crate) addend: RowAddend<'a>,
    pub(crate) relu: bool,
}

impl TileRow<'_> {
    fn is_inside(&self, lanes: usize, out: &[&mut [f32]]) -> bool {
        let len = out.first().map_or(0, |row| row.len());
        let last = tiles(self.columns).max(1) - 1;
        let addend = match self.addend {
            RowAddend::Given(rows) => {
                rows.len() == out.len() && rows.iter().all(|row| row.len() == len)
            }
            RowAddend::Nothing | RowAddend::Output => true,
        };
        addend
            && self.columns > 0
            && lanes <= self.bias.len()
            && out.len() <= lanes
            && out.iter().all(|row| row.len() == len)
            && len.is_multiple_of(self.columns)
            && len <= 4 * self.columns
            && (POINTS - 1) * self.matrix + last * self.stride + lanes <= self.sums.len()
    }
}

/// Takes what [`Isa::winograd_output`] takes, in its order.
pub(in super::super) type OutputKernel = unsafe fn(&TileRow<'_>, &mut [&mut [f32]]);

impl Isa {
    /// Transforms a row of tiles back into up to four rows of pixels of each output.
    pub(crate) fn winograd_output(self, row: &TileRow<'_>, out: &mut [&mut [f32]]) {
        assert!(
            self.is_available() && row.is_inside(self.lanes(), out),
            "a transform reaches outside its slices"
        );
        match native::output(self) {
            // SAFETY: the instruction set is available and all accesses are inside.
            Some(kernel) => unsafe { kernel(row, out) },
            None => portable(row, out),
        }
    }
}

/// One dimension.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller.
#[inline(always)]
unsafe fn transformed<V: Simd>(m: [V; SIDE]) -> [V; 4] {
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

/// The kernel behind [`Isa::winograd_output`].
///
/// # Safety
/// `V`'s instruction set is enabled in the caller, and the bounds asserted there hold.
#[inline(always)]
pub(in super::super) unsafe fn output<V: Simd>(row: &TileRow<'_>, out: &mut [&mut [f32]]) {
    let outputs = out.len();
    let rows = out.first().map_or(0, |pixels| pixels.len() / row.columns);
    let mut to = [core::ptr::null_mut(); MOST];
    let mut addend = [core::ptr::null(); MOST];
    for o in 0..outputs {
        to[o] = out[o].as_mut_ptr();
        addend[o] = match row.addend {
            RowAddend::Nothing => core::ptr::null(),
            RowAddend::Given(rows) => rows[o].as_ptr(),
            RowAddend::Output => to[o].cast_const(),
        };
    }
    // Tiles that make a vector of pixels, by row of pixels: `[tile, output, column]`.
    let mut pixels = [0.0f32; 4 * MOST * MOST];
    let four_rows = 4 * V::LANES;
    let (together, line) = (V::LANES / 4, V::LANES * V::LANES);
    // SAFETY: by this function's contract; `at` is a pixel of a row and `count` those left of it.
    unsafe {
        for first in (0..tiles(row.columns)).step_by(together) {
            for t in first..(first + together).min(tiles(row.columns)) {
                tile::<V>(row, t, pixels.as_mut_ptr().add((t - first) * four_rows), line);
            }
            let count = (row.columns - 4 * first).min(V::LANES);
            for o in 0..outputs {
                for i in 0..rows {
                    let from = pixels.as_ptr().add(i * line + 4 * o);
                    let mut values = V::load_fours(from, four_rows);
                    let at = i * row.columns + 4 * first;
                    if !addend[o].is_null() {
                        values = values.add(V::load_first(addend[o].add(at), count));
                    }
                    if row.relu {
                        values = values.rectified();
                    }
                    values.store_first(to[o].add(at), count);
                }
            }
        }
    }
}

/// Four rows of four pixels of one tile, of all outputs and with their bias: row `i` goes to
/// `to[i * line..]` as `[output, column]`.
///
/// # Safety
/// As [`output`]; `t` is a tile of the row, and `to` points at `3 * line` values and four vectors.
// The macro's lines beyond the arrays are behind a constant that is false.
#[allow(clippy::out_of_bounds_indexing)]
#[inline(always)]
unsafe fn tile<V: Simd>(row: &TileRow<'_>, t: usize, to: *mut f32, line: usize) {
    // SAFETY: by this function's contract.
    unsafe {
        let from = row.sums.as_ptr().add(t * row.stride);
        let mut lines = [[V::splat(0.0); SIDE]; 4];
        unrolled!(SIDE, J, {
            let at = |i: usize| from.add((SIDE * i + J) * row.matrix);
            let column = transformed([
                V::load(at(0)),
                V::load(at(1)),
                V::load(at(2)),
                V::load(at(3)),
                V::load(at(4)),
                V::load(at(5)),
            ]);
            unrolled!(4, I, {
                lines[I][J] = column[I];
            });
        });
        let bias = V::load(row.bias.as_ptr());
        unrolled!(4, I, {
            let mut parts = transformed(lines[I]);
            unrolled!(4, J, {
                parts[J] = parts[J].add(bias);
            });
            V::store_fours(parts, to.add(I * line));
        });
    }
}

/// The same transform in safe Rust.
fn portable(row: &TileRow<'_>, out: &mut [&mut [f32]]) {
    let line = |m: [f32; SIDE]| {
        let (s1, d1, s2, d2) = (m[1] + m[2], m[1] - m[2], m[3] + m[4], m[3] - m[4]);
        [m[0] + s1 + s2, d1 + 2.0 * d2, s1 + 4.0 * s2, d1 + 8.0 * d2 + m[5]]
    };
    for (o, pixels) in out.iter_mut().enumerate() {
        for t in 0..tiles(row.columns) {
            let sum = |k: usize| row.sums[k * row.matrix + t * row.stride + o];
            let lines: [[f32; 4]; SIDE] =
                std::array::from_fn(|j| line(std::array::from_fn(|i| sum(SIDE * i + j))));
            for (i, to) in pixels.chunks_mut(row.columns).enumerate() {
                let values = line(std::array::from_fn(|j| lines[j][i]));
                for (j, (to, value)) in to[4 * t..].iter_mut().zip(values).enumerate() {
                    let at = i * row.columns + 4 * t + j;
                    let sum = value
                        + row.bias[o]
                        + match row.addend {
                            RowAddend::Nothing => 0.0,
                            RowAddend::Given(addend) => addend[o][at],
                            RowAddend::Output => *to,
                        };
                    *to = if row.relu && sum < 0.0 { 0.0 } else { sum };
                }
            }
        }
    }
}
