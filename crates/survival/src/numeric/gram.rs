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

/// `sum w x x'`, the weights of either sign.
#[derive(Debug)]
pub(crate) struct Gram {
    size: usize,
    /// Rows that a block holds.
    rows: usize,
    /// The block, panel by panel and row by row.
    block: Vec<Lanes>,
    /// Of the rows that the block has now.
    weights: Vec<f64>,
    /// Tiles below the diagonal and on it, row by row.
    sums: Vec<Tile>,
}

impl Gram {
    /// Of rows of `size` values, about so many.
    pub(crate) fn new(size: usize, n: usize) -> Self {
        let (rows, panels) = (n.clamp(1, ROWS), size.div_ceil(LANES));
        Self {
            size,
            rows,
            block: vec![[0.0; LANES]; rows * panels],
            weights: Vec::with_capacity(rows),
            sums: vec![[[0.0; LANES]; LANES]; panels * (panels + 1) / 2],
        }
    }

    /// Adds `weight x x'`.
    #[inline(always)]
    pub(crate) fn add(&mut self, weight: f64, x: &[Lanes]) {
        if self.weights.len() == self.rows {
            self.multiply();
        }
        let filled = self.weights.len();
        for (panel, x) in self.block.chunks_exact_mut(self.rows).zip(x) {
            panel[filled] = *x;
        }
        self.weights.push(weight);
    }

    /// Takes the block into the sums.
    #[inline(never)]
    fn multiply(&mut self) {
        let Self { size, rows, block, weights, sums } = self;
        widest(Product { size: *size, rows: *rows, weights, block, sums });
        weights.clear();
    }

    /// Adds the sums below the diagonal of `matrix` and on it.
    pub(crate) fn add_to(mut self, matrix: &mut Matrix) {
        self.multiply();
        for row in 0..matrix.size() {
            for column in 0..=row {
                let (i, j) = (row / LANES, column / LANES);
                let tile = &self.sums[i * (i + 1) / 2 + j];
                matrix[(row, column)] += tile[row % LANES][column % LANES];
            }
        }
    }
}

struct Product<'a> {
    size: usize,
    rows: usize,
    weights: &'a [f64],
    block: &'a [Lanes],
    sums: &'a mut [Tile],
}

impl Loops for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let panel = |k: usize| &self.block[k * self.rows..][..self.weights.len()];
        let mut sums = self.sums.iter_mut();
        for i in 0..self.block.len() / self.rows {
            for (j, sums) in (0..=i).zip(&mut sums) {
                let panels = (panel(i), panel(j));
                // The last panel may have few columns.
                match self.size - i * LANES {
                    1 => tile1(self.weights, panels, sums),
                    2 => tile2(self.weights, panels, sums),
                    3 | 4 => tile4(self.weights, panels, sums),
                    _ => tile8(self.weights, panels, sums),
                }
            }
        }
    }
}

/// The first rows of a tile. Each sum has a name of its own, as the compiler keeps an indexed array
/// in memory.
macro_rules! tile {
    ($name:ident, $($sum:ident $k:literal),+) => {
        #[inline(always)]
        fn $name(weights: &[f64], (a, b): (&[Lanes], &[Lanes]), sums: &mut Tile) {
            $(let mut $sum = sums[$k];)+
            for ((a, b), weight) in a.iter().zip(b).zip(weights) {
                let b = plus([0.0; LANES], *weight, b);
                $($sum = plus($sum, a[$k], &b);)+
            }
            $(sums[$k] = $sum;)+
        }
    };
}

tile!(tile1, s0 0);
tile!(tile2, s0 0, s1 1);
tile!(tile4, s0 0, s1 1, s2 2, s3 3);
tile!(tile8, s0 0, s1 1, s2 2, s3 3, s4 4, s5 5, s6 6, s7 7);

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
        for (n, size) in [(1, 1), (5, 3), (127, 8), (128, 9), (300, 18), (300, 20)] {
            let mut gram = Gram::new(size, n);
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
            let Gram { size, rows, block, weights, .. } = self.0;
            Product { size: *size, rows: *rows, weights, block, sums: &mut sums }.run();
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
