//! What it changes to take fractures as known to an interval between two films.

use vertebra_report::results::{OutcomeTiming, RiskRange, TimedRisk};
use vertebra_survival::interval_censored::{
    FlexibleHazards, FlexibleOptions, IntervalOutcomes, TurnbullEstimate, turnbull,
};
use vertebra_survival::{Error, Interval, Outcomes, SurvivalCurve, kaplan_meier};

const LEVEL: f64 = 0.95;

/// The risks at the horizons by interval, by the day of the film (`visit`), and in truth.
///
/// # Errors
/// What the estimates do not exist for, such as outcomes without subjects.
pub(crate) fn compare(
    known: &IntervalOutcomes,
    visit: &Outcomes,
    truth: Option<&Outcomes>,
    horizons: &[f64],
) -> Result<OutcomeTiming, Error> {
    let mut timing = OutcomeTiming::new(known.n_subjects(), known.n_events());
    let mut gaps: Vec<f64> = known
        .left()
        .iter()
        .zip(known.right())
        .filter(|(_, right)| right.is_finite())
        .map(|(left, right)| right - left)
        .collect();
    timing.exact = gaps.iter().filter(|gap| **gap == 0.0).count();
    gaps.retain(|gap| *gap > 0.0);
    gaps.sort_by(f64::total_cmp);
    timing.median_gap = gaps.get(gaps.len() / 2).copied();
    let smooth = FlexibleOptions::default().fit_curve(known);
    timing.no_smooth = smooth.as_ref().err().map(ToString::to_string);
    let curves = Curves {
        interval: turnbull(known)?,
        smooth: smooth.ok(),
        visit: kaplan_meier(visit)?,
        visit_end: last(visit),
        truth: truth
            .map(|truth| Ok::<_, Error>((kaplan_meier(truth)?, last(truth))))
            .transpose()?,
    };
    timing.risks = horizons.iter().map(|&horizon| curves.at(horizon)).collect();
    Ok(timing)
}

fn last(outcomes: &Outcomes) -> f64 {
    outcomes.time().iter().copied().fold(0.0, f64::max)
}

struct Curves {
    interval: TurnbullEstimate,
    smooth: Option<FlexibleHazards>,
    visit: SurvivalCurve,
    visit_end: f64,
    truth: Option<(SurvivalCurve, f64)>,
}

impl Curves {
    fn at(&self, horizon: f64) -> TimedRisk {
        let followed = horizon <= self.visit_end;
        let mut risk = TimedRisk::at(horizon);
        risk.visit =
            followed.then(|| range(self.visit.at(horizon), self.visit.interval_at(horizon)));
        risk.interval = by_interval(&self.interval, horizon);
        risk.smooth = self.smooth.as_ref().filter(|_| followed).and_then(|smooth| {
            let risk = smooth.risk(&[], horizon, LEVEL).ok()?;
            Some(RiskRange { risk: risk.value, interval: risk.interval })
        });
        let truth = self.truth.as_ref().filter(|(_, end)| horizon <= *end);
        risk.truth = truth.map(|(curve, _)| 1.0 - curve.at(horizon));
        risk
    }
}

/// Kaplan-Meier's risk by a horizon that somebody was followed to.
pub(crate) fn risk_by_visit(visit: &Outcomes, horizon: f64) -> Option<RiskRange> {
    let curve = kaplan_meier(visit).ok().filter(|_| horizon <= last(visit))?;
    Some(range(curve.at(horizon), curve.interval_at(horizon)))
}

/// Turnbull's risk by a horizon that somebody was followed to.
pub(crate) fn risk_by_interval(known: &IntervalOutcomes, horizon: f64) -> Option<RiskRange> {
    by_interval(&turnbull(known).ok()?, horizon)
}

fn by_interval(curve: &TurnbullEstimate, horizon: f64) -> Option<RiskRange> {
    let survival = curve.at(horizon).ok()?;
    Some(range(survival, curve.interval_at(horizon, LEVEL).ok()?))
}

/// The risk of a survival probability.
fn range(survival: f64, interval: Interval) -> RiskRange {
    let Interval { lower, upper, level, .. } = interval;
    RiskRange { risk: 1.0 - survival, interval: Interval::new(1.0 - upper, 1.0 - lower, level) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Films every two years; fractures spread evenly over four years, one in eight per year.
    #[test]
    fn the_interval_covers_the_truth_that_the_film_is_too_late_for() {
        let n = 400;
        let time = |i: usize| 8.0 * (i as f64 + 0.5) / n as f64;
        let visit = |t: f64| 2.0 * (t / 2.0).ceil();
        let (mut left, mut right) = (vec![], vec![]);
        let (mut true_time, mut event) = (vec![], vec![]);
        for t in (0..n).map(time) {
            let seen = t < 6.0;
            left.push(if seen { visit(t) - 2.0 } else { 6.0 });
            right.push(if seen { visit(t) } else { f64::INFINITY });
            true_time.push(t.min(6.0));
            event.push(seen);
        }
        let known = IntervalOutcomes::new(left, right).unwrap();
        let late = known.at_the_visit().unwrap();
        let truth = Outcomes::new(true_time, event).unwrap();
        let timing = compare(&known, &late, Some(&truth), &[3.0, 7.0]).unwrap();
        let risk = &timing.risks[0];
        let truth = risk.truth.unwrap();
        assert!((truth - 3.0 / 8.0).abs() < 0.01);
        assert!(risk.interval.unwrap().interval.contains(truth), "{risk:?}");
        assert!(risk.smooth.unwrap().interval.contains(truth), "{risk:?}");
        assert!(risk.visit.unwrap().interval.upper < truth, "{risk:?}");
        assert_eq!((timing.exact, timing.median_gap), (0, Some(2.0)));
        let beyond = &timing.risks[1];
        assert!(beyond.visit.is_none() && beyond.interval.is_none() && beyond.smooth.is_none());
    }
}
