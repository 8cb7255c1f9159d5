//! A fitted regression: its coefficients, tests and predictions.

use crate::{DesignMatrix, Error};
use serde::{Deserialize, Serialize};
use vertebra_survival::{
    BaselineHazard, Estimate, Outcomes, Test, Ties, cox::CoxMaximum, estimate::Scale,
};

/// One column of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Coefficient {
    /// Column name.
    pub name: String,
    /// Log hazard ratio per unit of the column, with the robust standard error where the design has
    /// clusters.
    pub log_hazard_ratio: Estimate,
    /// Hazard ratio per unit of the column; the interval is symmetric on the log scale.
    pub hazard_ratio: Estimate,
    /// Standard error of the log hazard ratio from the information matrix.
    pub model_std_error: f64,
    /// Its robust standard error, where the design has clusters.
    pub robust_std_error: Option<f64>,
    /// Whether the log hazard ratio is 0: it divided by its standard error, compared with Student's
    /// t where there are few clusters.
    pub test: Test,
}

/// Three tests that all coefficients are zero, each a chi-square.
///
/// Degrees of freedom are the number of columns; with ridge the effective number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CoxTests {
    /// Twice the rise of the log partial likelihood. It assumes independent rows, clusters or not.
    pub likelihood_ratio: Test,
    /// From the coefficients and their (robust, when there are clusters) variance, compared with F
    /// where there are few clusters; `None` when there are no more clusters than columns.
    pub wald: Option<Test>,
    /// From the score at zero; `None` where only a ridge tells collinear columns apart.
    pub score: Option<Test>,
}

/// A fitted Cox regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CoxFit {
    /// Rows.
    pub n: usize,
    /// Of them with the event.
    pub events: usize,
    /// How ties were handled.
    pub ties: Ties,
    /// One per column.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, `[p][p]`: robust when there are clusters.
    pub covariance: Vec<Vec<f64>>,
    /// (Weighted) mean of each column in the training data.
    pub means: Vec<f64>,
    /// Log partial likelihood at zero.
    pub log_likelihood_null: f64,
    /// Log partial likelihood at the coefficients, without the ridge penalty.
    pub log_likelihood: f64,
    /// Tests of all coefficients together.
    pub tests: CoxTests,
    /// Newton steps.
    pub steps: usize,
    /// Strata in increasing order; one, 0, without strata.
    pub strata: Vec<usize>,
    /// Baseline hazard of each stratum, that of a subject with the training means and no offset.
    pub baselines: Vec<BaselineHazard>,
}

impl CoxFit {
    pub(crate) fn new(
        maximum: CoxMaximum,
        outcomes: &Outcomes,
        design: &DesignMatrix,
        (ties, level): (Ties, f64),
    ) -> Self {
        let coefficients = (0..design.n_columns())
            .map(|j| Coefficient::new(design.names()[j].clone(), &maximum, j, level));
        Self {
            n: outcomes.n_subjects(),
            events: outcomes.n_events(),
            ties,
            coefficients: coefficients.collect(),
            tests: CoxTests::new(&maximum, design.n_columns()),
            covariance: maximum.robust_covariance.unwrap_or(maximum.covariance),
            means: maximum.means,
            log_likelihood_null: maximum.log_likelihood_null,
            log_likelihood: maximum.log_likelihood,
            steps: maximum.steps,
            strata: maximum.strata,
            baselines: maximum.baselines,
        }
    }

    /// Log hazard of each row against a subject with the training means: `(x - means) coef`, plus
    /// the row's offset.
    ///
    /// (R centres `predict(type = "lp")` likewise, but takes 0 as the mean of a 0/1 column.)
    ///
    /// # Errors
    /// [`Error::OtherColumns`] unless the columns have the fit's names in its order.
    pub fn log_hazard(&self, design: &DesignMatrix) -> Result<Vec<f64>, Error> {
        if !self.coefficients.iter().map(|c| &c.name).eq(design.names()) {
            let expected: Vec<_> = self.coefficients.iter().map(|c| c.name.as_str()).collect();
            let (expected, got) = (expected.join(", "), design.names().join(", "));
            return Err(Error::OtherColumns { expected, got });
        }
        let log_hazard = |row: usize| {
            let terms = design.row(row).iter().zip(&self.coefficients).zip(&self.means);
            let linear: f64 =
                terms.map(|((x, c), mean)| (x - mean) * c.log_hazard_ratio.value).sum();
            linear + design.offset().map_or(0.0, |o| o[row])
        };
        Ok((0..design.n_rows()).map(log_hazard).collect())
    }

    /// Probability of each row to be free of the event for `horizon` years, from the baseline
    /// hazard of its stratum: `exp(-H0(horizon) exp(log hazard))`, as R's `survfit(fit, newdata)`
    /// has it.
    ///
    /// # Errors
    /// [`Error::OtherColumns`] as [`log_hazard`](Self::log_hazard); [`Error::OtherStratum`] for a
    /// row of a stratum that was not in the training data.
    pub fn survival_prob(&self, design: &DesignMatrix, horizon: f64) -> Result<Vec<f64>, Error> {
        let log_hazard = self.log_hazard(design)?;
        let one = |(row, log_hazard): (usize, f64)| {
            let stratum = design.strata().map_or(0, |strata| strata[row]);
            let baseline =
                self.baseline(stratum).ok_or(Error::OtherStratum { index: row, stratum })?;
            Ok(baseline.survival_prob(log_hazard, horizon))
        };
        log_hazard.into_iter().enumerate().map(one).collect()
    }

    /// The baseline hazard of a stratum, that of a subject with the training means and no offset.
    #[must_use]
    pub fn baseline(&self, stratum: usize) -> Option<&BaselineHazard> {
        Some(&self.baselines[self.strata.binary_search(&stratum).ok()?])
    }
}

impl Coefficient {
    fn new(name: String, maximum: &CoxMaximum, column: usize, level: f64) -> Self {
        let root = |covariance: &Vec<Vec<f64>>| covariance[column][column].sqrt();
        let model_std_error = root(&maximum.covariance);
        let robust_std_error = maximum.robust_covariance.as_ref().map(root);
        let std_error = robust_std_error.unwrap_or(model_std_error);
        let pivot = maximum.pivot();
        let value = maximum.coefficients[column];
        let ratio = value.exp();
        let around = |value: f64, std_error: f64, scale: Scale| {
            Estimate::around(value, std_error, (pivot, scale), level)
        };
        Self {
            name,
            log_hazard_ratio: around(value, std_error, Scale::Plain),
            hazard_ratio: around(ratio, ratio * std_error, Scale::Log),
            model_std_error,
            robust_std_error,
            test: Test::two_sided(value / std_error, pivot),
        }
    }
}

impl CoxTests {
    fn new(maximum: &CoxMaximum, n_columns: usize) -> Self {
        let rise = maximum.log_likelihood - maximum.log_likelihood_null;
        let df = maximum.df;
        Self {
            likelihood_ratio: Test::chi_square(2.0 * rise, df),
            wald: maximum.wald_test(),
            score: maximum
                .score_statistic
                .map(|statistic| Test::chi_square(statistic, n_columns as f64)),
        }
    }
}
