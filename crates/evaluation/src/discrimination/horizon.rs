//! Areas under the ROC curve of a score at a horizon, with the accuracy at thresholds.

use crate::estimate::Estimate;
use crate::run::{Run, figure, on_endpoint};
use crate::{Figure, Keys, keys};
use serde::{Deserialize, Serialize};
pub use vertebra_survival::horizon::RocPoint;
use vertebra_survival::{
    Error,
    horizon::{AucAt, ThresholdAccuracy, roc_at, youden_threshold},
};

/// The cumulative/dynamic area under the ROC curve at a horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AucAtHorizon {
    /// The horizon.
    pub horizon: f64,
    /// The area.
    #[serde(flatten)]
    pub auc: Figure<Auc>,
    /// The threshold with the highest sum of sensitivity and specificity, where there is an area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub youden: Option<Figure<Youden>>,
    /// At most a hundred and one points of the ROC curve, by decreasing threshold, where there is
    /// an area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roc: Option<Figure<Vec<RocPoint>>>,
    /// Accuracy at the threshold of the score, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Figure<Accuracy>>,
}

/// An area under the ROC curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Auc {
    /// The area.
    #[serde(flatten, with = "keys::auc")]
    pub estimate: Estimate,
    /// Subjects with the event by the horizon.
    pub cases: usize,
    /// Subjects known to be without it.
    pub controls: usize,
}

impl Keys for Auc {
    const KEYS: &'static [&'static str] = &["auc", "se", "lower", "upper"];
}

impl Keys for Vec<RocPoint> {
    const KEYS: &'static [&'static str] = &["points"];
}

/// Accuracy at a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Accuracy {
    /// The horizon.
    pub horizon: f64,
    /// Share of the cases that are flagged.
    pub sensitivity: f64,
    /// Share of the controls that are not flagged.
    pub specificity: f64,
    /// Share of the flagged that are cases.
    pub ppv: f64,
    /// Share of those not flagged that are controls.
    pub npv: f64,
    /// Their standard errors.
    pub std_errors: AccuracyErrors,
}

impl Keys for Accuracy {
    const KEYS: &'static [&'static str] = &["sensitivity", "specificity", "ppv", "npv"];
}

/// Standard errors of an [`Accuracy`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // the fields are those of `Accuracy`
#[non_exhaustive]
pub struct AccuracyErrors {
    pub sensitivity: f64,
    pub specificity: f64,
    pub ppv: f64,
    pub npv: f64,
}

/// Youden's threshold with its accuracy, which is optimistic: both come from the same subjects.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Youden {
    /// The threshold.
    pub threshold: f64,
    /// The accuracy there.
    #[serde(flatten)]
    pub accuracy: Accuracy,
}

impl Keys for Youden {
    const KEYS: &'static [&'static str] =
        &["threshold", "sensitivity", "specificity", "ppv", "npv"];
}

/// Accuracy at one of the thresholds that the options name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccuracyAt {
    /// Subjects at or above it are flagged.
    pub threshold: f64,
    /// The accuracy there.
    #[serde(flatten)]
    pub accuracy: Figure<Accuracy>,
}

/// The incident/dynamic area at a time: events around it against those still at risk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IncidentAucAt {
    /// The time.
    pub time: f64,
    /// Half the width of the window of events.
    pub bandwidth: f64,
    /// The area.
    #[serde(flatten)]
    pub auc: Figure<IncidentAuc>,
}

/// An incident/dynamic area.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IncidentAuc {
    /// The area.
    #[serde(flatten, with = "keys::auc")]
    pub estimate: Estimate,
    /// Events within the bandwidth.
    #[serde(rename = "n_events")]
    pub events: usize,
}

impl Keys for IncidentAuc {
    const KEYS: &'static [&'static str] = &["auc", "se", "lower", "upper", "n_events"];
}

/// The area of a score at a horizon.
pub(crate) fn auc(
    run: &Run<'_>,
    risk: &[f64],
    horizon: f64,
    threshold: Option<f64>,
) -> AucAtHorizon {
    let got = on_endpoint!(run.sample.observed, |endpoint| run
        .at_horizon()
        .auc_at(endpoint, risk, horizon));
    let of = |area: AucAt| Auc {
        estimate: area.estimate,
        cases: area.n_cases,
        controls: area.n_controls,
    };
    let exists = got.is_ok();
    AucAtHorizon {
        horizon,
        auc: figure(got, of),
        youden: exists.then(|| youden(run, risk, horizon)),
        roc: exists.then(|| roc(run, risk, horizon)),
        accuracy: threshold.map(|threshold| accuracy(run, risk, horizon, threshold)),
    }
}

/// Sensitivity, specificity and predictive values at a threshold.
pub(crate) fn accuracy(
    run: &Run<'_>,
    risk: &[f64],
    horizon: f64,
    threshold: f64,
) -> Figure<Accuracy> {
    let got = on_endpoint!(run.sample.observed, |endpoint| run
        .at_horizon()
        .accuracy_at(endpoint, risk, horizon, threshold));
    figure(got, |a| Accuracy::of(&a))
}

impl Accuracy {
    pub(crate) fn of(a: &ThresholdAccuracy) -> Self {
        Self {
            horizon: a.horizon,
            sensitivity: a.sensitivity.value,
            specificity: a.specificity.value,
            ppv: a.ppv.value,
            npv: a.npv.value,
            std_errors: AccuracyErrors {
                sensitivity: a.sensitivity.std_error,
                specificity: a.specificity.std_error,
                ppv: a.ppv.std_error,
                npv: a.npv.std_error,
            },
        }
    }
}

fn youden(run: &Run<'_>, risk: &[f64], horizon: f64) -> Figure<Youden> {
    let got = on_endpoint!(run.sample.observed, |endpoint| {
        youden_threshold(endpoint, risk, horizon)
            .and_then(|threshold| run.at_horizon().accuracy_at(endpoint, risk, horizon, threshold))
    });
    figure(got, |a| Youden { threshold: a.threshold, accuracy: Accuracy::of(&a) })
}

fn roc(run: &Run<'_>, risk: &[f64], horizon: f64) -> Figure<Vec<RocPoint>> {
    let got = on_endpoint!(run.sample.observed, |endpoint| roc_at(endpoint, risk, horizon));
    figure(got, |points| {
        let most = points.len().min(101);
        (1..=most).map(|k| points[k * points.len() / most - 1]).collect()
    })
}

/// The incident areas of a score at every horizon.
pub(crate) fn incident(run: &Run<'_>, risk: &[f64]) -> Vec<IncidentAucAt> {
    let longest = run.own.time().iter().copied().fold(0.0, f64::max);
    let bandwidth = run.options.bandwidth.unwrap_or(longest / 10.0);
    let one = |&time: &f64| {
        let got = run.at_horizon().incident_auc(&run.own, risk, &[time], bandwidth);
        let got = got.and_then(|at| at.first().copied().ok_or(Error::Empty { name: "times" }));
        let auc = figure(got, |at| IncidentAuc { estimate: at.estimate, events: at.events });
        IncidentAucAt { time, bandwidth, auc }
    };
    run.options.horizons.iter().map(one).collect()
}
