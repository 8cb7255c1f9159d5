//! Incident/dynamic area under the ROC curve: does the subject that has the event *at* a time have
//! a higher risk than those still at risk then?
//!
//! At an event time `t_i` the share of those at risk after it with a lower risk score than the
//! event (equal ones counting one half) is `A_i`. The curve at `t` is the mean of the `A_i` with
//! `|t_i - t| <= bandwidth`, each event counting alike: the weighted mean rank estimator with a
//! flat kernel. It estimates `P(M_i > M_j | T_i = t, T_j > t)` without a censoring curve; a falling
//! curve shows discrimination that wears off. Standard errors are infinitesimal jackknife ones, the
//! window held fixed, summed over the members of clusters, with Student's t on one degree of
//! freedom less than there are events (clusters with one) in the window.
//!
//! Sources: Heagerty & Zheng, *Biometrics* 61:92-105, 2005; Saha-Chaudhuri & Heagerty,
//! *Biostatistics* 14:42-59, 2013.

use crate::{
    error::Error,
    estimate::{Estimate, Scale, Units, boundary},
    horizon::HorizonOptions,
    numeric::{ranks::Ranks, tally::Weights},
    outcomes::{Outcomes, check},
    risk_sets::{entering::Entering, time_groups::TimeGroups},
};

/// The incident/dynamic area at a time.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct IncidentAuc {
    /// Time in years.
    pub time: f64,
    /// Area in [0, 1], with a logit interval.
    pub estimate: Estimate,
    /// Events within the bandwidth.
    pub events: usize,
}

/// Incident/dynamic area of `risk` at each of `times`, from the events within `bandwidth` years on
/// either side, in O(n log n) for each time. Entry times and case weights are honoured.
///
/// # Shapes
/// - `risk`: `[n]`, finite, higher = earlier expected event
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`] for a time that is
/// not finite or a bandwidth that is not positive, and [`Error::Undefined`] where no event within
/// the bandwidth leaves anybody at risk.
///
/// # Examples
/// ```
/// use vertebra_survival::{horizon::incident_auc, Outcomes};
/// let outcomes =
///     Outcomes::new(vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![true, true, false, true, false])?;
/// let at_1_5 = incident_auc(&outcomes, &[0.9, 0.3, 0.5, 0.4, 0.1], &[1.5], 0.5)?[0];
/// assert_eq!((at_1_5.estimate.value, at_1_5.events), ((1.0 + 1.0 / 3.0) / 2.0, 2));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn incident_auc(
    outcomes: &Outcomes,
    risk: &[f64],
    times: &[f64],
    bandwidth: f64,
) -> Result<Vec<IncidentAuc>, Error> {
    HorizonOptions::default().incident_auc(outcomes, risk, times, bandwidth)
}

impl HorizonOptions {
    /// Incident/dynamic area of `risk` at each of `times`, from the events within `bandwidth`
    /// years.
    ///
    /// # Errors
    /// As [`incident_auc`](crate::horizon::incident_auc), and [`Error::InvalidSetting`] for a level
    /// outside (0, 1).
    pub fn incident_auc(
        &self,
        outcomes: &Outcomes,
        risk: &[f64],
        times: &[f64],
        bandwidth: f64,
    ) -> Result<Vec<IncidentAuc>, Error> {
        let level = self.level()?;
        check::finite("risk", risk, outcomes)?;
        if !(bandwidth.is_finite() && bandwidth > 0.0) {
            return Err(Error::InvalidSetting {
                name: "bandwidth",
                expected: "finite and above 0 years",
                got: bandwidth.to_string(),
            });
        }
        if let Some(&time) = times.iter().find(|t| !t.is_finite()) {
            return Err(Error::InvalidSetting {
                name: "time",
                expected: "finite",
                got: time.to_string(),
            });
        }
        let groups = TimeGroups::new(outcomes);
        let ranks = Ranks::new(risk).reordered(groups.order());
        let units = Units::of(outcomes, "the incident area")?;
        let sample =
            Sample { outcomes, groups: &groups, ranks: &ranks, units, options: (*self, level) };
        let shares = sample.shares();
        times.iter().map(|&time| sample.at(&shares, time, bandwidth)).collect()
    }
}

/// Subjects by increasing time, at their positions in the order of the groups.
struct Sample<'a> {
    outcomes: &'a Outcomes,
    groups: &'a TimeGroups,
    ranks: &'a Ranks,
    units: Units<'a>,
    options: (HorizonOptions, f64),
}

/// Of an event: `A_i`, and the weight of those at risk after it.
#[derive(Clone, Copy, Default)]
struct Share {
    lower: f64,
    at_risk: f64,
}

impl Sample<'_> {
    fn weight(&self, position: usize) -> f64 {
        self.outcomes.weight(self.groups.order()[position] as usize)
    }

    /// Backwards in time: each event against those still at risk after it.
    fn shares(&self) -> Vec<Share> {
        let mut shares = vec![Share::default(); self.groups.order().len()];
        let mut at_risk = Weights::new(self.ranks.len());
        let mut n_at_risk = 0i64;
        let mut entering = Entering::by_position(self.outcomes, self.groups.order());
        for g in (0..self.groups.len()).rev() {
            let (events, censored) = self.groups.positions(g);
            for p in censored {
                at_risk.insert(self.ranks.place(p as u32), self.weight(p));
                n_at_risk += 1;
            }
            entering.leave_from(self.groups.times()[g], |p| {
                at_risk.remove(self.ranks.place(p as u32), self.weight(p));
                n_at_risk -= 1;
            });
            for p in events.clone().filter(|_| n_at_risk > 0) {
                let (start, end) = self.ranks.run(p as u32);
                let (below, not_above) = (at_risk.below(start), at_risk.below(end));
                let lower = 0.5 * (below + not_above) / at_risk.total();
                shares[p] = Share { lower, at_risk: at_risk.total() };
            }
            for p in events {
                at_risk.insert(self.ranks.place(p as u32), self.weight(p));
                n_at_risk += 1;
            }
        }
        shares
    }

    fn at(&self, shares: &[Share], time: f64, bandwidth: f64) -> Result<IncidentAuc, Error> {
        let near = |g: usize| (self.groups.times()[g] - time).abs() <= bandwidth;
        let chosen: Vec<usize> = (0..self.groups.len())
            .filter(|&g| near(g))
            .flat_map(|g| self.groups.positions(g).0)
            .filter(|&p| shares[p].at_risk > 0.0)
            .collect();
        if chosen.is_empty() {
            let why = "no event within the bandwidth leaves anybody at risk";
            return Err(Error::Undefined { name: "the incident area", why });
        }
        let total: f64 = chosen.iter().map(|&p| self.weight(p)).sum();
        let auc = chosen.iter().map(|&p| self.weight(p) * shares[p].lower).sum::<f64>() / total;
        let mut influence = self.as_later(shares, near);
        chosen.iter().for_each(|&p| influence[p] += shares[p].lower - auc);
        let mut values = vec![0.0; influence.len()];
        for (p, v) in influence.into_iter().enumerate() {
            values[self.groups.order()[p] as usize] = v * self.weight(p) / total;
        }
        let influence = self.units.influence(auc, values);
        let subjects = || chosen.iter().map(|&p| self.groups.order()[p] as usize);
        let (HorizonOptions { reference, .. }, level) = self.options;
        let pivot = self.units.resting_on(subjects(), reference);
        let cases = self.units.count(subjects()) as f64;
        let beside: f64 = chosen.iter().map(|&p| self.weight(p) * shares[p].at_risk).sum();
        let by = (pivot, Scale::Logit);
        let sizes = (cases, beside / total * self.units.worth(self.outcomes));
        let estimate = boundary::area(auc, influence.std_error(), sizes, by, level);
        Ok(IncidentAuc { time, estimate, events: chosen.len() })
    }

    /// Forwards in time: for each subject `sum w_i (s - A_i) / n_i` over the events in the window
    /// that it outlived since it entered, `s` being 1 where the event has the higher risk.
    fn as_later(&self, shares: &[Share], near: impl Fn(usize) -> bool) -> Vec<f64> {
        let mut values = vec![0.0; shares.len()];
        let mut passed = Weights::new(self.ranks.len());
        let mut expected = 0.0;
        let mut entering = Entering::by_position(self.outcomes, self.groups.order());
        let met = |passed: &Weights, expected: f64, p: usize| {
            let (start, end) = self.ranks.run(p as u32);
            passed.total() - 0.5 * (passed.below(start) + passed.below(end)) - expected
        };
        for g in 0..self.groups.len() {
            let (events, censored) = self.groups.positions(g);
            entering
                .enter_before(self.groups.times()[g], |p| values[p] -= met(&passed, expected, p));
            for p in events.clone() {
                values[p] += met(&passed, expected, p);
            }
            for p in events.filter(|&p| near(g) && shares[p].at_risk > 0.0) {
                let weight = self.weight(p) / shares[p].at_risk;
                passed.insert(self.ranks.place(p as u32), weight);
                expected += weight * shares[p].lower;
            }
            for p in censored {
                values[p] += met(&passed, expected, p);
            }
        }
        values
    }
}
