//! Event status at a horizon, with inverse probability of censoring weights.
//!
//! A *case* had the event at `t_i <= horizon` and weighs `1 / G(t_i-)`; a *control* was followed
//! beyond the horizon and weighs `1 / G(horizon)`; a subject censored earlier has weight 0. Where
//! nobody was followed beyond the horizon, as at the administrative end of a study, those censored
//! at it are the controls and weigh `1 / G(horizon-)`: at equal times events come before
//! censorings, so that they are known to be without the event. Under
//! competing risks, a subject that had another event at `t_i <= horizon` is a control as well and
//! weighs `1 / G(t_i-)`. `G` is the Kaplan-Meier curve of the censoring, events taken to come
//! before censorings at equal times.
//!
//! Where the outcomes have a curve of other subjects
//! ([`Outcomes::with_censoring`](crate::Outcomes::with_censoring)), that is `G`, and known.
//!
//! Standard errors of weighted statistics are infinitesimal jackknife ones and include that `G`
//! was estimated from the same subjects (Blanche, Dartigues & Jacqmin-Gadda, *Stat. Med.*
//! 32:5381-5397, 2013; Graf et al., *Stat. Med.* 18:2529-2545, 1999).

use crate::{
    error::Error,
    outcomes::{CensoringCurve, Endpoint, Outcomes, check},
    risk_sets::{
        censoring::{CensoringStep, censoring},
        time_groups::TimeGroups,
    },
};

/// What is known of a subject at the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Case,
    Control,
    Unknown,
}

/// Status and weight of every subject at one horizon.
#[derive(Debug, Clone)]
pub(crate) struct AtHorizon<'a> {
    outcomes: &'a Outcomes,
    groups: &'a TimeGroups,
    curve: &'a Curve<'a>,
    /// Groups up to the horizon, without the last where those censored at it are the controls.
    known: usize,
    /// Whether the horizon lies within the follow-up.
    reached: bool,
    pub(crate) status: Vec<Status>,
    /// Case weight times inverse probability of censoring, 0 for unknown status.
    pub(crate) weights: Vec<f64>,
}

/// What one more subject censored at a step changes, where weights beyond change by `sum`.
fn jump(step: CensoringStep, sum: f64) -> f64 {
    let left = step.left() - step.censored;
    if step.censored > 0.0 && left > 1e-12 * step.left() { sum / left } else { 0.0 }
}

/// The censoring curve.
#[derive(Debug, Clone)]
enum Curve<'a> {
    /// That of the sample, at each of its times.
    Own(Vec<CensoringStep>),
    /// That of other subjects.
    Given(&'a CensoringCurve),
}

impl Curve<'_> {
    /// `G` just before the time of group `g`.
    fn before(&self, g: usize, groups: &TimeGroups) -> Result<f64, Error> {
        match self {
            Self::Own(steps) => Ok(steps[g].before),
            Self::Given(curve) => {
                let time = groups.times()[g];
                curve.known(time, curve.before(time))
            }
        }
    }

    /// What those followed beyond the horizon are divided by, of whom there is somebody: group
    /// `known` is the first of theirs. Nobody is censored between the groups and the horizon.
    fn beyond(&self, known: usize, horizon: f64, groups: &TimeGroups) -> Result<f64, Error> {
        match self {
            Self::Given(curve) if groups.times()[known] > horizon => {
                curve.known(horizon, curve.at(horizon))
            }
            _ => self.before(known, groups),
        }
    }
}

/// The sorted sample and its censoring curve, shared by all horizons.
#[derive(Debug, Clone)]
pub(crate) struct Censoring<'a> {
    outcomes: &'a Outcomes,
    groups: TimeGroups,
    curve: Curve<'a>,
    /// Whether an event counts as the one predicted.
    of_interest: Vec<bool>,
}

impl<'a> Censoring<'a> {
    pub(crate) fn new(endpoint: &'a impl Endpoint) -> Result<Self, Error> {
        let outcomes = endpoint.follow_up();
        check::length("time", outcomes.time(), outcomes)?;
        check::no_entry("weighting by the censoring curve", outcomes)?;
        let groups = TimeGroups::new(outcomes);
        let curve = match outcomes.censoring() {
            Some(curve) => Curve::Given(curve),
            None => Curve::Own(censoring(outcomes, &groups)),
        };
        let of_interest = (0..outcomes.n_subjects()).map(|i| endpoint.is_of_interest(i)).collect();
        Ok(Self { outcomes, groups, curve, of_interest })
    }

    pub(crate) fn at(&'a self, horizon: f64) -> Result<AtHorizon<'a>, Error> {
        if !(horizon.is_finite() && horizon >= 0.0) {
            return Err(Error::InvalidSetting {
                name: "horizon",
                expected: "finite and at least 0 years",
                got: horizon.to_string(),
            });
        }
        let (groups, until) = (&self.groups, self.groups.count_until(horizon));
        let last = groups.len() - 1;
        let censored_last = !groups.get(last).censored.is_empty();
        // Those censored at the horizon stand for those beyond it where there are none.
        let ends_here = until == groups.len() && groups.times()[last] == horizon && censored_last;
        let known = until - usize::from(ends_here);
        let n = self.outcomes.n_subjects();
        let (mut status, mut weights) = (vec![Status::Unknown; n], vec![0.0; n]);
        let beyond = match known < groups.len() {
            true => self.curve.beyond(known, horizon, groups)?,
            false => 0.0,
        };
        for (g, group) in groups.iter().enumerate() {
            let (members, uncensored) = match g < known {
                true if group.events.is_empty() => continue,
                true => (group.events, self.curve.before(g, groups)?),
                false => (group.all, beyond),
            };
            for (position, &i) in members.iter().enumerate() {
                let i = i as usize;
                let has_event = g < known || (ends_here && position < group.events.len());
                let is_case = has_event && self.of_interest[i];
                status[i] = if is_case { Status::Case } else { Status::Control };
                weights[i] = self.outcomes.weight(i) / uncensored;
            }
        }
        let reached = check::is_reached(horizon, groups.times()[last], censored_last);
        let (outcomes, curve) = (self.outcomes, &self.curve);
        Ok(AtHorizon { outcomes, groups, curve, known, reached, status, weights })
    }
}

impl AtHorizon<'_> {
    /// Weight of all subjects of one status.
    pub(crate) fn total(&self, status: Status) -> f64 {
        let of = |(s, w): (&Status, &f64)| if *s == status { *w } else { 0.0 };
        self.status.iter().zip(&self.weights).map(of).sum()
    }

    /// Errors unless there is a case and a control.
    pub(crate) fn check_both(&self, statistic: &'static str) -> Result<(), Error> {
        if !self.reached {
            let why = "nobody was followed to the horizon";
            return Err(Error::Undefined { name: statistic, why });
        }
        for (status, missing) in [
            (Status::Case, "no event by the horizon"),
            (Status::Control, "nobody is known to be without it at the horizon"),
        ] {
            if !self.status.contains(&status) {
                return Err(Error::Undefined { name: statistic, why: missing });
            }
        }
        Ok(())
    }

    /// Turns `direct[i]`, the derivative of a statistic with respect to the logarithm of weight
    /// `i`, into its infinitesimal jackknife values by adding each subject's part in `G`.
    pub(crate) fn add_censoring(&self, direct: &[f64]) -> Vec<f64> {
        match self.curve {
            Curve::Own(steps) => self.add_own_censoring(steps, direct),
            Curve::Given(_) => direct.to_vec(),
        }
    }

    fn add_own_censoring(&self, steps: &[CensoringStep], direct: &[f64]) -> Vec<f64> {
        let mut values = direct.to_vec();
        // Sum of `direct` over those whose weight depends on G beyond the group at hand.
        let mut beyond: Vec<f64> = vec![0.0; self.known];
        let mut sum: f64 = (self.known..self.groups.len())
            .flat_map(|g| self.groups.get(g).all)
            .map(|&i| direct[i as usize])
            .sum();
        for g in (0..self.known).rev() {
            beyond[g] = sum;
            sum += self.groups.get(g).events.iter().map(|&i| direct[i as usize]).sum::<f64>();
        }
        let mut drift = 0.0;
        for (g, group) in self.groups.iter().enumerate() {
            // Events at this time are no longer at risk of being censored here.
            self.shift(&mut values, group.events, drift);
            let jump = beyond.get(g).map_or(0.0, |sum| jump(steps[g], *sum));
            let step = steps[g];
            if jump != 0.0 {
                drift -= jump * step.censored / step.left();
            }
            self.shift(&mut values, group.censored, drift + jump);
        }
        values
    }

    fn shift(&self, values: &mut [f64], subjects: &[u32], by: f64) {
        for &i in subjects {
            values[i as usize] += self.outcomes.weight(i as usize) * by;
        }
    }

    /// The subjects of one status.
    pub(crate) fn subjects(&self, status: Status) -> impl Iterator<Item = usize> {
        (0..self.status.len()).filter(move |&i| self.status[i] == status)
    }
}
