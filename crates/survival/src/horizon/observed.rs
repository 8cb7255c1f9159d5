//! The observed risk of an endpoint by a horizon, and how much it depends on each subject.
//!
//! With `d_k` events of any kind and `c_k` of the kind predicted among `n_k` at risk at `t_k`, the
//! risk is `F(t) = sum_k S(t_k-) c_k / n_k` (Aalen-Johansen; without competing events 1 -
//! Kaplan-Meier). Its derivative with respect to subject `i`'s weight is, over the times
//! `t_k <= t` at which `i` is at risk,
//!
//! `sum_k [(F(t) - F(t_k)) d_k / (n_k (n_k - d_k)) - S(t_k-) c_k / n_k^2]`
//!
//! plus, where `i` has an event at `t_k`,
//! `[of interest] S(t_k-) / n_k - (F(t) - F(t_k)) / (n_k - d_k)`.

use crate::{
    curves::CurveScale,
    error::Error,
    estimate::{Estimate, Influence, Interval, Units, boundary::upper_of_none},
    outcomes::{Endpoint, Outcomes, check},
    risk_sets::{at_risk::at_risk, time_groups::TimeGroups},
};

/// The observed risk of some subjects by a horizon.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    pub(crate) risk: f64,
    /// `1 - risk`, summed by itself: 0 only where all had the event, which rounding would hide.
    pub(crate) free: f64,
    /// Infinitesimal jackknife values `w_i dF / dw_i`, by the members' order.
    pub(crate) influence: Vec<f64>,
    /// The risk set that is smallest before the horizon.
    smallest: f64,
}

impl Observed {
    /// The risk with its interval on the log-log scale of the complement, from 0 to 1 where all had
    /// the event, and the exact one where none had it; `among` are the subjects behind it.
    pub(crate) fn estimate(
        &self,
        (among, whole): (&Outcomes, Units<'_>),
        horizon: f64,
        level: f64,
    ) -> Result<Estimate, Error> {
        let units = whole.within(among, "the observed risk")?;
        let std_error = units.influence(self.risk, self.influence.clone()).std_error();
        if self.risk <= 0.0 {
            let upper = upper_of_none(self.known(among, units, horizon), level);
            return Ok(Estimate::new(self.risk, std_error, Interval::new(0.0, upper, level)));
        }
        let log = if self.free > 0.0 { std_error / self.free } else { 0.0 };
        let z = units.normal().two_sided(level);
        let (low, high) = CurveScale::LogLog.around(self.free.min(1.0), log, z, 1.0);
        Ok(Estimate::new(self.risk, std_error, Interval::new(1.0 - high, 1.0 - low, level)))
    }

    /// How many units are known to be without the event where none had it: those followed to the
    /// horizon or to another event, and with delayed entry no more than were ever at risk together.
    fn known(&self, among: &Outcomes, units: Units<'_>, horizon: f64) -> f64 {
        let known = |&i: &usize| among.event()[i] || among.time()[i] >= horizon;
        let subjects = || (0..among.n_subjects()).filter(known).map(|i| (i, among.weight(i)));
        let n = units.effective(subjects());
        match among.entry() {
            None => n,
            Some(_) => n * (self.smallest / subjects().map(|(_, w)| w).sum::<f64>()).min(1.0),
        }
    }
}

/// The observed risk of all subjects.
///
/// # Errors
/// [`Error::InvalidSetting`] for a bad horizon, [`Error::Undefined`] where nobody was followed to
/// it.
pub(crate) fn observed(endpoint: &impl Endpoint, horizon: f64) -> Result<Observed, Error> {
    let outcomes = endpoint.follow_up();
    check::reaches(outcomes, horizon)?;
    Ok(aalen_johansen(outcomes, |i| endpoint.is_of_interest(i), horizon))
}

/// The observed risk of the subjects at `members`, or an error as [`observed`] has.
pub(crate) fn observed_among(
    endpoint: &impl Endpoint,
    members: &[usize],
    horizon: f64,
) -> Result<Observed, Error> {
    let here = endpoint.follow_up().subset(members);
    check::reaches(&here, horizon)?;
    Ok(aalen_johansen(&here, |i| endpoint.is_of_interest(members[i]), horizon))
}

/// The share of all who are members and have the event, and that of the members.
///
/// # Errors
/// As [`observed_among`].
pub(crate) fn joint_and_share(
    endpoint: &impl Endpoint,
    members: &[usize],
    horizon: f64,
) -> Result<(Influence, Influence), Error> {
    let outcomes = endpoint.follow_up();
    let (n, total) = (outcomes.n_subjects(), outcomes.total_weight());
    let weight: f64 = members.iter().map(|&i| outcomes.weight(i)).sum();
    let share = weight / total;
    let mut of_share = vec![0.0; n];
    (0..n).for_each(|i| of_share[i] = -outcomes.weight(i) * share / total);
    members.iter().for_each(|&i| of_share[i] += outcomes.weight(i) / total);
    if members.is_empty() {
        let zero = || Influence::new(0.0, vec![0.0; n]);
        return Ok((zero(), zero()));
    }
    let at = observed_among(endpoint, members, horizon)?;
    let mut of_joint: Vec<f64> = of_share.iter().map(|v| v * at.risk).collect();
    for (&i, value) in members.iter().zip(&at.influence) {
        of_joint[i] += share * value;
    }
    let joint = Influence::new(share * at.risk, of_joint);
    Ok((joint, Influence::new(share, of_share)))
}

/// The risk by `horizon`, held at its last value where nobody is left at risk.
pub(crate) fn aalen_johansen(
    outcomes: &Outcomes,
    is_of_interest: impl Fn(usize) -> bool,
    horizon: f64,
) -> Observed {
    let groups = TimeGroups::new(outcomes);
    let known = groups.count_until(horizon);
    let at_risk = at_risk(outcomes, &groups);
    let sample = Sample { outcomes, groups, at_risk, known, is_of_interest };
    let curve = sample.curve();
    let influence = sample.influence(&sample.steps(&curve));
    let (risk, free) = (curve.risk.min(1.0), curve.survival + curve.competing);
    let smallest = sample.at_risk[..sample.known].iter().copied().fold(f64::INFINITY, f64::min);
    Observed { risk, free, influence, smallest }
}

/// The subjects by time, of which the first `known` times are up to the horizon.
struct Sample<'a, F> {
    outcomes: &'a Outcomes,
    groups: TimeGroups,
    at_risk: Vec<f64>,
    known: usize,
    is_of_interest: F,
}

/// The curve up to the horizon.
struct Curve {
    /// `S(t_k-)`.
    before: Vec<f64>,
    /// `F(t_k)`.
    by: Vec<f64>,
    /// At the horizon: free of any event, with the event predicted, with a competing one.
    survival: f64,
    risk: f64,
    competing: f64,
}

/// What a time adds to the derivative of the risk.
struct Step {
    /// For all at risk, summed up to and including this time.
    at_risk: f64,
    /// For an event of the kind predicted.
    own: f64,
    /// For an event of any kind.
    any: f64,
}

impl<F: Fn(usize) -> bool> Sample<'_, F> {
    /// Summed weights of the events of the kind predicted, or of the other events.
    fn weigh(&self, events: &[u32], of_interest: bool) -> f64 {
        let these = events.iter().map(|&i| i as usize);
        let these = these.filter(|&i| (self.is_of_interest)(i) == of_interest);
        // An empty sum is -0.0.
        these.map(|i| self.outcomes.weight(i)).sum::<f64>() + 0.0
    }

    fn curve(&self) -> Curve {
        let (before, by) = (Vec::with_capacity(self.known), Vec::with_capacity(self.known));
        let mut curve = Curve { before, by, survival: 1.0, risk: 0.0, competing: 0.0 };
        for (group, &n) in self.groups.iter().zip(&self.at_risk).take(self.known) {
            let survival = curve.survival;
            curve.before.push(survival);
            if !group.events.is_empty() {
                curve.risk += survival * self.weigh(group.events, true) / n;
                curve.competing += survival * self.weigh(group.events, false) / n;
                let d = self.outcomes.weigh(group.events);
                curve.survival = if all(d, n) { 0.0 } else { survival * ((n - d) / n) };
            }
            curve.by.push(curve.risk);
        }
        curve
    }

    fn steps(&self, curve: &Curve) -> Vec<Step> {
        let mut sum = 0.0;
        let step = |k: usize| {
            let (events, n) = (self.groups.get(k).events, self.at_risk[k]);
            let d = self.outcomes.weigh(events);
            let later = curve.risk - curve.by[k];
            let left = if all(d, n) { 0.0 } else { later / (n - d) };
            if !events.is_empty() {
                sum += left * d / n - curve.before[k] * self.weigh(events, true) / (n * n);
            }
            Step { at_risk: sum, own: curve.before[k] / n, any: left }
        };
        (0..self.known).map(step).collect()
    }

    /// Infinitesimal jackknife values, by the subjects' order.
    fn influence(&self, steps: &[Step]) -> Vec<f64> {
        // What the first `times` times add for a subject at risk at all of them.
        let added = |times: usize| times.checked_sub(1).map_or(0.0, |last| steps[last].at_risk);
        let mut influence = vec![0.0; self.outcomes.n_subjects()];
        for (k, group) in self.groups.iter().enumerate() {
            let until_exit = added(self.known.min(k + 1));
            for (position, &i) in group.all.iter().enumerate() {
                let i = i as usize;
                let mut value = until_exit;
                if let Some(entry) = self.outcomes.entry() {
                    value -= added(self.groups.count_until(entry[i]).min(self.known));
                }
                if k < self.known && position < group.events.len() {
                    value -= steps[k].any;
                    value += if (self.is_of_interest)(i) { steps[k].own } else { 0.0 };
                }
                influence[i] = self.outcomes.weight(i) * value;
            }
        }
        influence
    }
}

/// Whether all at risk have an event; weighted sums may differ by rounding.
fn all(d: f64, n: f64) -> bool {
    d >= n * (1.0 - 1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curves::kaplan_meier;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn influence_is_the_derivative_by_the_weights(
            rows in vec((1u8..9, 0usize..3, 1u8..4, 0u8..8), 2..20), horizon in 1u8..9, delayed in any::<bool>(),
        ) {
            let at = |w: &[f64]| {
                let time = rows.iter().map(|r| f64::from(r.0)).collect();
                let mut o = Outcomes::new(time, rows.iter().map(|r| r.1 > 0).collect()).unwrap();
                if delayed {
                    let entry = rows.iter().map(|r| f64::from(r.3.min(r.0 - 1))).collect();
                    o = o.with_entry(entry).unwrap();
                }
                aalen_johansen(&o.with_weights(w.to_vec()).unwrap(), |i| rows[i].1 == 1, f64::from(horizon))
            };
            let w: Vec<f64> = rows.iter().map(|r| f64::from(r.2)).collect();
            let got = at(&w);
            // Where a curve falls to 0 with weight entering later, it does so only at these
            // weights.
            for i in 0..w.len() {
                let moved = |by: f64| {
                    let mut w = w.clone();
                    w[i] *= 1.0 + by;
                    at(&w).risk
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                prop_assert!((got.influence[i] - slope).abs() < 1e-8, "{} {slope}", got.influence[i]);
            }
        }

        #[test]
        fn nobody_is_free_of_it_only_where_all_had_it(
            rows in vec((1u8..9, 0usize..3, 1u8..4), 1..20), horizon in 1u8..9,
        ) {
            let time = rows.iter().map(|r| f64::from(r.0)).collect();
            let o = Outcomes::new(time, rows.iter().map(|r| r.1 > 0).collect()).unwrap();
            let o = o.with_weights(rows.iter().map(|r| f64::from(r.2) / 7.0).collect()).unwrap();
            let got = aalen_johansen(&o, |i| rows[i].1 == 1, f64::from(horizon));
            prop_assert!((got.risk + got.free - 1.0).abs() < 1e-12);
            let last = rows.iter().map(|r| r.0).max().unwrap();
            let all_had_it = last <= horizon
                && rows.iter().all(|r| r.1 == 1 || (r.1 == 0 && r.0 < last));
            prop_assert_eq!(got.free == 0.0, all_had_it);
        }

        #[test]
        fn without_competing_events_it_is_kaplan_meier_with_greenwoods_error(
            rows in vec((1u8..9, any::<bool>()), 2..20), horizon in 1u8..9,
        ) {
            let time = rows.iter().map(|r| f64::from(r.0)).collect();
            let o = Outcomes::new(time, rows.iter().map(|r| r.1).collect()).unwrap();
            let got = aalen_johansen(&o, |_| true, f64::from(horizon));
            let curve = kaplan_meier(&o).unwrap();
            let alive = curve.at(f64::from(horizon));
            prop_assert!((got.risk - (1.0 - alive)).abs() < 1e-12);
            if alive > 0.0 {
                prop_assert!((Influence::new(0.0, got.influence).std_error() - alive * curve.std_error_log_at(f64::from(horizon))).abs() < 1e-12);
            }
        }
    }
}
