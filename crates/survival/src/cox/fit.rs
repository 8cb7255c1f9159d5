//! What a fit has found.

use super::{
    baseline::BaselineHazard,
    derivatives::Problem,
    design::Design,
    options::Unpenalised,
    robust::{Meat, meat},
    standardised::Scaling,
};
use crate::{
    estimate::{Pivot, Test, Units},
    numeric::{
        linear::{Matrix, SINGULAR, dot},
        newton::{DETERMINED, Maximum},
    },
    outcomes::{Outcomes, chains::chains},
};

/// Coefficients with the highest partial likelihood.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CoxMaximum {
    /// Log hazard ratio per unit of each covariate, `[p]`.
    pub coefficients: Vec<f64>,
    /// Their covariance, the inverse of the information with the penalty's curvature, `[p][p]`.
    pub covariance: Vec<Vec<f64>>,
    /// The sandwich of that, where the design or the outcomes have clusters, or the case weights
    /// are not whole numbers.
    pub robust_covariance: Option<Vec<Vec<f64>>>,
    /// By how much the clusters multiply each coefficient's variance: the ratio of its sandwich to
    /// that of independent rows; 1 without clusters.
    pub design_effects: Vec<f64>,
    /// Clusters of the robust covariance, where there are so few that they set the degrees of
    /// freedom of tests.
    pub few_clusters: Option<usize>,
    /// (Weighted) mean of each covariate.
    pub means: Vec<f64>,
    /// Log partial likelihood at zero.
    pub log_likelihood_null: f64,
    /// Log partial likelihood at the coefficients, without the ridge; with Firth's penalty both
    /// contain it, so that twice their difference is the penalised likelihood ratio.
    pub log_likelihood: f64,
    /// Degrees of freedom: the covariates, or their effective number with a penalty.
    pub df: f64,
    /// `U' I^-1 U` of score and information at zero, without the penalty: the score test's
    /// chi-square. `None` where only a penalty tells collinear covariates apart.
    pub score_statistic: Option<f64>,
    /// The same with the sandwich's middle at zero in the information's place, where there is a
    /// robust covariance of more clusters than covariates.
    pub robust_score_statistic: Option<f64>,
    /// `b' V^-1 b` with the (robust, if there is one) covariance: Wald's chi-square. `None` where
    /// there are no more clusters than covariates, so that the robust covariance has no inverse.
    pub wald_statistic: Option<f64>,
    /// Strata in increasing order; one, 0, without strata.
    pub strata: Vec<usize>,
    /// Baseline hazard of each stratum, that of a subject with the mean covariates and no offset.
    pub baselines: Vec<BaselineHazard>,
    /// Newton's steps.
    pub steps: usize,
}

impl CoxMaximum {
    /// What a coefficient divided by its standard error is compared with: Student's t where few
    /// clusters are behind a robust covariance, or else the normal distribution.
    #[must_use]
    pub fn pivot(&self) -> Pivot {
        self.few_clusters.map_or(Pivot::Normal, |n| Pivot::Student(n as f64 - 1.0))
    }

    /// Wald's test that all coefficients are 0, compared with F where there are few clusters.
    #[must_use]
    pub fn wald_test(&self) -> Option<Test> {
        self.wald_statistic.map(|statistic| Test::of_several(statistic, self.df, self.pivot()))
    }

    /// Wald's test that the coefficients of some columns are 0, the others as they are; `None`
    /// where their covariance has no inverse or there is no such column.
    #[must_use]
    pub fn wald_test_of(&self, columns: &[usize]) -> Option<Test> {
        if columns.is_empty() || columns.iter().any(|&j| j >= self.coefficients.len()) {
            return None;
        }
        let covariance = self.robust_covariance.as_ref().unwrap_or(&self.covariance);
        let own = Matrix::from_fn(columns.len(), |j, k| covariance[columns[j]][columns[k]]);
        let b: Vec<f64> = columns.iter().map(|&j| self.coefficients[j]).collect();
        let statistic = dot(&b, &own.cholesky(SINGULAR).ok()?.solve(&b));
        Some(Test::of_several(statistic, columns.len() as f64, self.pivot()))
    }

    /// By how much the other coefficients inflate the variance of each: its variance times its
    /// information, 1 where they are independent.
    #[must_use]
    pub fn variance_inflation(&self) -> Vec<f64> {
        let covariance = Matrix::from_rows(&self.covariance);
        let Ok(factor) = covariance.cholesky(0.0) else { return Vec::new() };
        let information = factor.inverse();
        (0..covariance.size()).map(|k| covariance[(k, k)] * information[(k, k)]).collect()
    }
}

/// Whether the robust score test is wanted, a pass of residuals at coefficients of 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RobustTest {
    Score,
    Left,
}

/// The same in the coefficients of standardised covariates.
pub(super) struct Fitted<'a> {
    pub(super) problem: Problem<'a>,
    pub(super) scaling: Scaling,
    pub(super) maximum: Maximum<Unpenalised>,
}

impl Fitted<'_> {
    /// Back to the units of the design; errors with a column whose variance does not exist, which
    /// the fit has ruled out.
    pub(super) fn result(
        self,
        design: &Design,
        (units, test): (Units<'_>, RobustTest),
        outcomes: &Outcomes,
    ) -> Result<CoxMaximum, usize> {
        let Self { problem, scaling, maximum } = self;
        let b = &maximum.parameters;
        let (null, here) = (&maximum.at_start, &maximum.here);
        let covariance = here.information.cholesky(0.0)?.inverse();
        let chains = units.labels().map_or(Vec::new(), |_| chains(outcomes));
        let sandwich = units.labels().map(|clusters| {
            let Meat { clusters, rows } = meat(&problem, b, clusters, &chains);
            [clusters, rows].map(|middle| covariance.around(&middle))
        });
        let (robust, rows) =
            sandwich.map_or((None, None), |[robust, rows]| (Some(robust), Some(rows)));
        let effect = |k: usize| match (&robust, &rows) {
            (Some(robust), Some(rows)) => robust[(k, k)] / rows[(k, k)],
            _ => 1.0,
        };
        let used = robust.as_ref().unwrap_or(&covariance);
        // The residuals add up to 0 over all rows.
        let enough = robust.is_none() || units.n() > b.len();
        let wald = used.cholesky(SINGULAR).ok().filter(|_| enough);
        let wald = wald.map(|factor| dot(b, &factor.solve(b)));
        let score = null.rest.information.cholesky(DETERMINED).ok();
        let tested = enough && test == RobustTest::Score;
        let at_null = units.labels().filter(|_| tested).and_then(|clusters| {
            let middle = meat(&problem, &vec![0.0; b.len()], clusters, &chains).clusters;
            Some(dot(&null.rest.score, &middle.cholesky(SINGULAR).ok()?.solve(&null.rest.score)))
        });
        // Without a ridge they are the covariates, but for rounding.
        let effective = match here.information == here.rest.information {
            true => b.len() as f64,
            false => here.rest.information.trace_with(&covariance),
        };
        let coefficients = scaling.coefficients(b);
        let baselines =
            problem.strata.iter().map(|rows| BaselineHazard::of_rows(rows, b, problem.ties));
        Ok(CoxMaximum {
            coefficients,
            design_effects: (0..b.len()).map(effect).collect(),
            few_clusters: units.few(),
            covariance: scaling.covariance(&covariance).to_rows(),
            robust_covariance: robust.map(|robust| scaling.covariance(&robust).to_rows()),
            log_likelihood_null: null.rest.log_likelihood,
            log_likelihood: here.rest.log_likelihood,
            df: effective,
            score_statistic: score
                .map(|factor| dot(&null.rest.score, &factor.solve(&null.rest.score))),
            robust_score_statistic: at_null,
            wald_statistic: wald,
            strata: design.distinct_strata(),
            baselines: baselines.collect(),
            means: scaling.mean,
            steps: maximum.steps,
        })
    }
}
