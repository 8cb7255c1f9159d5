//! Sensitivity, specificity and predictive values of a threshold at a horizon, with censoring.
//!
//! A subject is flagged where `risk >= threshold`. Each figure is a ratio of sums of inverse
//! probability of censoring weights: sensitivity = flagged cases / cases, specificity = unflagged
//! controls / controls, ppv = flagged cases / flagged, npv = unflagged controls / unflagged. Under
//! competing risks the controls are those without the event of interest, event-free or not.
//!
//! Sources: Uno et al., *JASA* 102:527-537, 2007; Blanche et al., *Biometrical J.* 55:687-704,
//! 2013.

use crate::{
    error::Error,
    estimate::{Estimate, Units, boundary},
    horizon::{
        HorizonOptions,
        ipcw::{AtHorizon, Censoring, Status},
    },
    numeric::order::Order,
    outcomes::{Endpoint, check},
};

/// How a threshold classifies at a horizon.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct ThresholdAccuracy {
    /// Horizon in years.
    pub horizon: f64,
    /// Subjects with `risk >= threshold` are flagged.
    pub threshold: f64,
    /// P(flagged | event by the horizon). Standard errors include that of the censoring weights;
    /// intervals are by Student's t on one degree of freedom less than there are subjects
    /// (clusters) in the share's denominator, and exact where the share is 0 or 1.
    pub sensitivity: Estimate,
    /// P(not flagged | no event by the horizon).
    pub specificity: Estimate,
    /// P(event by the horizon | flagged).
    pub ppv: Estimate,
    /// P(event-free at the horizon | not flagged).
    pub npv: Estimate,
}

/// A point of the ROC curve at a horizon.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct RocPoint {
    /// Subjects with `risk >= threshold` are flagged.
    pub threshold: f64,
    /// P(flagged | event by the horizon).
    pub sensitivity: f64,
    /// P(not flagged | event-free at the horizon).
    pub specificity: f64,
}

/// Sensitivity, specificity, ppv and npv of flagging `risk >= threshold`, at `horizon` years.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`],
/// [`Error::Unsupported`] for delayed entry, and [`Error::Undefined`] without a case or a control,
/// or where everybody or nobody of known status is flagged.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, accuracy_at};
/// let outcomes =
///     Outcomes::new(vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![true, true, false, true, false])?;
/// let at_2_years = accuracy_at(&outcomes, &[0.9, 0.3, 0.5, 0.4, 0.1], 2.5, 0.45)?;
/// assert_eq!((at_2_years.sensitivity.value, at_2_years.ppv.value), (0.5, 0.5));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn accuracy_at(
    endpoint: &impl Endpoint,
    risk: &[f64],
    horizon: f64,
    threshold: f64,
) -> Result<ThresholdAccuracy, Error> {
    HorizonOptions::default().accuracy_at(endpoint, risk, horizon, threshold)
}

impl HorizonOptions {
    /// Sensitivity, specificity, ppv and npv of flagging `risk >= threshold`, at `horizon` years.
    ///
    /// # Errors
    /// As [`accuracy_at`](crate::horizon::accuracy_at), and [`Error::InvalidSetting`] for a level
    /// outside (0, 1).
    pub fn accuracy_at(
        &self,
        endpoint: &impl Endpoint,
        risk: &[f64],
        horizon: f64,
        threshold: f64,
    ) -> Result<ThresholdAccuracy, Error> {
        let level = self.level()?;
        check::finite("risk", risk, endpoint.follow_up())?;
        if threshold.is_nan() {
            return Err(Error::InvalidSetting {
                name: "threshold",
                expected: "a number",
                got: threshold.to_string(),
            });
        }
        let censoring = Censoring::new(endpoint)?;
        let at = censoring.at(horizon)?;
        at.check_both("accuracy")?;
        let flagged = |i: usize| risk[i] >= threshold;
        let case = |i: usize| at.status[i] == Status::Case;
        let control = |i: usize| at.status[i] == Status::Control;
        let unflagged = |i: usize| !flagged(i);
        let units = Units::of(endpoint.follow_up(), "accuracy")?;
        let share = |name, of: &dyn Fn(usize) -> bool, what: &dyn Fn(usize) -> bool| {
            let (share, direct) = proportion(&at, of, what, name)?;
            let std_error = units.influence(share, at.add_censoring(&direct)).std_error();
            let known = || (0..risk.len()).filter(|&i| of(i) && at.weights[i] > 0.0);
            let n = units.effective(known().map(|i| (i, at.weights[i])));
            let pivot = units.resting_on(known(), self.reference);
            Ok(boundary::share(share, std_error, n, (pivot, level)))
        };
        Ok(ThresholdAccuracy {
            horizon,
            threshold,
            sensitivity: share("sensitivity", &case, &flagged)?,
            specificity: share("specificity", &control, &unflagged)?,
            ppv: share("ppv", &flagged, &case)?,
            npv: share("npv", &unflagged, &control)?,
        })
    }
}

/// The weighted share of those `of` whom `what` holds, with its derivatives by the logarithms of
/// the weights.
fn proportion(
    at: &AtHorizon<'_>,
    of: impl Fn(usize) -> bool,
    what: impl Fn(usize) -> bool,
    name: &'static str,
) -> Result<(f64, Vec<f64>), Error> {
    let weigh = |keep: &dyn Fn(usize) -> bool| -> f64 {
        at.weights.iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, w)| w).sum()
    };
    let all = weigh(&of);
    if all <= 0.0 {
        return Err(Error::Undefined {
            name,
            why: "nobody of known status on this side of the threshold",
        });
    }
    // An empty sum is -0.0.
    let share = (weigh(&|i| of(i) && what(i)) / all).min(1.0) + 0.0;
    let slope = |i: usize| {
        let own = f64::from(u8::from(what(i))) - share;
        if of(i) { at.weights[i] * own / all } else { 0.0 }
    };
    Ok((share, (0..at.weights.len()).map(slope).collect()))
}

/// The ROC curve at `horizon` years: one point for each distinct risk, by decreasing threshold.
///
/// # Errors
/// As [`crate::auc_at`].
pub fn roc_at(
    endpoint: &impl Endpoint,
    risk: &[f64],
    horizon: f64,
) -> Result<Vec<RocPoint>, Error> {
    check::finite("risk", risk, endpoint.follow_up())?;
    let censoring = Censoring::new(endpoint)?;
    let at = censoring.at(horizon)?;
    at.check_both("the ROC curve")?;
    let (cases, controls) = (at.total(Status::Case), at.total(Status::Control));
    let negated: Vec<f64> = risk.iter().map(|r| -r).collect();
    let order = Order::new(&negated);
    let (mut cases_flagged, mut controls_flagged) = (0.0, 0.0);
    let points = order.runs().map(|tied| {
        for &i in tied {
            match at.status[i as usize] {
                Status::Case => cases_flagged += at.weights[i as usize],
                Status::Control => controls_flagged += at.weights[i as usize],
                Status::Unknown => {}
            }
        }
        RocPoint {
            threshold: risk[tied[0] as usize],
            sensitivity: f64::min(cases_flagged / cases, 1.0),
            specificity: f64::max(1.0 - controls_flagged / controls, 0.0),
        }
    });
    Ok(points.collect())
}

/// The threshold with the largest sensitivity + specificity at `horizon` years (Youden, *Cancer*
/// 3:32-35, 1950); of equally good ones the highest. Choose it on data apart from those it is
/// tested on.
///
/// # Errors
/// As [`crate::auc_at`].
pub fn youden_threshold(
    endpoint: &impl Endpoint,
    risk: &[f64],
    horizon: f64,
) -> Result<f64, Error> {
    let points = roc_at(endpoint, risk, horizon)?;
    let mut best = (f64::NEG_INFINITY, f64::INFINITY);
    for point in points {
        let youden = point.sensitivity + point.specificity;
        if youden > best.0 + 1e-12 {
            best = (youden, point.threshold);
        }
    }
    Ok(best.1)
}
