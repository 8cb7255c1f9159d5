//! The proportional hazards model with any baseline hazard.

use std::cell::RefCell;

use super::{
    outcomes::IntervalOutcomes,
    profile::{Profile, Profiled},
};
use crate::{
    cox::{Design, standardised::Standardised},
    error::Error,
    estimate::{Estimate, Pivot, Test},
    numeric::{
        linear::{Matrix, SINGULAR, add},
        newton::{Failure, Local, maximise},
    },
    outcomes::{check, labels::members},
};

/// How to fit the proportional hazards model to times known to an interval.
///
/// # Examples
/// ```
/// use vertebra_survival::{cox::Design, interval_censored::{IntervalCoxOptions, IntervalOutcomes}};
/// let none = f64::INFINITY;
/// let left = vec![0.0, 2.0, 2.0, 4.0, 4.0, 6.0, 6.0, 2.0];
/// let right = vec![2.0, 4.0, 4.0, 6.0, none, none, none, none];
/// let outcomes = IntervalOutcomes::new(left, right)?;
/// let design = Design::from_columns(&[[3.1, 2.0, 2.7, 2.2, 1.2, 1.9, 0.8, 2.4]])?;
/// let fit = IntervalCoxOptions::default().fit(&outcomes, &design)?;
/// assert!(fit.coefficients[0] > 0.0);
/// assert!(fit.risk(&[2.5], 4.0)? > fit.risk(&[1.0], 4.0)?);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntervalCoxOptions {
    step: f64,
}

impl Default for IntervalCoxOptions {
    fn default() -> Self {
        Self { step: 1.0 }
    }
}

/// Coefficients and baseline hazard with the highest likelihood.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct IntervalCox {
    /// Log hazard ratio per unit of each covariate, `[p]`.
    pub coefficients: Vec<f64>,
    /// Their covariance, `[p][p]`: the inverse of the profile likelihood's curvature.
    pub covariance: Vec<Vec<f64>>,
    /// The sandwich of that, where the design has clusters.
    pub robust_covariance: Option<Vec<Vec<f64>>>,
    /// (Weighted) mean of each covariate.
    pub means: Vec<f64>,
    /// Log likelihood with all coefficients 0.
    pub log_likelihood_null: f64,
    /// Log likelihood.
    pub log_likelihood: f64,
    /// Beginnings of the intervals `(lower, upper]` in which the baseline hazard jumps, years.
    pub lower: Vec<f64>,
    /// Their ends.
    pub upper: Vec<f64>,
    /// What the cumulative hazard of a subject with the mean covariates and no offset rises by in
    /// each.
    pub hazard: Vec<f64>,
    /// Until when the hazard is known, years.
    pub until: f64,
    /// Subjects.
    pub n: usize,
    /// Those of them with the event.
    pub events: usize,
    /// Newton's steps.
    pub steps: usize,
}

impl IntervalCoxOptions {
    /// The step of the differences that give the profile likelihood's curvature, in standard
    /// errors; 1 by default. The theory asks for one of the order of the standard error.
    #[must_use]
    pub fn with_step(mut self, step: f64) -> Self {
        self.step = step;
        self
    }

    /// Fits the coefficients. Case weights and offsets are honoured; clusters give robust errors.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::NoEvents`], [`Error::Unsupported`] for strata,
    /// [`Error::InvalidSetting`] for a step that is not positive; where there is no estimate,
    /// [`Error::Constant`], [`Error::Collinear`], [`Error::MonotoneLikelihood`],
    /// [`Error::NotConverged`] or
    /// [`Error::Undefined`].
    pub fn fit(&self, outcomes: &IntervalOutcomes, design: &Design) -> Result<IntervalCox, Error> {
        let (expected, got) = (outcomes.n_subjects(), design.n_rows());
        if expected != got {
            return Err(Error::LengthMismatch { name: "design", expected, got });
        }
        if design.strata().is_some() {
            return Err(Error::Unsupported { what: "the interval-censored model", with: "strata" });
        }
        if !(self.step.is_finite() && self.step > 0.0) {
            return Err(Error::InvalidSetting {
                name: "step",
                expected: "finite and above 0 standard errors",
                got: self.step.to_string(),
            });
        }
        let rows = Standardised::weighted(design, &|i| outcomes.weight(i))
            .map_err(|column| Error::Constant { column })?;
        let profile = Profile::new(outcomes)?;
        let problem = Problem { profile, rows, offset: design.offset(), last: RefCell::default() };
        problem.fit(self.step)?.result(outcomes, design)
    }
}

/// The profile likelihood of standardised covariates.
struct Problem<'a> {
    profile: Profile,
    rows: Standardised,
    offset: Option<&'a [f64]>,
    last: RefCell<Last>,
}

/// The last baseline hazard, from where the next one is sought, and why there was none.
#[derive(Default)]
struct Last {
    hazard: Option<Vec<f64>>,
    failure: Option<Error>,
}

/// The maximum.
struct Fitted<'a> {
    problem: Problem<'a>,
    b: Vec<f64>,
    here: Profiled,
    log_likelihood_null: f64,
    steps: usize,
    /// Inverse of the curvature.
    covariance: Matrix,
    /// Contributions of subjects to the score, `[p][n]`.
    scores: Vec<Vec<f64>>,
}

impl<'a> Problem<'a> {
    fn log_hazard(&self, b: &[f64]) -> Vec<f64> {
        let mut linear = self.rows.linear(b);
        if let Some(offset) = self.offset {
            linear.iter_mut().zip(offset).for_each(|(l, o)| *l += o);
        }
        linear
    }

    fn profiled(&self, b: &[f64]) -> Result<Profiled, Error> {
        let start = self.last.borrow().hazard.clone();
        let found = self.profile.at(&self.log_hazard(b), start.as_deref())?;
        self.last.borrow_mut().hazard = Some(found.masses.mass.clone());
        Ok(found)
    }

    fn score(&self, at: &Profiled) -> Vec<f64> {
        let mut score = vec![0.0; self.rows.n_columns()];
        at.score.iter().enumerate().for_each(|(i, s)| add(&mut score, *s, self.rows.row(i)));
        score
    }

    /// For Newton's method; without a baseline hazard a value that no step is taken to.
    fn local(&self, b: &[f64]) -> Local {
        let p = self.rows.n_columns();
        match self.profiled(b) {
            Ok(at) => Local {
                value: at.value,
                score: self.score(&at),
                information: self.profile.information(&at, p, |i| self.rows.row(i)),
                rest: (),
            },
            Err(error) => {
                self.last.borrow_mut().failure = Some(error);
                let (score, information) = (vec![f64::NAN; p], Matrix::zeros(p));
                Local { value: f64::NAN, score, information, rest: () }
            }
        }
    }

    fn fit(self, step: f64) -> Result<Fitted<'a>, Error> {
        let start = vec![0.0; self.rows.n_columns()];
        let maximum = maximise(start, |b| self.local(b)).map_err(|failure| {
            let earlier = self.last.borrow_mut().failure.take();
            earlier.unwrap_or_else(|| self.named(failure))
        })?;
        let b = maximum.parameters;
        let here = self.profiled(&b)?;
        let smallest = |column| Error::Collinear { column, with: Vec::new() };
        let first = maximum.here.information.cholesky(0.0).map_err(smallest)?.inverse();
        let (curvature, scores) = self.differences(&b, |j| step * first[(j, j)].sqrt())?;
        let factor = curvature.cholesky(SINGULAR).map_err(|_| Error::Undefined {
            name: "the covariance of the coefficients",
            why: "the profile likelihood has no curvature",
        })?;
        Ok(Fitted {
            b,
            here,
            log_likelihood_null: maximum.at_start.value,
            steps: maximum.steps,
            covariance: factor.inverse(),
            scores,
            problem: self,
        })
    }

    /// The curvature of the profile likelihood from central differences of its score, and those
    /// of each subject's part.
    fn differences(
        &self,
        b: &[f64],
        step: impl Fn(usize) -> f64,
    ) -> Result<(Matrix, Vec<Vec<f64>>), Error> {
        let p = b.len();
        let (mut rows, mut scores) = (vec![], vec![]);
        for j in 0..p {
            let side = |sign: f64| {
                let mut there = b.to_vec();
                there[j] += sign * step(j);
                let at = self.profiled(&there)?;
                Ok((self.score(&at), self.profile.values(&at, &self.log_hazard(&there))))
            };
            let ((below, lower), (above, upper)) = (side(-1.0)?, side(1.0)?);
            let width = 2.0 * step(j);
            let by = |from: &[f64], to: &[f64]| -> Vec<f64> {
                from.iter().zip(to).map(|(f, t)| (t - f) / width).collect()
            };
            rows.push(by(&above, &below));
            scores.push(by(&lower, &upper));
        }
        Ok((Matrix::from_fn(p, |j, k| 0.5 * (rows[j][k] + rows[k][j])), scores))
    }

    /// What Newton's method says of a column, in the units of its covariate.
    fn named(&self, failure: Failure) -> Error {
        match failure {
            Failure::Determined { parameter } => {
                Error::Collinear { column: parameter, with: Vec::new() }
            }
            Failure::Unbounded { parameter, reached, with } => Error::MonotoneLikelihood {
                column: parameter,
                coefficient: reached / self.rows.sd[parameter],
                with,
            },
            Failure::NotConverged { steps, distance } => Error::NotConverged { steps, distance },
        }
    }
}

impl Fitted<'_> {
    /// Back to the units of the design.
    fn result(self, outcomes: &IntervalOutcomes, design: &Design) -> Result<IntervalCox, Error> {
        let Self { problem: Problem { profile, rows, .. }, here, covariance, .. } = self;
        let weighted = |column: &Vec<f64>| {
            column.iter().enumerate().map(|(i, s)| outcomes.weight(i) * s).collect::<Vec<f64>>()
        };
        let scores: Vec<Vec<f64>> = self.scores.iter().map(weighted).collect();
        let robust = design.clusters().map(|c| covariance.around(&meat(&scores, c)));
        let jumps = profile.jumps(&here.masses);
        Ok(IntervalCox {
            coefficients: rows.coefficients(&self.b),
            covariance: rows.covariance(&covariance).to_rows(),
            robust_covariance: robust.map(|robust| rows.covariance(&robust).to_rows()),
            log_likelihood_null: self.log_likelihood_null,
            log_likelihood: here.value,
            lower: jumps.iter().map(|&k| profile.lower[k]).collect(),
            upper: jumps.iter().map(|&k| profile.upper[k]).collect(),
            hazard: jumps.iter().map(|&k| here.masses.mass[k]).collect(),
            until: profile.until,
            n: outcomes.n_subjects(),
            events: outcomes.n_events(),
            steps: self.steps,
            means: rows.mean,
        })
    }
}

/// Sums over clusters of the outer products of their scores.
fn meat(scores: &[Vec<f64>], clusters: &[usize]) -> Matrix {
    let mut meat = Matrix::zeros(scores.len());
    for cluster in members(clusters) {
        let sum: Vec<f64> =
            scores.iter().map(|column| cluster.iter().map(|&i| column[i]).sum()).collect();
        meat.add_outer(1.0, &sum);
    }
    meat.mirror();
    meat
}

impl IntervalCox {
    /// The coefficient of a column with its (robust, where there are clusters) standard error and
    /// interval at `level`.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a column that is not there or a level outside (0, 1).
    pub fn estimate(&self, column: usize, level: f64) -> Result<Estimate, Error> {
        let covariance = self.robust_covariance.as_ref().unwrap_or(&self.covariance);
        let Some(value) = self.coefficients.get(column) else {
            let (expected, got) = ("a column of the design", column.to_string());
            return Err(Error::InvalidSetting { name: "column", expected, got });
        };
        Ok(Estimate::plain(*value, covariance[column][column].sqrt(), check::level(level)?))
    }

    /// Wald's test of a coefficient against 0.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate).
    pub fn test(&self, column: usize) -> Result<Test, Error> {
        let estimate = self.estimate(column, 0.95)?;
        Ok(Test::two_sided(estimate.value / estimate.std_error, Pivot::Normal))
    }

    /// Cumulative hazard at `time` (years) of a subject with the mean covariates; within an
    /// interval of support it rises evenly.
    ///
    /// # Errors
    /// [`Error::Undefined`] beyond [`until`](Self::until): nobody was followed so long.
    pub fn cumulative_hazard_at(&self, time: f64) -> Result<f64, Error> {
        if time > self.until {
            let why = "nobody was followed so long";
            return Err(Error::Undefined { name: "the cumulative hazard", why });
        }
        let part = |(k, h): (usize, &f64)| {
            let (lower, upper) = (self.lower[k], self.upper[k]);
            match () {
                () if time >= upper => *h,
                () if time <= lower => 0.0,
                () => h * (time - lower) / (upper - lower),
            }
        };
        Ok(self.hazard.iter().enumerate().map(part).sum())
    }

    /// Cumulative hazard just before `time`, up to where it is known.
    pub(super) fn hazard_before(&self, time: f64) -> f64 {
        let before = self.upper.iter().zip(&self.hazard).filter(|(upper, _)| **upper < time);
        before.map(|(_, h)| h).sum()
    }

    /// `x'b` of covariates `[p]` against the mean covariates.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn log_hazard(&self, row: &[f64]) -> Result<f64, Error> {
        let (expected, got) = (self.means.len(), row.len());
        if expected != got {
            return Err(Error::LengthMismatch { name: "row", expected, got });
        }
        let terms = self.coefficients.iter().zip(row).zip(&self.means);
        Ok(terms.map(|((b, x), m)| b * (x - m)).sum())
    }

    /// The probability of the event by `time` (years) given covariates `[p]`.
    ///
    /// # Errors
    /// As [`cumulative_hazard_at`](Self::cumulative_hazard_at) and
    /// [`log_hazard`](Self::log_hazard).
    pub fn risk(&self, row: &[f64], time: f64) -> Result<f64, Error> {
        let hazard = self.cumulative_hazard_at(time)? * self.log_hazard(row)?.exp();
        Ok(-(-hazard).exp_m1())
    }
}
