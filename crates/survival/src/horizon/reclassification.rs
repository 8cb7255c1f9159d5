//! What a new prediction adds to an old one: net reclassification (NRI) and integrated
//! discrimination (IDI) improvement at a horizon, with censoring.
//!
//! A subject moves *up* or *down* where its predicted risk does, by any amount or into another
//! category. With `pi_U`, `pi_D` the shares of the sample that move, `F_U`, `F_D` their observed
//! risks by the horizon (1 - Kaplan-Meier, or the cumulative incidence of one cause) and `F` that
//! of all,
//!
//! `NRI of events = (F_U pi_U - F_D pi_D) / F`,
//! `NRI of non-events = ((1 - F_D) pi_D - (1 - F_U) pi_U) / (1 - F)`,
//!
//! and their sum is the NRI (Pencina, D'Agostino & Steyerberg, *Stat. Med.* 30:11-21, 2011, eq.
//! 6-8). `IDI = (E[p_new | event] - E[p_new | none]) - (E[p_old | event] - E[p_old | none])`, the
//! means weighted by the inverse probability of being uncensored (Uno et al., *Stat. Med.*
//! 32:2430-2442, 2013). Standard errors are infinitesimal jackknife ones; clusters with several cases
//! count as the jackknife over clusters has them.
//!
//! An NRI without categories counts changes of any size alike and rewards a miscalibrated new
//! prediction (Hilden & Gerds, *Stat. Med.* 33:3405-3414, 2014): report the parts, and beside them
//! [`compare_brier`](crate::horizon::compare_brier) or [`decision_curve`](crate::decision_curve).

use std::cmp::Ordering;

use crate::{
    error::Error,
    estimate::{Estimate, Influence, PairedDifference, Pivot, Scale, Units},
    horizon::{
        HorizonOptions,
        ipcw::{Censoring, Status},
        observed::{joint_and_share, observed},
        options::cases_of_events,
    },
    outcomes::{Endpoint, check},
};

/// What counts as a move.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Reclassification {
    /// Any change of the predicted risk: the category-free or continuous NRI, from -2 to 2.
    #[default]
    AnyChange,
    /// A change of category. The categories are cut at these risks, increasing inside (0, 1); a
    /// risk equal to a cut is above it.
    Categories(Vec<f64>),
}

/// Net reclassification improvement.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct NetReclassification {
    /// Subjects whose prediction moves up.
    pub n_up: usize,
    /// Subjects whose prediction moves down.
    pub n_down: usize,
    /// P(up | event) - P(down | event).
    pub events: Estimate,
    /// P(down | no event) - P(up | no event).
    pub non_events: Estimate,
    /// Sum of the two, with its test against 0.
    pub total: PairedDifference,
}

/// Integrated discrimination improvement.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct IntegratedDiscrimination {
    /// Discrimination slope of the old prediction: its mean in those with the event less that in
    /// those without.
    pub old_slope: f64,
    /// Discrimination slope of the new prediction.
    pub new_slope: f64,
    /// New less old slope, with its test.
    pub improvement: PairedDifference,
}

/// Net reclassification improvement of `new` over `old` predicted risks of an event by `horizon`
/// years.
///
/// # Shapes
/// - `old`, `new`: `[n]`, in [0, 1]
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`] for cuts that do
/// not increase inside (0, 1) or a bad horizon, and [`Error::Undefined`] without an event by the
/// horizon, with nobody free of it, where nobody moves, or where none of those who move up, or of
/// those who move down, was followed to the horizon.
///
/// # Examples
/// ```
/// use vertebra_survival::{horizon::{Reclassification, net_reclassification}, Outcomes};
/// let time = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let outcomes = Outcomes::new(time, vec![true, true, false, true, false, false])?;
/// let (old, new) = ([0.3, 0.2, 0.3, 0.2, 0.1, 0.3], [0.6, 0.1, 0.2, 0.3, 0.1, 0.2]);
/// let nri = net_reclassification(&outcomes, &old, &new, 2.5, &Reclassification::AnyChange)?;
/// assert!((nri.events.value - 0.0).abs() < 1e-12);
/// assert!((nri.non_events.value - 0.25).abs() < 1e-12);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn net_reclassification(
    endpoint: &impl Endpoint,
    old: &[f64],
    new: &[f64],
    horizon: f64,
    kind: &Reclassification,
) -> Result<NetReclassification, Error> {
    HorizonOptions::default().net_reclassification(endpoint, old, new, horizon, kind)
}

impl HorizonOptions {
    /// Net reclassification improvement of `new` over `old` predicted risks.
    ///
    /// # Errors
    /// As [`net_reclassification`](crate::horizon::net_reclassification), and
    /// [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn net_reclassification(
        &self,
        endpoint: &impl Endpoint,
        old: &[f64],
        new: &[f64],
        horizon: f64,
        kind: &Reclassification,
    ) -> Result<NetReclassification, Error> {
        let level = self.level()?;
        const NAME: &str = "the net reclassification improvement";
        let outcomes = endpoint.follow_up();
        check::probability("old", old, outcomes)?;
        check::probability("new", new, outcomes)?;
        let category = category(kind)?;
        let everybody = observed(endpoint, horizon)?;
        if everybody.risk <= 0.0 || everybody.free <= 0.0 {
            return Err(Error::Undefined {
                name: NAME,
                why: "all or none have the event by the horizon",
            });
        }
        let moved = |to: Ordering| -> Vec<usize> {
            let goes = |&i: &usize| category(new[i]).total_cmp(&category(old[i])) == to;
            (0..old.len()).filter(goes).collect()
        };
        let (up, down) = (moved(Ordering::Greater), moved(Ordering::Less));
        // `F_U pi_U`, the share of all who move so and have the event, and `pi_U`.
        let joint = |members: &[usize]| joint_and_share(endpoint, members, horizon);
        let ((up_event, up_share), (down_event, down_share)) = (joint(&up)?, joint(&down)?);
        let events = up_event.minus(&down_event);
        let non_events = down_share.minus(&down_event).minus(&up_share.minus(&up_event));
        let units = Units::of(outcomes, NAME)?;
        let cases = cases_of_events(endpoint, horizon);
        let by = self.cases_in_clusters((outcomes, units), &cases, &[old, new]);
        let all = Influence::new(everybody.risk, everybody.influence);
        let none = Influence::new(everybody.free, all.values().iter().map(|v| -v).collect());
        let (events, non_events) = (events.over(&all), non_events.over(&none));
        let sum = |figure: &Influence| by.unpulled(units.sum(figure));
        let (events, non_events) = (sum(&events), sum(&non_events));
        let total = events.plus(&non_events);
        if up.is_empty() && down.is_empty() {
            return Err(Error::Undefined { name: NAME, why: "no prediction moves" });
        }
        Ok(NetReclassification {
            n_up: up.len(),
            n_down: down.len(),
            events: events.estimate(by.pivot, Scale::Plain, level),
            non_events: non_events.estimate(by.pivot, Scale::Plain, level),
            total: tested(&total, by.pivot, level)?,
        })
    }
}

/// The category of a risk, as a number that rises with it.
fn category(kind: &Reclassification) -> Result<impl Fn(f64) -> f64, Error> {
    let cuts = match kind {
        Reclassification::AnyChange => None,
        Reclassification::Categories(cuts) => Some(cuts.clone()),
    };
    if let Some(cuts) = &cuts {
        if cuts.is_empty() {
            return Err(Error::Empty { name: "cuts" });
        }
        if let Some(&cut) = cuts.iter().find(|c| !(**c > 0.0 && **c < 1.0)) {
            return Err(Error::InvalidSetting {
                name: "cuts",
                expected: "inside (0, 1)",
                got: cut.to_string(),
            });
        }
        if let Some(pair) = cuts.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(Error::InvalidSetting {
                name: "cuts",
                expected: "increasing",
                got: pair[1].to_string(),
            });
        }
    }
    Ok(move |risk: f64| match &cuts {
        None => risk,
        Some(cuts) => cuts.partition_point(|&cut| cut <= risk) as f64,
    })
}

/// An improvement with its test against 0.
fn tested(improvement: &Influence, pivot: Pivot, level: f64) -> Result<PairedDifference, Error> {
    // Influences are of the order 1 / n: below that is rounding.
    let largest = 1.0 / improvement.values().len() as f64;
    PairedDifference::new(improvement.value(), improvement.variance(), largest, (pivot, level))
}

/// Integrated discrimination improvement of `new` over `old` predicted risks of an event by
/// `horizon` years.
///
/// # Shapes
/// - `old`, `new`: `[n]`, in [0, 1]
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`],
/// [`Error::Unsupported`] for delayed entry, and [`Error::Undefined`] without a case or a control
/// or where the predictions differ for none of them.
///
/// # Examples
/// ```
/// use vertebra_survival::{horizon::integrated_discrimination, Outcomes};
/// let time = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let outcomes = Outcomes::new(time, vec![true, true, false, true, false, false])?;
/// let (old, new) = ([0.3, 0.2, 0.3, 0.2, 0.1, 0.3], [0.6, 0.1, 0.2, 0.3, 0.1, 0.2]);
/// let idi = integrated_discrimination(&outcomes, &old, &new, 2.5)?;
/// assert!((idi.improvement.difference.value - 0.125).abs() < 1e-12);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn integrated_discrimination(
    endpoint: &impl Endpoint,
    old: &[f64],
    new: &[f64],
    horizon: f64,
) -> Result<IntegratedDiscrimination, Error> {
    HorizonOptions::default().integrated_discrimination(endpoint, old, new, horizon)
}

impl HorizonOptions {
    /// Integrated discrimination improvement of `new` over `old` predicted risks.
    ///
    /// # Errors
    /// As [`integrated_discrimination`](crate::horizon::integrated_discrimination), and
    /// [`Error::InvalidSetting`] for a level outside (0, 1).
    pub fn integrated_discrimination(
        &self,
        endpoint: &impl Endpoint,
        old: &[f64],
        new: &[f64],
        horizon: f64,
    ) -> Result<IntegratedDiscrimination, Error> {
        let level = self.level()?;
        check::probability("old", old, endpoint.follow_up())?;
        check::probability("new", new, endpoint.follow_up())?;
        let censoring = Censoring::new(endpoint)?;
        let at = censoring.at(horizon)?;
        at.check_both("the integrated discrimination improvement")?;
        let mean = |of: Status, value: &dyn Fn(usize) -> f64| -> f64 {
            let one = |i: usize| if at.status[i] == of { at.weights[i] * value(i) } else { 0.0 };
            (0..old.len()).map(one).sum::<f64>() / at.total(of)
        };
        let slope = |p: &[f64]| mean(Status::Case, &|i| p[i]) - mean(Status::Control, &|i| p[i]);
        let (old_slope, new_slope) = (slope(old), slope(new));
        let change = |i: usize| new[i] - old[i];
        let (case, control) = (mean(Status::Case, &change), mean(Status::Control, &change));
        let (cases, controls) = (at.total(Status::Case), at.total(Status::Control));
        let direct: Vec<f64> = (0..old.len())
            .map(|i| match at.status[i] {
                Status::Case => at.weights[i] * (change(i) - case) / cases,
                Status::Control => -at.weights[i] * (change(i) - control) / controls,
                Status::Unknown => 0.0,
            })
            .collect();
        let largest =
            (0..old.len()).map(|i| change(i).powi(2)).fold(0.0, f64::max) / old.len() as f64;
        let outcomes = endpoint.follow_up();
        let units = Units::of(outcomes, "the integrated discrimination improvement")?;
        let cases: Vec<usize> = at.subjects(Status::Case).collect();
        let by = self.cases_in_clusters((outcomes, units), &cases, &[old, new]);
        let improvement = by.unpulled(units.influence(case - control, at.add_censoring(&direct)));
        let by = (by.pivot, level);
        let (value, variance) = (improvement.value(), improvement.variance());
        let improvement = PairedDifference::new(value, variance, largest, by)?;
        Ok(IntegratedDiscrimination { old_slope, new_slope, improvement })
    }
}
