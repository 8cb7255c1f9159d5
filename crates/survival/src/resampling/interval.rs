//! Intervals from bootstrap replicates: percentile, basic, normal, BCa, studentised.
//!
//! With replicates `t*` of the estimate `t`, their quantiles `q`, and a standard error `s`
//! of `t` and `s*` of each replicate:
//!
//! - percentile `(q(a), q(1-a))`; basic `(2t - q(1-a), 2t - q(a))`;
//! - BCa: the percentile interval at levels moved by the share of replicates below `t` and by the
//!   skewness of the influence values;
//! - studentised (bootstrap-t): `(t - s u(1-a), t - s u(a))` with `u` the quantiles of
//!   `(t* - t) / s*`, on the statistic's own scale or for a probability on the logit one.
//!
//! Sources: Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993, ch. 12-14; Davison &
//! Hinkley, *Bootstrap Methods and their Application*, 1997, sec. 5.2-5.3 and eq. 5.8 (order
//! statistics interpolated on the normal scale). Equal to R `boot::boot.ci` on the same replicates.

use crate::{error::Error, estimate::Interval, numeric::distributions::Normal, outcomes::check};

/// A statistic and its values in bootstrap samples.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Bootstrap {
    /// The statistic of the whole sample.
    pub estimate: f64,
    /// Its value in every bootstrap sample that had one, in the order drawn.
    pub replicates: Vec<f64>,
    /// Bootstrap samples in which it was undefined, left out of `replicates`.
    pub n_undefined: usize,
}

impl Bootstrap {
    /// A statistic and replicates that were drawn elsewhere.
    ///
    /// # Errors
    /// [`Error::OutOfDomain`] for a replicate that is not finite.
    pub fn new(estimate: f64, replicates: Vec<f64>) -> Result<Self, Error> {
        finite("replicates", &replicates)?;
        Ok(Self { estimate, replicates, n_undefined: 0 })
    }

    /// Leaves out the undefined replicates, unless there are too many.
    pub(crate) fn collect(estimate: f64, drawn: Vec<Option<f64>>) -> Result<Self, Error> {
        let (replicates, n_undefined) = defined(drawn)?;
        Ok(Self { estimate, replicates, n_undefined })
    }

    /// Percentile interval at `level` such as 0.95.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a level outside (0, 1) or too few replicates for it.
    pub fn percentile(&self, level: f64) -> Result<Interval, Error> {
        let tail = (1.0 - check::level(level)?) / 2.0;
        let sorted = sorted(&self.replicates);
        let bound = |alpha: f64| order_statistic(&sorted, alpha);
        Ok(Interval::new(bound(tail)?, bound(1.0 - tail)?, level))
    }

    /// Basic interval at `level`: the percentile interval mirrored at the estimate.
    ///
    /// # Errors
    /// As [`percentile`](Self::percentile).
    pub fn basic(&self, level: f64) -> Result<Interval, Error> {
        let Interval { lower, upper, .. } = self.percentile(level)?;
        Ok(Interval::new(2.0 * self.estimate - upper, 2.0 * self.estimate - lower, level))
    }

    /// Normal interval at `level`, corrected for bias: `estimate - bias +- z sd`.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn normal(&self, level: f64) -> Result<Interval, Error> {
        let mean = self.replicates.iter().sum::<f64>() / self.replicates.len() as f64;
        let (centre, reach) =
            (2.0 * self.estimate - mean, Normal.two_sided(check::level(level)?) * self.std_error());
        Ok(Interval::new(centre - reach, centre + reach, level))
    }

    /// BCa interval at `level`, with the acceleration from `influence`, the statistic's empirical
    /// influence values or jackknife differences, one per subject (per cluster where clusters were
    /// drawn), up to a common factor: for a concordance
    /// [`ConcordanceOptions::jackknife_values`](crate::ConcordanceOptions::jackknife_values), for
    /// any statistic [`jackknife`](crate::resampling::jackknife).
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a level outside (0, 1) or too few replicates for it,
    /// [`Error::OutOfDomain`] for an influence value that is not finite, and [`Error::Undefined`]
    /// where all replicates lie on one side of the estimate or all influence values are 0.
    pub fn bca(&self, level: f64, influence: &[f64]) -> Result<Interval, Error> {
        let tail = (1.0 - check::level(level)?) / 2.0;
        let sorted = sorted(&self.replicates);
        finite("influence", influence)?;
        let below = sorted.partition_point(|&r| r < self.estimate);
        if below == 0 || below == sorted.len() {
            let why = "all bootstrap replicates lie on one side of the estimate";
            return Err(Error::Undefined { name: "the BCa interval", why });
        }
        let shift = Normal.quantile(below as f64 / sorted.len() as f64);
        let acceleration = acceleration(influence)?;
        let end = |z: f64| {
            let moved = shift + z;
            let alpha = Normal.cdf(shift + moved / (1.0 - acceleration * moved));
            order_statistic(&sorted, alpha)
        };
        Ok(Interval::new(end(Normal.quantile(tail))?, end(Normal.quantile(1.0 - tail))?, level))
    }

    /// Standard deviation of the replicates.
    #[must_use]
    pub fn std_error(&self) -> f64 {
        let n = self.replicates.len() as f64;
        let mean = self.replicates.iter().sum::<f64>() / n;
        let squares: f64 = self.replicates.iter().map(|r| (r - mean).powi(2)).sum();
        (squares / (n - 1.0).max(1.0)).sqrt()
    }
}

/// A statistic with its standard error, and both in bootstrap samples.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct StudentisedBootstrap {
    /// The statistic and its replicates.
    pub bootstrap: Bootstrap,
    /// Standard error of the estimate.
    pub std_error: f64,
    /// Standard error of each of the bootstrap's `replicates`.
    pub replicate_std_errors: Vec<f64>,
}

impl StudentisedBootstrap {
    /// A statistic with its standard error, and replicates of both that were drawn elsewhere. A
    /// replicate whose standard error is 0 counts as infinitely far out on its side.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], and [`Error::OutOfDomain`] for a standard error of a replicate
    /// that is negative or not finite.
    pub fn new(
        bootstrap: Bootstrap,
        std_error: f64,
        replicate_std_errors: Vec<f64>,
    ) -> Result<Self, Error> {
        let (expected, got) = (bootstrap.replicates.len(), replicate_std_errors.len());
        if expected != got {
            return Err(Error::LengthMismatch { name: "replicate_std_errors", expected, got });
        }
        match replicate_std_errors.iter().position(|s| !(s.is_finite() && *s >= 0.0)) {
            Some(index) => Err(Error::OutOfDomain {
                name: "replicate_std_errors",
                index,
                value: replicate_std_errors[index],
                expected: "finite and at least 0",
            }),
            None => Ok(Self { bootstrap, std_error, replicate_std_errors }),
        }
    }

    pub(crate) fn collect(
        (estimate, std_error): (f64, f64),
        drawn: Vec<Option<(f64, f64)>>,
    ) -> Result<Self, Error> {
        let (pairs, n_undefined) = defined(drawn)?;
        let (replicates, replicate_std_errors) = pairs.into_iter().unzip();
        let bootstrap = Bootstrap { estimate, replicates, n_undefined };
        Ok(Self { bootstrap, std_error, replicate_std_errors })
    }

    /// Studentised interval at `level`, on the statistic's own scale.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a level outside (0, 1), too few replicates for it, or a
    /// standard error of the estimate that is not positive, and [`Error::Undefined`] if a bound is
    /// infinite because too many replicates have no standard error.
    pub fn studentised(&self, level: f64) -> Result<Interval, Error> {
        let Bootstrap { estimate, replicates, .. } = &self.bootstrap;
        let pairs = replicates.iter().zip(&self.replicate_std_errors);
        let pivots = pairs.map(|(r, &s)| pivot(r - estimate, s)).collect();
        around(*estimate, self.std_error, pivots, level)
    }

    /// Studentised interval at `level` of a probability, on the logit scale: stays inside (0, 1).
    ///
    /// # Errors
    /// As [`studentised`](Self::studentised), and [`Error::Undefined`] for an estimate of 0 or 1.
    pub fn studentised_logit(&self, level: f64) -> Result<Interval, Error> {
        let c = self.bootstrap.estimate;
        if !(c > 0.0 && c < 1.0) {
            return Err(Error::Undefined {
                name: "the logit interval",
                why: "the estimate is not inside (0, 1)",
            });
        }
        let logit = |p: f64| (p / (1.0 - p)).ln();
        let slope = |p: f64| p * (1.0 - p);
        let pairs = self.bootstrap.replicates.iter().zip(&self.replicate_std_errors);
        // At 0 or 1 the logit is infinite and so is its standard error: their ratio is what counts.
        let ratio = |(&p, &se): (&f64, &f64)| {
            if p > 0.0 && p < 1.0 {
                pivot((logit(p) - logit(c)) * slope(p), se)
            } else {
                pivot(p - c, 0.0)
            }
        };
        let on_scale =
            around(logit(c), self.std_error / slope(c), pairs.map(ratio).collect(), level)?;
        let back = |x: f64| 1.0 / (1.0 + (-x).exp());
        Ok(Interval::new(back(on_scale.lower), back(on_scale.upper), level))
    }
}

fn defined<T>(drawn: Vec<Option<T>>) -> Result<(Vec<T>, usize), Error> {
    let n_replicates = drawn.len();
    let values: Vec<T> = drawn.into_iter().flatten().collect();
    let n_undefined = n_replicates - values.len();
    if n_undefined * 10 > n_replicates {
        return Err(Error::UndefinedReplicates { undefined: n_undefined, drawn: n_replicates });
    }
    Ok((values, n_undefined))
}

/// How many standard errors a replicate lies from the estimate.
fn pivot(distance: f64, se: f64) -> f64 {
    if distance == 0.0 { 0.0 } else { distance / se }
}

fn around(estimate: f64, se: f64, mut pivots: Vec<f64>, level: f64) -> Result<Interval, Error> {
    if !(se.is_finite() && se > 0.0) {
        return Err(Error::InvalidSetting {
            name: "the estimate's standard error",
            expected: "positive",
            got: se.to_string(),
        });
    }
    let tail = (1.0 - check::level(level)?) / 2.0;
    pivots.sort_unstable_by(f64::total_cmp);
    let bound = |alpha: f64| Ok(estimate - se * order_statistic(&pivots, alpha)?);
    let (lower, upper): (f64, f64) = (bound(1.0 - tail)?, bound(tail)?);
    if !(lower.is_finite() && upper.is_finite()) {
        let why = "too many bootstrap replicates have a standard error of 0";
        return Err(Error::Undefined { name: "the studentised interval", why });
    }
    Ok(Interval::new(lower, upper, level))
}

fn finite(name: &'static str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => {
            Err(Error::OutOfDomain { name, index, value: values[index], expected: "finite" })
        }
        None => Ok(()),
    }
}

fn sorted(replicates: &[f64]) -> Vec<f64> {
    let mut sorted = replicates.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The `(R + 1) alpha`-th order statistic, interpolated on the normal quantile scale.
fn order_statistic(sorted: &[f64], alpha: f64) -> Result<f64, Error> {
    let n = sorted.len() as f64;
    let place = (n + 1.0) * alpha;
    let below = place.floor();
    if below < 1.0 || below > n {
        return Err(Error::InvalidSetting {
            name: "replicates",
            expected: "more for this level",
            got: n.to_string(),
        });
    }
    let low = sorted[below as usize - 1];
    if (place - below).abs() < 1e-9 || below == n {
        return Ok(low);
    }
    let high = sorted[below as usize];
    let z = |p: f64| Normal.quantile(p);
    let (z_low, z_high) = (z(below / (n + 1.0)), z((below + 1.0) / (n + 1.0)));
    Ok(low + (z(alpha) - z_low) / (z_high - z_low) * (high - low))
}

fn acceleration(influence: &[f64]) -> Result<f64, Error> {
    let squares: f64 = influence.iter().map(|v| v * v).sum();
    if squares <= 0.0 {
        return Err(Error::Undefined {
            name: "the BCa interval",
            why: "no subject has any influence",
        });
    }
    let cubes: f64 = influence.iter().map(|v| v * v * v).sum();
    Ok(cubes / (6.0 * squares.powf(1.5)))
}
