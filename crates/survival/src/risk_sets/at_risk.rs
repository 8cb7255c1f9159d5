//! How many are at risk at each time.

use crate::{
    outcomes::Outcomes,
    risk_sets::{entering::Entering, time_groups::TimeGroups},
};

/// Weight of the subjects at risk just before each group's time.
pub(crate) fn at_risk(outcomes: &Outcomes, groups: &TimeGroups) -> Vec<f64> {
    let mut entering = Entering::new(outcomes);
    let mut now_at_risk = 0.0;
    let mut at_risk: Vec<f64> = groups
        .iter()
        .zip(groups.times())
        .rev()
        .map(|(group, &now)| {
            now_at_risk += outcomes.weigh(group.all);
            entering.leave_from(now, |i| now_at_risk -= outcomes.weight(i));
            now_at_risk
        })
        .collect();
    at_risk.reverse();
    at_risk
}
