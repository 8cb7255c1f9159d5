//! Small symmetric matrices: information matrices, covariances, and what they solve.

use std::ops::{Index, IndexMut};

/// What is left of a variance that others determine but for rounding, as a share of it.
pub(crate) const SINGULAR: f64 = 1e-13;

/// A square matrix, row by row. Those of this crate are symmetric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matrix {
    size: usize,
    values: Vec<f64>,
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;

    #[inline]
    fn index(&self, (row, column): (usize, usize)) -> &f64 {
        &self.values[row * self.size + column]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    #[inline]
    fn index_mut(&mut self, (row, column): (usize, usize)) -> &mut f64 {
        &mut self.values[row * self.size + column]
    }
}

impl Matrix {
    pub(crate) fn zeros(size: usize) -> Self {
        Self { size, values: vec![0.0; size * size] }
    }

    pub(crate) fn from_fn(size: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        let values = (0..size * size).map(|at| value(at / size, at % size)).collect();
        Self { size, values }
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.size.max(1))
    }

    /// One row.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.size..(row + 1) * self.size]
    }

    pub(crate) fn to_rows(&self) -> Vec<Vec<f64>> {
        self.rows().map(<[f64]>::to_vec).collect()
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.values.iter().all(|v| v.is_finite())
    }

    /// Adds `factor x x'` below the diagonal and on it; [`mirror`](Self::mirror) when all are
    /// added.
    #[inline]
    pub(crate) fn add_outer(&mut self, factor: f64, x: &[f64]) {
        for (row, values) in self.values.chunks_exact_mut(x.len().max(1)).enumerate() {
            add(&mut values[..=row], factor * x[row], x);
        }
    }

    /// Adds `factor` times another.
    pub(crate) fn add_scaled(&mut self, factor: f64, other: &Self) {
        add(&mut self.values, factor, &other.values);
    }

    /// `(1 - q) self + q other`.
    pub(crate) fn mix(&mut self, q: f64, other: &Self) {
        self.values.iter_mut().zip(&other.values).for_each(|(a, b)| *a += q * (b - *a));
    }

    /// `M x`.
    pub(crate) fn apply(&self, x: &[f64]) -> Vec<f64> {
        self.rows().map(|row| dot(row, x)).collect()
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// From rows of equal length.
    pub(crate) fn from_rows(rows: &[Vec<f64>]) -> Self {
        Self { size: rows.len(), values: rows.concat() }
    }

    /// Copies what is below the diagonal above it.
    pub(crate) fn mirror(&mut self) {
        for row in 0..self.size {
            for column in 0..row {
                self[(column, row)] = self[(row, column)];
            }
        }
    }

    /// `M other`, both symmetric.
    pub(crate) fn times(&self, other: &Self) -> Self {
        let sum = |j, k| (0..self.size).map(|l| self[(j, l)] * other[(l, k)]).sum();
        Self::from_fn(self.size, sum)
    }

    /// `M middle M`: the sandwich of a covariance.
    pub(crate) fn around(&self, middle: &Self) -> Self {
        self.times(middle).times(self)
    }

    /// `x' M x`.
    pub(crate) fn along(&self, x: &[f64]) -> f64 {
        self.rows().zip(x).map(|(row, x_j)| x_j * dot(row, x)).sum()
    }

    /// `trace(M other)`.
    pub(crate) fn trace_with(&self, other: &Self) -> f64 {
        dot(&self.values, &other.values)
    }

    /// The factor of a positive definite matrix, or the first column that those before it determine
    /// but for the share `tolerance` of its own size.
    pub(crate) fn cholesky(&self, tolerance: f64) -> Result<Cholesky, usize> {
        self.factor(|column| tolerance * self[(column, column)])
    }

    /// The same where what is left of a column is at least `least`.
    pub(crate) fn cholesky_above(&self, least: f64) -> Result<Cholesky, usize> {
        self.factor(|_| least)
    }

    fn factor(&self, least: impl Fn(usize) -> f64) -> Result<Cholesky, usize> {
        let mut lower = Self::zeros(self.size);
        for column in 0..self.size {
            for row in column..self.size {
                let known: f64 = (0..column).map(|k| lower[(row, k)] * lower[(column, k)]).sum();
                let rest = self[(row, column)] - known;
                if row > column {
                    lower[(row, column)] = rest / lower[(column, column)];
                } else if rest > least(column) && rest > 0.0 {
                    lower[(row, row)] = rest.sqrt();
                } else {
                    return Err(column);
                }
            }
        }
        Ok(Cholesky { lower })
    }
}

/// `L` with `M = L L'`.
#[derive(Debug, Clone)]
pub(crate) struct Cholesky {
    lower: Matrix,
}

impl Cholesky {
    /// `ln det M`.
    pub(crate) fn log_determinant(&self) -> f64 {
        2.0 * (0..self.lower.size).map(|k| self.lower[(k, k)].ln()).sum::<f64>()
    }

    /// `x` with `M x = rhs`.
    pub(crate) fn solve(&self, rhs: &[f64]) -> Vec<f64> {
        let (l, n) = (&self.lower, rhs.len());
        let mut x = rhs.to_vec();
        for row in 0..n {
            let known: f64 = (0..row).map(|k| l[(row, k)] * x[k]).sum();
            x[row] = (x[row] - known) / l[(row, row)];
        }
        for row in (0..n).rev() {
            let known: f64 = (row + 1..n).map(|k| l[(k, row)] * x[k]).sum();
            x[row] = (x[row] - known) / l[(row, row)];
        }
        x
    }

    /// `L x`, which has the covariance `M` where `x` is standard normal.
    pub(crate) fn times(&self, x: &[f64]) -> Vec<f64> {
        let l = &self.lower;
        (0..l.size).map(|row| (0..=row).map(|k| l[(row, k)] * x[k]).sum()).collect()
    }

    pub(crate) fn inverse(&self) -> Matrix {
        let n = self.lower.size;
        let column = |k: usize| {
            let unit: Vec<f64> = (0..n).map(|j| f64::from(u8::from(j == k))).collect();
            self.solve(&unit)
        };
        Matrix { size: n, values: (0..n).flat_map(column).collect() }
    }
}

/// Adds `factor x` to `sum`, as far as that reaches.
#[inline]
pub(crate) fn add(sum: &mut [f64], factor: f64, x: &[f64]) {
    sum.iter_mut().zip(x).for_each(|(s, x)| *s += factor * x);
}

#[inline]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn names_the_column_that_others_determine() {
        let x = [[1.0, 2.0, 2.0], [0.5, -1.0, 0.0], [3.0, 0.0, 3.0]];
        let gram = Matrix::from_fn(3, |j, k| x.iter().map(|row| row[j] * row[k]).sum());
        assert_eq!(gram.cholesky(1e-9).err(), Some(2)); // the third is the first and 1.5 the second
        assert_eq!(Matrix::zeros(2).cholesky(0.0).err(), Some(0));
        assert_eq!(Matrix::from_fn(1, |_, _| f64::NAN).cholesky(0.0).err(), Some(0));
    }

    proptest! {
        #[test]
        fn solves_and_inverts(rows in vec(vec(-3.0..3.0, 4), 6..9)) {
            let mut gram = Matrix::from_fn(4, |j, k| f64::from(u8::from(j == k)));
            rows.iter().for_each(|row| gram.add_outer(1.0, row));
            gram.mirror();
            let factor = gram.cholesky(0.0).unwrap();
            let x = factor.solve(&rows[0]);
            for (row, expected) in gram.rows().zip(&rows[0]) {
                prop_assert!((dot(row, &x) - expected).abs() < 1e-11);
            }
            let unit = gram.times(&factor.inverse());
            for (j, row) in unit.rows().enumerate() {
                for (k, v) in row.iter().enumerate() {
                    prop_assert!((v - f64::from(u8::from(j == k))).abs() < 1e-11);
                }
            }
        }
    }
}
