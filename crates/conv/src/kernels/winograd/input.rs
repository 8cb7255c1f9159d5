//! `B' x B`: the transform of 6 x 6 pixels. Lanes of a vector are neighbouring tiles, over the ends
//! of the rows of tiles.

use super::{
    super::{Isa, Lanes, native, simd::Simd},
    POINTS, SIDE,
};

/// Rows of tiles whose pixels are laid out so that tile `s` starts at column `4 s` of flat rows:
/// row `y` of the pixels is in phase `y mod 4` and is that phase's part `y / 4`, of `pitch`
/// values. Tiles overlap by two rows and two columns, so a phase has a part more than there are
/// rows of tiles, and between the rows of tiles stands an unused one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourceRows<'a> {
    pub(crate) pixels: &'a [f32],
    /// Values from one phase to the next.
    pub(crate) phase: usize,
    /// Values from one row of tiles to the next.
    pub(crate) pitch: usize,
    /// Which of a vector's tiles are tiles, and where they go.
    pub(crate) lanes: &'a [Lanes],
}

impl SourceRows<'_> {
    /// Place of the first pixel of row `i` of the first tile.
    fn row(&self, i: usize) -> usize {
        i % 4 * self.phase + i / 4 * self.pitch
    }

    /// Values that `pixels` must have, for vectors of `lanes` tiles.
    fn reach(&self, lanes: usize) -> usize {
        self.row(3).max(self.row(5)) + 4 * lanes * self.lanes.len() + 4
    }
}

/// Takes what [`Isa::winograd_input`] takes, in its order.
pub(in super::super) type InputKernel = unsafe fn(&SourceRows<'_>, &mut [f32], usize);

impl Isa {
    /// Transforms the tiles of one channel: point `k` of tile `t` goes to `to[k * matrix + t]`.
    pub(crate) fn winograd_input(self, rows: &SourceRows<'_>, to: &mut [f32], matrix: usize) {
        let end = |l: &Lanes| l.dense + l.mask.count_ones() as usize;
        let tiles = rows.lanes.iter().map(end).max().unwrap_or(0);
        assert!(
            self.is_available()
                && rows.reach(self.lanes()) <= rows.pixels.len()
                && (POINTS - 1) * matrix + tiles <= to.len(),
            "a transform reaches outside its slices"
        );
        match native::input(self) {
            // SAFETY: the instruction set is available and all accesses are inside.
            Some(kernel) => unsafe { kernel(rows, to, matrix) },
            None => portable(rows, to, matrix),
        }
    }
}

/// One dimension.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller.
#[inline(always)]
unsafe fn line<V: Simd>(d: [V; SIDE]) -> [V; SIDE] {
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

/// The kernel behind [`Isa::winograd_input`].
///
/// # Safety
/// `V`'s instruction set is enabled in the caller, and the bounds asserted there hold.
#[inline(always)]
pub(in super::super) unsafe fn input<V: Simd>(
    rows: &SourceRows<'_>,
    to: &mut [f32],
    matrix: usize,
) {
    for (v, tiles) in rows.lanes.iter().enumerate() {
        // SAFETY: by this function's contract.
        unsafe {
            let from = rows.pixels.as_ptr().add(4 * v * V::LANES);
            // 36 vectors are more than there are registers: loops, so that few are alive at once.
            let mut lines = [[V::splat(0.0); SIDE]; SIDE];
            for i in 0..SIDE {
                lines[i] = line(V::load_sixes(from.add(rows.row(i))));
            }
            let to = to.as_mut_ptr().add(tiles.dense);
            let count = tiles.mask.count_ones() as usize;
            for j in 0..SIDE {
                let mut column = [V::splat(0.0); SIDE];
                for i in 0..SIDE {
                    column[i] = lines[i][j];
                }
                let column = line(column);
                for i in 0..SIDE {
                    let to = to.add((SIDE * i + j) * matrix);
                    if count == V::LANES {
                        column[i].store_first(to, V::LANES);
                    } else {
                        column[i].compress(tiles.mask).store_first(to, count);
                    }
                }
            }
        }
    }
}

/// The same transform in safe Rust.
fn portable(rows: &SourceRows<'_>, to: &mut [f32], matrix: usize) {
    let line = |d: [f32; SIDE]| {
        let (even, odd) = (d[4] - 4.0 * d[2], d[3] - 4.0 * d[1]);
        let (far, near) = (d[4] - d[2], 2.0 * (d[3] - d[1]));
        let outer = |i: usize| 4.0 * d[i] - 5.0 * d[i + 2] + d[i + 4];
        [outer(0), even + odd, even - odd, far + near, far - near, outer(1)]
    };
    let lanes = super::super::portable::LANES;
    for (v, tiles) in rows.lanes.iter().enumerate() {
        let valid = (0..lanes).filter(|lane| tiles.mask >> lane & 1 == 1);
        for (t, lane) in valid.enumerate() {
            let pixel = |i: usize, j: usize| rows.pixels[rows.row(i) + 4 * (v * lanes + lane) + j];
            let lines: [[f32; SIDE]; SIDE] =
                std::array::from_fn(|i| line(std::array::from_fn(|j| pixel(i, j))));
            for j in 0..SIDE {
                let column = line(std::array::from_fn(|i| lines[i][j]));
                for (i, value) in column.into_iter().enumerate() {
                    to[(SIDE * i + j) * matrix + tiles.dense + t] = value;
                }
            }
        }
    }
}
