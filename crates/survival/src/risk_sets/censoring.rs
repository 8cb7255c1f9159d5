//! `G(t-)`: the probability of being uncensored just before a time.
//!
//! The Kaplan-Meier curve of the censoring, which every weight by the inverse probability of
//! censoring and Fine and Gray's weights are made from. Conventions:
//!
//! - At equal times events come before censorings: those with an event at `t` are no longer at risk
//!   of being censored at `t`, and an event at `t` is weighted by `G(t-)`. (`follow_up_curve`,
//!   which describes a study, takes them as still at risk, as R's
//!   `survfit(Surv(time, 1 - status) ~ 1)` does.)
//! - The curve is never below 0, where rounding would take weighted sums.
//! - Subjects are at risk from their entry on. What weights by `1 / G` refuses delayed entry
//!   itself, as the weights are then no longer right; Fine and Gray's model has the curve of the
//!   entries as well.

use super::{at_risk::at_risk, time_groups::TimeGroups};
use crate::outcomes::Outcomes;

/// The censoring curve at one group of equal times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CensoringStep {
    /// `G` just before this time.
    pub(crate) before: f64,
    /// Weight at risk just before it.
    pub(crate) at_risk: f64,
    /// Weight with an event here.
    pub(crate) events: f64,
    /// Weight censored here.
    pub(crate) censored: f64,
}

impl CensoringStep {
    /// Weight at risk of being censored here.
    #[inline]
    pub(crate) fn left(self) -> f64 {
        self.at_risk - self.events
    }
}

/// The curve at each group of times.
pub(crate) fn censoring(outcomes: &Outcomes, groups: &TimeGroups) -> Vec<CensoringStep> {
    let mut uncensored = 1.0;
    let steps = groups.iter().zip(at_risk(outcomes, groups)).map(|(group, at_risk)| {
        let (events, censored) = (outcomes.weigh(group.events), outcomes.weigh(group.censored));
        let step = CensoringStep { before: uncensored, at_risk, events, censored };
        if censored > 0.0 {
            uncensored *= ((step.left() - censored) / step.left()).max(0.0);
        }
        step
    });
    steps.collect()
}

/// `G` just before each group's time.
pub(crate) fn uncensored_before(outcomes: &Outcomes, groups: &TimeGroups) -> Vec<f64> {
    censoring(outcomes, groups).into_iter().map(|step| step.before).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_before_censorings_at_the_same_time() {
        let time = vec![1.0, 2.0, 2.0, 2.0, 3.0];
        let outcomes = Outcomes::new(time, vec![false, true, false, false, true]).unwrap();
        let groups = TimeGroups::new(&outcomes);
        // One of five at 1 year; two of the three who had no event at 2 years.
        let expected = [1.0, 0.8, 0.8 * (1.0 / 3.0)];
        let got = uncensored_before(&outcomes, &groups);
        assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{got:?}");
        let late = outcomes.with_entry(vec![0.0, 1.5, 0.0, 0.0, 0.0]).unwrap();
        assert_eq!(uncensored_before(&late, &groups)[1], 0.75);
    }
}
