//! Models, and what each was worth.

use super::{Calibration, DecisionCurve, Discrimination, EvaluationSet, HorizonResult, Subgroup};
use serde::{Deserialize, Serialize};
use vertebra_evaluation::predictions::BrierOverSpan;
use vertebra_evaluation::{Estimate, Figure, Reason, Undefined};

/// How a model makes a risk score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// Cox proportional hazards regression on covariates.
    CoxPh,
    /// DeepSurv on covariates.
    DeepSurv,
    /// DeepSurv on covariates and the radiograph.
    DeepSurvImage,
    /// DeepSurv on the radiograph alone.
    ImageOnly,
    /// An imported FRAX probability.
    Frax,
    /// What a phantom makes up in FRAX's place, so that the road of imported values is seen whole.
    FraxSurrogate,
    /// The phantom's true log hazard: what no model can pass.
    Oracle,
}

/// One model and how it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelResult {
    /// Unique short name, e.g. `Model 2, DeepSurv with images`.
    pub name: String,
    /// Kind of model.
    pub method: Method,
    /// Clinical model 1, 2, 3, ..., where it has one.
    pub clinical: Option<usize>,
    /// Covariates, in order.
    pub covariates: Vec<String>,
    /// Discrimination on each set and subgroup.
    pub discrimination: Vec<Discrimination>,
    /// At each horizon on the test set.
    pub horizons: Vec<HorizonResult>,
    /// Integrated Brier score on the test set, from its first follow-up time to the last horizon.
    pub integrated_brier: Figure<BrierOverSpan>,
    /// Calibration at one horizon on the test set.
    pub calibration: Option<Calibration>,
    /// Decision curve at one horizon on the test set.
    pub decision: Option<DecisionCurve>,
    /// Coefficients, for a Cox model fitted on the development set.
    pub coefficients: Vec<Coefficient>,
    /// What was done to a network's log hazards before all of the above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recalibration: Option<Recalibration>,
}

/// A network's log hazards were multiplied by one factor, which its order of subjects does not
/// notice, learnt from predictions for development subjects by networks that never saw them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Recalibration {
    /// The factor.
    pub factor: f64,
    /// Calibration slope of those predictions, from which it follows.
    pub slope: Option<Estimate>,
    /// Development subjects that it rests on.
    pub n: usize,
    /// Their events.
    pub events: usize,
}

impl Recalibration {
    /// A factor, the slope out of fold, and the subjects and events they rest on.
    #[must_use]
    pub fn new(factor: f64, slope: Option<Estimate>, (n, events): (usize, usize)) -> Self {
        Self { factor, slope, n, events }
    }
}

/// A Cox coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Coefficient {
    /// Covariate.
    pub name: String,
    /// Log hazard ratio per unit.
    pub coef: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Hazard ratio with its 95 % interval.
    pub hazard_ratio: Estimate,
    /// Wald P value.
    pub p: f64,
}

/// How a network learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrainingCurve {
    /// [`ModelResult::name`].
    pub model: String,
    /// Mean loss of each epoch, the first epoch first.
    pub loss: Vec<f64>,
}

impl TrainingCurve {
    /// The losses of a model's network by epoch.
    #[must_use]
    pub fn new(model: impl Into<String>, loss: Vec<f64>) -> Self {
        Self { model: model.into(), loss }
    }
}

impl ModelResult {
    /// A model of this name and kind; nothing is known of it yet.
    #[must_use]
    pub fn new(name: impl Into<String>, method: Method) -> Self {
        Self {
            name: name.into(),
            method,
            clinical: None,
            covariates: Vec::new(),
            discrimination: Vec::new(),
            horizons: Vec::new(),
            integrated_brier: Undefined::new(Reason::NotRequested, "not evaluated").into(),
            calibration: None,
            decision: None,
            coefficients: Vec::new(),
            recalibration: None,
        }
    }

    /// The discrimination on one set and subgroup, where it is defined.
    #[must_use]
    pub fn on(&self, set: EvaluationSet, subgroup: Subgroup) -> Option<&Discrimination> {
        self.discrimination.iter().find(|d| d.set == set && d.subgroup == subgroup)
    }
}

impl Coefficient {
    /// A log hazard ratio per unit with its standard error, the hazard ratio and Wald's P value.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        coef: f64,
        std_error: f64,
        hazard_ratio: Estimate,
        p: f64,
    ) -> Self {
        Self { name: name.into(), coef, std_error, hazard_ratio, p }
    }
}
