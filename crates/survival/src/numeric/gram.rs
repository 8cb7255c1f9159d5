//! Sums of weighted outer products, `sum w x x'`: what an information matrix is made of.
//!
//! Rows are kept in blocks, eight columns beside each other, and a block is multiplied with itself
//! by tiles of eight by eight sums that stay in registers: eight multiply-adds for each value
//! loaded, where one row after the other reads and writes the whole matrix.

use super::linear::Matrix;
use vertebra_wide::{Loops, widest};

/// Eight columns of a row; what is beyond its last column is 0.
pub(crate) type Lanes = [f64; LANES];

pub(crate) const LANES: usize = 8;
/// Rows of a block: two panels of it stay in the first cache.
const ROWS: usize = 128;

/// Eight by eight sums.
type Tile = [Lanes; LANES];

/// Adds `factor x` to a sum.
#[inline(always)]
pub(crate) fn add_lanes(sum: &mut [Lanes], factor: f64, x: &[Lanes]) {
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum = plus(*sum, factor, x));
}

#[inline(always)]
fn plus(mut sum: Lanes, factor: f64, x: &Lanes) -> Lanes {
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += factor * x);
    sum
}

/// `sum x x'`.
#[derive(Debug)]
pub(crate) struct Gram {
    /// Rows that a block holds.
    rows: usize,
    filled: usize,
    /// The block, panel by panel and row by row.
    block: Vec<Lanes>,
    /// Tiles below the diagonal and on it, row by row.
    sums: Vec<Tile>,
}

impl Gram {
    /// Of rows of `size` values, about so many.
    pub(crate) fn new(size: usize, n: usize) -> Self {
        let (rows, panels) = (n.clamp(1, ROWS), size.div_ceil(LANES));
        let block = vec![[0.0; LANES]; rows * panels];
        Self {
            rows,
            filled: 0,
            block,
            sums: vec![[[0.0; LANES]; LANES]; panels * (panels + 1) / 2],
        }
    }

    /// Adds the outer product of `factor x`.
    #[inline(always)]
    pub(crate) fn add(&mut self, factor: f64, x: &[Lanes]) {
        if self.filled == self.rows {
            self.multiply();
        }
        for (panel, x) in self.block.chunks_exact_mut(self.rows).zip(x) {
            panel[self.filled] = plus([0.0; LANES], factor, x);
        }
        self.filled += 1;
    }

    /// Takes the block into the sums.
    #[inline(never)]
    fn multiply(&mut self) {
        let Self { rows, filled, block, sums } = self;
        widest(Product { rows: *rows, filled: *filled, block, sums });
        self.filled = 0;
    }

    /// Adds `sign` times the sums below the diagonal of `matrix` and on it.
    pub(crate) fn add_to(mut self, sign: f64, matrix: &mut Matrix) {
        self.multiply();
        for row in 0..matrix.size() {
            for column in 0..=row {
                let (i, j) = (row / LANES, column / LANES);
                let tile = &self.sums[i * (i + 1) / 2 + j];
                matrix[(row, column)] += sign * tile[row % LANES][column % LANES];
            }
        }
    }
}

struct Product<'a> {
    rows: usize,
    filled: usize,
    block: &'a [Lanes],
    sums: &'a mut [Tile],
}

impl Loops for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let panel = |k: usize| &self.block[k * self.rows..][..self.filled];
        let mut sums = self.sums.iter_mut();
        for i in 0..self.block.len() / self.rows {
            for (j, sums) in (0..=i).zip(&mut sums) {
                tile(panel(i), panel(j), sums);
            }
        }
    }
}

/// Each sum has a name of its own, as the compiler keeps an indexed array in memory.
#[inline(always)]
fn tile(a: &[Lanes], b: &[Lanes], sums: &mut Tile) {
    let [mut s0, mut s1, mut s2, mut s3, mut s4, mut s5, mut s6, mut s7] = *sums;
    for (a, b) in a.iter().zip(b) {
        s0 = plus(s0, a[0], b);
        s1 = plus(s1, a[1], b);
        s2 = plus(s2, a[2], b);
        s3 = plus(s3, a[3], b);
        s4 = plus(s4, a[4], b);
        s5 = plus(s5, a[5], b);
        s6 = plus(s6, a[6], b);
        s7 = plus(s7, a[7], b);
    }
    *sums = [s0, s1, s2, s3, s4, s5, s6, s7];
}

/// `sum w x x'` with weights of either sign.
#[derive(Debug)]
pub(crate) struct SignedGram {
    plus: Gram,
    minus: Gram,
}

impl SignedGram {
    /// Of rows of `size` values, about so many.
    pub(crate) fn new(size: usize, n: usize) -> Self {
        Self { plus: Gram::new(size, n), minus: Gram::new(size, n) }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, weight: f64, x: &[Lanes]) {
        let side = if weight < 0.0 { &mut self.minus } else { &mut self.plus };
        side.add(weight.abs().sqrt(), x);
    }

    /// Adds the sums below the diagonal of `matrix` and on it.
    pub(crate) fn add_to(self, matrix: &mut Matrix) {
        self.plus.add_to(1.0, matrix);
        self.minus.add_to(-1.0, matrix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_wide::every;

    fn lanes(x: &[f64]) -> Vec<Lanes> {
        let mut lanes = vec![[0.0; LANES]; x.len().div_ceil(LANES)];
        lanes.as_flattened_mut()[..x.len()].copy_from_slice(x);
        lanes
    }

    fn rows(n: usize, size: usize) -> Vec<Vec<f64>> {
        let value = |k: usize| ((k * 7919) % 1009) as f64 / 500.0 - 1.0;
        (0..n).map(|i| (0..size).map(|j| value(i * size + j)).collect()).collect()
    }

    #[test]
    fn sums_as_one_row_after_the_other() {
        for (n, size) in [(1, 1), (5, 3), (127, 8), (128, 9), (300, 17)] {
            let mut gram = SignedGram::new(size, n);
            let (mut got, mut expected) = (Matrix::zeros(size), Matrix::zeros(size));
            for (i, row) in rows(n, size).iter().enumerate() {
                let weight = (i % 5) as f64 - 1.5;
                gram.add(weight, &lanes(row));
                expected.add_outer(weight, row);
            }
            gram.add_to(&mut got);
            for (got, expected) in got.rows().flatten().zip(expected.rows().flatten()) {
                assert!((got - expected).abs() < 1e-12 * n as f64, "{n} {size}: {got} {expected}");
            }
        }
    }

    struct Filled<'a>(&'a Gram);

    impl Loops for Filled<'_> {
        type Output = Vec<Tile>;

        #[inline(always)]
        fn run(self) -> Vec<Tile> {
            let mut sums = self.0.sums.clone();
            let Gram { rows, filled, ref block, .. } = *self.0;
            Product { rows, filled, block, sums: &mut sums }.run();
            sums
        }
    }

    #[test]
    fn every_version_sums_the_same_bits() {
        let mut gram = Gram::new(19, 100);
        rows(100, 19).iter().for_each(|row| gram.add(0.7, &lanes(row)));
        let versions = every(|| Filled(&gram));
        assert!(versions.iter().all(|(_, sums)| *sums == versions[0].1));
    }
}
