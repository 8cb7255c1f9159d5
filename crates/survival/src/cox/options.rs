//! The maximum of the partial likelihood in the coefficients of covariates.

use super::{
    derivatives::Problem,
    design::Design,
    firth,
    fit::{CoxMaximum, Fitted, RobustTest},
    profile,
    ties::Ties,
};
use crate::{
    error::Error,
    estimate::{Interval, Pivot, Units},
    numeric::{
        linear::Matrix,
        newton::{Failure, Local, maximise},
    },
    outcomes::{Outcomes, check, labels::dense},
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
    pub(super) ties: Ties,
    ridge: f64,
    firth: bool,
    robust: bool,
}

impl CoxOptions {
    /// How tied events are handled; Efron by default. The baseline hazard follows it.
    #[must_use]
    pub fn with_ties(mut self, ties: Ties) -> Self {
        self.ties = ties;
        self
    }

    /// How tied events are handled.
    #[must_use]
    pub fn ties(&self) -> Ties {
        self.ties
    }

    /// Subtracts `theta / 2 * sum(coefficient^2)` from the log partial likelihood, on the
    /// covariates as they are (scale them first if they should be shrunk alike).
    #[must_use]
    pub fn with_ridge(mut self, theta: f64) -> Self {
        self.ridge = theta;
        self
    }

    /// Adds Firth's penalty, half the log determinant of the information: less biased coefficients
    /// in small samples, finite ones also where a covariate separates the events.
    ///
    /// Sources: Firth, *Biometrika* 80:27-38, 1993; Heinze & Schemper, *Biometrics* 57:114-119,
    /// 2001. Their standard errors are from the information without the penalty, as here; intervals
    /// had better be [profile](Self::profile_intervals) ones.
    #[must_use]
    pub fn with_firth(mut self, firth: bool) -> Self {
        self.firth = firth;
        self
    }

    /// Whether rows that are in no clusters have a robust covariance too, each by itself.
    #[must_use]
    pub fn with_robust(mut self, robust: bool) -> Self {
        self.robust = robust;
        self
    }

    /// Fits the coefficients. Entry times and case weights are honoured. Clusters are those of the
    /// design, or else those of the outcomes; case weights that are not whole numbers have a robust
    /// covariance as well.
    ///
    /// # Errors
    /// [`Error::Undefined`] where all rows are one cluster, and
    /// [`Error::LengthMismatch`], [`Error::NoEvents`], [`Error::InvalidSetting`] for a negative
    /// ridge or two penalties, [`Error::Unsupported`] for exact ties with case weights, a robust
    /// covariance or Firth's penalty; where there is no estimate, [`Error::Constant`],
    /// [`Error::Collinear`], [`Error::MonotoneLikelihood`] or [`Error::NotConverged`].
    pub fn fit(&self, outcomes: &Outcomes, design: &Design) -> Result<CoxMaximum, Error> {
        self.fitted(outcomes, design, RobustTest::Score)
    }

    /// The same without the robust score test, which costs another pass of residuals.
    pub(crate) fn fit_without_score_test(
        &self,
        outcomes: &Outcomes,
        design: &Design,
    ) -> Result<CoxMaximum, Error> {
        self.fitted(outcomes, design, RobustTest::Left)
    }

    fn fitted(
        &self,
        outcomes: &Outcomes,
        design: &Design,
        test: RobustTest,
    ) -> Result<CoxMaximum, Error> {
        let clusters = self.clusters(outcomes, design);
        let units = Units::new(clusters.as_deref(), design.n_rows(), "the robust covariance")?;
        self.check(outcomes, units.are_clusters())?;
        // On one of the threads that share the work, so that handing it to them costs nothing.
        rayon::scope(|_| {
            let fitted = self.maximum(outcomes, design)?;
            fitted.result(design, (units, test), outcomes).map_err(collinear)
        })
    }

    /// Intervals from the profile of the likelihood, one for each coefficient: what the likelihood
    /// ratio test does not refuse. They need no symmetry, and suit few events and Firth's penalty.
    /// A bound is infinite where the profile never falls far enough.
    ///
    /// Source: Venzon & Moolgavkar, *Appl. Stat.* 37:87-94, 1988.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::InvalidSetting`] for a level outside (0, 1).
    ///
    /// # Examples
    /// ```
    /// use vertebra_survival::{cox::{CoxOptions, Design}, Outcomes};
    /// let time = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    /// let outcomes = Outcomes::new(time, vec![true, true, false, true, true, false])?;
    /// // The youngest die last: without the penalty the coefficient has no maximum.
    /// let design = Design::from_columns(&[[70.0, 66.0, 65.0, 64.0, 63.0, 58.0]])?;
    /// let options = CoxOptions::default();
    /// assert!(options.fit(&outcomes, &design).is_err());
    /// let firth = options.with_firth(true);
    /// let interval = firth.profile_intervals(&outcomes, &design, 0.95)?[0];
    /// assert!(interval.contains(firth.fit(&outcomes, &design)?.coefficients[0]));
    /// # Ok::<(), vertebra_survival::Error>(())
    /// ```
    pub fn profile_intervals(
        &self,
        outcomes: &Outcomes,
        design: &Design,
        level: f64,
    ) -> Result<Vec<Interval>, Error> {
        let level = check::level(level)?;
        self.check(outcomes, false)?;
        let fitted = self.maximum(outcomes, design)?;
        let covariance =
            fitted.maximum.here.information.cholesky(0.0).map_err(collinear)?.inverse();
        let sd = &fitted.scaling.sd;
        let penalty = self.penalty(sd);
        let at = |b: &[f64]| self.local(&fitted.problem, &penalty, b);
        let reach = Pivot::Normal.two_sided(level);
        let bound = |k: usize, sign: f64| {
            let distances = (reach, covariance[(k, k)].sqrt());
            let bound = profile::bound(&fitted.maximum, (k, sign), distances, &at);
            bound.map(|b| b / sd[k]).map_err(|failure| named(failure, sd, &[]))
        };
        let interval = |k| Ok(Interval::new(bound(k, -1.0)?, bound(k, 1.0)?, level));
        (0..sd.len()).map(interval).collect()
    }

    fn check(&self, outcomes: &Outcomes, robust: bool) -> Result<(), Error> {
        let setting =
            |name, expected, got: String| Err(Error::InvalidSetting { name, expected, got });
        if !(self.ridge >= 0.0 && self.ridge.is_finite()) {
            return setting("ridge", "finite and at least 0", self.ridge.to_string());
        }
        if self.firth && self.ridge > 0.0 {
            return setting("ridge", "0 with Firth's penalty", self.ridge.to_string());
        }
        let with = match () {
            () if self.ties != Ties::Exact => return Ok(()),
            () if outcomes.weights().is_some() => "case weights",
            () if robust => "a robust covariance",
            () if self.firth => "Firth's penalty",
            () => return Ok(()),
        };
        Err(Error::Unsupported { what: "the exact partial likelihood", with })
    }

    /// Where the (penalised) likelihood is highest.
    fn maximum<'a>(&self, outcomes: &'a Outcomes, design: &'a Design) -> Result<Fitted<'a>, Error> {
        let (problem, scaling) = Problem::of(outcomes, design, self.ties)?;
        let penalty = self.penalty(&scaling.sd);
        let start = vec![0.0; penalty.len()];
        let maximum =
            maximise(start.clone(), |b| self.local(&problem, &penalty, b)).map_err(|failure| {
                match failure {
                    Failure::Determined { parameter } => {
                        let information = self.local(&problem, &penalty, &start).information;
                        named(failure, &scaling.sd, &determined_by(&information, parameter))
                    }
                    _ => named(failure, &scaling.sd, &[]),
                }
            })?;
        Ok(Fitted { problem, scaling, maximum })
    }

    /// The ridge on coefficients of standardised covariates.
    pub(super) fn penalty(&self, sd: &[f64]) -> Vec<f64> {
        sd.iter().map(|sd| self.ridge / (sd * sd)).collect()
    }

    /// What is maximised.
    pub(super) fn local(
        &self,
        problem: &Problem<'_>,
        penalty: &[f64],
        b: &[f64],
    ) -> Local<Unpenalised> {
        let at = problem.derivatives(b);
        penalised(if self.firth { firth::penalised(problem, b, at) } else { at }, penalty, b)
    }

    /// Dense labels of the units of a robust covariance; `None` where there is none.
    fn clusters(&self, outcomes: &Outcomes, design: &Design) -> Option<Vec<usize>> {
        match design.clusters().or(outcomes.clusters()) {
            Some(labels) => Some(dense(labels)),
            None if check::counts(outcomes) && !self.robust => None,
            None => Some((0..design.n_rows()).collect()),
        }
    }
}

/// The log likelihood with its derivatives, Firth's penalty included, without the ridge.
#[derive(Debug, Clone)]
pub(super) struct Unpenalised {
    pub(super) log_likelihood: f64,
    pub(super) score: Vec<f64>,
    pub(super) information: Matrix,
}

fn penalised(mut at: Local, penalty: &[f64], b: &[f64]) -> Local<Unpenalised> {
    let rest = Unpenalised {
        log_likelihood: at.value,
        score: at.score.clone(),
        information: at.information.clone(),
    };
    for (k, (penalty, b)) in penalty.iter().zip(b).enumerate() {
        at.value -= penalty * b * b / 2.0;
        at.score[k] -= penalty * b;
        at.information[(k, k)] += penalty;
    }
    Local { value: at.value, score: at.score, information: at.information, rest }
}

/// A column whose variance does not exist, which the fit has ruled out.
pub(super) fn collinear(column: usize) -> Error {
    Error::Collinear { column, with: Vec::new() }
}

/// The columns before `column` that determine it: those that its regression on them needs.
fn determined_by(information: &Matrix, column: usize) -> Vec<usize> {
    let before = Matrix::from_fn(column, |j, k| information[(j, k)]);
    let Ok(factor) = before.cholesky(0.0) else { return Vec::new() };
    let own: Vec<f64> = (0..column).map(|k| information[(k, column)]).collect();
    let slopes = factor.solve(&own);
    (0..column).filter(|&k| slopes[k].abs() > NEEDED).collect()
}

/// The slope, on standardised covariates, from which a column takes part in another.
const NEEDED: f64 = 1e-6;

/// What Newton's method says of a column, in the units of its covariate.
fn named(failure: Failure, sd: &[f64], with: &[usize]) -> Error {
    match failure {
        Failure::Determined { parameter } => {
            Error::Collinear { column: parameter, with: with.to_vec() }
        }
        Failure::Unbounded { parameter, reached, with } => {
            let coefficient = reached / sd[parameter];
            Error::MonotoneLikelihood { column: parameter, coefficient, with }
        }
        Failure::NotConverged { steps, distance } => Error::NotConverged { steps, distance },
    }
}
