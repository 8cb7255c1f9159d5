//! The maximum of the partial likelihood in the coefficients of covariates.

use super::{
    baseline::BaselineHazard,
    derivatives::Problem,
    design::Design,
    partial_likelihood::RiskSets,
    robust::{Meat, meat},
    standardised::Standardised,
    ties::Ties,
};
use crate::{
    error::Error,
    estimate::{Pivot, Test, Units},
    numeric::{
        linear::{Matrix, SINGULAR, dot},
        newton::{DETERMINED, Failure, Local, Maximum, maximise},
    },
    outcomes::{
        Outcomes,
        chains::chains,
        check,
        labels::{dense, members},
    },
};

/// How to fit; the default has Efron's ties and no penalty.
///
/// # Examples
/// ```
/// use vertebra_survival::{cox::{CoxOptions, Design}, Outcomes};
/// let outcomes = Outcomes::new(
///     vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
///     vec![true, true, false, true, true, false],
/// )?;
/// let design = Design::from_columns(&[[70.0, 61.0, 66.0, 72.0, 58.0, 63.0]])?;
/// let fit = CoxOptions::default().fit(&outcomes, &design)?;
/// assert!(fit.coefficients[0] > 0.0);
/// // The risk of a subject of 75 years by 3 years.
/// let log_hazard = fit.coefficients[0] * (75.0 - fit.means[0]);
/// assert!(1.0 - fit.baselines[0].survival_prob(log_hazard, 3.0) > 0.5);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoxOptions {
    ties: Ties,
    ridge: f64,
}

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
    /// Log partial likelihood at the coefficients, without the penalty.
    pub log_likelihood: f64,
    /// Degrees of freedom: the covariates, or their effective number with a penalty.
    pub df: f64,
    /// `U' I^-1 U` of score and information at zero, without the penalty: the score test's
    /// chi-square. `None` where only a penalty tells collinear covariates apart.
    pub score_statistic: Option<f64>,
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
}

impl CoxOptions {
    /// How tied events are handled; Efron by default. The baseline hazard follows it.
    #[must_use]
    pub fn with_ties(mut self, ties: Ties) -> Self {
        self.ties = ties;
        self
    }

    /// Subtracts `theta / 2 * sum(coefficient^2)` from the log partial likelihood, on the
    /// covariates as they are (scale them first if they should be shrunk alike).
    #[must_use]
    pub fn with_ridge(mut self, theta: f64) -> Self {
        self.ridge = theta;
        self
    }

    /// Fits the coefficients. Entry times and case weights are honoured. Clusters are those of the
    /// design, or else those of the outcomes; case weights that are not whole numbers have a robust
    /// covariance as well.
    ///
    /// # Errors
    /// [`Error::Undefined`] where all rows are one cluster, and
    /// [`Error::LengthMismatch`], [`Error::NoEvents`], [`Error::InvalidSetting`] for a negative
    /// ridge; where there is no estimate, [`Error::Collinear`], [`Error::MonotoneLikelihood`] or
    /// [`Error::NotConverged`].
    pub fn fit(&self, outcomes: &Outcomes, design: &Design) -> Result<CoxMaximum, Error> {
        check::rows("design", design.n_rows(), outcomes)?;
        if !(self.ridge >= 0.0 && self.ridge.is_finite()) {
            return Err(Error::InvalidSetting {
                name: "ridge",
                expected: "finite and at least 0",
                got: self.ridge.to_string(),
            });
        }
        let clusters = clusters(outcomes, design);
        let units = Units::new(clusters.as_deref(), design.n_rows(), "the robust covariance")?;
        let risk_sets = match design.strata() {
            None => RiskSets::new(outcomes)?,
            Some(strata) => RiskSets::stratified(outcomes, strata)?,
        };
        let standardised =
            Standardised::new(design, outcomes).map_err(|column| Error::Collinear { column })?;
        let penalty: Vec<f64> = standardised.sd.iter().map(|sd| self.ridge / (sd * sd)).collect();
        let problem = Problem::new(risk_sets, &standardised, design.offset(), self.ties);
        let start = vec![0.0; penalty.len()];
        let maximum = maximise(start, |b| penalised(problem.derivatives(b), &penalty, b))
            .map_err(|failure| named(failure, &standardised.sd))?;
        let fitted = Fitted { problem, standardised, maximum };
        fitted.result(design, units, outcomes).map_err(|column| Error::Collinear { column })
    }
}

/// Dense labels of the units of a robust covariance; `None` where there is none.
fn clusters(outcomes: &Outcomes, design: &Design) -> Option<Vec<usize>> {
    match design.clusters().or(outcomes.clusters()) {
        Some(labels) => Some(dense(labels)),
        None if check::counts(outcomes) => None,
        None => Some((0..design.n_rows()).collect()),
    }
}

/// The same in the coefficients of standardised covariates.
struct Fitted {
    problem: Problem,
    standardised: Standardised,
    maximum: Maximum<Unpenalised>,
}

/// The log likelihood and its information without the penalty.
#[derive(Debug, Clone)]
struct Unpenalised {
    log_likelihood: f64,
    information: Matrix,
}

fn penalised(mut at: Local, penalty: &[f64], b: &[f64]) -> Local<Unpenalised> {
    let rest = Unpenalised { log_likelihood: at.value, information: at.information.clone() };
    for (k, (penalty, b)) in penalty.iter().zip(b).enumerate() {
        at.value -= penalty * b * b / 2.0;
        at.score[k] -= penalty * b;
        at.information[(k, k)] += penalty;
    }
    Local { value: at.value, score: at.score, information: at.information, rest }
}

/// What Newton's method says of a column, in the units of its covariate.
fn named(failure: Failure, sd: &[f64]) -> Error {
    match failure {
        Failure::Determined { parameter } => Error::Collinear { column: parameter },
        Failure::Unbounded { parameter, reached, with } => {
            let coefficient = reached / sd[parameter];
            Error::MonotoneLikelihood { column: parameter, coefficient, with }
        }
        Failure::NotConverged { steps, distance } => Error::NotConverged { steps, distance },
    }
}

impl Fitted {
    /// Back to the units of the design; errors with a column whose variance does not exist, which
    /// the fit has ruled out.
    fn result(
        self,
        design: &Design,
        units: Units<'_>,
        outcomes: &Outcomes,
    ) -> Result<CoxMaximum, usize> {
        let Self { problem, standardised, maximum } = self;
        let b = &maximum.parameters;
        let (null, here) = (&maximum.at_start, &maximum.here);
        let covariance = here.information.cholesky(0.0)?.inverse();
        let sandwich = units.labels().map(|clusters| {
            let Meat { clusters, rows } = meat(&problem, b, clusters, &chains(outcomes));
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
        let coefficients = standardised.coefficients(b);
        let baselines = problem.strata.iter().map(|rows| {
            let (outcomes, groups) = (&rows.stratum.outcomes, &rows.stratum.groups);
            BaselineHazard::new(outcomes, groups, &rows.log_hazard(b), problem.ties)
        });
        Ok(CoxMaximum {
            coefficients,
            design_effects: (0..b.len()).map(effect).collect(),
            few_clusters: units.few(),
            covariance: standardised.covariance(&covariance).to_rows(),
            robust_covariance: robust.map(|robust| standardised.covariance(&robust).to_rows()),
            log_likelihood_null: null.rest.log_likelihood,
            log_likelihood: here.rest.log_likelihood,
            df: here.rest.information.trace_with(&covariance),
            score_statistic: score.map(|factor| dot(&null.score, &factor.solve(&null.score))),
            wald_statistic: wald,
            strata: design.strata().map_or(vec![0], distinct),
            baselines: baselines.collect(),
            means: standardised.mean,
            steps: maximum.steps,
        })
    }
}

/// The labels of the strata, increasing.
fn distinct(strata: &[usize]) -> Vec<usize> {
    members(strata).into_iter().map(|subjects| strata[subjects[0]]).collect()
}
