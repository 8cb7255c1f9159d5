//! How much a pair counts in a concordance, by the time of its earlier event.

use crate::{
    error::Error,
    outcomes::Outcomes,
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

/// One weight for each group of equal times.
pub(crate) fn pair_weights(
    outcomes: &Outcomes,
    groups: &TimeGroups,
    kind: TimeWeight,
) -> Result<Vec<f64>, Error> {
    if kind == TimeWeight::Harrell {
        return Ok(vec![1.0; groups.len()]);
    }
    if outcomes.entry().is_some() && matches!(kind, TimeWeight::Uno | TimeWeight::Schemper) {
        return Err(Error::Unsupported {
            what: "weighting by the censoring curve",
            with: "delayed entry",
        });
    }
    let sample = outcomes.total_weight();
    let mut survival = 1.0;
    let weights = censoring(outcomes, groups).into_iter().map(|step| {
        let (n, uncensored) = (step.at_risk, step.before);
        if n <= 0.0 {
            return 0.0; // in a bootstrap sample without the last subjects
        }
        let weight = match kind {
            TimeWeight::Harrell => 1.0,
            TimeWeight::Uno => 1.0 / (uncensored * uncensored),
            TimeWeight::Survival => sample * survival / n,
            TimeWeight::Schemper => sample * survival / (uncensored * n),
            TimeWeight::PerEvent => 1.0 / n,
        };
        survival *= step.left() / n;
        weight
    });
    Ok(weights.collect())
}
