//! Random effects: what one figure is over several cohorts, and what to expect in another.
//!
//! Cohort `k` of `K` has the estimate `y_k` with standard error `s_k`, on a scale on which it is
//! about normal. With weights `w_k = 1 / (s_k^2 + tau^2)`,
//!
//! ```text
//! mu    = sum w y / sum w
//! tau^2 = sum w^2 ((y - mu)^2 - s^2) / sum w^2 + 1 / sum w    (REML, iterated; not below 0)
//! v     = sum w (y - mu)^2 / ((K - 1) sum w)
//! ```
//!
//! the interval of `mu` is `mu +- t_{K-1} sqrt(v)`, and another cohort's value lies within
//! `mu +- t_{K-2} sqrt(tau^2 + v)`.
//!
//! Sources: REML as in Viechtbauer, *J Educ Behav Stat* 30:261-293, 2005; `v` of Hartung & Knapp,
//! *Stat Med* 20:3875-3889, 2001; the prediction interval of Higgins, Thompson & Spiegelhalter,
//! *J R Stat Soc A* 172:137-159, 2009, eq. 12; both for prediction models in Debray et al., *BMJ*
//! 2017;356:i6460. Mean, `tau^2` and Cochran's statistic are those that R
//! `metafor::rma(method = "REML")` prints; `metafor` predicts with `t_{K-1}`.

use crate::{
    error::Error,
    estimate::{Estimate, Interval, Pivot, Scale, Test},
    outcomes::check,
};

/// Steps after which the heterogeneity is taken as it is.
const MAX_STEPS: usize = 1000;
/// Relative change of the heterogeneity at which the steps end.
const TOLERANCE: f64 = 1e-12;

/// A figure over cohorts that differ.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct RandomEffects {
    /// Mean of the cohorts' true values with its interval of Hartung and Knapp.
    pub mean: Estimate,
    /// Where the true value of another cohort lies; `None` for fewer than three cohorts.
    pub prediction: Option<Interval>,
    /// Standard deviation of the true values, `tau`.
    pub tau: f64,
    /// Cochran's test that all cohorts have one value.
    pub heterogeneity: Test,
    /// Share of each cohort in the mean; they add up to 1.
    pub weights: Vec<f64>,
}

/// Pools `(value, standard error)` pairs, one for each cohort, by random effects.
///
/// # Errors
/// [`Error::InvalidSetting`] for fewer than two cohorts or a level outside (0, 1);
/// [`Error::OutOfDomain`] for a value that is not finite or a standard error that is not positive.
///
/// # Examples
/// ```
/// use vertebra_survival::validation::random_effects;
/// // Logits of the C of three hospitals.
/// let pooled = random_effects(&[(0.85, 0.12), (0.62, 0.15), (1.10, 0.20)], 0.95)?;
/// assert!(pooled.mean.value > 0.62 && pooled.mean.value < 1.10);
/// assert!(pooled.prediction.unwrap().width() > pooled.mean.interval.width());
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn random_effects(cohorts: &[(f64, f64)], level: f64) -> Result<RandomEffects, Error> {
    let level = check::level(level)?;
    check_cohorts(cohorts)?;
    let n = cohorts.len() as f64;
    let tau_squared = restricted_likelihood(cohorts);
    let (value, weights) = mean(cohorts, tau_squared);
    let total: f64 = weights.iter().sum();
    let spread = |weights: &[f64], around: f64| -> f64 {
        cohorts.iter().zip(weights).map(|((y, _), w)| w * (y - around).powi(2)).sum()
    };
    let std_error = (spread(&weights, value) / ((n - 1.0) * total)).sqrt();
    let (fixed, fixed_weights) = mean(cohorts, 0.0);
    let prediction = (cohorts.len() > 2).then(|| {
        let sd = (tau_squared + std_error * std_error).sqrt();
        Estimate::around(value, sd, (Pivot::Student(n - 2.0), Scale::Plain), level).interval
    });
    Ok(RandomEffects {
        mean: Estimate::around(value, std_error, (Pivot::Student(n - 1.0), Scale::Plain), level),
        prediction,
        tau: tau_squared.sqrt(),
        heterogeneity: Test::chi_square(spread(&fixed_weights, fixed), n - 1.0),
        weights: weights.iter().map(|weight| weight / total).collect(),
    })
}

fn check_cohorts(cohorts: &[(f64, f64)]) -> Result<(), Error> {
    if cohorts.len() < 2 {
        let got = cohorts.len().to_string();
        return Err(Error::InvalidSetting { name: "cohorts", expected: "at least 2", got });
    }
    let values: Vec<f64> = cohorts.iter().map(|(value, _)| *value).collect();
    check::finite_values("cohorts", &values, values.len())?;
    let bad = cohorts.iter().position(|(_, error)| !(error.is_finite() && *error > 0.0));
    match bad {
        None => Ok(()),
        Some(index) => {
            let (value, expected) = (cohorts[index].1, "a positive standard error");
            Err(Error::OutOfDomain { name: "cohorts", index, value, expected })
        }
    }
}

/// The weighted mean, and the weights.
fn mean(cohorts: &[(f64, f64)], tau_squared: f64) -> (f64, Vec<f64>) {
    let weights: Vec<f64> = cohorts.iter().map(|(_, s)| 1.0 / (s * s + tau_squared)).collect();
    let sum: f64 = cohorts.iter().zip(&weights).map(|((y, _), w)| w * y).sum();
    (sum / weights.iter().sum::<f64>(), weights)
}

/// `tau^2` by restricted maximum likelihood.
fn restricted_likelihood(cohorts: &[(f64, f64)]) -> f64 {
    let mean_error = cohorts.iter().map(|(_, s)| s * s).sum::<f64>() / cohorts.len() as f64;
    let mut tau_squared = mean_error;
    for _ in 0..MAX_STEPS {
        let (mu, weights) = mean(cohorts, tau_squared);
        let squares: f64 = weights.iter().map(|w| w * w).sum();
        let excess = |((y, s), w): (&(f64, f64), &f64)| w * w * ((y - mu).powi(2) - s * s);
        let excess: f64 = cohorts.iter().zip(&weights).map(excess).sum();
        let next = (excess / squares + 1.0 / weights.iter().sum::<f64>()).max(0.0);
        let done = (next - tau_squared).abs() <= TOLERANCE * mean_error;
        tau_squared = next;
        if done {
            break;
        }
    }
    tau_squared
}

#[cfg(test)]
mod tests {
    use super::*;

    /// BCG vaccine against tuberculosis: cases and others of the vaccinated, cases and others of
    /// the rest (Colditz et al., *JAMA* 271:698-702, 1994; `metafor`'s `dat.bcg`).
    const BCG: [[f64; 4]; 13] = [
        [4.0, 119.0, 11.0, 128.0],
        [6.0, 300.0, 29.0, 274.0],
        [3.0, 228.0, 11.0, 209.0],
        [62.0, 13536.0, 248.0, 12619.0],
        [33.0, 5036.0, 47.0, 5761.0],
        [180.0, 1361.0, 372.0, 1079.0],
        [8.0, 2537.0, 10.0, 619.0],
        [505.0, 87886.0, 499.0, 87892.0],
        [29.0, 7470.0, 45.0, 7232.0],
        [17.0, 1699.0, 65.0, 1600.0],
        [186.0, 50448.0, 141.0, 27197.0],
        [5.0, 2493.0, 3.0, 2338.0],
        [27.0, 16886.0, 29.0, 17825.0],
    ];

    fn log_risk_ratio([a, b, c, d]: [f64; 4]) -> (f64, f64) {
        let variance = 1.0 / a - 1.0 / (a + b) + 1.0 / c - 1.0 / (c + d);
        ((a / (a + b)).ln() - (c / (c + d)).ln(), variance.sqrt())
    }

    /// Golden: `rma(measure = "RR", ..., data = dat.bcg, method = "REML")` prints a mean of
    /// -0.7145, tau^2 0.3132 and Q 152.2330 on 12 df (Viechtbauer, *J Stat Softw* 36(3), 2010).
    #[test]
    fn the_vaccine_trials_have_the_mean_and_heterogeneity_that_metafor_prints() {
        let pooled = random_effects(&BCG.map(log_risk_ratio), 0.95).unwrap();
        let close = |got: f64, expected: f64| assert!((got - expected).abs() < 6e-5, "{got}");
        close(pooled.mean.value, -0.7145);
        close(pooled.tau.powi(2), 0.3132);
        close(pooled.heterogeneity.statistic, 152.2330);
        assert_eq!(pooled.heterogeneity.df, Some(12.0));
        assert!((pooled.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    /// By hand: equal errors weigh alike, so that `v` is the variance of the mean and `tau^2` the
    /// sample variance less the error's.
    #[test]
    fn equal_errors_give_the_plain_mean() {
        let pooled = random_effects(&[(1.0, 0.5), (2.0, 0.5), (6.0, 0.5)], 0.95).unwrap();
        let close = |got: f64, expected: f64| assert!((got - expected).abs() < 1e-9, "{got}");
        close(pooled.mean.value, 3.0);
        close(pooled.mean.std_error, (7.0f64 / 3.0).sqrt());
        close(pooled.tau.powi(2), 7.0 - 0.25);
        let t1 = 12.706_204_736_432_1; // t with 1 df at 0.975
        let half = t1 * (6.75 + 7.0 / 3.0f64).sqrt();
        assert!((pooled.prediction.unwrap().upper - 3.0 - half).abs() < 1e-8);
    }

    #[test]
    fn cohorts_that_agree_have_no_heterogeneity() {
        let pooled = random_effects(&[(0.5, 0.2), (0.55, 0.2)], 0.95).unwrap();
        assert_eq!((pooled.tau, pooled.prediction), (0.0, None));
    }

    #[test]
    fn one_cohort_and_errors_of_nothing_are_refused() {
        for cohorts in
            [&[(0.5, 0.1)][..], &[(0.5, 0.1), (0.5, 0.0)], &[(f64::NAN, 0.1), (0.5, 0.1)]]
        {
            assert!(random_effects(cohorts, 0.95).is_err());
        }
        assert!(random_effects(&[(0.5, 0.1), (0.6, 0.1)], 1.0).is_err());
    }
}
