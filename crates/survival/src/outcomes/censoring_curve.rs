//! A censoring curve that was fitted to other subjects than those it weighs.

use crate::{
    error::Error,
    outcomes::{Outcomes, check},
    risk_sets::{censoring::censoring, time_groups::TimeGroups},
};

/// The Kaplan-Meier curve `G` of the censoring of some subjects, such as a training set, by which
/// others are weighted ([`Outcomes::with_censoring`]). Events come before censorings at equal
/// times.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, auc_at, outcomes::CensoringCurve};
/// let event = vec![true, false, true, false, false];
/// let training = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0, 5.0], event)?;
/// let curve = CensoringCurve::of(&training)?;
/// assert_eq!((curve.before(2.0), curve.at(2.0)), (1.0, 0.75));
/// let test = Outcomes::new(vec![1.5, 2.5, 4.5, 4.5], vec![true, true, false, false])?;
/// let auc = auc_at(&test.with_censoring(curve), &[0.9, 0.2, 0.3, 0.1], 3.0)?;
/// // Cases weigh 1 and 4/3, and the second has a control above it.
/// assert!((auc.estimate.value - (1.0 + 4.0 / 3.0 * 0.5) / (7.0 / 3.0)).abs() < 1e-12);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "super::unchecked::UncheckedCensoringCurve")]
pub struct CensoringCurve {
    /// Distinct follow-up times in years, increasing.
    times: Vec<f64>,
    /// `G` from each of them on.
    uncensored: Vec<f64>,
}

impl CensoringCurve {
    /// The curve of these subjects.
    ///
    /// # Errors
    /// [`Error::Empty`] without subjects, [`Error::Unsupported`] for delayed entry.
    pub fn of(outcomes: &Outcomes) -> Result<Self, Error> {
        check::length("time", outcomes.time(), outcomes)?;
        check::no_entry("weighting by the censoring curve", outcomes)?;
        let groups = TimeGroups::new(outcomes);
        let after = censoring(outcomes, &groups).into_iter().map(|step| {
            let left = step.left();
            let stay = if left > 0.0 { ((left - step.censored) / left).max(0.0) } else { 1.0 };
            step.before * stay
        });
        Self::new(groups.times().to_vec(), after.collect())
    }

    /// A curve that was fitted elsewhere: `uncensored` from each of `times` (years) on, the last of
    /// which is the end of its follow-up.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::LengthMismatch`], [`Error::OutOfDomain`] for times that do not
    /// increase or a curve that is outside [0, 1] or rises.
    pub fn new(times: Vec<f64>, uncensored: Vec<f64>) -> Result<Self, Error> {
        if times.is_empty() {
            return Err(Error::Empty { name: "times" });
        }
        if times.len() != uncensored.len() {
            let (expected, got) = (times.len(), uncensored.len());
            return Err(Error::LengthMismatch { name: "uncensored", expected, got });
        }
        let refuse = |name, values: &[f64], index: usize, expected| {
            Err(Error::OutOfDomain { name, index, value: values[index], expected })
        };
        let in_order = |k: &usize| times[*k] >= 0.0 && (*k == 0 || times[*k] > times[*k - 1]);
        if let Some(k) = (0..times.len()).find(|k| !(times[*k].is_finite() && in_order(k))) {
            return refuse("times", &times, k, "finite, at least 0 years and increasing");
        }
        let before = |k: usize| if k == 0 { 1.0 } else { uncensored[k - 1] };
        match (0..times.len()).find(|&k| !(0.0..=before(k)).contains(&uncensored[k])) {
            Some(k) => refuse("uncensored", &uncensored, k, "in [0, 1] and not rising"),
            None => Ok(Self { times, uncensored }),
        }
    }

    /// `G(time)`: the share not censored by `time` years.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        self.after(self.times.partition_point(|&t| t <= time))
    }

    /// `G(time-)`: the share not censored before `time` years.
    #[must_use]
    pub fn before(&self, time: f64) -> f64 {
        self.after(self.times.partition_point(|&t| t < time))
    }

    fn after(&self, n_times: usize) -> f64 {
        n_times.checked_sub(1).map_or(1.0, |last| self.uncensored[last])
    }

    /// A value that can be divided by: above 0, at a time that somebody was followed to.
    pub(crate) fn known(&self, time: f64, value: f64) -> Result<f64, Error> {
        match value > 0.0 && self.times.last().is_some_and(|&last| time <= last) {
            true => Ok(value),
            false => {
                Err(Error::Undefined { name: "weighting by the censoring curve", why: BEYOND })
            }
        }
    }
}

const BEYOND: &str = "it was fitted to subjects of whom nobody was followed to the times needed";
