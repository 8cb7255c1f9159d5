//! A fitted regression: its coefficients, tests and predictions.

use super::{
    coefficient::Coefficient,
    tests::{CoxTests, TermTest},
};
use crate::{DesignMatrix, Error};
use serde::{Deserialize, Serialize};
use vertebra_survival::{BaselineHazard, Outcomes, Ties, cox::CoxMaximum};

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
    /// Wald's test of each term.
    pub terms: Vec<TermTest>,
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
        let inflation = maximum.variance_inflation();
        let coefficients = design
            .names()
            .iter()
            .enumerate()
            .map(|(j, name)| Coefficient::new(name.clone(), &maximum, (j, level), &inflation));
        Self {
            n: outcomes.n_subjects(),
            events: outcomes.n_events(),
            ties,
            coefficients: coefficients.collect(),
            tests: CoxTests::new(&maximum, design.n_columns()),
            terms: design.terms().iter().map(|term| TermTest::new(term, &maximum)).collect(),
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
        self.check_columns(design)?;
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

    /// That the columns have the fit's names in its order.
    pub(super) fn check_columns(&self, design: &DesignMatrix) -> Result<(), Error> {
        if self.coefficients.iter().map(|c| &c.name).eq(design.names()) {
            return Ok(());
        }
        let expected: Vec<_> = self.coefficients.iter().map(|c| c.name.as_str()).collect();
        Err(Error::OtherColumns { expected: expected.join(", "), got: design.names().join(", ") })
    }

    /// The log hazard ratios, `[p]`.
    #[must_use]
    pub fn log_hazard_ratios(&self) -> Vec<f64> {
        self.coefficients.iter().map(|c| c.log_hazard_ratio.value).collect()
    }

    /// The baseline hazard of a stratum, that of a subject with the training means and no offset.
    #[must_use]
    pub fn baseline(&self, stratum: usize) -> Option<&BaselineHazard> {
        Some(&self.baselines[self.strata.binary_search(&stratum).ok()?])
    }
}
