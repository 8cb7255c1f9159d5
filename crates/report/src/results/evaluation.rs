//! Discrimination, calibration, use and comparisons of models.

use super::SetSize;
use serde::{Deserialize, Serialize};

/// A value with a 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// Which subjects an evaluation covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationSet {
    /// Validation folds of the development set, each subject scored by a model that never saw it.
    CrossValidation,
    /// The test set, scored by the model fitted on the whole development set.
    Test,
}

/// A subgroup of the subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subgroup {
    /// All subjects.
    All,
    /// Women only.
    Women,
}

/// Concordance on one set and subgroup, with both kinds of interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Discrimination {
    /// Development (validation folds) or test.
    pub set: EvaluationSet,
    /// All subjects or a subgroup.
    pub subgroup: Subgroup,
    /// Subjects and events scored.
    pub size: SetSize,
    /// Harrell's C with the interval over subjects (percentile bootstrap).
    pub harrell: Estimate,
    /// Bias-corrected and accelerated bootstrap interval of Harrell's C over subjects.
    pub harrell_bca: Option<(f64, f64)>,
    /// Uno's C with its 95 % interval.
    pub uno: Option<Estimate>,
    /// Harrell's C by fold, where defined: each fold's validation subjects for
    /// [`EvaluationSet::CrossValidation`]; each fold's model on the test set for
    /// [`EvaluationSet::Test`].
    pub folds: Vec<f64>,
    /// Mean over folds with a t interval over folds, "as in the paper": it tells how much fold
    /// models differ, not how sure one can be of C.
    pub over_folds: Option<Estimate>,
}

/// One model at one horizon on the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HorizonResult {
    /// Years.
    pub horizon: f64,
    /// Cumulative/dynamic AUC (IPCW).
    pub auc: Option<Estimate>,
    /// Sensitivity at the threshold chosen on the validation folds.
    pub sensitivity: Option<f64>,
    /// Specificity at that threshold.
    pub specificity: Option<f64>,
    /// Brier score (IPCW); `None` for a score without survival probabilities.
    pub brier: Option<f64>,
    /// 1 - Brier / Brier of the Kaplan-Meier estimate.
    pub scaled_brier: Option<f64>,
}

/// Predicted against observed risk at one horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Years.
    pub horizon: f64,
    /// Groups of increasing predicted risk.
    pub groups: Vec<CalibrationGroup>,
    /// Observed over expected events.
    pub observed_expected: Option<f64>,
    /// Slope of the log hazard in a Cox model on the test set; 1 is ideal.
    pub slope: Option<f64>,
}

/// A group of subjects of similar predicted risk.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationGroup {
    /// Subjects.
    pub n: usize,
    /// Mean predicted risk.
    pub predicted: f64,
    /// Observed risk, 1 - Kaplan-Meier, with its interval.
    pub observed: Estimate,
}

/// Net benefit over threshold probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionCurve {
    /// Years.
    pub horizon: f64,
    /// Threshold probabilities.
    pub thresholds: Vec<f64>,
    /// Net benefit of the model.
    pub model: Vec<f64>,
    /// Net benefit of treating everyone.
    pub treat_all: Vec<f64>,
}

/// A paired difference of C between two models on the same subjects: `first - second`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Set.
    pub set: EvaluationSet,
    /// Subgroup.
    pub subgroup: Subgroup,
    /// [`ModelResult::name`](super::ModelResult::name) of the first model.
    pub first: String,
    /// [`ModelResult::name`](super::ModelResult::name) of the second model.
    pub second: String,
    /// Subjects and events that both models scored.
    pub size: SetSize,
    /// Difference of Harrell's C with its joint-SE 95 % interval.
    pub difference: Estimate,
    /// Joint standard error.
    pub se: f64,
    /// Two-sided P value.
    pub p: f64,
    /// P value adjusted by Holm's method over the comparisons of this set and subgroup.
    pub p_holm: f64,
}

/// Kaplan-Meier curves of one model's risk groups on the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RiskGroups {
    /// [`ModelResult::name`](super::ModelResult::name).
    pub model: String,
    /// Groups, lowest risk first; cut at thirds of the development set's out-of-fold scores.
    pub groups: Vec<RiskGroup>,
    /// Log-rank P value between the groups.
    pub log_rank_p: Option<f64>,
    /// Times of the numbers at risk, years.
    pub at_risk_times: Vec<f64>,
}

/// One risk group's Kaplan-Meier curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RiskGroup {
    /// `low`, `middle`, `high`.
    pub label: String,
    /// Subjects and events.
    pub size: SetSize,
    /// Times of the steps, years; the curve is 1 before the first.
    pub times: Vec<f64>,
    /// Survival after each step.
    pub survival: Vec<f64>,
    /// Lower 95 % bound (log-log); `None` where it does not exist.
    pub lower: Vec<Option<f64>>,
    /// Upper 95 % bound.
    pub upper: Vec<Option<f64>>,
    /// Subjects at risk at [`RiskGroups::at_risk_times`].
    pub at_risk: Vec<usize>,
}
