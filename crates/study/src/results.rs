//! What a study found: one serialisable value, from which every table and figure is drawn.
//!
//! Conventions: times in years; every proportion, C index and AUC in `[0, 1]`; `None` where a
//! quantity does not exist for this cohort, with the reason in [`StudyResults::notes`].

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vertebra_alignment::ImageVariant;
use vertebra_cohort::{EligibilityFlow, TableOne};
use vertebra_keypoints::Level;

/// Version of the layout of [`StudyResults`]; raised when a field changes its meaning or name.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything a study found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyResults {
    /// [`SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// How the run can be repeated.
    pub run: RunRecord,
    /// Who was analysed, step by step.
    pub flow: EligibilityFlow,
    /// Sizes of the development and the test set.
    pub split: SplitSummary,
    /// Characteristics of the development and the test set.
    pub table_one: TableOne,
    /// Covariates with missing values and what was done about them.
    pub missing: Vec<MissingCovariate>,
    /// Follow-up and events.
    pub outcome: OutcomeSummary,
    /// Accuracy of the keypoint network.
    pub keypoints: KeypointResults,
    /// The comparison of image variants on the development set (the paper's Table 2).
    pub variants: Vec<VariantResult>,
    /// Every model's discrimination, calibration and use.
    pub models: Vec<ModelResult>,
    /// Paired differences between models.
    pub comparisons: Vec<Comparison>,
    /// Kaplan-Meier curves by risk group of the test set.
    pub risk_groups: Vec<RiskGroups>,
    /// Where the network looked.
    pub saliency: Option<SaliencyResults>,
    /// What a reader must know: undefined quantities, small groups, warnings of the readers.
    pub notes: Vec<String>,
}

/// How the run can be repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Name of the run folder.
    pub name: String,
    /// `quick`, `standard` or `paper`; with `, changed` when a configuration file was given.
    pub preset: String,
    /// Whether the cohort is the synthetic phantom.
    pub phantom: bool,
    /// The seed that every random choice derives from.
    pub seed: u64,
    /// Version of this software.
    pub version: String,
    /// Git revision it was built from, where known.
    pub revision: Option<String>,
    /// The device the networks ran on.
    pub device: String,
    /// The resolved configuration, as TOML.
    pub config: String,
    /// SHA-256 of every file that was read, by path relative to the cohort folder.
    pub inputs: BTreeMap<String, String>,
    /// Wall-clock seconds by stage, in the order they ran.
    pub seconds: Vec<(String, f64)>,
}

/// Sizes of the development and the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitSummary {
    /// How subjects were assigned: `by seed, stratified by event` or `column split`.
    pub method: String,
    /// Subjects and events of the development set.
    pub development: SetSize,
    /// Subjects and events of the test set.
    pub test: SetSize,
    /// Folds of the cross-validation inside the development set.
    pub folds: Vec<SetSize>,
}

/// Size of a set of subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSize {
    /// Subjects.
    pub n: usize,
    /// Of them with the event.
    pub events: usize,
}

/// A covariate with missing values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MissingCovariate {
    /// Its column.
    pub name: String,
    /// Subjects of the development set without it.
    pub development: usize,
    /// Subjects of the test set without it.
    pub test: usize,
    /// The named imputation and its value, learnt on the development set.
    pub imputation: String,
}

/// Follow-up and events of the analysed subjects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeSummary {
    /// Where times and events came from: `films` (morphometry) or `columns time, event`.
    pub source: String,
    /// Sum of follow-up times, years.
    pub person_years: f64,
    /// Median follow-up by reverse Kaplan-Meier, years.
    pub median_follow_up: Option<f64>,
    /// Events per 100 person-years.
    pub rate_per_100: f64,
    /// Incident fractures by level; a subject may count at several levels.
    pub fractures: Vec<(Level, usize)>,
    /// Source of the morphometric reference heights.
    pub reference: Option<String>,
}

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

/// Accuracy of the keypoint network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeypointResults {
    /// The network, e.g. `HRNet-W32`, its number of parameters, and its input size.
    pub network: String,
    /// OKS sigmas of L1..L5.
    pub sigmas: [f64; 5],
    /// What `area` means in the OKS.
    pub area: String,
    /// One row per cross-validation fold, held-out films only.
    pub folds: Vec<KeypointFold>,
    /// The test films, by the detector that the model folder keeps.
    pub test: Option<KeypointFold>,
    /// Errors by level over the held-out films.
    pub levels: Vec<LevelError>,
    /// Films whose keypoints failed a plausibility check, over all analysed films.
    pub flagged: usize,
    /// Pictures of films with annotated and detected points.
    pub overlays: Vec<Picture>,
}

/// Keypoint accuracy on one set of held-out films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeypointFold {
    /// Held-out films.
    pub n: usize,
    /// OKS average precision over thresholds 0.50 to 0.95.
    pub ap: f64,
    /// At OKS 0.50.
    pub ap50: f64,
    /// At OKS 0.75.
    pub ap75: f64,
    /// Mean radial error, mm where the spacing is known (else `None`).
    pub mean_error_mm: Option<f64>,
    /// Mean radial error, px of the original film.
    pub mean_error_px: f64,
}

/// Error at one level over the held-out films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelError {
    /// The level.
    pub level: Level,
    /// Mean radial error, mm.
    pub mean_mm: f64,
    /// Median radial error, mm.
    pub median_mm: f64,
    /// 95th percentile of the radial error, mm.
    pub p95_mm: f64,
    /// Share of points within 2 mm.
    pub within_2mm: f64,
}

/// One image variant on the development set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantResult {
    /// The variant.
    pub variant: ImageVariant,
    /// Horizon of the measures below, years.
    pub horizon: f64,
    /// Youden's threshold of the risk score over all validation folds, the score standardised
    /// within folds. Sensitivity to NPV flag each fold by the threshold of the other folds.
    pub threshold: f64,
    /// Area under the cumulative/dynamic ROC curve (IPCW).
    pub auc: Estimate,
    /// Sensitivity at the threshold (IPCW); `None` where the threshold has nobody on one side.
    pub sensitivity: Option<Estimate>,
    /// Specificity at the threshold (IPCW); `None` where the threshold has nobody on one side.
    pub specificity: Option<Estimate>,
    /// Positive predictive value (IPCW); `None` where the threshold has nobody on one side.
    pub ppv: Option<Estimate>,
    /// Negative predictive value (IPCW); `None` where the threshold has nobody on one side.
    pub npv: Option<Estimate>,
    /// AUC in each validation fold, where defined.
    pub fold_auc: Vec<Option<f64>>,
    /// Whether it was chosen for the models.
    pub chosen: bool,
}

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

/// A paired difference of C between two models on the same subjects: `first - second`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Set.
    pub set: EvaluationSet,
    /// Subgroup.
    pub subgroup: Subgroup,
    /// [`ModelResult::name`] of the first model.
    pub first: String,
    /// [`ModelResult::name`] of the second model.
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
    /// [`ModelResult::name`].
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

/// Where the network looked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaliencyResults {
    /// The named methods.
    pub methods: Vec<String>,
    /// The explained model's name.
    pub model: String,
    /// Mean share of the whole positive map's mass by vertebra, test subjects with the event; what
    /// is missing to 1 lies near no vertebra.
    pub mass_with_event: Vec<(Level, f64)>,
    /// The same for test subjects without the event.
    pub mass_without_event: Vec<(Level, f64)>,
    /// Pictures, those with a later fracture first.
    pub pictures: Vec<Picture>,
}

/// A picture in the run folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Path relative to the run folder, `/` as separator.
    pub file: String,
    /// What is seen; never who.
    pub caption: String,
}
