//! Mean predicted beside observed risk, in groups of predicted risk.

use crate::{
    error::Error,
    horizon::observed::observed_among,
    numeric::order::argsort,
    outcomes::{Endpoint, check},
};

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
        return Err(Error::InvalidSetting {
            name: "n_groups",
            expected: "1 to the subjects",
            got: n_groups.to_string(),
        });
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
