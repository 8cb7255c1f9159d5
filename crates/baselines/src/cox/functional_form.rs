//! In which form a covariate belongs in the model: as it is, its logarithm, a curve.
//!
//! The martingale residuals of the model without the covariate, smoothed against it, have about the
//! course of its part of the log hazard (Therneau, Grambsch & Fleming, *Biometrika* 77:147-160,
//! 1990). The smooth is that of Cleveland, *JASA* 74:829-836, 1979, without its second round: a line
//! through the nearest two thirds of the values, by the tricube of their distance.

use super::{
    fit::CoxFit,
    regression::{CoxRegression, named},
};
use crate::{DesignMatrix, Error};
use serde::Serialize;
use vertebra_survival::Outcomes;

/// The residuals of a model without a covariate, against it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FunctionalForm {
    /// The term that was left out.
    pub term: String,
    /// Values of the covariate, `[n]`.
    pub values: Vec<f64>,
    /// Martingale residuals of the model without the term, `[n]`.
    pub residuals: Vec<f64>,
    /// The smooth, `(value, residual)` by increasing value.
    pub smooth: Vec<(f64, f64)>,
}

/// The share of the values that a point of the smooth is made of.
const SPAN: f64 = 2.0 / 3.0;
/// Points of the smooth.
const POINTS: usize = 60;

impl CoxRegression {
    /// Fits the model without a term of `fit` and sets its martingale residuals against `values`,
    /// the covariate that the term was made of.
    ///
    /// # Shapes
    /// - `values`: `[n]`
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a term that the fit does not have, [`Error::LengthMismatch`],
    /// and those of [`fit`](Self::fit).
    pub fn functional_form(
        &self,
        outcomes: &Outcomes,
        design: &DesignMatrix,
        fit: &CoxFit,
        (term, values): (&str, &[f64]),
    ) -> Result<FunctionalForm, Error> {
        let (expected, got) = (outcomes.n_subjects(), values.len());
        if got != expected {
            return Err(Error::LengthMismatch { name: "values", expected, got });
        }
        let Some(found) = fit.terms.iter().find(|of_fit| of_fit.name == term) else {
            let (name, expected) = ("term", "a term of the fit");
            return Err(Error::InvalidSetting { name, expected, got: term.to_owned() });
        };
        let residuals = match design.without(&found.columns) {
            Some(less) => {
                let without = self.fit(outcomes, &less)?;
                self.diagnostics(outcomes, &less, &without)?.martingale()
            }
            // Of the model with no covariate at all.
            None => {
                let zeros = vec![0.0; design.names().len()];
                let model = self.options().diagnostics(outcomes, design.covariates(), &zeros);
                model.map_err(|error| named(error, design.names()))?.martingale()
            }
        };
        let (term, values) = (term.to_owned(), values.to_vec());
        let smooth = smooth(&values, &residuals);
        Ok(FunctionalForm { term, values, residuals, smooth })
    }
}

/// Local lines at some of the values, evenly many of these between them.
fn smooth(values: &[f64], residuals: &[f64]) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> =
        values.iter().copied().zip(residuals.iter().copied()).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = points.len();
    let nearest = ((SPAN * n as f64).round() as usize).clamp(2.min(n), n);
    let mut places: Vec<f64> =
        (0..POINTS).filter_map(|k| Some(points.get(k * (n - 1) / (POINTS - 1))?.0)).collect();
    places.dedup();
    places.into_iter().filter_map(|at| Some((at, local_line(&points, at, nearest)?))).collect()
}

/// The height at `at` of the line through the nearest points; `None` where these have no weight.
fn local_line(points: &[(f64, f64)], at: f64, nearest: usize) -> Option<f64> {
    // The window of the nearest: it moves right while the point after it is nearer than its first.
    let mut start = points.partition_point(|p| p.0 < at).saturating_sub(nearest);
    while points.get(start + nearest).is_some_and(|after| after.0 - at < at - points[start].0) {
        start += 1;
    }
    let window = points.get(start..start + nearest)?;
    let reach = window.iter().map(|p| (p.0 - at).abs()).fold(0.0, f64::max);
    let (mut w, mut wx, mut wy, mut wxx, mut wxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in window {
        let distance = if reach > 0.0 { (x - at).abs() / reach } else { 0.0 };
        let weight = (1.0 - distance.powi(3)).powi(3);
        let x = x - at;
        w += weight;
        wx += weight * x;
        wy += weight * y;
        wxx += weight * x * x;
        wxy += weight * x * y;
    }
    let spread = wxx - wx * wx / w;
    let mean = wy / w;
    // Where all weight is on one value there is no line.
    let slope = if spread > 1e-12 * wxx { (wxy - wx * mean) / spread } else { 0.0 };
    (w > 0.0).then(|| mean - slope * wx / w)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: R 4.2 `loess(y ~ x, span = 2/3, degree = 1, surface = "direct")`.
    #[test]
    fn smooths_as_loess_does() {
        let x: Vec<f64> = (0..30).map(|i| f64::from(i * i) / 30.0).collect();
        let y: Vec<f64> = (0..30).map(|i| f64::from((i * 7) % 11) / 3.0 - x[i as usize]).collect();
        let mut points: Vec<(f64, f64)> = x.iter().copied().zip(y).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (at, expected) in LOESS {
            let got = local_line(&points, points[at].0, 20).unwrap();
            assert!((got - expected).abs() < 1e-10, "{at}: {got} {expected}");
        }
    }

    const LOESS: [(usize, f64); 4] = [
        (0, 1.590_545_308_596_988),
        (7, -0.009_688_479_445_365),
        (15, -5.764_622_678_699_285),
        (29, -26.000_747_633_958_475),
    ];
}
