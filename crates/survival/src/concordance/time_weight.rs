//! How much a pair counts in a concordance, by the time of its earlier event.

use crate::{
    error::Error,
    outcomes::{Outcomes, check},
    risk_sets::{censoring::censoring, time_groups::TimeGroups},
};

/// Weight of a comparable pair whose earlier event is at time `t`. `n` is the sample size, `n(t)`
/// the number at risk, `S` the survival curve and `G` the curve of the censoring, just before `t`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[non_exhaustive]
pub enum TimeWeight {
    /// 1: Harrell's C; early events count more the heavier the censoring. R's `"n"`.
    #[default]
    Harrell,
    /// `1 / G^2`: Uno's C, free of the censoring distribution. R's `"n/G2"`.
    Uno,
    /// `n S / n(t)`: Peto and Wilcoxon's. R's `"S"`.
    Survival,
    /// `n S / (G n(t))`: Schemper's. With right censoring alone equal to `Uno`. R's `"S/G"`.
    Schemper,
    /// `1 / n(t)`: every event time counts alike, as in a Cox score test. R's `"I"`.
    PerEvent,
}

/// One weight for each group of equal times: 0 beyond `horizon`.
pub(crate) fn pair_weights(
    outcomes: &Outcomes,
    groups: &TimeGroups,
    (kind, horizon): (TimeWeight, Option<f64>),
) -> Result<Vec<f64>, Error> {
    let counted = horizon.map_or(groups.len(), |horizon| groups.count_until(horizon));
    let mut weights = vec![0.0; groups.len()];
    if kind == TimeWeight::Harrell {
        weights[..counted].fill(1.0);
        return Ok(weights);
    }
    let by_censoring = matches!(kind, TimeWeight::Uno | TimeWeight::Schemper);
    if by_censoring {
        check::no_entry("weighting by the censoring curve", outcomes)?;
    }
    let given = outcomes.censoring().filter(|_| by_censoring);
    let sample = outcomes.total_weight();
    let mut survival = 1.0;
    for (g, step) in censoring(outcomes, groups).into_iter().enumerate().take(counted) {
        let n = step.at_risk;
        if n <= 0.0 || (given.is_some() && step.events <= 0.0) {
            continue; // in a bootstrap sample without the last subjects; without a pair
        }
        let uncensored = match given {
            Some(curve) => curve.known(groups.times()[g], curve.before(groups.times()[g]))?,
            None => step.before,
        };
        weights[g] = match kind {
            TimeWeight::Harrell => 1.0,
            TimeWeight::Uno => 1.0 / (uncensored * uncensored),
            TimeWeight::Survival => sample * survival / n,
            TimeWeight::Schemper => sample * survival / (uncensored * n),
            TimeWeight::PerEvent => 1.0 / n,
        };
        survival *= step.left() / n;
    }
    Ok(weights)
}
