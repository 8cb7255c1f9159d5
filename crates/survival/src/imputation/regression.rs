//! Linear regression with its coefficients drawn from their posterior, and matching by it.
//!
//! With the least squares estimate `b` of `n` rows and `p` predictors, `s^2 = RSS / chi2(n - p)`
//! and `b* = b + s A^-1 L z`, where `A = X'X = L L'` and `z` is standard normal: draws from the
//! posterior under the prior `1 / s^2`. The diagonal of `A` is raised by a share of 1e-5, so that
//! predictors that determine each other have small coefficients instead of none.

use rand::{Rng, RngExt};

use crate::{
    error::Error,
    numeric::{
        distributions::{ChiSquare, Normal},
        linear::{Matrix, add, dot},
    },
};

/// The share by which the diagonal is raised.
const RIDGE: f64 = 1e-5;

/// A regression and a draw of it.
pub(super) struct Regression {
    estimated: Vec<f64>,
    drawn: Vec<f64>,
    residual_sd: f64,
}

impl Regression {
    /// The regression of `y` on the rows `x`.
    ///
    /// # Errors
    /// [`Error::Undefined`] where rounding leaves no regular matrix.
    pub(super) fn draw(x: &[Vec<f64>], y: &[f64], random: &mut impl Rng) -> Result<Self, Error> {
        let p = x.first().map_or(0, Vec::len);
        let (mut squares, mut products) = (Matrix::zeros(p), vec![0.0; p]);
        for (row, value) in x.iter().zip(y) {
            squares.add_outer(1.0, row);
            add(&mut products, *value, row);
        }
        squares.mirror();
        for k in 0..p {
            let own = squares[(k, k)];
            squares[(k, k)] = if own > 0.0 { own * (1.0 + RIDGE) } else { 1.0 };
        }
        let factor = squares.cholesky(0.0).map_err(|_| Error::Undefined {
            name: "the imputation of a column",
            why: "the other columns determine each other",
        })?;
        let estimated = factor.solve(&products);
        let residual = |(row, value): (&Vec<f64>, &f64)| (value - dot(row, &estimated)).powi(2);
        let rss: f64 = x.iter().zip(y).map(residual).sum();
        let df = (y.len() as f64 - p as f64).max(1.0);
        let residual_sd = (rss / ChiSquare::new(df).quantile(uniform(random))).sqrt();
        let z: Vec<f64> = (0..p).map(|_| normal(random)).collect();
        let noise = factor.solve(&factor.times(&z));
        let drawn = estimated.iter().zip(noise).map(|(b, e)| b + residual_sd * e).collect();
        Ok(Self { estimated, drawn, residual_sd })
    }

    /// The prediction by the drawn coefficients.
    pub(super) fn drawn(&self, row: &[f64]) -> f64 {
        dot(row, &self.drawn)
    }

    /// The same with a normal residual.
    pub(super) fn with_residual(&self, row: &[f64], random: &mut impl Rng) -> f64 {
        self.drawn(row) + self.residual_sd * normal(random)
    }

    /// The recorded values by increasing prediction by the estimated coefficients.
    pub(super) fn donors(&self, x: &[Vec<f64>], y: &[f64], nearest: usize) -> Donors {
        let predicted = x.iter().map(|row| dot(row, &self.estimated));
        let mut by_prediction: Vec<(f64, f64)> = predicted.zip(y.iter().copied()).collect();
        by_prediction.sort_by(|a, b| a.0.total_cmp(&b.0));
        Donors { by_prediction, nearest: nearest.min(y.len()) }
    }
}

/// Recorded values with their predictions.
pub(super) struct Donors {
    by_prediction: Vec<(f64, f64)>,
    nearest: usize,
}

impl Donors {
    /// One of the values whose predictions are nearest.
    pub(super) fn choose(&self, prediction: f64, random: &mut impl Rng) -> f64 {
        let all = &self.by_prediction;
        let mut from = all.partition_point(|(p, _)| *p < prediction);
        let mut to = from;
        while to - from < self.nearest {
            let below = from.checked_sub(1).map(|k| prediction - all[k].0);
            match (below, all.get(to)) {
                (Some(below), Some((above, _))) if below > above - prediction => to += 1,
                (Some(_), _) => from -= 1,
                (None, _) => to += 1,
            }
        }
        all[random.random_range(from..to)].1
    }
}

/// Inside (0, 1).
fn uniform(random: &mut impl Rng) -> f64 {
    let steps = (1u64 << 52) as f64;
    (random.random_range(0..1u64 << 52) as f64 + 0.5) / steps
}

fn normal(random: &mut impl Rng) -> f64 {
    Normal.quantile(uniform(random))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    #[test]
    fn draws_of_the_coefficients_have_the_mean_and_variance_of_least_squares() {
        // y = 1 + 2 x + noise of variance 1 at x = -1, 0, 1, 40 rows each.
        let rows: Vec<Vec<f64>> = (0..120).map(|i| vec![1.0, f64::from(i % 3) - 1.0]).collect();
        let noise = |i: usize| if (i / 3).is_multiple_of(2) { 1.0 } else { -1.0 };
        let y: Vec<f64> = (0..120).map(|i| 1.0 + 2.0 * rows[i][1] + noise(i)).collect();
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let draws: Vec<f64> =
            (0..4000).map(|_| Regression::draw(&rows, &y, &mut random).unwrap().drawn[1]).collect();
        let (mean, sd) = crate::numeric::mean_and_sd(&draws);
        assert!((mean - 2.0).abs() < 0.01, "{mean}");
        // RSS 120 on 118 degrees of freedom, X'X = 80.
        let expected = (120.0 / 116.0 / 80.0f64).sqrt();
        assert!((sd / expected - 1.0).abs() < 0.05, "{sd}, expected {expected}");
    }

    #[test]
    fn donors_are_those_with_the_nearest_predictions() {
        let by_prediction = (0..10).map(|i| (f64::from(i), f64::from(10 * i))).collect();
        let donors = Donors { by_prediction, nearest: 3 };
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut drawn = |at: f64| {
            let mut all: Vec<f64> = (0..200).map(|_| donors.choose(at, &mut random)).collect();
            all.sort_by(f64::total_cmp);
            all.dedup();
            all
        };
        assert_eq!(drawn(4.2), [30.0, 40.0, 50.0]);
        assert_eq!(drawn(-5.0), [0.0, 10.0, 20.0]);
        assert_eq!(drawn(50.0), [70.0, 80.0, 90.0]);
    }
}
