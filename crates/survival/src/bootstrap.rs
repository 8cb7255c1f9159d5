//! Bootstrap over subjects: resample subjects with replacement, compute the statistic again.
//!
//! Sources: Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993, ch. 13-14; Davison &
//! Hinkley, *Bootstrap Methods and their Application*, 1997, sec. 5.2-5.3 and eq. 5.8 (order
//! statistics interpolated on the normal scale). Intervals equal R `boot::boot.ci` on the same
//! replicates.

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use rayon::prelude::*;

use crate::{Error, check, normal};

/// A statistic and its values in bootstrap samples.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Bootstrap {
    /// The statistic of the whole sample.
    pub estimate: f64,
    /// Its value in every bootstrap sample that had one, in the order drawn.
    pub replicates: Vec<f64>,
    /// Bootstrap samples in which it was undefined, left out of `replicates`.
    pub n_undefined: usize,
}

/// Draws `n_replicates` samples of `n_subjects` indices and computes `statistic` on each.
///
/// The statistic gets subject indices (some repeated), and returns `None` where it is undefined,
/// such as a concordance without a comparable pair. Replicates run in parallel; each has a random
/// stream of its own, so that the result depends on `seed` only, not on the number of threads.
///
/// # Errors
/// [`Error::Empty`] without subjects or replicates, [`Error::Undefined`] where the whole sample has
/// no value, [`Error::UndefinedReplicates`] where more than one in ten bootstrap samples has none.
///
/// # Examples
/// ```
/// use vertebra_survival::bootstrap;
/// let x = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
/// let mean = |s: &[usize]| Some(s.iter().map(|&i| x[i]).sum::<f64>() / s.len() as f64);
/// let drawn = bootstrap(x.len(), 999, 42, mean)?;
/// let (lower, upper) = drawn.percentile(0.95)?;
/// assert!(lower < drawn.estimate && drawn.estimate < upper);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn bootstrap(
    n_subjects: usize,
    n_replicates: usize,
    seed: u64,
    statistic: impl Fn(&[usize]) -> Option<f64> + Sync,
) -> Result<Bootstrap, Error> {
    if n_subjects == 0 {
        return Err(Error::Empty("subjects"));
    }
    if n_replicates == 0 {
        return Err(Error::Empty("replicates"));
    }
    let everyone: Vec<usize> = (0..n_subjects).collect();
    let estimate = statistic(&everyone)
        .ok_or(Error::Undefined("the statistic", "the whole sample has no value"))?;
    let one = |sample: &mut Vec<usize>, replicate: u64| {
        sample.clear();
        draw(n_subjects, seed, replicate, |i| sample.push(i));
        statistic(sample).filter(|value| value.is_finite())
    };
    let drawn: Vec<Option<f64>> = (0..n_replicates as u64)
        .into_par_iter()
        .map_init(|| Vec::with_capacity(n_subjects), |sample, replicate| one(sample, replicate))
        .collect();
    collect(estimate, drawn)
}

/// Leaves out the undefined replicates, unless there are too many.
pub(crate) fn collect(estimate: f64, drawn: Vec<Option<f64>>) -> Result<Bootstrap, Error> {
    let n_replicates = drawn.len();
    let replicates: Vec<f64> = drawn.into_iter().flatten().collect();
    let n_undefined = n_replicates - replicates.len();
    if n_undefined * 10 > n_replicates {
        return Err(Error::UndefinedReplicates(n_undefined, n_replicates));
    }
    Ok(Bootstrap { estimate, replicates, n_undefined })
}

/// Draws `n_subjects` indices from a random stream of the replicate's own.
pub(crate) fn draw(n_subjects: usize, seed: u64, replicate: u64, mut take: impl FnMut(usize)) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(replicate);
    // Indices are 32-bit where they can be: half the random numbers, on every platform the same.
    if let Ok(n) = u32::try_from(n_subjects) {
        (0..n).for_each(|_| take(random.random_range(0..n) as usize));
    } else {
        (0..n_subjects).for_each(|_| take(random.random_range(0..n_subjects)));
    }
}

impl Bootstrap {
    /// Percentile interval at `level` such as 0.95.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a level outside (0, 1) or too few replicates for it.
    pub fn percentile(&self, level: f64) -> Result<(f64, f64), Error> {
        percentile_interval(&self.replicates, level)
    }

    /// Basic interval at `level`: the percentile interval mirrored at the estimate.
    ///
    /// # Errors
    /// As [`percentile`](Self::percentile).
    pub fn basic(&self, level: f64) -> Result<(f64, f64), Error> {
        let (lower, upper) = self.percentile(level)?;
        Ok((2.0 * self.estimate - upper, 2.0 * self.estimate - lower))
    }

    /// Normal interval at `level`, corrected for bias: `estimate - bias +- z sd`.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn normal(&self, level: f64) -> Result<(f64, f64), Error> {
        let mean = self.replicates.iter().sum::<f64>() / self.replicates.len() as f64;
        let (centre, reach) = (
            2.0 * self.estimate - mean,
            normal::two_sided(check::level(level)?) * self.std_error(),
        );
        Ok((centre - reach, centre + reach))
    }

    /// BCa interval at `level`, with the acceleration from `influence`, the statistic's empirical
    /// influence values or jackknife differences, one per subject, up to a common factor: for a
    /// concordance [`ConcordanceOptions::jackknife_values`](crate::ConcordanceOptions::jackknife_values),
    /// for any statistic [`jackknife`].
    ///
    /// # Errors
    /// As [`bca_interval`].
    pub fn bca(&self, level: f64, influence: &[f64]) -> Result<(f64, f64), Error> {
        bca_interval(self.estimate, &self.replicates, influence, level)
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

/// Percentile interval of bootstrap replicates that were drawn elsewhere.
///
/// # Errors
/// [`Error::InvalidSetting`] for a level outside (0, 1) or too few replicates for it.
pub fn percentile_interval(replicates: &[f64], level: f64) -> Result<(f64, f64), Error> {
    let tail = (1.0 - check::level(level)?) / 2.0;
    let sorted = sorted(replicates)?;
    Ok((order_statistic(&sorted, tail)?, order_statistic(&sorted, 1.0 - tail)?))
}

pub(crate) fn sorted(replicates: &[f64]) -> Result<Vec<f64>, Error> {
    if let Some(i) = replicates.iter().position(|r| !r.is_finite()) {
        return Err(Error::OutOfDomain("replicates", i, replicates[i]));
    }
    let mut sorted = replicates.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Ok(sorted)
}

/// The `(R + 1) alpha`-th order statistic, interpolated on the normal quantile scale.
pub(crate) fn order_statistic(sorted: &[f64], alpha: f64) -> Result<f64, Error> {
    let n = sorted.len() as f64;
    let place = (n + 1.0) * alpha;
    let below = place.floor();
    if below < 1.0 || below > n {
        return Err(Error::InvalidSetting("replicates", "more for this level", n));
    }
    let low = sorted[below as usize - 1];
    if (place - below).abs() < 1e-9 || below == n {
        return Ok(low);
    }
    let high = sorted[below as usize];
    let z = |p: f64| normal::quantile(p);
    let (z_low, z_high) = (z(below / (n + 1.0)), z((below + 1.0) / (n + 1.0)));
    Ok(low + (z(alpha) - z_low) / (z_high - z_low) * (high - low))
}

/// Bias-corrected and accelerated interval of bootstrap replicates that were drawn elsewhere.
///
/// `influence` holds the statistic's influence values, up to a common factor.
///
/// # Errors
/// [`Error::InvalidSetting`] for a level outside (0, 1) or too few replicates for it,
/// [`Error::OutOfDomain`] for a value that is not finite, and [`Error::Undefined`] where all
/// replicates lie on one side of the estimate or all influence values are equal.
pub fn bca_interval(
    estimate: f64,
    replicates: &[f64],
    influence: &[f64],
    level: f64,
) -> Result<(f64, f64), Error> {
    let tail = (1.0 - check::level(level)?) / 2.0;
    let sorted = sorted(replicates)?;
    if let Some(i) = influence.iter().position(|v| !v.is_finite()) {
        return Err(Error::OutOfDomain("influence", i, influence[i]));
    }
    let below = sorted.partition_point(|&r| r < estimate);
    if below == 0 || below == sorted.len() {
        let why = "all bootstrap replicates lie on one side of the estimate";
        return Err(Error::Undefined("the BCa interval", why));
    }
    let shift = normal::quantile(below as f64 / sorted.len() as f64);
    let acceleration = acceleration(influence)?;
    let end = |z: f64| {
        let moved = shift + z;
        let alpha = normal::cdf(shift + moved / (1.0 - acceleration * moved));
        order_statistic(&sorted, alpha)
    };
    Ok((end(normal::quantile(tail))?, end(normal::quantile(1.0 - tail))?))
}

fn acceleration(influence: &[f64]) -> Result<f64, Error> {
    let squares: f64 = influence.iter().map(|v| v * v).sum();
    if squares <= 0.0 {
        return Err(Error::Undefined("the BCa interval", "no subject has any influence"));
    }
    let cubes: f64 = influence.iter().map(|v| v * v * v).sum();
    Ok(cubes / (6.0 * squares.powf(1.5)))
}

/// Jackknife influence values `(n - 1)(mean - value without i)` of any statistic, shape `[n]`.
///
/// # Errors
/// [`Error::Empty`] for fewer than two subjects, [`Error::Undefined`] where the statistic has no
/// value without one of them.
pub fn jackknife(
    n_subjects: usize,
    statistic: impl Fn(&[usize]) -> Option<f64> + Sync,
) -> Result<Vec<f64>, Error> {
    if n_subjects < 2 {
        return Err(Error::Empty("subjects but one"));
    }
    let without = |left_out: usize| {
        let others: Vec<usize> = (0..n_subjects).filter(|&i| i != left_out).collect();
        statistic(&others).filter(|value| value.is_finite())
    };
    let values: Option<Vec<f64>> = (0..n_subjects).into_par_iter().map(without).collect();
    let values = values.ok_or(Error::Undefined(
        "the jackknife",
        "the statistic has no value without one subject",
    ))?;
    let n = n_subjects as f64;
    let mean = values.iter().sum::<f64>() / n;
    Ok(values.into_iter().map(|value| (n - 1.0) * (mean - value)).collect())
}
