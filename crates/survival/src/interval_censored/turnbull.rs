//! Turnbull's estimator: the nonparametric maximum likelihood estimate of survival.

use super::{
    intersections::Intersections, likelihood::Likelihood, likelihood_ratio::LikelihoodRatio,
    outcomes::IntervalOutcomes,
};
use crate::{error::Error, estimate::Interval, outcomes::check};

/// Where the estimate has mass, and how much.
///
/// The likelihood does not say how mass lies within an interval of support:
/// [`bounds_at`](Self::bounds_at) has both extremes, [`at`](Self::at) spreads it evenly.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct TurnbullEstimate {
    /// Beginnings of the intervals `(lower, upper]` that have mass, years, increasing.
    pub lower: Vec<f64>,
    /// Their ends; infinite for the last where not everybody is known to have had the event.
    pub upper: Vec<f64>,
    /// The probability of the event in each.
    pub mass: Vec<f64>,
    /// Subjects.
    pub n: usize,
    /// Those of them with the event.
    pub events: usize,
    /// Log likelihood.
    pub log_likelihood: f64,
    /// What the largest log likelihood can lie above `log_likelihood` at most.
    pub gap: f64,
    /// Steps of the algorithm.
    pub steps: usize,
    #[serde(skip)]
    outcomes: IntervalOutcomes,
}

/// Turnbull's estimate of the probability of being free of the event over time.
///
/// # Errors
/// [`Error::Empty`] without subjects, [`Error::NotConverged`].
pub fn turnbull(outcomes: &IntervalOutcomes) -> Result<TurnbullEstimate, Error> {
    if outcomes.n_subjects() == 0 {
        return Err(Error::Empty { name: "outcomes" });
    }
    let found = Intersections::new(outcomes, None);
    let likelihood = Likelihood::of_masses(&found, |i| outcomes.weight(i));
    let maximum = likelihood.maximise(None)?;
    let sum: f64 = maximum.mass.iter().sum();
    let support: Vec<usize> = (0..found.len()).filter(|&k| maximum.mass[k] > 0.0).collect();
    Ok(TurnbullEstimate {
        lower: support.iter().map(|&k| found.lower[k]).collect(),
        upper: support.iter().map(|&k| found.upper[k]).collect(),
        mass: support.iter().map(|&k| maximum.mass[k] / sum).collect(),
        n: outcomes.n_subjects(),
        events: outcomes.n_events(),
        log_likelihood: maximum.value + likelihood.total(),
        gap: maximum.gap,
        steps: maximum.steps,
        outcomes: outcomes.clone(),
    })
}

impl TurnbullEstimate {
    /// The lowest and the highest survival probability at `time` (years) of the same likelihood:
    /// they differ within an interval of support.
    #[must_use]
    pub fn bounds_at(&self, time: f64) -> (f64, f64) {
        let beyond = |first: usize| self.mass[first..].iter().sum::<f64>().clamp(0.0, 1.0);
        let begun = self.lower.partition_point(|&l| l < time);
        let ended = self.upper.partition_point(|&u| u <= time);
        (beyond(begun.max(ended)), beyond(ended))
    }

    /// Survival probability at `time` (years), with the mass of each interval spread evenly over
    /// it.
    ///
    /// # Errors
    /// [`Error::Undefined`] within the last interval if that has no end: nobody was followed so
    /// long, and the probability is only known to lie within [`bounds_at`](Self::bounds_at).
    pub fn at(&self, time: f64) -> Result<f64, Error> {
        let (low, high) = self.bounds_at(time);
        if low == high {
            return Ok(low);
        }
        let k = self.lower.partition_point(|&l| l < time) - 1;
        let (lower, upper) = (self.lower[k], self.upper[k]);
        if upper.is_infinite() {
            let why = "nobody was followed so long";
            return Err(Error::Undefined { name: "the survival probability", why });
        }
        Ok(low + (high - low) * (upper - time) / (upper - lower))
    }

    /// Interval of the survival probability at `time` (years): all values that a likelihood ratio
    /// test does not reject, the ratio compared with chi-square of one degree of freedom. It
    /// includes what the likelihood does not determine, so the bounds of
    /// [`bounds_at`](Self::bounds_at).
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a level outside (0, 1) or a time that is not above 0,
    /// [`Error::NotConverged`].
    pub fn interval_at(&self, time: f64, level: f64) -> Result<Interval, Error> {
        let level = check::level(level)?;
        if !(time.is_finite() && time > 0.0) {
            return Err(Error::InvalidSetting {
                name: "time",
                expected: "finite and above 0 years",
                got: time.to_string(),
            });
        }
        LikelihoodRatio::new(&self.outcomes, time)?.interval(level)
    }
}
