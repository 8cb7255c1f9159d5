//! Mean predicted beside observed risk, in groups of predicted risk.

use crate::{
    calibration::CalibrationOptions,
    error::Error,
    estimate::{Estimate, Units},
    horizon::observed::observed_among,
    numeric::order::argsort,
    outcomes::{Endpoint, check},
};

/// One group of similar predicted risk.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CalibrationGroup {
    /// Subjects in the group.
    pub n: usize,
    /// Their events by the horizon.
    pub events: usize,
    /// Mean predicted risk.
    pub predicted: f64,
    /// Observed risk at the horizon. Its interval is symmetric on the log-log scale; where nobody
    /// had the event it is the exact one (Clopper and Pearson) of those followed to the horizon,
    /// and where all had it, it reaches from 0 to 1, as the variance is then undefined.
    pub observed: Estimate,
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
    CalibrationOptions::default().calibration_groups(endpoint, predicted_risk, horizon, n_groups)
}

impl CalibrationOptions {
    /// Groups of about equal size by predicted risk, lowest first.
    ///
    /// # Errors
    /// As [`calibration_groups`](crate::calibration::calibration_groups), and
    /// [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn calibration_groups(
        &self,
        endpoint: &impl Endpoint,
        predicted_risk: &[f64],
        horizon: f64,
        n_groups: usize,
    ) -> Result<Vec<CalibrationGroup>, Error> {
        let level = self.level()?;
        check::probability("predicted_risk", predicted_risk, endpoint.follow_up())?;
        let n = predicted_risk.len();
        if n_groups == 0 || n_groups > n {
            return Err(Error::InvalidSetting {
                name: "n_groups",
                expected: "1 to the subjects",
                got: n_groups.to_string(),
            });
        }
        let units = Units::of(endpoint.follow_up(), "the calibration groups' interval")?;
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
                groups.push(group(
                    endpoint,
                    predicted_risk,
                    (horizon, level, units),
                    &order[start..end],
                )?);
            }
            start = end;
        }
        Ok(groups)
    }
}

fn group(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    (horizon, level, units): (f64, f64, Units<'_>),
    members: &[u32],
) -> Result<CalibrationGroup, Error> {
    let members: Vec<usize> = members.iter().map(|&i| i as usize).collect();
    let outcomes = endpoint.follow_up();
    let at = observed_among(endpoint, &members, horizon)?;
    let weighted: f64 = members.iter().map(|&i| outcomes.weight(i) * predicted_risk[i]).sum();
    let weight: f64 = members.iter().map(|&i| outcomes.weight(i)).sum();
    let by_horizon = |&&i: &&usize| {
        outcomes.event()[i] && endpoint.is_of_interest(i) && outcomes.time()[i] <= horizon
    };
    Ok(CalibrationGroup {
        n: members.len(),
        events: members.iter().filter(by_horizon).count(),
        predicted: weighted / weight,
        observed: at.estimate((&outcomes.subset(&members), units), horizon, level)?,
    })
}
