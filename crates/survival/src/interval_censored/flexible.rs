//! Proportional hazards with a smooth baseline: the model of Royston and Parmar.
//!
//! `ln H(t | x) = s(ln t; g) + x'b`, `s` a natural cubic spline of `ln t`. With `u = ln H` a
//! subject adds `ln(exp(-exp u(left)) - exp(-exp u(right)))`, the probability that a variable with
//! the extreme value distribution lies between, or at an exact time the logarithm of its density
//! times `du/dln t`. Both are concave in the parameters (Prekopa, *Acta Sci. Math.* 34:335-343,
//! 1973), so that Newton's method finds the one maximum. A maximum whose `s` falls somewhere is no
//! distribution and is an error.

use super::{outcomes::IntervalOutcomes, spline::Spline};
use crate::{
    cox::{Design, standardised::Standardised},
    error::Error,
    estimate::{Estimate, Pivot, Scale, Test},
    numeric::{
        linear::{Matrix, add, dot},
        newton::{Failure, Local, maximise},
    },
    outcomes::check,
};

/// How to fit a smooth survival curve, with or without covariates, to times known to an interval.
///
/// # Examples
/// ```
/// use vertebra_survival::interval_censored::{FlexibleOptions, IntervalOutcomes};
/// let none = f64::INFINITY;
/// let left = vec![0.0, 2.0, 2.0, 4.0, 4.0, 6.0, 6.0, 2.0];
/// let right = vec![2.0, 4.0, 4.0, 6.0, none, none, none, none];
/// let outcomes = IntervalOutcomes::new(left, right)?;
/// let curve = FlexibleOptions::default().with_df(1).fit_curve(&outcomes)?;
/// let risk = curve.risk(&[], 5.0, 0.95)?;
/// assert!(risk.interval.contains(risk.value) && risk.value > 0.4);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlexibleOptions {
    df: usize,
}

impl Default for FlexibleOptions {
    fn default() -> Self {
        Self { df: 2 }
    }
}

/// The fitted model.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct FlexibleHazards {
    /// Log hazard ratio per unit of each covariate, `[p]`.
    pub coefficients: Vec<f64>,
    /// Their covariance, `[p][p]`, from the observed information.
    pub covariance: Vec<Vec<f64>>,
    /// (Weighted) mean of each covariate.
    pub means: Vec<f64>,
    /// Log likelihood.
    pub log_likelihood: f64,
    /// Subjects.
    pub n: usize,
    /// Those of them with the event.
    pub events: usize,
    /// Newton's steps.
    pub steps: usize,
    spline: Spline,
    /// For a subject with the mean covariates.
    spline_coefficients: Vec<f64>,
    /// Covariance of the spline's coefficients and of those of standardised covariates.
    joint: Vec<Vec<f64>>,
    sd: Vec<f64>,
}

impl FlexibleOptions {
    /// Degrees of freedom of the spline: 1 is Weibull's distribution, each more adds a knot within.
    /// 2 by default. The knots are at the ends and at the quantiles of the middles of the intervals
    /// of events, on the logarithmic scale.
    #[must_use]
    pub fn with_df(mut self, df: usize) -> Self {
        self.df = df;
        self
    }

    /// Fits a curve without covariates.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_curve(&self, outcomes: &IntervalOutcomes) -> Result<FlexibleHazards, Error> {
        self.fit_rows(outcomes, None, None)
    }

    /// Fits the curve and the coefficients of covariates. Case weights and offsets are honoured.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for no degree of freedom, [`Error::LengthMismatch`],
    /// [`Error::NoEvents`], [`Error::Unsupported`] for strata or clusters; where there is no
    /// estimate, [`Error::Constant`], [`Error::Collinear`], [`Error::MonotoneLikelihood`],
    /// [`Error::NotConverged`], or [`Error::Undefined`], also for a cumulative hazard that would
    /// fall with time.
    pub fn fit(
        &self,
        outcomes: &IntervalOutcomes,
        design: &Design,
    ) -> Result<FlexibleHazards, Error> {
        let (expected, got) = (outcomes.n_subjects(), design.n_rows());
        if expected != got {
            return Err(Error::LengthMismatch { name: "design", expected, got });
        }
        if design.strata().is_some() || design.clusters().is_some() {
            let with = "strata or clusters";
            return Err(Error::Unsupported { what: "the flexible parametric model", with });
        }
        let rows = Standardised::weighted(design, &|i| outcomes.weight(i))
            .map_err(|column| Error::Constant { column })?;
        self.fit_rows(outcomes, Some(rows), design.offset())
    }

    fn fit_rows(
        &self,
        outcomes: &IntervalOutcomes,
        rows: Option<Standardised>,
        offset: Option<&[f64]>,
    ) -> Result<FlexibleHazards, Error> {
        outcomes.has_events()?;
        let spline = self.spline(outcomes)?;
        let problem = Problem::new(outcomes, &spline, rows.as_ref(), offset);
        let maximum =
            maximise(problem.start(outcomes, &spline), |parameters| problem.at(parameters))
                .map_err(|failure| problem.named(failure, rows.as_ref()))?;
        let covariance = maximum.here.information.cholesky(0.0).map_err(|_| Error::Undefined {
            name: "the covariance of the flexible parametric model",
            why: "its likelihood has no curvature",
        })?;
        let joint = covariance.inverse();
        let own = spline.n_columns();
        let (of_spline, b) = maximum.parameters.split_at(own);
        if !spline.rises(of_spline) {
            return Err(Error::Undefined { name: "the flexible parametric model", why: FALLS });
        }
        let p = b.len();
        let of_b = Matrix::from_fn(p, |j, k| joint[(own + j, own + k)]);
        Ok(FlexibleHazards {
            coefficients: rows.as_ref().map_or(vec![], |rows| rows.coefficients(b)),
            covariance: rows.as_ref().map_or(vec![], |rows| rows.covariance(&of_b).to_rows()),
            spline_coefficients: of_spline.to_vec(),
            log_likelihood: maximum.here.value,
            n: outcomes.n_subjects(),
            events: outcomes.n_events(),
            steps: maximum.steps,
            joint: joint.to_rows(),
            sd: rows.as_ref().map_or(vec![], |rows| rows.sd.clone()),
            means: rows.map_or(vec![], |rows| rows.mean),
            spline,
        })
    }

    /// Knots from the intervals of events.
    fn spline(&self, outcomes: &IntervalOutcomes) -> Result<Spline, Error> {
        if self.df == 0 {
            let (expected, got) = ("at least 1", self.df.to_string());
            return Err(Error::InvalidSetting { name: "df", expected, got });
        }
        let ends = outcomes.left().iter().zip(outcomes.right()).filter(|(_, r)| r.is_finite());
        let mut middles: Vec<f64> = ends.map(|(l, r)| (0.5 * (l + r)).ln()).collect();
        middles.sort_unstable_by(f64::total_cmp);
        let last = middles.len() - 1;
        let quantile = |k: usize| {
            let place = k as f64 / self.df as f64 * last as f64;
            let below = (place.floor() as usize).min(last);
            let above = (below + 1).min(last);
            middles[below] + place.fract() * (middles[above] - middles[below])
        };
        let knots: Vec<f64> = (0..=self.df).map(quantile).collect();
        if self.df > 1 && knots.windows(2).any(|pair| pair[1] - pair[0] < 1e-9) {
            let why = "knots fall together: fewer degrees of freedom fit the times of events";
            return Err(Error::Undefined { name: "the spline", why });
        }
        let spline = Spline::new((knots[0], knots[self.df]), knots[1..self.df].to_vec());
        let ends = outcomes.left().iter().chain(outcomes.right());
        let ends: Vec<f64> = ends.filter(|t| **t > 0.0 && t.is_finite()).map(|t| t.ln()).collect();
        Ok(spline.orthonormal(&ends))
    }
}

/// The maximum is looked for among all splines.
const FALLS: &str = "its cumulative hazard falls with time, as where visits are made because of \
                     events (then no estimate by interval holds), or where splines bend too freely";

/// The rows of the likelihood: `[spline basis, covariates]` at the ends of each interval.
struct Problem {
    /// Basis at the left ends, `None` at 0.
    left: Vec<Option<Vec<f64>>>,
    /// At the right ends, `None` where right-censored.
    right: Vec<Option<Vec<f64>>>,
    /// The derivative of the basis by `ln t`, and `ln t`, where the time is exact.
    exact: Vec<Option<(Vec<f64>, f64)>>,
    offset: Vec<f64>,
    weight: Vec<f64>,
    own: usize,
    n_parameters: usize,
}

impl Problem {
    fn new(
        outcomes: &IntervalOutcomes,
        spline: &Spline,
        rows: Option<&Standardised>,
        offset: Option<&[f64]>,
    ) -> Self {
        let covariates = |i: usize| rows.map_or(&[][..], |rows| rows.row(i));
        let basis = |i: usize, time: f64| {
            let mut basis = spline.basis(time.ln());
            basis.extend(covariates(i));
            basis
        };
        let subjects = 0..outcomes.n_subjects();
        let (left, right) = (outcomes.left(), outcomes.right());
        let slope = |i: usize| {
            let mut slope = spline.slope(left[i].ln());
            slope.extend(covariates(i).iter().map(|_| 0.0));
            (slope, left[i].ln())
        };
        let own = spline.n_columns();
        Self {
            left: subjects.clone().map(|i| (left[i] > 0.0).then(|| basis(i, left[i]))).collect(),
            right: subjects
                .clone()
                .map(|i| right[i].is_finite().then(|| basis(i, right[i])))
                .collect(),
            exact: subjects.clone().map(|i| outcomes.is_exact(i).then(|| slope(i))).collect(),
            offset: offset.map_or(vec![0.0; subjects.len()], <[f64]>::to_vec),
            weight: subjects.map(|i| outcomes.weight(i)).collect(),
            own,
            n_parameters: own + rows.map_or(0, Standardised::n_columns),
        }
    }

    /// The exponential distribution with about the observed rate.
    fn start(&self, outcomes: &IntervalOutcomes, spline: &Spline) -> Vec<f64> {
        let (mut events, mut years) = (0.0, 0.0);
        for i in 0..outcomes.n_subjects() {
            let (l, r) = (outcomes.left()[i], outcomes.right()[i]);
            events += if r.is_finite() { self.weight[i] } else { 0.0 };
            years += self.weight[i] * if r.is_finite() { 0.5 * (l + r) } else { l };
        }
        let mut start = vec![0.0; self.n_parameters];
        // Of the plain basis `ln rate + ln t`.
        let line = spline.of_line((events / years).ln(), 1.0);
        start[..2].copy_from_slice(&line);
        start
    }

    fn at(&self, parameters: &[f64]) -> Local {
        let p = parameters.len();
        let mut at =
            Local { value: 0.0, score: vec![0.0; p], information: Matrix::zeros(p), rest: () };
        for i in 0..self.weight.len() {
            self.add_subject(i, parameters, &mut at);
        }
        at.information.mirror();
        at
    }

    fn add_subject(&self, i: usize, parameters: &[f64], at: &mut Local) {
        let (weight, offset) = (self.weight[i], self.offset[i]);
        let log_hazard = |row: &Vec<f64>| dot(row, parameters) + offset;
        match (&self.left[i], &self.right[i], &self.exact[i]) {
            (Some(row), _, Some((slope, log_time))) => {
                let (u, steep) = (log_hazard(row), dot(slope, parameters));
                at.value += weight * (steep.ln() - log_time + u - u.exp());
                add(&mut at.score, weight * (1.0 - u.exp()), row);
                add(&mut at.score, weight / steep, slope);
                at.information.add_outer(weight * u.exp(), row);
                at.information.add_outer(weight / (steep * steep), slope);
            }
            (Some(row), None, _) => {
                let hazard = log_hazard(row).exp();
                at.value -= weight * hazard;
                add(&mut at.score, -weight * hazard, row);
                at.information.add_outer(weight * hazard, row);
            }
            (None, Some(row), _) => {
                let hazard = log_hazard(row).exp();
                let odds = 1.0 / hazard.exp_m1();
                at.value += weight * (-(-hazard).exp_m1()).ln();
                add(&mut at.score, weight * hazard * odds, row);
                let curvature = hazard * odds * (hazard * (1.0 + odds) - 1.0);
                at.information.add_outer(weight * curvature, row);
            }
            (Some(left), Some(right), _) => {
                add_interval((left, log_hazard(left)), (right, log_hazard(right)), weight, at);
            }
            (None, None, _) => {} // right-censored at 0: nothing is known
        }
    }

    fn named(&self, failure: Failure, rows: Option<&Standardised>) -> Error {
        let sd = |parameter: usize| rows.map_or(1.0, |rows| rows.sd[parameter - self.own]);
        match failure {
            Failure::Determined { parameter } if parameter >= self.own => {
                Error::Collinear { column: parameter - self.own, with: Vec::new() }
            }
            Failure::Unbounded { parameter, reached, with } if parameter >= self.own => {
                let column = |parameter: usize| parameter.checked_sub(self.own);
                Error::MonotoneLikelihood {
                    column: parameter - self.own,
                    coefficient: reached / sd(parameter),
                    with: with.into_iter().filter_map(column).collect(),
                }
            }
            Failure::NotConverged { steps, distance } => Error::NotConverged { steps, distance },
            other => other.undefined("the spline of the baseline hazard"),
        }
    }
}

/// `ln(exp(-a) - exp(-b))` with `a = exp u(left)`, `b = exp u(right)`, in terms of both `u`:
/// with `q = 1 / (exp(b - a) - 1)` its derivatives are `-a (1 + q)` and `b q`.
fn add_interval(
    (left, u_left): (&Vec<f64>, f64),
    (right, u_right): (&Vec<f64>, f64),
    weight: f64,
    at: &mut Local,
) {
    let (a, b) = (u_left.exp(), u_right.exp());
    let odds = 1.0 / (b - a).exp_m1();
    at.value += weight * ((-(a - b).exp_m1()).ln() - a);
    add(&mut at.score, -weight * a * (1.0 + odds), left);
    add(&mut at.score, weight * b * odds, right);
    let change = odds * (1.0 + odds);
    at.information.add_outer(weight * (a * (1.0 + odds) + a * a * change), left);
    at.information.add_outer(weight * (b * b * change - b * odds), right);
    let cross = -weight * a * b * change;
    // left right' + right left' from three squares.
    let both: Vec<f64> = left.iter().zip(right).map(|(l, r)| l + r).collect();
    at.information.add_outer(cross, &both);
    at.information.add_outer(-cross, left);
    at.information.add_outer(-cross, right);
}

impl FlexibleHazards {
    /// The coefficient of a column with its standard error and interval at `level`.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a column that is not there or a level outside (0, 1).
    pub fn estimate(&self, column: usize, level: f64) -> Result<Estimate, Error> {
        let Some(value) = self.coefficients.get(column) else {
            let (expected, got) = ("a column of the design", column.to_string());
            return Err(Error::InvalidSetting { name: "column", expected, got });
        };
        let std_error = self.covariance[column][column].sqrt();
        Ok(Estimate::plain(*value, std_error, check::level(level)?))
    }

    /// Wald's test of a coefficient against 0.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate).
    pub fn test(&self, column: usize) -> Result<Test, Error> {
        let estimate = self.estimate(column, 0.95)?;
        Ok(Test::two_sided(estimate.value / estimate.std_error, Pivot::Normal))
    }

    /// The probability of the event by `time` (years) given covariates `[p]`, with an interval that
    /// is symmetric for `ln(-ln(1 - risk))`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::InvalidSetting`] for a time that is not above 0 or a
    /// level outside (0, 1).
    pub fn risk(&self, row: &[f64], time: f64, level: f64) -> Result<Estimate, Error> {
        if !(time.is_finite() && time > 0.0) {
            return Err(Error::InvalidSetting {
                name: "time",
                expected: "finite and above 0 years",
                got: time.to_string(),
            });
        }
        let (expected, got) = (self.means.len(), row.len());
        if expected != got {
            return Err(Error::LengthMismatch { name: "row", expected, got });
        }
        let mut direction = self.spline.basis(time.ln());
        let scaled = row.iter().zip(&self.means).zip(&self.sd);
        direction.extend(scaled.map(|((x, m), s)| (x - m) / s));
        let mut parameters = self.spline_coefficients.clone();
        parameters.extend(self.coefficients.iter().zip(&self.sd).map(|(b, s)| b * s));
        let log_hazard = dot(&direction, &parameters);
        let variance: f64 =
            self.joint.iter().zip(&direction).map(|(row, d)| d * dot(row, &direction)).sum();
        let on_scale = Estimate::around(
            log_hazard,
            variance.sqrt(),
            (Pivot::Normal, Scale::Plain),
            check::level(level)?,
        );
        let risk = |u: f64| -(-u.exp()).exp_m1();
        let slope = log_hazard.exp() * (-log_hazard.exp()).exp();
        let interval = crate::Interval::new(
            risk(on_scale.interval.lower),
            risk(on_scale.interval.upper),
            level,
        );
        Ok(Estimate::new(risk(log_hazard), slope * on_scale.std_error, interval))
    }
}
