//! Calibration intercept and line at a horizon, on the complementary log-log scale.
//!
//! With `lp_i = ln(-ln(1 - p_i))` of the predicted risk and pseudo-observations `theta_i` of the risk
//! ([`pseudo_observations`](crate::pseudo_observations)), the model is `1 - exp(-exp(a + b lp_i))`. The *intercept* has `b = 1`: `exp(a)` is by how
//! much the cumulative hazard is to be multiplied; 0 is right, above 0 the model predicts too little. The
//! *line* has both free: a slope below 1 means predictions that are too extreme. Estimates solve the
//! generalised estimating equations with independence and constant variance,
//! `sum_i (theta_i - mu_i) dmu_i/d(a, b) = 0`; standard errors are the sandwich ones.
//!
//! Sources: van Geloven et al., *BMJ* 377:e069249, 2022; McLernon et al., *Ann. Intern. Med.* 176:105-114,
//! 2023. Equal to R `geepack::geese(.., mean.link = "cloglog", variance = "gaussian")`.

use crate::{
    error::Error,
    horizon::pseudo_observations,
    numeric::{
        linear::{invert, solve},
        normal,
    },
    outcomes::{Endpoint, check},
};

/// A coefficient with its standard error and 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CalibrationCoefficient {
    /// The estimate.
    pub value: f64,
    /// Robust standard error.
    pub se: f64,
    /// Lower bound of the 95 % interval.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// Intercept and slope fitted together.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CalibrationLine {
    /// The intercept where the slope is free as well.
    pub intercept: CalibrationCoefficient,
    /// 1 is right; below 1 the predictions are too extreme.
    pub slope: CalibrationCoefficient,
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
/// use vertebra_survival::{Outcomes, calibration_intercept};
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
) -> Result<CalibrationCoefficient, Error> {
    let equations = Equations::new(endpoint, predicted_risk, horizon)?;
    let (b, covariance) = equations.solve(vec![0.0])?;
    Ok(coefficient(b[0], covariance[0][0]))
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
    let equations = Equations::new(endpoint, predicted_risk, horizon)?;
    let (b, covariance) = equations.solve(vec![0.0, 1.0])?;
    Ok(CalibrationLine {
        intercept: coefficient(b[0], covariance[0][0]),
        slope: coefficient(b[1], covariance[1][1]),
    })
}

fn coefficient(value: f64, variance: f64) -> CalibrationCoefficient {
    let se = variance.sqrt();
    let reach = normal::two_sided(0.95) * se;
    CalibrationCoefficient { value, se, lower: value - reach, upper: value + reach }
}

/// `ln(-ln(1 - p))` of risks inside (0, 1).
pub(crate) fn complementary_log_log(
    predicted_risk: &[f64],
    endpoint: &impl Endpoint,
) -> Result<Vec<f64>, Error> {
    check::probability("predicted_risk", predicted_risk, endpoint.follow_up())?;
    let lp: Vec<f64> = predicted_risk.iter().map(|p| (-(-p).ln_1p()).ln()).collect();
    match lp.iter().position(|v| !v.is_finite()) {
        Some(i) => Err(Error::OutOfDomain("predicted_risk", i, predicted_risk[i])),
        None => Ok(lp),
    }
}

struct Equations {
    lp: Vec<f64>,
    observed: Vec<f64>,
}

impl Equations {
    fn new(endpoint: &impl Endpoint, predicted_risk: &[f64], horizon: f64) -> Result<Self, Error> {
        let lp = complementary_log_log(predicted_risk, endpoint)?;
        Ok(Self { lp, observed: pseudo_observations(endpoint, horizon)? })
    }

    /// Estimates from a start of `[a]` or `[a, b]`, with their covariance: Gauss-Newton steps on the squares
    /// whose derivatives the equations are.
    fn solve(&self, mut b: Vec<f64>) -> Result<(Vec<f64>, Vec<Vec<f64>>), Error> {
        const NAME: &str = "the calibration intercept";
        let mut at = self.sums(&b);
        for _ in 0..200 {
            let step = solve(at.bread.clone(), at.score.clone())
                .ok_or(Error::Undefined(NAME, "the predictions do not differ, or none fits"))?;
            let close = step.iter().zip(&b).all(|(s, b)| s.abs() <= 1e-11 * (1.0 + b.abs()));
            let mut share = 1.0;
            loop {
                let moved: Vec<f64> = b.iter().zip(&step).map(|(b, s)| b + share * s).collect();
                let there = self.sums(&moved);
                if there.squares <= at.squares * (1.0 + 1e-12) {
                    (b, at) = (moved, there);
                    break;
                }
                share /= 2.0;
                if share < 1e-9 {
                    return Err(Error::Undefined(NAME, "no finite coefficients fit best"));
                }
            }
            if close {
                let singular = Error::Undefined(NAME, "no finite coefficients fit best");
                if at.steepest < FLAT {
                    return Err(singular);
                }
                let inverse = invert(at.bread).ok_or(singular)?;
                let product = |a: &[Vec<f64>], b: &[Vec<f64>]| -> Vec<Vec<f64>> {
                    let entry = |j: usize, k: usize| (0..a.len()).map(|l| a[j][l] * b[l][k]).sum();
                    (0..a.len()).map(|j| (0..a.len()).map(|k| entry(j, k)).collect()).collect()
                };
                return Ok((b, product(&product(&inverse, &at.meat), &inverse)));
            }
            if b.iter().any(|b| !b.is_finite() || b.abs() > 200.0) {
                break;
            }
        }
        Err(Error::Undefined(NAME, "no finite coefficients fit best"))
    }

    fn sums(&self, b: &[f64]) -> Sums {
        let p = b.len();
        let square = || vec![vec![0.0; p]; p];
        let mut sums = Sums {
            squares: 0.0,
            steepest: 0.0,
            score: vec![0.0; p],
            bread: square(),
            meat: square(),
        };
        for (&lp, observed) in self.lp.iter().zip(&self.observed) {
            let linear = b[0] + b.get(1).map_or(lp, |slope| slope * lp);
            let hazard = linear.exp();
            let residual = observed + (-hazard).exp_m1();
            let slope = (linear - hazard).exp();
            let x = [slope, slope * lp];
            sums.squares += residual * residual;
            sums.steepest = slope.max(sums.steepest);
            for j in 0..p {
                sums.score[j] += x[j] * residual;
                for k in 0..p {
                    sums.bread[j][k] += x[j] * x[k];
                    sums.meat[j][k] += x[j] * x[k] * residual * residual;
                }
            }
        }
        sums
    }
}

/// Where all fitted risks change by less than this they lie at 0 or 1, and the coefficients on their way to
/// infinity.
const FLAT: f64 = 1e-12;

struct Sums {
    squares: f64,
    /// The largest derivative of a fitted risk by the intercept.
    steepest: f64,
    score: Vec<f64>,
    bread: Vec<Vec<f64>>,
    meat: Vec<Vec<f64>>,
}
