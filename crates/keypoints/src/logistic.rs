//! A probability from several numbers: logistic regression with a ridge.
//!
//! `P = 1 / (1 + exp(-(constant + sum of weight * (value - mean) / sd)))`; the weights maximise the
//! log likelihood less `ridge / 2` times the sum of their squares (le Cessie S, van Houwelingen JC,
//! *Appl Stat* 1992;41:191-201), found by Newton's method. The constant is not penalised.

use crate::Error;
use serde::{Deserialize, Serialize};

/// Newton's steps at most; some ten suffice.
const MOST_STEPS: usize = 100;
/// A step that changes no weight by more than this ends the search.
const CONVERGED: f64 = 1e-9;

/// A fitted map from numbers to a probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticMap {
    constant: f64,
    /// Of each number in turn.
    terms: Vec<Term>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Term {
    mean: f64,
    sd: f64,
    weight: f64,
}

impl LogisticMap {
    /// A map with this constant and `(mean, sd, weight)` of each number.
    #[must_use]
    pub fn new(constant: f64, terms: &[(f64, f64, f64)]) -> Self {
        let terms = terms.iter().map(|&(mean, sd, weight)| Term { mean, sd, weight }).collect();
        Self { constant, terms }
    }

    /// Fits `rows` of numbers, each with whether it was a success.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] where rows and successes, or the rows, differ in length;
    /// [`Error::Undefined`] unless there are successes and failures;
    /// [`Error::OutOfDomain`] for a number that is not finite; [`Error::InvalidSetting`] for a
    /// ridge that is not positive.
    ///
    /// # Examples
    /// ```
    /// use vertebra_keypoints::LogisticMap;
    /// let rows = [[0.0], [1.0], [2.0], [3.0]];
    /// let map = LogisticMap::fit(&rows, &[false, true, false, true], 0.1)?;
    /// assert!(map.probability(&[0.5]) < 0.5 && map.probability(&[2.5]) > 0.5);
    /// # Ok::<(), vertebra_keypoints::Error>(())
    /// ```
    pub fn fit<R: AsRef<[f64]>>(rows: &[R], success: &[bool], ridge: f64) -> Result<Self, Error> {
        let n = check(rows, success, ridge)?;
        let mut terms: Vec<Term> = (0..n).map(|i| standard(rows, i)).collect();
        let z: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| {
                let pairs = row.as_ref().iter().zip(&terms);
                std::iter::once(1.0).chain(pairs.map(|(v, t)| (v - t.mean) / t.sd)).collect()
            })
            .collect();
        let mut beta = vec![0.0; n + 1];
        for _ in 0..MOST_STEPS {
            let step = newton_step(&z, success, &beta, ridge);
            beta.iter_mut().zip(&step).for_each(|(b, s)| *b += s);
            if step.iter().all(|s| s.abs() < CONVERGED) {
                break;
            }
        }
        terms.iter_mut().zip(&beta[1..]).for_each(|(term, b)| term.weight = *b);
        Ok(Self { constant: beta[0], terms })
    }

    /// How many numbers it takes.
    #[must_use]
    pub fn n_values(&self) -> usize {
        self.terms.len()
    }

    /// The probability; numbers beyond [`n_values`](Self::n_values) are left out, as are those that
    /// are missing.
    #[must_use]
    pub fn probability(&self, values: &[f64]) -> f64 {
        let pairs = values.iter().zip(&self.terms);
        let sum: f64 = pairs.map(|(v, t)| t.weight * (v - t.mean) / t.sd).sum();
        logistic(self.constant + sum)
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn check<R: AsRef<[f64]>>(rows: &[R], success: &[bool], ridge: f64) -> Result<usize, Error> {
    let mismatch = |name, expected, got| Err(Error::LengthMismatch { name, expected, got });
    if rows.len() != success.len() {
        return mismatch("success", rows.len(), success.len());
    }
    if !(success.contains(&true) && success.contains(&false)) {
        let (statistic, needs) = ("a logistic map", "successes and failures");
        return Err(Error::Undefined { statistic, needs });
    }
    if !(ridge.is_finite() && ridge > 0.0) {
        return Err(Error::setting("ridge", "a positive number", ridge));
    }
    let n = rows[0].as_ref().len();
    for row in rows.iter().map(AsRef::as_ref) {
        if row.len() != n {
            return mismatch("row", n, row.len());
        }
        if let Some(index) = row.iter().position(|v| !v.is_finite()) {
            let (name, value, expected) = ("row", row[index], "a finite number");
            return Err(Error::OutOfDomain { name, index, value, expected });
        }
    }
    Ok(n)
}

/// Mean and standard deviation of one number; 1 for a constant one.
fn standard<R: AsRef<[f64]>>(rows: &[R], i: usize) -> Term {
    let n = rows.len() as f64;
    let mean = rows.iter().map(|row| row.as_ref()[i]).sum::<f64>() / n;
    let squares: f64 = rows.iter().map(|row| (row.as_ref()[i] - mean).powi(2)).sum();
    let sd = (squares / n).sqrt();
    Term { mean, sd: if sd > 1e-12 { sd } else { 1.0 }, weight: 0.0 }
}

/// Solves `(Z' W Z + ridge) step = Z' (y - p) - ridge beta`, the constant unpenalised.
fn newton_step(z: &[Vec<f64>], success: &[bool], beta: &[f64], ridge: f64) -> Vec<f64> {
    let n = beta.len();
    let penalty = |i: usize| if i == 0 { 1e-9 } else { ridge };
    let mut hessian = vec![vec![0.0; n]; n];
    let mut gradient: Vec<f64> = (0..n).map(|i| -penalty(i) * beta[i]).collect();
    for (row, y) in z.iter().zip(success) {
        let p = logistic(row.iter().zip(beta).map(|(v, b)| v * b).sum());
        let (error, weight) = (f64::from(u8::from(*y)) - p, p * (1.0 - p));
        for i in 0..n {
            gradient[i] += error * row[i];
            (0..n).for_each(|j| hessian[i][j] += weight * row[i] * row[j]);
        }
    }
    (0..n).for_each(|i| hessian[i][i] += penalty(i));
    solve(hessian, gradient)
}

/// Gaussian elimination without pivoting: the matrix is positive definite.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        for j in i + 1..n {
            let factor = a[j][i] / a[i][i];
            (i..n).for_each(|k| a[j][k] -= factor * a[i][k]);
            b[j] -= factor * b[i];
        }
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| a[i][k] * b[k]).sum();
        b[i] = (b[i] - known) / a[i][i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// With one yes-or-no number and hardly a ridge, the fitted probabilities are the shares.
    #[test]
    fn two_groups_get_their_shares() {
        let rows: Vec<[f64; 1]> = (0..30).map(|i| [f64::from(u8::from(i < 10))]).collect();
        let success: Vec<bool> =
            (0..30).map(|i| [0, 1, 2, 11, 12, 13, 14, 15].contains(&i)).collect();
        let map = LogisticMap::fit(&rows, &success, 1e-9).unwrap();
        assert!((map.probability(&[1.0]) - 0.3).abs() < 1e-6);
        assert!((map.probability(&[0.0]) - 0.25).abs() < 1e-6);
    }

    proptest! {
        /// At the maximum the penalised log likelihood falls in every direction.
        #[test]
        fn the_fit_is_a_maximum(
            rows in proptest::collection::vec([-3.0..3.0f64, -1.0..1.0f64], 12..40),
            flips in proptest::collection::vec(any::<bool>(), 40),
            ridge in 0.05..3.0f64,
        ) {
            let success = &flips[..rows.len()];
            prop_assume!(success.contains(&true) && success.contains(&false));
            let map = LogisticMap::fit(&rows, success, ridge).unwrap();
            let height = |map: &LogisticMap| {
                let one = |(row, y): (&[f64; 2], &bool)| {
                    let p = map.probability(row);
                    if *y { p.ln() } else { (1.0 - p).ln() }
                };
                let fit: f64 = rows.iter().zip(success).map(one).sum();
                fit - 0.5 * ridge * map.terms.iter().map(|t| t.weight * t.weight).sum::<f64>()
            };
            let best = height(&map);
            for i in 0..3 {
                for by in [-1e-3, 1e-3] {
                    let mut other = map.clone();
                    match i {
                        0 => other.constant += by,
                        _ => other.terms[i - 1].weight += by,
                    }
                    prop_assert!(height(&other) < best);
                }
            }
        }
    }

    #[test]
    fn bad_input_is_an_error() {
        let rows = [[1.0], [2.0]];
        assert!(matches!(LogisticMap::fit(&rows, &[true], 1.0), Err(Error::LengthMismatch { .. })));
        let one_kind = LogisticMap::fit(&rows, &[true, true], 1.0);
        assert!(matches!(one_kind, Err(Error::Undefined { .. })));
        let nan = LogisticMap::fit(&[[f64::NAN], [1.0]], &[true, false], 1.0);
        assert!(matches!(nan, Err(Error::OutOfDomain { index: 0, .. })));
        let ridge = LogisticMap::fit(&rows, &[true, false], 0.0);
        assert!(matches!(ridge, Err(Error::InvalidSetting { .. })));
        let ragged = LogisticMap::fit(&[vec![1.0], vec![1.0, 2.0]], &[true, false], 1.0);
        assert!(matches!(ragged, Err(Error::LengthMismatch { name: "row", .. })));
    }
}
