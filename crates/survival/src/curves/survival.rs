//! A survival curve and what is read off it: probabilities, quantiles, and the restricted mean.

use crate::{
    curves::dependence::Dependence,
    error::Error,
    estimate::{Estimate, Interval, Pivot, Scale},
    outcomes::check::{NOT_REACHED, is_reached},
};

/// A survival curve: a step function, right-continuous, with one row per distinct follow-up time.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct SurvivalCurve {
    /// Distinct follow-up times in years, increasing.
    pub times: Vec<f64>,
    /// (Weighted) number of subjects at risk just before each time.
    pub n_risk: Vec<f64>,
    /// (Weighted) number of events at each time.
    pub n_event: Vec<f64>,
    /// (Weighted) number of subjects censored at each time.
    pub n_censor: Vec<f64>,
    /// Survival probability from each time on.
    pub survival: Vec<f64>,
    /// Standard error of `ln S`; once the curve is 0 it is undefined and stays at its last value.
    pub std_error_log: Vec<f64>,
    /// Lower bound of the pointwise interval; exact before the first event, 0 once the curve is 0.
    pub lower: Vec<f64>,
    /// Upper bound of the pointwise interval; once the curve is 0 it stays at its last value.
    pub upper: Vec<f64>,
    /// Cumulative hazard: Nelson-Aalen's, or Fleming-Harrington's for that estimator.
    pub cumulative_hazard: Vec<f64>,
    /// Standard error of the cumulative hazard.
    pub std_error_hazard: Vec<f64>,
    /// Confidence level of the intervals.
    pub level: f64,
    /// What adds to the variance of `ln S` at each time.
    pub(super) variance_steps: Vec<f64>,
    /// Lower bound of the interval before the first time.
    #[serde(default)]
    pub(super) lower_before: f64,
    /// Clusters and weights that do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dependence: Option<Dependence>,
}

/// The curve of one group or stratum.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct GroupCurve<L> {
    /// What its subjects are labelled with.
    pub label: L,
    /// Its subjects.
    pub n: usize,
    /// Those of them with an event.
    pub events: usize,
    /// Its curve.
    pub curve: SurvivalCurve,
}

impl SurvivalCurve {
    /// A curve with its counts that is still to be estimated.
    pub(super) fn unfinished(
        times: Vec<f64>,
        n_risk: Vec<f64>,
        n_event: Vec<f64>,
        n_censor: Vec<f64>,
    ) -> Self {
        let empty = || Vec::with_capacity(times.len());
        Self {
            survival: empty(),
            std_error_log: empty(),
            lower: empty(),
            upper: empty(),
            cumulative_hazard: empty(),
            std_error_hazard: empty(),
            variance_steps: empty(),
            level: 0.95,
            times,
            n_risk,
            n_event,
            n_censor,
            lower_before: 1.0,
            dependence: None,
        }
    }

    /// What the figures of the curve are compared with.
    pub(super) fn pivot(&self) -> Pivot {
        self.dependence.as_ref().map_or(Pivot::Normal, |dependence| dependence.pivot)
    }

    /// Whether the curve says anything of `time`: somebody was followed to it, or it lies beyond
    /// the last time and all who were left had an event there.
    #[must_use]
    pub fn reaches(&self, time: f64) -> bool {
        self.times
            .last()
            .is_some_and(|&last| is_reached(time, last, self.n_censor[self.times.len() - 1] > 0.0))
    }

    /// The first time at which the curve falls to 0 though more subjects come to be at risk later,
    /// with the number at risk there: with delayed entry an early risk set of one or few subjects
    /// decides about all who come later. A curve from a later time on is what is wanted then.
    #[must_use]
    pub fn falls_to_zero_early(&self) -> Option<(f64, f64)> {
        let k = self.survival.iter().position(|&s| s <= 0.0)?;
        (k + 1 < self.times.len()).then(|| (self.times[k], self.n_risk[k]))
    }

    /// Survival probability at `time` (years): 1 before the first row, constant after the last.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        self.row_at(time).map_or(1.0, |k| self.survival[k])
    }

    /// Survival probability just before `time`, the left-continuous version.
    #[must_use]
    pub fn before(&self, time: f64) -> f64 {
        match self.times.partition_point(|&t| t < time) {
            0 => 1.0,
            k => self.survival[k - 1],
        }
    }

    /// The pointwise interval at `time`; before the first row the exact one of no event.
    #[must_use]
    pub fn interval_at(&self, time: f64) -> Interval {
        let bounds =
            self.row_at(time).map_or((self.lower_before, 1.0), |k| (self.lower[k], self.upper[k]));
        Interval::new(bounds.0, bounds.1, self.level)
    }

    /// Standard error of `ln S` at `time`; 0 before the first row.
    #[must_use]
    pub fn std_error_log_at(&self, time: f64) -> f64 {
        self.row_at(time).map_or(0.0, |k| self.std_error_log[k])
    }

    /// Cumulative hazard at `time`; 0 before the first row.
    #[must_use]
    pub fn cumulative_hazard_at(&self, time: f64) -> f64 {
        self.row_at(time).map_or(0.0, |k| self.cumulative_hazard[k])
    }

    /// Number at risk at `time`: those in the first row not before it.
    #[must_use]
    pub fn n_risk_at(&self, time: f64) -> f64 {
        let k = self.times.partition_point(|&t| t < time);
        self.n_risk.get(k).copied().unwrap_or(0.0)
    }

    /// The time by which a fraction `q` had the event, `quantile(0.5)` being the median survival
    /// time; `None` where the curve never falls to `1 - q`. Where the curve is level exactly at
    /// `1 - q`, the middle of that step, as R and textbooks do.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        crossing(&self.times, &self.survival, 1.0 - q)
    }

    /// Interval of [`quantile`](Self::quantile) by inverting the pointwise bounds (Brookmeyer &
    /// Crowley, *Biometrics* 38:29-41, 1982); `None` where a bound never falls to `1 - q`.
    #[must_use]
    pub fn quantile_interval(&self, q: f64) -> (Option<f64>, Option<f64>) {
        let at = |bound: &[f64]| crossing(&self.times, bound, 1.0 - q);
        (at(&self.lower), at(&self.upper))
    }

    /// Mean survival time up to `horizon` years, the area under the curve, with its standard error
    /// `sqrt(sum_k A_k^2 v_k)`, `A_k` being the area beyond `t_k` and `v_k` the variance that
    /// `t_k` adds to `ln S` (Andersen et al., 1993, sec. IV.3.1; R's `print(rmean = ..)`). The
    /// interval is symmetric on the logit scale of the share of `horizon` that is lived, as the
    /// time lost is skewed where few have the event; without an event, what
    /// lies under the curve's exact bounds.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a horizon that is not positive, [`Error::Undefined`] where the
    /// curve does not [reach](Self::reaches) it.
    pub fn restricted_mean(&self, horizon: f64) -> Result<Estimate, Error> {
        if !(horizon.is_finite() && horizon > 0.0) {
            return Err(Error::InvalidSetting {
                name: "horizon",
                expected: "finite and above 0 years",
                got: horizon.to_string(),
            });
        }
        if !self.reaches(horizon) {
            return Err(Error::Undefined { name: "the restricted mean", why: NOT_REACHED });
        }
        let rows = self.times.partition_point(|&t| t < horizon);
        let (mut beyond, mut variance, mut end) = (0.0, 0.0, horizon);
        let mut areas = vec![0.0; rows];
        for k in (0..rows).rev() {
            beyond += self.survival[k] * (end - self.times[k]);
            areas[k] = beyond;
            variance += beyond * beyond * self.variance_steps[k];
            end = self.times[k];
        }
        if let Some(dependence) = &self.dependence {
            let counts = (&self.n_risk[..rows], &self.n_event[..rows]);
            variance = dependence.variance(&areas, counts, variance);
        }
        let (mean, std_error) = (beyond + end, f64::sqrt(variance));
        if std_error > 1e-13 * horizon {
            let by = (self.pivot(), Scale::Logit);
            let share = Estimate::around(mean / horizon, std_error / horizon, by, self.level);
            let Interval { lower, upper, level } = share.interval;
            let interval = Interval::new(lower * horizon, upper * horizon, level);
            return Ok(Estimate::new(mean, std_error, interval));
        }
        // Nobody, or everybody at one time, had the event: what lies under the curve's bounds.
        let area = |bound: &[f64], before: f64| {
            let ends = self.times[..rows].iter().skip(1).copied().chain([horizon]);
            let steps = self.times[..rows].iter().zip(ends).zip(bound);
            let first = self.times[..rows].first().map_or(horizon, |first| *first);
            before * first + steps.map(|((from, to), s)| s * (to - from)).sum::<f64>()
        };
        let (lower, upper) = (area(&self.lower, self.lower_before), area(&self.upper, 1.0));
        Ok(Estimate::new(mean, std_error, Interval::new(lower, upper.max(mean), self.level)))
    }

    fn row_at(&self, time: f64) -> Option<usize> {
        self.times.partition_point(|&t| t <= time).checked_sub(1)
    }
}

/// First time at which `curve` is at or below `level`, half-way along a step exactly at it.
fn crossing(times: &[f64], curve: &[f64], level: f64) -> Option<f64> {
    let rounding = 1.5e-8; // as R: 0.3 reached through products is not exactly 0.3
    let first = curve.iter().position(|&s| s <= level + rounding)?;
    if curve[first] < level - rounding {
        return Some(times[first]);
    }
    let below = curve[first..].iter().position(|&s| s < level - rounding);
    Some(below.map_or(times[first], |k| (times[first] + times[first + k]) / 2.0))
}
