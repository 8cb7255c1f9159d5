//! Brier scores of predictions, integrated over horizons and compared in pairs, and what one
//! prediction adds to another.

use crate::discrimination::comparison::Difference;
use crate::estimate::Estimate;
use crate::run::{Run, figure, on_endpoint};
use crate::sample::{Course, Prediction};
use crate::{Figure, Keys, keys};
use serde::{Deserialize, Serialize};
use vertebra_survival::horizon::Reclassification;

/// A Brier score at a horizon: 0 is perfect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Brier {
    /// The horizon.
    pub horizon: f64,
    /// The score.
    #[serde(flatten)]
    pub score: BrierScore,
}

impl Keys for Brier {
    const KEYS: &'static [&'static str] =
        &["horizon", "brier", "se", "reference", "scaled", "scaled_se"];
}

/// A Brier score, at a horizon or averaged over a span of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BrierScore {
    /// The score.
    #[serde(rename = "brier")]
    pub value: f64,
    /// Its standard error.
    #[serde(rename = "se")]
    pub std_error: f64,
    /// The score of the observed risk as everybody's prediction.
    pub reference: f64,
    /// `1 - brier / reference`: 1 is perfect, 0 no better than the reference.
    pub scaled: f64,
    /// Its standard error.
    #[serde(rename = "scaled_se")]
    pub scaled_std_error: f64,
}

/// One model's Brier score averaged over horizons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IntegratedBrier {
    /// The predictions.
    pub names: Vec<String>,
    /// Their horizons.
    pub horizons: Vec<f64>,
    /// The score.
    #[serde(flatten)]
    pub brier: Figure<BrierOverSpan>,
}

/// A Brier score averaged over a span.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BrierOverSpan {
    /// First and last horizon.
    pub span: (f64, f64),
    /// The mean score.
    #[serde(flatten)]
    pub score: BrierScore,
}

impl Keys for BrierOverSpan {
    const KEYS: &'static [&'static str] =
        &["span", "brier", "se", "reference", "scaled", "scaled_se"];
}

/// Two predictions for the same horizon: their Brier scores, and what the second adds to the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BrierComparison {
    /// Name of the first prediction.
    pub first: String,
    /// Name of the second prediction.
    pub second: String,
    /// The horizon.
    pub horizon: f64,
    /// Brier score of the first minus that of the second.
    pub brier: Figure<Difference>,
    /// Net reclassification improvement of the second over the first, without categories.
    pub reclassification: Figure<NetReclassification>,
    /// Integrated discrimination improvement of the second over the first.
    pub discrimination: Figure<IntegratedDiscrimination>,
}

/// Net reclassification improvement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NetReclassification {
    /// Subjects whose prediction moves up.
    pub n_up: usize,
    /// Subjects whose prediction moves down.
    pub n_down: usize,
    /// Among those with the event.
    pub events: ImprovementOf,
    /// Among those without.
    pub non_events: ImprovementOf,
    /// The sum.
    pub total: Difference,
}

impl Keys for NetReclassification {
    const KEYS: &'static [&'static str] = &["n_up", "n_down", "events", "non_events", "total"];
}

/// The improvement among some subjects.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImprovementOf {
    /// Above 0 the second prediction is better.
    #[serde(flatten, with = "keys::value")]
    pub estimate: Estimate,
}

/// Integrated discrimination improvement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IntegratedDiscrimination {
    /// Discrimination slope of the first prediction.
    pub old_slope: f64,
    /// Discrimination slope of the second prediction.
    pub new_slope: f64,
    /// Their difference.
    pub improvement: Difference,
}

impl Keys for IntegratedDiscrimination {
    const KEYS: &'static [&'static str] = &["old_slope", "new_slope", "improvement"];
}

pub(crate) fn brier(run: &Run<'_>, risk: &[f64], horizon: f64) -> Figure<Brier> {
    let survival = survival_prob(risk);
    let got = on_endpoint!(run.sample.observed, |endpoint| run
        .at_horizon()
        .brier_score(endpoint, &survival, horizon));
    figure(got, |b| Brier {
        horizon: b.horizon,
        score: BrierScore {
            value: b.estimate.value,
            std_error: b.estimate.std_error,
            reference: b.reference,
            scaled: b.scaled.value,
            scaled_std_error: b.scaled.std_error,
        },
    })
}

/// Predicted probabilities of no event.
fn survival_prob(risk: &[f64]) -> Vec<f64> {
    risk.iter().map(|r| 1.0 - r).collect()
}

pub(crate) fn integrated(run: &Run<'_>) -> Vec<IntegratedBrier> {
    run.sample.courses.iter().map(|course| over_span(run, course)).collect()
}

fn over_span(run: &Run<'_>, course: &Course) -> IntegratedBrier {
    let columns: Vec<&[Option<f64>]> =
        course.predictions.iter().map(|p| p.values.as_slice()).collect();
    let (run, risks) = run.complete(&columns);
    let survival: Vec<Vec<f64>> = risks.iter().map(|risk| survival_prob(risk)).collect();
    let survival: Vec<&[f64]> = survival.iter().map(Vec::as_slice).collect();
    let horizons: Vec<f64> = course.predictions.iter().map(|p| p.horizon).collect();
    let got = on_endpoint!(run.sample.observed, |endpoint| run
        .at_horizon()
        .integrated_brier(endpoint, &survival, &horizons));
    let brier = figure(got, |b| BrierOverSpan {
        span: b.span,
        score: BrierScore {
            value: b.estimate.value,
            std_error: b.estimate.std_error,
            reference: b.reference,
            scaled: b.scaled.value,
            scaled_std_error: b.scaled.std_error,
        },
    });
    IntegratedBrier {
        names: course.predictions.iter().map(|p| p.name.clone()).collect(),
        horizons,
        brier,
    }
}

/// Each pair of predictions for the same horizon.
pub(crate) fn comparisons(run: &Run<'_>) -> Vec<BrierComparison> {
    let all = &run.sample.predictions;
    let pairs = (0..all.len()).flat_map(|a| (a + 1..all.len()).map(move |b| (&all[a], &all[b])));
    let same = pairs.filter(|(a, b)| a.horizon == b.horizon);
    same.map(|(first, second)| compare(run, first, second)).collect()
}

fn compare(run: &Run<'_>, first: &Prediction, second: &Prediction) -> BrierComparison {
    let horizon = first.horizon;
    let (run, risks) = run.complete(&[&first.values, &second.values]);
    let (old, new) = (risks[0].as_slice(), risks[1].as_slice());
    let (a, b) = (survival_prob(old), survival_prob(new));
    let any = Reclassification::AnyChange;
    let brier = on_endpoint!(run.sample.observed, |endpoint| run
        .at_horizon()
        .compare_brier(endpoint, &a, &b, horizon));
    let net = on_endpoint!(run.sample.observed, |endpoint| run
        .at_horizon()
        .net_reclassification(endpoint, old, new, horizon, &any));
    let slopes = on_endpoint!(run.sample.observed, |endpoint| run
        .at_horizon()
        .integrated_discrimination(endpoint, old, new, horizon));
    BrierComparison {
        first: first.name.clone(),
        second: second.name.clone(),
        horizon,
        brier: figure(brier, Difference::of),
        reclassification: figure(net, |n| NetReclassification {
            n_up: n.n_up,
            n_down: n.n_down,
            events: ImprovementOf { estimate: n.events },
            non_events: ImprovementOf { estimate: n.non_events },
            total: Difference::of(n.total),
        }),
        discrimination: figure(slopes, |i| IntegratedDiscrimination {
            old_slope: i.old_slope,
            new_slope: i.new_slope,
            improvement: Difference::of(i.improvement),
        }),
    }
}
