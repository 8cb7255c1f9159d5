//! Net benefit of acting on a predicted risk, with censoring.
//!
//! Acting on `risk >= p` gains a true positive at the price of `p / (1 - p)` per false one:
//! `NB(p) = TP - FP p / (1 - p)`, with `TP` the flagged share of the sample times their observed
//! risk at the horizon (1 - Kaplan-Meier, or the cumulative incidence of one cause) and `FP` the
//! flagged share times the rest. By a censoring curve of other subjects
//! ([`Outcomes::with_censoring`]) `TP` and `FP` are the shares of flagged cases and controls, each
//! weighted by the inverse probability of censoring.
//!
//! Intervals are skewed ones that put the score intervals of the two shares together; a plain one
//! is too narrow where few of those flagged, or of those left, have the event.
//!
//! Sources: Vickers & Elkin, *Med. Decis. Making* 26:565-574, 2006; Vickers, Cronin, Elkin &
//! Gonen, *BMC Med. Inform. Decis. Mak.* 8:53, 2008 (censoring).

use crate::{
    error::Error,
    estimate::{
        Estimate, Influence, Interval, Pivot, Scale, Units,
        boundary::upper_of_none,
        shares::{Worth, gain_less_price},
    },
    horizon::{
        HorizonOptions,
        ipcw::{Censoring, Status},
        observed::joint_and_share,
    },
    outcomes::{Endpoint, Outcomes, check},
};

/// Net benefit at one threshold, in true positives per subject.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct NetBenefit {
    /// Probability at which one would act.
    pub threshold: f64,
    /// Share of the sample with a predicted risk at or above the threshold.
    pub flagged: f64,
    /// Net benefit of acting on the prediction; acting on nobody has 0.
    pub model: f64,
    /// Net benefit of acting on everybody.
    pub treat_all: f64,
    /// `model` with its standard error and interval; absent in files of versions before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// `model - treat_all` with its standard error and interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_all: Option<Estimate>,
}

/// Net benefit of `predicted_risk`, the predicted probabilities of an event by `horizon` years, at
/// each of `thresholds`.
///
/// # Shapes
/// - `predicted_risk`: `[n]`, in [0, 1]
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`] for a threshold
/// outside (0, 1) or a bad horizon, [`Error::Undefined`] where nobody was followed to the horizon,
/// or nobody of those flagged.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, decision_curve};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, true, false])?;
/// let at = decision_curve(&outcomes, &[0.9, 0.2, 0.4, 0.1], 3.5, &[0.5])?;
/// assert_eq!((at[0].flagged, at[0].model), (0.25, 0.25));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn decision_curve(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    horizon: f64,
    thresholds: &[f64],
) -> Result<Vec<NetBenefit>, Error> {
    HorizonOptions::default().decision_curve(endpoint, predicted_risk, horizon, thresholds)
}

/// Net benefit of `first` minus that of `second`, two predictions for the same subjects, at each of
/// `thresholds`, by their joint influence values.
///
/// # Errors
/// As [`decision_curve`].
pub fn compare_net_benefit(
    endpoint: &impl Endpoint,
    first: &[f64],
    second: &[f64],
    horizon: f64,
    thresholds: &[f64],
) -> Result<Vec<Estimate>, Error> {
    HorizonOptions::default().compare_net_benefit(endpoint, first, second, horizon, thresholds)
}

impl HorizonOptions {
    /// Net benefit of `first` minus that of `second` at each of `thresholds`, by Student's t. Where
    /// both flag the same subjects the interval is the exact one of a difference that none showed.
    ///
    /// # Errors
    /// As [`compare_net_benefit`](crate::horizon::compare_net_benefit), and
    /// [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn compare_net_benefit(
        &self,
        endpoint: &impl Endpoint,
        first: &[f64],
        second: &[f64],
        horizon: f64,
        thresholds: &[f64],
    ) -> Result<Vec<Estimate>, Error> {
        let level = self.level()?;
        let [a, b] = [first, second].map(|p| Benefits::new(endpoint, p, horizon));
        let (a, b) = (a?, b?);
        let pivot = self.pivot_of_events(endpoint, horizon, a.units);
        let one = |&threshold: &f64| {
            let difference =
                a.units.sum(&a.at(threshold)?.model().minus(&b.at(threshold)?.model()));
            if difference.std_error() > ROUNDING {
                return Ok(difference.estimate(pivot, Scale::Plain, level));
            }
            let reach = upper_of_none(a.n_units(), level) * odds(threshold).max(1.0);
            let value = difference.value();
            Ok(Estimate::new(value, 0.0, Interval::new(value - reach, value + reach, level)))
        };
        thresholds.iter().map(one).collect()
    }

    /// Net benefit of `predicted_risk` at each of `thresholds`.
    ///
    /// # Errors
    /// As [`decision_curve`](crate::decision_curve), and [`Error::InvalidSetting`] for a level
    /// outside (0, 1).
    pub fn decision_curve(
        &self,
        endpoint: &impl Endpoint,
        predicted_risk: &[f64],
        horizon: f64,
        thresholds: &[f64],
    ) -> Result<Vec<NetBenefit>, Error> {
        let level = self.level()?;
        let benefits = Benefits::new(endpoint, predicted_risk, horizon)?;
        let pivot = self.pivot_of_events(endpoint, horizon, benefits.units);
        let one = |&threshold: &f64| benefits.net_benefit(threshold, (pivot, level));
        thresholds.iter().map(one).collect()
    }
}

/// A standard error of sums that should be 0.
const ROUNDING: f64 = 1e-13;

fn odds(threshold: f64) -> f64 {
    threshold / (1.0 - threshold)
}

/// Some subjects as shares of all, with each subject's influence.
struct Part {
    /// Those of them with the event by the horizon.
    events: Influence,
    /// All of them.
    all: Influence,
    odds: f64,
}

impl Part {
    /// The net benefit of acting on them: `TP - FP odds`.
    fn model(&self) -> Influence {
        self.events.times(1.0 + self.odds).minus(&self.all.times(self.odds))
    }

    /// The same with its interval.
    fn estimate(&self, (units, n): (Units<'_>, f64), by: (Pivot, f64)) -> Estimate {
        let (events, all) = (units.sum(&self.events), units.sum(&self.all));
        let gain = Worth { share: &events, per_unit: 1.0 + self.odds };
        gain_less_price(gain, Worth { share: &all, per_unit: self.odds }, n, by)
    }
}

/// What does not depend on the threshold.
struct Benefits<'a, E> {
    endpoint: &'a E,
    predicted_risk: &'a [f64],
    horizon: f64,
    units: Units<'a>,
    /// By a censoring curve of other subjects: status and weights.
    weighted: Option<Weighted>,
    everybody: (Influence, Influence),
}

/// Each subject's weight as a case and as one whose status is known.
struct Weighted {
    case: Vec<f64>,
    known: Vec<f64>,
}

impl Weighted {
    /// `None` where the outcomes have no curve of other subjects.
    fn of(endpoint: &impl Endpoint, horizon: f64) -> Result<Option<Self>, Error> {
        if endpoint.follow_up().censoring().is_none() {
            return Ok(None);
        }
        let censoring = Censoring::new(endpoint)?;
        let at = censoring.at(horizon)?;
        check::reaches(endpoint.follow_up(), horizon)?;
        let weight = |of: &dyn Fn(Status) -> bool| {
            let one = |(s, w): (&Status, &f64)| if of(*s) { *w } else { 0.0 };
            at.status.iter().zip(&at.weights).map(one).collect()
        };
        let case = weight(&|s| s == Status::Case);
        Ok(Some(Self { case, known: weight(&|s| s != Status::Unknown) }))
    }

    /// The weighted share of all who are among `members`.
    fn share(outcomes: &Outcomes, weights: &[f64], members: &[usize]) -> Influence {
        let total = outcomes.total_weight();
        let share = members.iter().map(|&i| weights[i]).sum::<f64>() / total;
        let own = |i: usize| -outcomes.weight(i) * share / total;
        let mut values: Vec<f64> = (0..weights.len()).map(own).collect();
        members.iter().for_each(|&i| values[i] += weights[i] / total);
        Influence::new(share, values)
    }
}

impl<'a, E: Endpoint> Benefits<'a, E> {
    fn new(endpoint: &'a E, predicted_risk: &'a [f64], horizon: f64) -> Result<Self, Error> {
        let outcomes = endpoint.follow_up();
        check::probability("predicted_risk", predicted_risk, outcomes)?;
        let weighted = Weighted::of(endpoint, horizon)?;
        let units = Units::of(outcomes, "the net benefit")?;
        let everyone: Vec<usize> = (0..predicted_risk.len()).collect();
        let everybody = shares(endpoint, weighted.as_ref(), &everyone, horizon)?;
        Ok(Self { endpoint, predicted_risk, horizon, units, weighted, everybody })
    }

    fn n_units(&self) -> f64 {
        let outcomes = self.endpoint.follow_up();
        self.units.effective((0..self.predicted_risk.len()).map(|i| (i, outcomes.weight(i))))
    }

    fn flagged(&self, threshold: f64) -> Vec<usize> {
        (0..self.predicted_risk.len()).filter(|&i| self.predicted_risk[i] >= threshold).collect()
    }

    /// Those flagged at a threshold.
    fn at(&self, threshold: f64) -> Result<Part, Error> {
        if !(threshold > 0.0 && threshold < 1.0) {
            return Err(Error::InvalidSetting {
                name: "threshold",
                expected: "inside (0, 1)",
                got: threshold.to_string(),
            });
        }
        let flagged = self.flagged(threshold);
        let (events, all) = shares(self.endpoint, self.weighted.as_ref(), &flagged, self.horizon)?;
        Ok(Part { events, all, odds: odds(threshold) })
    }

    fn net_benefit(&self, threshold: f64, by: (Pivot, f64)) -> Result<NetBenefit, Error> {
        let flagged = self.at(threshold)?;
        let (events, all) = &self.everybody;
        let left = Part {
            events: events.minus(&flagged.events),
            all: all.minus(&flagged.all),
            odds: flagged.odds,
        };
        let everybody = Part { events: events.clone(), all: all.clone(), odds: flagged.odds };
        let outcomes = self.endpoint.follow_up();
        let weight: f64 = self.flagged(threshold).iter().map(|&i| outcomes.weight(i)).sum();
        let sample = (self.units, self.n_units());
        // What acting on all adds is the benefit of acting on those left.
        let added = left.estimate(sample, by);
        let Interval { lower, upper, level } = added.interval;
        let over_all = Interval::new(-upper, -lower, level);
        Ok(NetBenefit {
            threshold,
            // An empty sum is -0.0.
            flagged: weight / outcomes.total_weight() + 0.0,
            model: flagged.model().value(),
            treat_all: everybody.model().value(),
            estimate: Some(flagged.estimate(sample, by)),
            over_all: Some(Estimate::new(0.0 - added.value, added.std_error, over_all)),
        })
    }
}

/// The shares of all who are among `members`: those with the event by the horizon, and all.
fn shares(
    endpoint: &impl Endpoint,
    weighted: Option<&Weighted>,
    members: &[usize],
    horizon: f64,
) -> Result<(Influence, Influence), Error> {
    match weighted {
        None => joint_and_share(endpoint, members, horizon),
        Some(Weighted { case, known }) => {
            let share = |weights| Weighted::share(endpoint.follow_up(), weights, members);
            Ok((share(case), share(known)))
        }
    }
}
