//! Sample size for validating a prediction model, of a binary outcome or at a horizon.
//!
//! With the prevalence `f`, for a 95 % interval of the width asked for:
//!
//! - observed / expected: `SE(ln O/E)^2 = (1 - f) / (n f)`;
//! - calibration slope: `SE^2 = I_aa / (n (I_aa I_bb - I_ab^2))`, the mean information on intercept
//!   and slope over the expected linear predictors of a model that is well calibrated;
//! - C: Newcombe's standard error.

use super::development::inside;
use crate::{error::Error, numeric::distributions::Normal};

/// The precision asked of a validation; by default intervals of a width of 0.2 for observed /
/// expected and the calibration slope, and of 0.1 for C.
///
/// # Examples
/// ```
/// use vertebra_survival::sample_size::{LinearPredictors, ValidationOptions};
/// let lp = LinearPredictors::Normal { mean: -1.5, sd: 1.0 };
/// let sizes = ValidationOptions::default().sizes(0.2, 0.75, lp)?;
/// assert!(sizes.n >= sizes.for_slope && sizes.for_slope > sizes.for_c);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValidationOptions {
    oe_width: f64,
    slope_width: f64,
    c_width: f64,
}

/// The expected distribution of the linear predictor, on the logit scale of the predicted risks.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum LinearPredictors<'a> {
    /// A normal distribution.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        sd: f64,
    },
    /// These values, as those of a pilot study.
    Observed(&'a [f64]),
}

/// How many subjects each criterion asks for.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct ValidationSizes {
    /// For observed / expected.
    pub for_oe: usize,
    /// For the calibration slope.
    pub for_slope: usize,
    /// For C.
    pub for_c: usize,
    /// The largest of them.
    pub n: usize,
    /// Events expected among `n`.
    pub events: f64,
}

impl Default for ValidationOptions {
    fn default() -> Self {
        Self { oe_width: 0.2, slope_width: 0.2, c_width: 0.1 }
    }
}

impl ValidationOptions {
    /// Width of the interval of observed / expected, whose expected value is 1.
    #[must_use]
    pub fn with_oe_width(mut self, width: f64) -> Self {
        self.oe_width = width;
        self
    }

    /// Width of the interval of the calibration slope.
    #[must_use]
    pub fn with_slope_width(mut self, width: f64) -> Self {
        self.slope_width = width;
        self
    }

    /// Width of the interval of C.
    #[must_use]
    pub fn with_c_width(mut self, width: f64) -> Self {
        self.c_width = width;
        self
    }

    /// How many subjects each criterion asks for, given the expected prevalence, C and linear
    /// predictors.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a prevalence outside (0, 1), a C outside (0.5, 1), a width or
    /// SD that is not positive; [`Error::Undefined`] for linear predictors that do not vary.
    pub fn sizes(
        &self,
        prevalence: f64,
        c: f64,
        linear_predictors: LinearPredictors<'_>,
    ) -> Result<ValidationSizes, Error> {
        let f = inside("prevalence", prevalence)?;
        if !(c > 0.5 && c < 1.0) {
            let got = c.to_string();
            return Err(Error::InvalidSetting { name: "c", expected: "inside (0.5, 1)", got });
        }
        for (name, width) in [
            ("oe_width", self.oe_width),
            ("slope_width", self.slope_width),
            ("c_width", self.c_width),
        ] {
            if !(width.is_finite() && width > 0.0) {
                let got = width.to_string();
                return Err(Error::InvalidSetting { name, expected: "finite and above 0", got });
            }
        }
        let z = Normal.two_sided(0.95);
        // exp(z s) - exp(-z s) is the width of the interval around 1.
        let of_log = (0.5 * self.oe_width).asinh() / z;
        let for_oe = ((1.0 - f) / (f * of_log * of_log)).ceil() as usize;
        let of_slope = 0.5 * self.slope_width / z;
        let information = linear_predictors.information()?;
        let for_slope = (information / (of_slope * of_slope)).ceil() as usize;
        let for_c = size_for_c(f, c, 0.5 * self.c_width / z);
        let n = for_oe.max(for_slope).max(for_c);
        Ok(ValidationSizes { for_oe, for_slope, for_c, n, events: n as f64 * f })
    }
}

/// The least number whose standard error of C (Newcombe, *Stat. Med.* 25:559-573, 2006) is at most
/// `se`; that falls with the number, so that halving finds it.
fn size_for_c(prevalence: f64, c: f64, se: f64) -> usize {
    let variance = |n: f64| {
        let half = 0.5 * n - 1.0;
        let pairs = 1.0 + half * (1.0 - c) / (2.0 - c) + half * c / (1.0 + c);
        c * (1.0 - c) * pairs / (n * n * prevalence * (1.0 - prevalence))
    };
    let (mut low, mut high) = (1_usize, 2_usize);
    while variance(high as f64) > se * se {
        (low, high) = (high, 2 * high);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match variance(middle as f64) > se * se {
            true => low = middle,
            false => high = middle,
        }
    }
    high
}

impl LinearPredictors<'_> {
    /// `n SE^2` of the calibration slope.
    fn information(self) -> Result<f64, Error> {
        let (mut aa, mut ab, mut bb) = (0.0, 0.0, 0.0);
        let mut add = |weight: f64, lp: f64| {
            let risk = 1.0 / (1.0 + (-lp).exp());
            let information = weight * risk * (1.0 - risk);
            aa += information;
            ab += information * lp;
            bb += information * lp * lp;
        };
        match self {
            Self::Normal { mean, sd } => {
                if !(mean.is_finite() && sd.is_finite() && sd > 0.0) {
                    return Err(Error::InvalidSetting {
                        name: "linear predictors",
                        expected: "a finite mean and a positive SD",
                        got: format!("{mean} and {sd}"),
                    });
                }
                // The trapezoid rule, exact to rounding for a density that falls off so fast.
                let step = 0.02;
                for k in -450..=450 {
                    let z = step * f64::from(k);
                    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
                    add(step * density, mean + sd * z);
                }
            }
            Self::Observed(values) => {
                crate::outcomes::check::finite_values("linear predictors", values, values.len())?;
                values.iter().for_each(|&lp| add(1.0 / values.len() as f64, lp));
            }
        }
        let determinant = aa * bb - ab * ab;
        match determinant > 1e-12 * aa * bb {
            true => Ok(aa / determinant),
            false => Err(Error::Undefined {
                name: "the sample size for a calibration slope",
                why: "the linear predictors do not vary",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: pmvalsampsize 0.1.4 with seed 123456 and 1,000,000 simulated linear predictors, the
    /// example of its documentation (prevalence 0.018, C 0.8, linear predictors of mean -5 and SD
    /// 2.5, width 1 for O/E). It says 905 for O/E, as its search for the standard error goes on in
    /// steps of 1e-4 to a width of 1.0004; the slope's 4544 comes from the simulation.
    #[test]
    fn the_example_of_pmvalsampsize() {
        let lp = LinearPredictors::Normal { mean: -5.0, sd: 2.5 };
        let sizes = ValidationOptions::default().with_oe_width(1.0).sizes(0.018, 0.8, lp).unwrap();
        assert_eq!((sizes.for_oe, sizes.for_c), (906, 4252));
        assert!(sizes.for_slope.abs_diff(4544) < 25, "{}", sizes.for_slope);
        assert_eq!(sizes.n, sizes.for_slope);
    }

    #[test]
    fn observed_values_agree_with_their_distribution() {
        let (mean, sd) = (-1.0, 0.8);
        let n = 20_000;
        let quantile = |k: usize| mean + sd * Normal.quantile((k as f64 + 0.5) / n as f64);
        let values: Vec<f64> = (0..n).map(quantile).collect();
        let options = ValidationOptions::default();
        let one = options.sizes(0.3, 0.7, LinearPredictors::Normal { mean, sd }).unwrap();
        let other = options.sizes(0.3, 0.7, LinearPredictors::Observed(&values)).unwrap();
        assert!(one.for_slope.abs_diff(other.for_slope) <= 2, "{one:?} {other:?}");
        let constant = options.sizes(0.3, 0.7, LinearPredictors::Observed(&[0.4; 9]));
        assert!(constant.unwrap_err().to_string().contains("do not vary"));
        assert!(options.sizes(0.3, 0.5, LinearPredictors::Normal { mean, sd }).is_err());
    }
}
