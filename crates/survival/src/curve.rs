//! Kaplan-Meier survival curve with pointwise intervals.
//!
//! `S(t) = prod_{t_k <= t} (1 - d_k / n_k)`, with Greenwood's variance of `ln S`,
//! `sum d_k / (n_k (n_k - d_k))`. The default interval is the log-log one,
//! `exp(-exp(ln(-ln S) +- z se / ln S))`, which never leaves [0, 1].
//!
//! Sources: Kaplan & Meier, *JASA* 53:457-481, 1958; Greenwood 1926; Kalbfleisch & Prentice, *The
//! Statistical Analysis of Failure Time Data*, 1980, sec. 1.3. Equal to R
//! `survfit(.., conf.type = "log-log")`.

use crate::{Error, Outcomes, check, normal, time_groups::TimeGroups, time_weight::at_risk};

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
    pub std_err_log: Vec<f64>,
    /// Lower bound of the pointwise interval; 0 once the curve is 0.
    pub lower: Vec<f64>,
    /// Upper bound of the pointwise interval; once the curve is 0 it stays at its last value.
    pub upper: Vec<f64>,
}

/// Kaplan-Meier curve with 95 % log-log intervals, in O(n log n).
///
/// Entry times and case weights of the outcomes are honoured. Where nobody is at risk between two
/// times (possible with late entry) the curve simply stays.
///
/// # Errors
/// [`Error::Empty`] without subjects.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, kaplan_meier};
/// let curve = kaplan_meier(&Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, true, false])?)?;
/// assert_eq!((curve.at(0.5), curve.at(1.0), curve.at(3.5)), (1.0, 0.75, 0.375));
/// assert_eq!(curve.quantile(0.5), Some(3.0));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn kaplan_meier(outcomes: &Outcomes) -> Result<SurvivalCurve, Error> {
    check::length("time", outcomes.time(), outcomes)?;
    let mut curve = count_risk_sets(outcomes, &TimeGroups::new(outcomes));
    estimate(&mut curve, 0.95);
    Ok(curve)
}

fn count_risk_sets(outcomes: &Outcomes, groups: &TimeGroups) -> SurvivalCurve {
    let n = groups.len();
    SurvivalCurve {
        times: groups.iter().map(|g| outcomes.time()[g.all[0] as usize]).collect(),
        n_risk: at_risk(outcomes, groups),
        n_event: groups.iter().map(|g| outcomes.weigh(g.events)).collect(),
        n_censor: groups.iter().map(|g| outcomes.weigh(g.censored)).collect(),
        survival: Vec::with_capacity(n),
        std_err_log: Vec::with_capacity(n),
        lower: Vec::with_capacity(n),
        upper: Vec::with_capacity(n),
    }
}

fn estimate(curve: &mut SurvivalCurve, level: f64) {
    let z = normal::two_sided(level);
    let (mut survival, mut variance, mut upper) = (1.0, 0.0f64, 1.0);
    for k in 0..curve.times.len() {
        let (n, d) = (curve.n_risk[k], curve.n_event[k]);
        let all = d >= n * (1.0 - 1e-12); // weighted sums may differ by rounding
        if d > 0.0 {
            survival = if all { 0.0 } else { survival * ((n - d) / n) };
            variance += if all { 0.0 } else { d / (n * (n - d)) };
        }
        let se = variance.sqrt();
        let (low, high) = log_log_interval(survival, z * se, upper);
        upper = high;
        curve.survival.push(survival);
        curve.std_err_log.push(se);
        curve.lower.push(low);
        curve.upper.push(high);
    }
}

fn log_log_interval(survival: f64, reach: f64, last_upper: f64) -> (f64, f64) {
    if survival >= 1.0 {
        return (1.0, 1.0);
    }
    if survival <= 0.0 {
        return (0.0, last_upper);
    }
    let middle = (-survival.ln()).ln();
    let half = reach / survival.ln();
    ((-(middle - half).exp()).exp(), (-(middle + half).exp()).exp())
}

impl SurvivalCurve {
    /// Survival probability at `time` (years): 1 before the first row, the last row's ever after.
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

    /// Lower and upper bound at `time`; (1, 1) before the first row.
    #[must_use]
    pub fn interval_at(&self, time: f64) -> (f64, f64) {
        self.row_at(time).map_or((1.0, 1.0), |k| (self.lower[k], self.upper[k]))
    }

    /// Standard error of `ln S` at `time`; 0 before the first row.
    #[must_use]
    pub fn std_err_log_at(&self, time: f64) -> f64 {
        self.row_at(time).map_or(0.0, |k| self.std_err_log[k])
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
