//! Calibration: do as many subjects have the event by a horizon as predicted?
//!
//! - in the large: observed risk (1 - Kaplan-Meier, or the cumulative incidence of one cause) over the mean
//!   predicted one, O/E;
//! - by groups of predicted risk: mean predicted beside observed risk;
//! - slope: the coefficient of the log hazard in a Cox model of the evaluation sample, or in Fine and Gray's for
//!   one cause; below 1 the predictions are too extreme (van Houwelingen, *Stat. Med.* 19:3401-3415, 2000).
//!
//! Source: Royston & Altman, *BMC Med. Res. Methodol.* 13:33, 2013; McLernon et al., *Ann. Intern.
//! Med.* 176:105-114, 2023.

use crate::{
    Endpoint, Error, check, normal,
    observed::{observed, observed_among},
    order::argsort,
};

/// Observed over expected risk at a horizon.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct ObservedExpected {
    /// Observed risk at the horizon.
    pub observed: f64,
    /// Mean predicted risk.
    pub expected: f64,
    /// `observed / expected`; above 1 the model predicts too little.
    pub ratio: f64,
    /// Lower bound of the ratio's 95 % interval, on the log scale, taking `expected` as given.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// One group of similar predicted risk.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CalibrationGroup {
    /// Subjects in the group.
    pub n_subjects: usize,
    /// Their events by the horizon.
    pub n_events: usize,
    /// Mean predicted risk.
    pub predicted: f64,
    /// Observed risk at the horizon.
    pub observed: f64,
    /// Lower bound of the observed risk's 95 % log-log interval; 0, and the upper bound 1, where all had the event,
    /// as its variance is then undefined.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// A coefficient with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CalibrationSlope {
    /// 1 is right; below 1 the predictions are too extreme.
    pub slope: f64,
    /// Standard error, from the observed information of the Cox model, or Fine and Gray's sandwich.
    pub se: f64,
    /// Lower bound of the 95 % interval.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// Observed over expected risk of an event by `horizon` years.
///
/// # Shapes
/// - `predicted_risk`: `[n]`, in [0, 1]
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`], and
/// [`Error::Undefined`] without an event by the horizon, without anyone followed to it, or where
/// all predictions are 0.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, observed_expected};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, false, false])?;
/// assert_eq!(observed_expected(&outcomes, &[0.5, 0.5, 0.0, 0.0], 2.0)?.ratio, 1.0);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn observed_expected(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    horizon: f64,
) -> Result<ObservedExpected, Error> {
    let outcomes = endpoint.follow_up();
    check::probability("predicted_risk", predicted_risk, outcomes)?;
    let at = observed(endpoint, horizon)?;
    let observed = at.risk;
    let weight = |i: usize| outcomes.weight(i);
    let expected = (0..predicted_risk.len()).map(|i| weight(i) * predicted_risk[i]).sum::<f64>()
        / outcomes.total_weight();
    if observed == 0.0 {
        return Err(Error::Undefined("observed over expected", "no event by the horizon"));
    }
    if expected == 0.0 {
        return Err(Error::Undefined("observed over expected", "all predicted risks are 0"));
    }
    let ratio = observed / expected;
    let reach = (normal::two_sided(0.95) * at.se() / observed).exp();
    Ok(ObservedExpected { observed, expected, ratio, lower: ratio / reach, upper: ratio * reach })
}

/// Groups of about equal size by predicted risk, lowest first; equal predictions stay together.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`] without a group or
/// with more groups than subjects, [`Error::Undefined`] where nobody of a group was followed to the
/// horizon.
pub fn calibration_groups(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    horizon: f64,
    n_groups: usize,
) -> Result<Vec<CalibrationGroup>, Error> {
    check::probability("predicted_risk", predicted_risk, endpoint.follow_up())?;
    let n = predicted_risk.len();
    if n_groups == 0 || n_groups > n {
        return Err(Error::InvalidSetting("n_groups", "1 to the subjects", n_groups as f64));
    }
    let order = argsort(predicted_risk);
    let mut groups = Vec::new();
    let mut start = 0;
    for g in 1..=n_groups {
        let mut end = (n * g).div_ceil(n_groups).max(start);
        while end > start
            && end < n
            && predicted_risk[order[end] as usize] == predicted_risk[order[end - 1] as usize]
        {
            end += 1;
        }
        if end > start {
            groups.push(group(endpoint, predicted_risk, horizon, &order[start..end])?);
        }
        start = end;
    }
    Ok(groups)
}

fn group(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    horizon: f64,
    members: &[u32],
) -> Result<CalibrationGroup, Error> {
    let members: Vec<usize> = members.iter().map(|&i| i as usize).collect();
    let outcomes = endpoint.follow_up();
    let at = observed_among(endpoint, &members, horizon)?;
    let (lower, upper) = at.interval();
    let weighted: f64 = members.iter().map(|&i| outcomes.weight(i) * predicted_risk[i]).sum();
    let weight: f64 = members.iter().map(|&i| outcomes.weight(i)).sum();
    let by_horizon = |&&i: &&usize| {
        outcomes.event()[i] && endpoint.is_of_interest(i) && outcomes.time()[i] <= horizon
    };
    Ok(CalibrationGroup {
        n_subjects: members.len(),
        n_events: members.iter().filter(by_horizon).count(),
        predicted: weighted / weight,
        observed: at.risk,
        lower,
        upper,
    })
}

/// Calibration slope of a log hazard: its coefficient in a Cox model of these outcomes (Efron ties), or that of a
/// log subdistribution hazard in Fine and Gray's model of one cause. Of a predicted probability `p` it is
/// `ln(-ln(1 - p))`.
///
/// # Shapes
/// - `log_hazard`: `[n]`, finite
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::NoEvents`], and
/// [`Error::Undefined`] where the log hazard is the same for all, or orders the events perfectly so
/// that no finite slope fits best.
pub fn calibration_slope(
    endpoint: &impl Endpoint,
    log_hazard: &[f64],
) -> Result<CalibrationSlope, Error> {
    check::finite("log_hazard", log_hazard, endpoint.follow_up())?;
    let (slope, se) = endpoint.slope("the calibration slope", log_hazard)?;
    let reach = normal::two_sided(0.95) * se;
    Ok(CalibrationSlope { slope, se, lower: slope - reach, upper: slope + reach })
}
