//! Calibration, Brier score and use of predicted probabilities of an event by a horizon.

use crate::discrimination::horizon::{AccuracyAt, accuracy};
use crate::estimate::{Estimate, Interval};
use crate::predictions::brier::{Brier, brier};
use crate::predictions::sample_size::{SampleSize, sample_size};
use crate::run::{Run, figure, on_endpoint};
use crate::sample::Prediction as Column;
use crate::{Figure, Keys, Reason, Undefined, keys};
use serde::{Deserialize, Serialize};
pub use vertebra_survival::horizon::NetBenefit;
use vertebra_survival::{Error, concordance::gonen_heller};

/// Predicted probabilities of an event by a horizon, judged on the subjects that have them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Prediction {
    /// Its name.
    pub name: String,
    /// The horizon.
    pub horizon: f64,
    /// Subjects that have it.
    pub n: usize,
    /// Their events.
    pub events: usize,
    /// Calibration in the large.
    pub observed_expected: Figure<ObservedExpected>,
    /// Slope of the log hazard `ln(-ln(1 - p))` in a hazard regression; 1 is right.
    pub slope: Figure<Slope>,
    /// Calibration intercept; 0 is right.
    pub intercept: Figure<Coefficient>,
    /// Intercept and slope of one regression at the horizon.
    pub line: Figure<Line>,
    /// The smooth calibration curve.
    pub curve: Figure<Curve>,
    /// Groups of increasing predicted risk.
    pub groups: Figure<Vec<CalibrationGroup>>,
    /// The Brier score.
    pub brier: Figure<Brier>,
    /// Accuracy at each threshold.
    pub accuracy: Vec<AccuracyAt>,
    /// Net benefit at each threshold.
    pub net_benefit: Vec<Figure<NetBenefit>>,
    /// What a proportional hazards model says of its own discrimination.
    pub gonen_heller: Figure<GonenHeller>,
    /// How many subjects a validation takes; absent in files of versions before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_size: Option<Figure<SampleSize>>,
}

/// Observed over expected risk.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ObservedExpected {
    /// Observed risk at the horizon.
    pub observed: f64,
    /// Mean predicted risk.
    pub expected: f64,
    /// Their ratio; above 1 the model predicts too little.
    pub ratio: f64,
    /// Interval of the ratio.
    #[serde(flatten)]
    pub interval: Interval,
}

impl Keys for ObservedExpected {
    const KEYS: &'static [&'static str] = &["observed", "expected", "ratio", "lower", "upper"];
}

/// A calibration slope.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Slope {
    /// 1 is right; below 1 the predictions are too extreme.
    #[serde(flatten, with = "keys::slope")]
    pub estimate: Estimate,
}

impl Keys for Slope {
    const KEYS: &'static [&'static str] = &["slope", "se", "lower", "upper"];
}

/// A coefficient of a calibration regression.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Coefficient {
    /// The coefficient.
    #[serde(flatten, with = "keys::value")]
    pub estimate: Estimate,
}

impl Keys for Coefficient {
    const KEYS: &'static [&'static str] = &["value", "se", "lower", "upper"];
}

/// A straight calibration line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Line {
    /// Its intercept.
    pub intercept: Coefficient,
    /// Its slope.
    pub slope: Coefficient,
}

impl Keys for Line {
    const KEYS: &'static [&'static str] = &["intercept", "slope"];
}

/// A smooth calibration curve: its indices, and points at the 1st, 3rd, .. 99th percentile of the
/// predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Curve {
    /// Mean absolute distance between predicted and observed risk.
    pub ici: f64,
    /// Its median.
    pub e50: f64,
    /// Its 90th percentile.
    pub e90: f64,
    /// The largest distance.
    pub e_max: f64,
    /// The points.
    pub points: Vec<CurvePoint>,
}

impl Keys for Curve {
    const KEYS: &'static [&'static str] = &["ici", "e50", "e90", "e_max", "points"];
}

/// A point of the calibration curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names say it
#[non_exhaustive]
pub struct CurvePoint {
    pub predicted: f64,
    pub observed: f64,
}

/// A group of similar predicted risk.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibrationGroup {
    /// Its subjects.
    #[serde(rename = "n_subjects")]
    pub n: usize,
    /// Their events by the horizon.
    #[serde(rename = "n_events")]
    pub events: usize,
    /// Mean predicted risk.
    pub predicted: f64,
    /// Observed risk.
    pub observed: f64,
    /// Interval of the observed risk.
    #[serde(flatten)]
    pub interval: Interval,
}

impl Keys for Vec<CalibrationGroup> {
    const KEYS: &'static [&'static str] = &["groups"];
}

impl Keys for NetBenefit {
    const KEYS: &'static [&'static str] =
        &["threshold", "flagged", "model", "treat_all", "estimate", "over_all"];
}

/// Gönen and Heller's concordance of a proportional hazards model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GonenHeller {
    /// The index K.
    pub k: f64,
}

impl Keys for GonenHeller {
    const KEYS: &'static [&'static str] = &["k"];
}

pub(crate) fn predictions(run: &Run<'_>) -> Vec<Prediction> {
    run.sample.predictions.iter().map(|prediction| one(run, prediction)).collect()
}

fn one(run: &Run<'_>, column: &Column) -> Prediction {
    let (run, columns) = run.complete(&[&column.values]);
    let (run, risk, horizon) = (&run, columns[0].as_slice(), column.horizon);
    let log_hazard = log_hazard(risk);
    let at = |&threshold: &f64| AccuracyAt {
        threshold,
        accuracy: accuracy(run, risk, horizon, threshold),
    };
    let intercept = on_endpoint!(run.sample.observed, |endpoint| run
        .calibration()
        .calibration_intercept(endpoint, risk, horizon));
    let line = on_endpoint!(run.sample.observed, |endpoint| run
        .calibration()
        .calibration_line(endpoint, risk, horizon));
    Prediction {
        name: column.name.clone(),
        horizon,
        n: run.sample.n_subjects(),
        events: run.own.n_events(),
        observed_expected: in_the_large(run, risk, horizon),
        slope: slope(run, log_hazard.as_deref()),
        intercept: figure(intercept, |estimate| Coefficient { estimate }),
        line: figure(line, |line| Line {
            intercept: Coefficient { estimate: line.intercept },
            slope: Coefficient { estimate: line.slope },
        }),
        curve: curve(run, risk, horizon),
        groups: groups(run, risk, horizon),
        brier: brier(run, risk, horizon),
        accuracy: run.options.thresholds.iter().map(at).collect(),
        net_benefit: net_benefit(run, risk, horizon),
        gonen_heller: match &log_hazard {
            Ok(log_hazard) => concordance_of_the_model(log_hazard),
            Err(undefined) => undefined.clone().into(),
        },
        sample_size: Some(sample_size(run, risk, horizon)),
    }
}

fn in_the_large(run: &Run<'_>, risk: &[f64], horizon: f64) -> Figure<ObservedExpected> {
    let got = on_endpoint!(run.sample.observed, |endpoint| run
        .calibration()
        .observed_expected(endpoint, risk, horizon));
    figure(got, |o| ObservedExpected {
        observed: o.observed,
        expected: o.expected,
        ratio: o.ratio.value,
        interval: o.ratio.interval,
    })
}

pub(crate) fn slope(run: &Run<'_>, log_hazard: Result<&[f64], &Undefined>) -> Figure<Slope> {
    let log_hazard = match log_hazard {
        Ok(log_hazard) => log_hazard,
        Err(undefined) => return undefined.clone().into(),
    };
    let got = on_endpoint!(run.sample.observed, |endpoint| run
        .calibration()
        .calibration_slope(endpoint, log_hazard));
    figure(got, |estimate| Slope { estimate })
}

fn curve(run: &Run<'_>, risk: &[f64], horizon: f64) -> Figure<Curve> {
    let got = on_endpoint!(run.sample.observed, |endpoint| run
        .calibration()
        .calibration_curve(endpoint, risk, horizon));
    figure(got, |curve| {
        let mut order: Vec<usize> = (0..risk.len()).collect();
        order.sort_by(|&a, &b| risk[a].total_cmp(&risk[b]));
        let places = (0..50).map(|k| order[(2 * k + 1) * (risk.len() - 1) / 100]);
        let point = |i: usize| CurvePoint { predicted: risk[i], observed: curve.observed[i] };
        Curve {
            ici: curve.ici,
            e50: curve.e50,
            e90: curve.e90,
            e_max: curve.e_max,
            points: places.map(point).collect(),
        }
    })
}

fn groups(run: &Run<'_>, risk: &[f64], horizon: f64) -> Figure<Vec<CalibrationGroup>> {
    let n = run.options.n_groups;
    let got = on_endpoint!(run.sample.observed, |endpoint| run
        .calibration()
        .calibration_groups(endpoint, risk, horizon, n));
    if n > risk.len() {
        let subjects = risk.len();
        let why =
            format!("expected at most as many (--groups) as the {subjects} subjects, got {n}");
        return Undefined::new(Reason::InvalidInput, why).into();
    }
    let of = |g: vertebra_survival::calibration::CalibrationGroup| CalibrationGroup {
        n: g.n,
        events: g.events,
        predicted: g.predicted,
        observed: g.observed.value,
        interval: g.observed.interval,
    };
    figure(got, |groups| groups.into_iter().map(of).collect())
}

fn net_benefit(run: &Run<'_>, risk: &[f64], horizon: f64) -> Vec<Figure<NetBenefit>> {
    let at = |&threshold: &f64| {
        let got: Result<Vec<NetBenefit>, Error> = on_endpoint!(run.sample.observed, |endpoint| run
            .at_horizon()
            .decision_curve(endpoint, risk, horizon, &[threshold]));
        match got.map(|all| all.first().copied()) {
            Ok(Some(benefit)) => Figure::Defined(benefit),
            Ok(None) => Undefined::new(Reason::Undefined, "no threshold").into(),
            Err(error) => {
                let Undefined { reason, why, .. } = error.into();
                Undefined::new(reason, format!("net benefit at {threshold}: {why}")).into()
            }
        }
    };
    run.options.thresholds.iter().map(at).collect()
}

/// Gönen and Heller's K, whose time is quadratic in the subjects.
fn concordance_of_the_model(log_hazard: &[f64]) -> Figure<GonenHeller> {
    const MOST: usize = 20_000;
    if log_hazard.len() > MOST {
        let why = "Gönen and Heller's K is not defined for more than 20,000 subjects here";
        return Undefined::new(Reason::NotDefined, why).into();
    }
    figure(gonen_heller(log_hazard), |k| GonenHeller { k })
}

/// The log hazard behind a probability, `ln(-ln(1 - p))`, up to a constant.
fn log_hazard(risk: &[f64]) -> Result<Vec<f64>, Undefined> {
    let inside = |p: &f64| *p > 0.0 && *p < 1.0;
    if let Some(i) = risk.iter().position(|p| !inside(p)) {
        let why = format!(
            "the log hazard is undefined: the predicted probability of row {} is {}",
            i + 1,
            risk[i]
        );
        return Err(Undefined::new(Reason::Undefined, why));
    }
    Ok(risk.iter().map(|p| (-(-p).ln_1p()).ln()).collect())
}
