//! `A g A'`: the transform of 4 x 4 pixels of an output's gradient, adjoint to that of the sums.
//! Lanes of a vector are neighbouring outputs.

use super::{
    super::{Isa, native, simd::Simd},
    MOST, POINTS, SIDE, tiles,
};

/// Tiles whose pixels are brought together before the first is transformed: what was written in
/// parts can be read as a whole only some time later.
const TOGETHER: usize = 4;

/// The gradient's pixels of one row of tiles and of at most a vector of outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GradientRow<'a> {
    /// Up to four rows of pixels of each output; pixels outside are zero.
    pub(crate) pixels: &'a [&'a [f32]],
    /// Pixels of a row.
    pub(crate) columns: usize,
}

impl GradientRow<'_> {
    fn len(&self) -> usize {
        self.pixels.first().map_or(0, |row| row.len())
    }

    fn is_inside(&self, lanes: usize, to: usize, matrix: usize, stride: usize) -> bool {
        let last = tiles(self.columns).max(1) - 1;
        self.columns > 0
            && self.pixels.len() <= lanes
            && self.pixels.iter().all(|pixels| pixels.len() == self.len())
            && self.len().is_multiple_of(self.columns)
            && self.len() <= 4 * self.columns
            && (POINTS - 1) * matrix + last * stride + lanes <= to
    }
}

/// Takes what [`Isa::winograd_gradient`] takes, in its order.
pub(in super::super) type GradientKernel = unsafe fn(&GradientRow<'_>, &mut [f32], usize, usize);

impl Isa {
    /// Transforms a row of tiles: point `k` of tile `t` and output `o`, of a whole vector of them,
    /// goes to `to[k * matrix + t * stride + o]`, zero for outputs that are none.
    pub(crate) fn winograd_gradient(
        self,
        row: &GradientRow<'_>,
        to: &mut [f32],
        matrix: usize,
        stride: usize,
    ) {
        assert!(
            self.is_available() && row.is_inside(self.lanes(), to.len(), matrix, stride),
            "a transform reaches outside its slices"
        );
        match native::gradient(self) {
            // SAFETY: the instruction set is available and all accesses are inside.
            Some(kernel) => unsafe { kernel(row, to, matrix, stride) },
            None => portable(row, to, matrix, stride),
        }
    }
}

/// One dimension.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller.
#[inline(always)]
unsafe fn points<V: Simd>(g: [V; 4]) -> [V; SIDE] {
    // SAFETY: by this function's contract.
    unsafe {
        let (two, four) = (V::splat(2.0), V::splat(4.0));
        let (even, odd) = (g[0].add(g[2]), g[1].add(g[3]));
        let far_even = g[2].mul_add(four, g[0]);
        let far_odd = g[3].mul_add(four, g[1]);
        let minus = V::splat(-2.0);
        [
            g[0],
            even.add(odd),
            even.sub(odd),
            far_odd.mul_add(two, far_even),
            far_odd.mul_add(minus, far_even),
            g[3],
        ]
    }
}

/// The kernel behind [`Isa::winograd_gradient`].
///
/// # Safety
/// `V`'s instruction set is enabled in the caller, and the bounds asserted there hold.
#[inline(always)]
pub(in super::super) unsafe fn gradient<V: Simd>(
    row: &GradientRow<'_>,
    to: &mut [f32],
    matrix: usize,
    stride: usize,
) {
    let rows = row.len() / row.columns;
    let (line, tile) = (4 * V::LANES, 16 * V::LANES);
    // `[tile, row, output, column]`, and four values that are read but not used.
    let mut pixels = [0.0f32; TOGETHER * 16 * MOST + 4];
    let count = tiles(row.columns);
    for first in (0..count).step_by(TOGETHER) {
        let whole = (row.columns / 4 - first).min(TOGETHER);
        let left = (row.columns - 4 * (first + whole)).min(3);
        for o in 0..row.pixels.len() {
            for i in 0..rows {
                // SAFETY: by this function's contract; `4 * whole + left` pixels of the row follow
                // the first tile's, and `whole` tiles, or one more if `left > 0`, have their place.
                unsafe {
                    let from = row.pixels[o].as_ptr().add(i * row.columns + 4 * first);
                    let to = pixels.as_mut_ptr().add(i * line + 4 * o);
                    for t in 0..whole {
                        core::ptr::copy_nonoverlapping(from.add(4 * t), to.add(t * tile), 4);
                    }
                    if whole < TOGETHER && left > 0 {
                        for j in 0..4 {
                            let inside = j < left;
                            *to.add(whole * tile + j) =
                                if inside { *from.add(4 * whole + j) } else { 0.0 };
                        }
                    }
                }
            }
        }
        for t in 0..(count - first).min(TOGETHER) {
            // SAFETY: as above; a whole vector of outputs of tile `first + t` has its place.
            unsafe {
                let to = to.as_mut_ptr().add((first + t) * stride);
                transform::<V>(pixels.as_ptr().add(t * tile), to, matrix);
            }
        }
    }
}

/// One tile's points, from its pixels `[row, output, column]`.
///
/// # Safety
/// As [`gradient`]; `from` points at sixteen vectors and four values, `to` at a vector of each
/// matrix.
#[inline(always)]
unsafe fn transform<V: Simd>(from: *const f32, to: *mut f32, matrix: usize) {
    // SAFETY: by this function's contract.
    unsafe {
        let mut lines = [[V::splat(0.0); SIDE]; 4];
        for i in 0..4 {
            let [a, b, c, d, ..] = V::load_sixes(from.add(4 * i * V::LANES));
            lines[i] = points([a, b, c, d]);
        }
        for j in 0..SIDE {
            let column = points([lines[0][j], lines[1][j], lines[2][j], lines[3][j]]);
            for i in 0..SIDE {
                column[i].store_first(to.add((SIDE * i + j) * matrix), V::LANES);
            }
        }
    }
}

/// The same transform in safe Rust.
fn portable(row: &GradientRow<'_>, to: &mut [f32], matrix: usize, stride: usize) {
    let line = |g: [f32; 4]| {
        let (even, odd) = (g[0] + g[2], g[1] + g[3]);
        let (far_even, far_odd) = (g[0] + 4.0 * g[2], 2.0 * (g[1] + 4.0 * g[3]));
        [g[0], even + odd, even - odd, far_even + far_odd, far_even - far_odd, g[3]]
    };
    for t in 0..tiles(row.columns) {
        for o in 0..super::super::portable::LANES {
            let pixel = |i: usize, j: usize| {
                let pixels = row.pixels.get(o).filter(|_| 4 * t + j < row.columns);
                pixels.and_then(|p| p.get(i * row.columns + 4 * t + j)).copied().unwrap_or(0.0)
            };
            let lines: [[f32; SIDE]; 4] =
                std::array::from_fn(|i| line(std::array::from_fn(|j| pixel(i, j))));
            for j in 0..SIDE {
                let column = line(std::array::from_fn(|i| lines[i][j]));
                for (i, value) in column.into_iter().enumerate() {
                    to[(SIDE * i + j) * matrix + t * stride + o] = value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `A` of the points 0, ±1, ±2, infinity.
    const SPREAD: [[f64; 4]; SIDE] = [
        [1.0, 0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0, 1.0],
        [1.0, -1.0, 1.0, -1.0],
        [1.0, 2.0, 4.0, 8.0],
        [1.0, -2.0, 4.0, -8.0],
        [0.0, 0.0, 0.0, 1.0],
    ];

    #[test]
    fn every_instruction_set_gives_the_points_of_the_definition() {
        for isa in [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable] {
            if !isa.is_available() {
                continue;
            }
            for (columns, rows) in [(1, 1), (3, 4), (4, 2), (15, 3), (16, 4), (18, 4), (35, 4)] {
                for outputs in [1, isa.lanes() - 1, isa.lanes()] {
                    check(isa, [rows, columns], outputs);
                }
            }
        }
    }

    fn check(isa: Isa, [rows, columns]: [usize; 2], outputs: usize) {
        let values: Vec<f32> =
            (0..outputs * rows * columns).map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0).collect();
        let pixels: Vec<&[f32]> = values.chunks(rows * columns).collect();
        let stride = isa.lanes() + 16;
        let matrix = tiles(columns) * stride;
        let mut to = vec![f32::NAN; POINTS * matrix];
        isa.winograd_gradient(&GradientRow { pixels: &pixels, columns }, &mut to, matrix, stride);
        for (i, got) in to.iter().enumerate() {
            let (point, tile, o) = (i / matrix, i % matrix / stride, i % stride);
            if o >= isa.lanes() {
                assert!(got.is_nan(), "{isa:?}: beyond the vector");
                continue;
            }
            let pixel = |row: usize, column: usize| {
                let inside = o < outputs && row < rows && column < columns;
                if inside { f64::from(pixels[o][row * columns + column]) } else { 0.0 }
            };
            let [p, q] = [SPREAD[point / SIDE], SPREAD[point % SIDE]];
            let expected: f64 =
                (0..16).map(|k| p[k / 4] * q[k % 4] * pixel(k / 4, 4 * tile + k % 4)).sum();
            assert!((f64::from(*got) - expected).abs() < 1e-4, "{isa:?} {rows} {columns}: {got}");
        }
    }
}
