//! How many are at risk at each time.

use crate::{
    numeric::running::Running,
    outcomes::Outcomes,
    risk_sets::{entering::Entering, time_groups::TimeGroups},
};

/// Weight of the subjects at risk just before each group's time.
pub(crate) fn at_risk(outcomes: &Outcomes, groups: &TimeGroups) -> Vec<f64> {
    let mut entering = Entering::new(outcomes);
    let mut at_risk: Vec<f64> = if outcomes.weights().is_some() && outcomes.entry().is_some() {
        let mut now_at_risk = Running::default();
        let walk = groups.iter().zip(groups.times()).rev().map(|(group, &now)| {
            group.all.iter().for_each(|&i| now_at_risk.join(outcomes.weight(i as usize)));
            entering.leave_from(now, |i| now_at_risk.leave(outcomes.weight(i)));
            now_at_risk.value()
        });
        walk.collect()
    } else {
        // Whole numbers, or sums that nothing is subtracted from.
        let mut now_at_risk = 0.0;
        let walk = groups.iter().zip(groups.times()).rev().map(|(group, &now)| {
            now_at_risk += outcomes.weigh(group.all);
            entering.leave_from(now, |_| now_at_risk -= 1.0);
            now_at_risk
        });
        walk.collect()
    };
    at_risk.reverse();
    at_risk
}
