//! Survival and follow-up of all subjects, and the cumulative incidence of each cause.

use crate::Interval;
use crate::run::{Run, figure};
use crate::{Figure, Keys, Reason, Undefined, keys};
use serde::{Deserialize, Serialize};
use vertebra_survival::{
    OneCause, SurvivalCurve,
    curves::{CumulativeIncidence, follow_up_curve},
};

/// Survival of all subjects, free of an event of any cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Survival {
    /// Median survival.
    #[serde(flatten)]
    pub median: Median,
    /// Times by which a quarter, a half and three quarters had the event.
    pub quartiles: [Option<f64>; 3],
    /// Median follow-up by the reverse Kaplan-Meier curve.
    pub median_follow_up: Option<f64>,
    /// Survival at each horizon.
    pub at: Vec<SurvivalAt>,
}

impl Keys for Survival {
    const KEYS: &'static [&'static str] =
        &["median", "median_lower", "median_upper", "quartiles", "median_follow_up", "at"];
}

/// Median survival with its interval; a bound that the curve never reaches is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Median {
    /// The median.
    pub median: Option<f64>,
    /// Lower bound.
    pub median_lower: Option<f64>,
    /// Upper bound.
    pub median_upper: Option<f64>,
    /// Why one of them is absent, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_why: Option<String>,
}

/// Survival at a horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SurvivalAt {
    /// The horizon.
    pub horizon: f64,
    /// (Weighted) number at risk there.
    #[serde(with = "keys::count")]
    pub at_risk: f64,
    /// The curve there; undefined beyond the follow-up.
    #[serde(flatten)]
    pub point: Figure<SurvivalPoint>,
}

/// A Kaplan-Meier curve at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SurvivalPoint {
    /// Probability of no event.
    pub survival: f64,
    /// Its standard error; absent where nobody is left.
    #[serde(rename = "se")]
    pub std_error: Option<f64>,
    /// Lower bound.
    pub lower: Option<f64>,
    /// Upper bound.
    pub upper: Option<f64>,
    /// Level of the interval.
    pub level: f64,
    /// Nelson-Aalen's cumulative hazard.
    pub cumulative_hazard: Option<f64>,
    /// Mean survival time up to the horizon.
    pub restricted_mean: f64,
    /// Its standard error.
    #[serde(rename = "restricted_mean_se")]
    pub restricted_mean_std_error: Option<f64>,
}

impl Keys for SurvivalPoint {
    const KEYS: &'static [&'static str] = &[
        "survival",
        "se",
        "lower",
        "upper",
        "cumulative_hazard",
        "restricted_mean",
        "restricted_mean_se",
    ];
}

/// The cumulative incidence of one cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Incidence {
    /// The cause, from 1.
    pub cause: usize,
    /// Its events.
    pub events: usize,
    /// The incidence at each horizon.
    pub at: Vec<IncidenceAt>,
}

impl Keys for Incidence {
    const KEYS: &'static [&'static str] = &["cause", "events", "at"];
}

/// A cumulative incidence at a horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IncidenceAt {
    /// The horizon.
    pub horizon: f64,
    /// (Weighted) number at risk there.
    #[serde(with = "keys::count")]
    pub at_risk: f64,
    /// The curve there; undefined beyond the follow-up.
    #[serde(flatten)]
    pub point: Figure<IncidencePoint>,
}

/// A cumulative incidence at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IncidencePoint {
    /// Probability of an event of the cause.
    pub incidence: f64,
    /// Its standard error.
    #[serde(rename = "se")]
    pub std_error: Option<f64>,
    /// Lower bound.
    pub lower: Option<f64>,
    /// Upper bound.
    pub upper: Option<f64>,
    /// Level of the interval.
    pub level: f64,
}

impl Keys for IncidencePoint {
    const KEYS: &'static [&'static str] = &["incidence", "se", "lower", "upper"];
}

pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Survival of all subjects.
pub(crate) fn survival(run: &Run<'_>) -> Figure<Survival> {
    let outcomes = run.sample.observed.any();
    let follow_up = || follow_up_curve(&*run.sample.follow_up()?);
    let curves = run.curve().fit(outcomes).and_then(|c| Ok((c, follow_up()?)));
    figure(curves, |(curve, follow_up)| Survival {
        median: Median::of(&curve),
        quartiles: [0.25, 0.5, 0.75].map(|q| curve.quantile(q)),
        median_follow_up: follow_up.quantile(0.5),
        at: run.options.horizons.iter().map(|&h| SurvivalAt::of(&curve, h, "survival")).collect(),
    })
}

impl Median {
    pub(crate) fn of(curve: &SurvivalCurve) -> Self {
        let (median_lower, median_upper) = curve.quantile_interval(0.5);
        let median = curve.quantile(0.5);
        let absent = |what: &str| format!("{what} does not fall to 0.5 within the follow-up");
        let median_why = match (median, median_lower, median_upper) {
            (None, ..) => Some(absent("the curve")),
            (_, None, _) => Some(absent("the lower bound of the curve")),
            (.., None) => Some(absent("the upper bound of the curve")),
            _ => None,
        };
        Self { median, median_lower, median_upper, median_why }
    }
}

impl SurvivalAt {
    /// A curve at a horizon, with the mean up to there.
    pub(crate) fn of(curve: &SurvivalCurve, horizon: f64, what: &str) -> Self {
        let point = figure(curve.restricted_mean(horizon), |mean| {
            let Interval { lower, upper, level, .. } = curve.interval_at(horizon);
            SurvivalPoint {
                survival: curve.at(horizon),
                std_error: finite(curve.at(horizon) * curve.std_error_log_at(horizon)),
                lower: finite(lower),
                upper: finite(upper),
                level,
                cumulative_hazard: finite(curve.cumulative_hazard_at(horizon)),
                restricted_mean: mean.value,
                restricted_mean_std_error: finite(mean.std_error),
            }
        })
        .named(&format!("{what} at {horizon}"));
        Self { horizon, at_risk: curve.n_risk_at(horizon), point }
    }
}

/// The cumulative incidence of every cause.
pub(crate) fn incidence(run: &Run<'_>, cause: OneCause<'_>) -> Vec<Figure<Incidence>> {
    let any = run.curve().fit(cause.outcomes().any_event());
    let curves = any.and_then(|any| Ok((any, run.incidence().fit(cause.outcomes())?)));
    let (any, curves) = match curves {
        Err(why) => return vec![Undefined::from(why).into()],
        Ok(curves) => curves,
    };
    let causes = cause.outcomes().causes();
    let at = |curve: &CumulativeIncidence| {
        run.options
            .horizons
            .iter()
            .map(|&h| IncidenceAt::of(&any, curve, h, "cumulative incidence"))
            .collect()
    };
    let one = |curve: &CumulativeIncidence| {
        let events = causes.iter().filter(|&&c| c == curve.cause).count();
        Figure::Defined(Incidence { cause: curve.cause, events, at: at(curve) })
    };
    curves.iter().filter(|curve| causes.contains(&curve.cause)).map(one).collect()
}

impl IncidenceAt {
    /// An incidence at a horizon that somebody was followed to, as the curve of any event tells.
    pub(crate) fn of(
        any: &SurvivalCurve,
        curve: &CumulativeIncidence,
        horizon: f64,
        what: &str,
    ) -> Self {
        let point = match any.reaches(horizon) {
            false => {
                let why = format!("{what} at {horizon}: nobody was followed to it");
                Undefined::new(Reason::Undefined, why).into()
            }
            true => {
                let Interval { lower, upper, level, .. } = curve.interval_at(horizon);
                Figure::Defined(IncidencePoint {
                    incidence: curve.at(horizon),
                    std_error: finite(curve.std_error_at(horizon)),
                    lower: finite(lower),
                    upper: finite(upper),
                    level,
                })
            }
        };
        Self { horizon, at_risk: any.n_risk_at(horizon), point }
    }
}

/// A step function with its bounds, to be drawn: it is 1 before its first time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepCurve {
    /// Times of the steps.
    pub times: Vec<f64>,
    /// Probability of no event after each step.
    pub survival: Vec<f64>,
    /// Lower bounds; absent where they do not exist.
    pub lower: Vec<Option<f64>>,
    /// Upper bounds.
    pub upper: Vec<Option<f64>>,
    /// Level of the bounds.
    pub level: f64,
    /// Subjects at risk at the times asked for.
    pub at_risk: Vec<usize>,
}

impl StepCurve {
    /// A Kaplan-Meier curve with the numbers at risk at `at_risk_times`.
    #[must_use]
    pub fn survival(curve: &SurvivalCurve, at_risk_times: &[f64]) -> Self {
        Self {
            times: curve.times.clone(),
            survival: curve.survival.clone(),
            lower: curve.lower.iter().copied().map(finite).collect(),
            upper: curve.upper.iter().copied().map(finite).collect(),
            level: curve.level,
            at_risk: at_risk(curve, at_risk_times),
        }
    }

    /// What a cumulative incidence leaves of 1; `any` is the curve of an event of any cause.
    #[must_use]
    pub fn without_cause(
        curve: &CumulativeIncidence,
        any: &SurvivalCurve,
        at_risk_times: &[f64],
    ) -> Self {
        let left = |values: &[f64]| values.iter().map(|f| finite(1.0 - f)).collect();
        Self {
            times: curve.times.clone(),
            survival: curve.incidence.iter().map(|f| 1.0 - f).collect(),
            lower: left(&curve.upper),
            upper: left(&curve.lower),
            level: curve.level,
            at_risk: at_risk(any, at_risk_times),
        }
    }
}

fn at_risk(curve: &SurvivalCurve, times: &[f64]) -> Vec<usize> {
    times.iter().map(|&time| curve.n_risk_at(time).round() as usize).collect()
}
