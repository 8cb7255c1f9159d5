//! Natural cubic splines of the logarithm of time.

use crate::numeric::linear::{add, dot};

/// The restricted cubic spline basis of Royston & Parmar: `1, x, v_1(x), .., v_m(x)` with
///
/// `v_j(x) = (x - k_j)^3_+ - l_j (x - k_min)^3_+ - (1 - l_j) (x - k_max)^3_+`,
/// `l_j = (k_max - k_j) / (k_max - k_min)`,
///
/// linear beyond the boundary knots.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct Spline {
    boundary: (f64, f64),
    inner: Vec<f64>,
    /// Row `k`: how column `k` is made of the plain ones up to it.
    combine: Vec<Vec<f64>>,
}

impl Spline {
    pub(crate) fn new(boundary: (f64, f64), inner: Vec<f64>) -> Self {
        let n = 2 + inner.len();
        let unit = |k: usize| (0..n).map(|j| f64::from(u8::from(j == k))).collect();
        Self { boundary, inner, combine: (0..n).map(unit).collect() }
    }

    /// The same space of functions with columns that are uncorrelated at some points, each with
    /// mean square 1 (Gram and Schmidt): parameters then are of the size of their standard errors.
    pub(crate) fn orthonormal(mut self, points: &[f64]) -> Self {
        let mut columns: Vec<Vec<f64>> = vec![];
        let rows: Vec<Vec<f64>> = points.iter().map(|&x| self.basis(x)).collect();
        let n = points.len() as f64;
        for k in 0..self.n_columns() {
            let mut column: Vec<f64> = rows.iter().map(|row| row[k]).collect();
            let mut combine = self.combine[k].clone();
            for (earlier, by) in columns.iter().zip(&self.combine) {
                let share = dot(&column, earlier) / n;
                add(&mut column, -share, earlier);
                add(&mut combine, -share, by);
            }
            let size = (dot(&column, &column) / n).sqrt();
            if size > 0.0 {
                column.iter_mut().for_each(|c| *c /= size);
                combine.iter_mut().for_each(|c| *c /= size);
            }
            columns.push(column);
            self.combine[k] = combine;
        }
        self
    }

    pub(crate) fn n_columns(&self) -> usize {
        2 + self.inner.len()
    }

    /// The basis at `x`.
    pub(crate) fn basis(&self, x: f64) -> Vec<f64> {
        let cube = |knot: f64| (x - knot).max(0.0).powi(3);
        let mut basis = vec![1.0, x];
        basis.extend(self.curved(cube));
        self.combined(&basis)
    }

    /// Its derivative by `x`.
    pub(crate) fn slope(&self, x: f64) -> Vec<f64> {
        let square = |knot: f64| 3.0 * (x - knot).max(0.0).powi(2);
        let mut slope = vec![0.0, 1.0];
        slope.extend(self.curved(square));
        self.combined(&slope)
    }

    /// Whether the curve of these parameters rises everywhere. Its slope is a parabola between two
    /// knots and constant outside of all, so that it is least at a knot or where it turns.
    pub(crate) fn rises(&self, parameters: &[f64]) -> bool {
        let (low, high) = self.boundary;
        let knots: Vec<f64> =
            [low].into_iter().chain(self.inner.iter().copied()).chain([high]).collect();
        let positive = |x: f64| dot(&self.slope(x), parameters) > 0.0;
        let within = |pair: &[f64]| {
            let [from, to] = [pair[0], pair[1]].map(|x| dot(&self.bend(x), parameters));
            let turns = from * to < 0.0;
            !turns || positive(pair[0] + (pair[1] - pair[0]) * from / (from - to))
        };
        knots.iter().all(|&knot| positive(knot)) && knots.windows(2).all(within)
    }

    /// The derivative of the slope at `x`.
    fn bend(&self, x: f64) -> Vec<f64> {
        let mut bend = vec![0.0, 0.0];
        bend.extend(self.curved(|knot| 6.0 * (x - knot).max(0.0)));
        self.combined(&bend)
    }

    fn combined(&self, plain: &[f64]) -> Vec<f64> {
        self.combine.iter().map(|row| dot(row, plain)).collect()
    }

    /// The first two parameters of the line `intercept + slope x`.
    pub(crate) fn of_line(&self, intercept: f64, slope: f64) -> [f64; 2] {
        // Column 0 is c, column 1 is a + b x.
        let (constant, line) = (self.combine[0][0], &self.combine[1]);
        let second = slope / line[1];
        [(intercept - second * line[0]) / constant, second]
    }

    fn curved(&self, power: impl Fn(f64) -> f64) -> impl Iterator<Item = f64> {
        let (low, high) = self.boundary;
        self.inner.iter().map(move |&knot| {
            let share = (high - knot) / (high - low);
            power(knot) - share * power(low) - (1.0 - share) * power(high)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_linear_outside_and_its_slope_is_its_derivative() {
        let plain = Spline::new((-1.0, 2.0), vec![0.0, 0.7]);
        let spline = plain.orthonormal(&[-1.0, -0.3, 0.1, 0.5, 1.0, 1.5, 2.5]);
        for x in [-2.0, -0.5, 0.3, 1.2, 3.0] {
            let (up, down) = (spline.basis(x + 1e-5), spline.basis(x - 1e-5));
            for ((u, d), s) in up.iter().zip(&down).zip(spline.slope(x)) {
                assert!(((u - d) / 2e-5 - s).abs() < 1e-6, "{x} {u} {d} {s}");
            }
        }
        for (beyond, farther) in [(-1.5, -3.0), (2.5, 4.0)] {
            let (a, b) = (spline.slope(beyond), spline.slope(farther));
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-9), "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_curve_that_dips_between_its_knots_does_not_rise() {
        let spline = Spline::new((-1.0, 2.0), vec![0.0, 1.0]).orthonormal(&[-1.0, 0.2, 0.9, 2.0]);
        let [constant, line] = spline.of_line(0.3, 1.0);
        assert!(spline.rises(&[constant, line, 0.0, 0.0]));
        assert!(!spline.rises(&[constant, -line, 0.0, 0.0]));
        // The least slope on a fine grid says the same for many curves.
        for k in 0..400 {
            let (a, b) = (f64::from(k % 20) / 4.0 - 2.5, f64::from(k / 20) / 4.0 - 2.5);
            let parameters = [constant, line, a, b];
            let slope = |i: i32| dot(&spline.slope(f64::from(i) / 500.0), &parameters);
            let least = (-1000..1500).map(slope).fold(f64::INFINITY, f64::min);
            if least.abs() > 1e-3 {
                assert_eq!(spline.rises(&parameters), least > 0.0, "{a} {b} {least}");
            }
        }
    }
}
