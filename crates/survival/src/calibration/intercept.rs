//! Calibration intercept and line at a horizon, on the complementary log-log scale.
//!
//! With `lp_i = ln(-ln(1 - p_i))` of the predicted risk and pseudo-observations `theta_i` of the
//! risk ([`pseudo_observations`](crate::horizon::pseudo_observations)), the model is
//! `1 - exp(-exp(a + b lp_i))`. The *intercept* has `b = 1`: `exp(a)` is by how much the cumulative
//! hazard is to be multiplied; 0 is right, above 0 the model predicts too little. The *line* has
//! both free: a slope below 1 means predictions that are too extreme. Estimates solve the
//! generalised estimating equations with independence and constant variance,
//! `sum_i w_i (theta_i - mu_i) dmu_i/d(a, b) = 0` (`w_i` are the case weights); standard errors are
//! the sandwich ones.
//!
//! Sources: van Geloven et al., *BMJ* 377:e069249, 2022; McLernon et al., *Ann. Intern. Med.*
//! 176:105-114,
//! 2023. Equal to R `geepack::geese(.., mean.link = "cloglog", variance = "gaussian")`.

use crate::{
    calibration::CalibrationOptions,
    error::Error,
    estimate::{Estimate, Scale, Units},
    horizon::pseudo_observations,
    numeric::{
        linear::{Cholesky, Matrix, add, dot},
        mean_and_sd,
        newton::{DETERMINED, Failure, Local, maximise},
    },
    outcomes::{Endpoint, Outcomes, check},
};

/// Intercept and slope fitted together.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CalibrationLine {
    /// The intercept where the slope is free as well.
    pub intercept: Estimate,
    /// 1 is right; below 1 the predictions are too extreme.
    pub slope: Estimate,
}

/// Calibration intercept of the predicted risks of an event by `horizon` years; 0 is right.
///
/// # Shapes
/// - `predicted_risk`: `[n]`, inside (0, 1)
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`] for a prediction of 0 or 1, and the errors of
/// [`pseudo_observations`]; [`Error::Undefined`] where no finite intercept fits best.
///
/// # Examples
/// ```
/// use vertebra_survival::{calibration::calibration_intercept, Outcomes};
/// let time = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let outcomes = Outcomes::new(time, vec![true, false, true, false, true, false])?;
/// let too_low = calibration_intercept(&outcomes, &[0.2, 0.1, 0.2, 0.1, 0.1, 0.1], 3.5)?;
/// assert!(too_low.value > 0.0);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn calibration_intercept(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    horizon: f64,
) -> Result<Estimate, Error> {
    CalibrationOptions::default().calibration_intercept(endpoint, predicted_risk, horizon)
}

impl CalibrationOptions {
    /// Calibration intercept of the predicted risks of an event by `horizon` years.
    ///
    /// # Errors
    /// As [`calibration_intercept`](crate::calibration::calibration_intercept), and
    /// [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn calibration_intercept(
        &self,
        endpoint: &impl Endpoint,
        predicted_risk: &[f64],
        horizon: f64,
    ) -> Result<Estimate, Error> {
        let level = self.level()?;
        let equations = Equations::new(endpoint, predicted_risk, horizon)?;
        Ok(equations.estimate(equations.intercept()?, level))
    }
}

/// Intercept and slope of the predicted risks of an event by `horizon` years; 0 and 1 are right.
///
/// # Errors
/// As [`calibration_intercept`], and [`Error::Undefined`] where all predictions are the same.
pub fn calibration_line(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    horizon: f64,
) -> Result<CalibrationLine, Error> {
    CalibrationOptions::default().calibration_line(endpoint, predicted_risk, horizon)
}

impl CalibrationOptions {
    /// Intercept and slope of the predicted risks of an event by `horizon` years.
    ///
    /// # Errors
    /// As [`calibration_line`](crate::calibration::calibration_line), and [`Error::InvalidSetting`]
    /// for a level outside (0, 1).
    pub fn calibration_line(
        &self,
        endpoint: &impl Endpoint,
        predicted_risk: &[f64],
        horizon: f64,
    ) -> Result<CalibrationLine, Error> {
        let level = self.level()?;
        let equations = Equations::new(endpoint, predicted_risk, horizon)?;
        let [intercept, slope] = equations.line()?.map(|found| equations.estimate(found, level));
        Ok(CalibrationLine { intercept, slope })
    }
}

/// `ln(-ln(1 - p))` of risks inside (0, 1).
pub(crate) fn complementary_log_log(
    predicted_risk: &[f64],
    endpoint: &impl Endpoint,
) -> Result<Vec<f64>, Error> {
    check::probability("predicted_risk", predicted_risk, endpoint.follow_up())?;
    let lp: Vec<f64> = predicted_risk.iter().map(|p| (-(-p).ln_1p()).ln()).collect();
    match lp.iter().position(|v| !v.is_finite()) {
        Some(i) => Err(Error::OutOfDomain {
            name: "predicted_risk",
            index: i,
            value: predicted_risk[i],
            expected: "inside (0, 1)",
        }),
        None => Ok(lp),
    }
}

/// The estimating equations, which are those of least squares.
struct Equations<'a> {
    lp: Vec<f64>,
    observed: Vec<f64>,
    outcomes: &'a Outcomes,
    units: Units<'a>,
}

/// The line as a function of the standardised predictions, or of none where its slope is 1.
struct Line<'a> {
    equations: &'a Equations<'a>,
    /// Mean and SD of the predictions, where the slope is free.
    standard: Option<(f64, f64)>,
    /// Mean square at the start, so that distances are in standard errors.
    scale: f64,
}

/// What else a pass finds.
#[derive(Clone)]
struct Fit {
    /// The largest derivative of a fitted risk by the intercept.
    steepest: f64,
    /// The smallest fitted cumulative hazard.
    least_hazard: f64,
    squares: f64,
    /// Gauss and Newton's stand-in for the second derivative.
    bread: Matrix,
    meat: Matrix,
}

impl Fit {
    fn new(p: usize) -> Self {
        let (bread, meat) = (Matrix::zeros(p), Matrix::zeros(p));
        Self { steepest: 0.0, least_hazard: f64::INFINITY, squares: 0.0, bread, meat }
    }
}

impl<'a> Equations<'a> {
    fn new(
        endpoint: &'a impl Endpoint,
        predicted_risk: &[f64],
        horizon: f64,
    ) -> Result<Self, Error> {
        let lp = complementary_log_log(predicted_risk, endpoint)?;
        let units = Units::of(endpoint.follow_up(), NAME)?;
        let observed = pseudo_observations(endpoint, horizon)?;
        Ok(Self { lp, observed, outcomes: endpoint.follow_up(), units })
    }

    fn estimate(&self, (value, variance): (f64, f64), level: f64) -> Estimate {
        let by = (self.units.normal(), Scale::Plain);
        Estimate::around(value, variance.sqrt(), by, level)
    }

    /// The intercept where the slope is 1, with its variance.
    fn intercept(&self) -> Result<(f64, f64), Error> {
        let found = self.solve(None, vec![0.0])?;
        found.along(&[1.0])
    }

    /// Intercept and slope, with their variances.
    fn line(&self) -> Result<[(f64, f64); 2], Error> {
        let (mean, sd) = mean_and_sd(&self.lp);
        let size = self.lp.iter().fold(0.0, |size: f64, lp| size.max(lp.abs()));
        if sd.is_nan() || sd <= 1e-13 * size {
            return Err(Error::Undefined { name: NAME, why: "the predictions do not differ" });
        }
        let found = self.solve(Some((mean, sd)), vec![mean, sd])?;
        Ok([found.along(&[1.0, -mean / sd])?, found.along(&[0.0, 1.0 / sd])?])
    }

    /// Newton's steps on the squares.
    fn solve(&self, standard: Option<(f64, f64)>, start: Vec<f64>) -> Result<Found, Error> {
        let mut line = Line { equations: self, standard, scale: 1.0 };
        let residual =
            |(&lp, observed): (&f64, &f64)| observed + (-line.linear(lp, &start).1.exp()).exp_m1();
        let squares = self.lp.iter().zip(&self.observed).map(residual).map(|r| r * r);
        let mean_square = squares.sum::<f64>() / self.lp.len() as f64;
        line.scale = if mean_square > 0.0 { mean_square } else { 1.0 };
        let maximum = maximise(start, |b| line.at(b)).map_err(|why| why.undefined(NAME))?;
        let reached = maximum.parameters[0];
        let unbounded = Failure::Unbounded { parameter: 0, reached, with: Vec::new() };
        let here = maximum.here;
        if here.rest.steepest < FLAT || here.rest.least_hazard > CERTAIN {
            return Err(unbounded.undefined(NAME));
        }
        // A line so steep that it lies on one subject has no error that digits are left for.
        let bread = here.rest.bread.cholesky(DETERMINED).map_err(|_| without_error())?;
        Ok(Found { parameters: maximum.parameters, bread, meat: here.rest.meat })
    }
}

fn without_error() -> Error {
    Error::Undefined { name: NAME, why: "it has no finite standard error" }
}

/// The coefficients of the line and the parts of their sandwich covariance.
struct Found {
    parameters: Vec<f64>,
    bread: Cholesky,
    meat: Matrix,
}

impl Found {
    /// The combination of coefficients with these factors, and its variance, in which nothing large
    /// cancels.
    fn along(&self, factors: &[f64]) -> Result<(f64, f64), Error> {
        let variance = self.meat.along(&self.bread.solve(factors));
        // Rounding makes it negative or infinite where a few subjects lie on the curve.
        match variance.is_finite() && variance >= 0.0 {
            true => Ok((dot(factors, &self.parameters), variance)),
            false => Err(without_error()),
        }
    }
}

impl Line<'_> {
    /// The standardised prediction, and the linear predictor that `b` gives it.
    #[inline]
    fn linear(&self, lp: f64, b: &[f64]) -> (f64, f64) {
        let z = self.standard.map_or(0.0, |(mean, sd)| (lp - mean) / sd);
        (z, b[0] + b.get(1).map_or(lp, |slope| slope * z))
    }

    fn at(&self, b: &[f64]) -> Local<Fit> {
        let (p, per_scale) = (b.len(), 1.0 / self.scale);
        let (mut score, mut information) = (vec![0.0; p], Matrix::zeros(p));
        let mut fit = Fit::new(p);
        let Equations { lp, observed, outcomes, units } = self.equations;
        // What clusters add to the score, where there are any.
        let mut sums = vec![[0.0; 2]; if units.are_clusters() { lp.len() } else { 0 }];
        for (i, (&lp, observed)) in lp.iter().zip(observed).enumerate() {
            let (z, linear) = self.linear(lp, b);
            let hazard = linear.exp();
            let residual = observed + (-hazard).exp_m1();
            let slope = (linear - hazard).exp();
            let x = &[slope, slope * z][..p];
            let weight = outcomes.weight(i);
            let pull = weight * residual * per_scale;
            fit.squares += weight * residual * residual;
            fit.steepest = slope.max(fit.steepest);
            fit.least_hazard = hazard.min(fit.least_hazard);
            add(&mut score, pull, x);
            fit.bread.add_outer(weight * per_scale, x);
            // Beside the square of the slope, what the curve's bend makes of the residual.
            let bend = if slope > 0.0 { slope * (1.0 - hazard) } else { 0.0 };
            let curvature = weight * (slope * slope - residual * bend);
            information.add_outer(curvature * per_scale, &[1.0, z][..p]);
            match sums.get_mut(units.unit(i)) {
                Some(sum) => add(&mut sum[..p], pull, x),
                None => fit.meat.add_outer(pull * pull, x),
            }
        }
        sums.iter().for_each(|sum| fit.meat.add_outer(1.0, &sum[..p]));
        [&mut information, &mut fit.bread, &mut fit.meat].into_iter().for_each(Matrix::mirror);
        // Far from the maximum the squares may bend the other way.
        if information.cholesky(DETERMINED).is_err() {
            information = fit.bread.clone();
        }
        let value = -fit.squares / (2.0 * self.scale);
        Local { value, score, information, rest: fit }
    }
}

const NAME: &str = "the calibration intercept";

/// Where all fitted risks change by less than this they lie at 0 or 1, and the coefficients on
/// their way to infinity.
const FLAT: f64 = 1e-12;

/// Where all fitted cumulative hazards are above this, all fitted risks are 1 to eight digits, and
/// the coefficients on their way to infinity: one subject in 1e8 without the event would keep them.
const CERTAIN: f64 = 20.0;
