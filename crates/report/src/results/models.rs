//! Models, and what each was worth.

use super::{Calibration, DecisionCurve, Discrimination, Estimate, HorizonResult};
use serde::{Deserialize, Serialize};

/// How a model makes a risk score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// The phantom's true log hazard: what no model can pass.
    Oracle,
}

/// One model and how it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    pub integrated_brier: Option<f64>,
    /// Calibration at one horizon on the test set.
    pub calibration: Option<Calibration>,
    /// Decision curve at one horizon on the test set.
    pub decision: Option<DecisionCurve>,
    /// Coefficients, for a Cox model fitted on the development set.
    pub coefficients: Vec<Coefficient>,
}

/// A Cox coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// Covariate.
    pub name: String,
    /// Log hazard ratio per unit.
    pub coef: f64,
    /// Standard error.
    pub se: f64,
    /// Hazard ratio with its 95 % interval.
    pub hazard_ratio: Estimate,
    /// Wald P value.
    pub p: f64,
}
