//! Discrimination, calibration, use and comparisons of models.

use super::{BandedCurve, SetSize};
use serde::{Deserialize, Serialize};
use vertebra_evaluation::curves::LogRankTest;
use vertebra_evaluation::discrimination::Accuracy;
use vertebra_evaluation::predictions::{ObservedExpected, Slope};
use vertebra_evaluation::{
    Brier, CalibrationGroup, Difference, DrawnGroup, Estimate, Figure, Headline, Interval,
    NetBenefit, OverFolds, Reason, Undefined,
};

/// Which subjects an evaluation covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums)] // closed by nature: the two sets of a split
pub enum EvaluationSet {
    /// Validation folds of the development set, each subject scored by a model that never saw it.
    CrossValidation,
    /// The test set, scored by the model fitted on the whole development set.
    Test,
}

impl EvaluationSet {
    /// As it is called in the report: `test set`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::CrossValidation => "validation folds",
            Self::Test => "test set",
        }
    }
}

/// The subjects that the paper reports in full; other groups are in
/// [`StudyResults::subgroups`](super::StudyResults::subgroups).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Subgroup {
    /// All subjects.
    All,
    /// Women only.
    Women,
}

impl Subgroup {
    /// As it is called in the report: `women`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Women => "women",
        }
    }
}

/// Concordance on one set and subgroup, with both kinds of interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Discrimination {
    /// Development (validation folds) or test.
    pub set: EvaluationSet,
    /// All subjects or a subgroup.
    pub subgroup: Subgroup,
    /// Subjects and events scored.
    pub size: SetSize,
    /// Harrell's C with its interval over subjects: the studentised bootstrap's on the logit scale,
    /// or Student's t on the logit scale where that does not exist.
    pub harrell: Headline,
    /// Bias-corrected and accelerated bootstrap interval of Harrell's C over subjects.
    pub harrell_bca: Option<Interval>,
    /// Uno's C up to the last horizon, on the test set.
    pub uno: Figure<Estimate>,
    /// Harrell's C by fold: each fold's validation subjects for [`EvaluationSet::CrossValidation`];
    /// each fold's model on the test set for [`EvaluationSet::Test`]. Its mean and interval are "as
    /// in the paper": they tell how much fold models differ, not how sure one can be of C.
    pub over_folds: OverFolds,
}

impl Discrimination {
    /// Harrell's C of a set, without the other figures.
    #[must_use]
    pub fn new(set: EvaluationSet, subgroup: Subgroup, size: SetSize, harrell: Headline) -> Self {
        let uno = Undefined::new(Reason::NotRequested, "not computed on this set").into();
        let over_folds = OverFolds::of(Vec::new(), harrell.estimate.interval.level);
        Self { set, subgroup, size, harrell, harrell_bca: None, uno, over_folds }
    }

    /// The bias-corrected and accelerated interval of Harrell's C.
    #[must_use]
    pub fn with_bca(mut self, interval: Option<Interval>) -> Self {
        self.harrell_bca = interval;
        self
    }

    /// Uno's C.
    #[must_use]
    pub fn with_uno(mut self, uno: Figure<Estimate>) -> Self {
        self.uno = uno;
        self
    }

    /// Harrell's C over folds.
    #[must_use]
    pub fn with_over_folds(mut self, over_folds: OverFolds) -> Self {
        self.over_folds = over_folds;
        self
    }
}

/// One model at one horizon on the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HorizonResult {
    /// Years.
    pub horizon: f64,
    /// Cumulative/dynamic AUC (IPCW).
    pub auc: Figure<Estimate>,
    /// Accuracy at the threshold chosen on the validation folds.
    pub accuracy: Figure<Accuracy>,
    /// Brier score (IPCW); undefined for a score without probabilities.
    pub brier: Figure<Brier>,
}

impl HorizonResult {
    /// The figures at one horizon.
    #[must_use]
    pub fn new(
        horizon: f64,
        auc: Figure<Estimate>,
        accuracy: Figure<Accuracy>,
        brier: Figure<Brier>,
    ) -> Self {
        Self { horizon, auc, accuracy, brier }
    }
}

/// Predicted against observed risk at one horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Calibration {
    /// Years.
    pub horizon: f64,
    /// Groups of increasing predicted risk.
    pub groups: Vec<CalibrationGroup>,
    /// Observed over expected events.
    pub observed_expected: Figure<ObservedExpected>,
    /// Slope of the log hazard in a Cox model on the test set; 1 is ideal.
    pub slope: Figure<Slope>,
    /// The smooth curve with its bands, and the integrated calibration index.
    pub curve: Figure<BandedCurve>,
}

impl Calibration {
    /// Calibration at one horizon.
    #[must_use]
    pub fn new(
        horizon: f64,
        groups: Vec<CalibrationGroup>,
        observed_expected: Figure<ObservedExpected>,
        slope: Figure<Slope>,
    ) -> Self {
        let curve = Undefined::new(Reason::NotRequested, "not computed").into();
        Self { horizon, groups, observed_expected, slope, curve }
    }

    /// The calibration with its smooth curve.
    #[must_use]
    pub fn with_curve(mut self, curve: Figure<BandedCurve>) -> Self {
        self.curve = curve;
        self
    }
}

/// Net benefit over threshold probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DecisionCurve {
    /// Years.
    pub horizon: f64,
    /// Net benefit at each threshold probability.
    pub points: Vec<NetBenefit>,
}

impl DecisionCurve {
    /// Net benefit at one horizon.
    #[must_use]
    pub fn new(horizon: f64, points: Vec<NetBenefit>) -> Self {
        Self { horizon, points }
    }
}

/// A paired difference of C between two models on the same subjects: `first - second`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
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
    /// Difference of Harrell's C with its standard error from the joint distribution, interval and
    /// test.
    #[serde(flatten)]
    pub difference: Difference,
    /// P value adjusted by Holm's method over the comparisons of this set and subgroup.
    pub p_holm: f64,
}

impl Comparison {
    /// The comparison of the models `(first, second)` on a set; `p_holm` is the P value until
    /// [`with_p_holm`](Self::with_p_holm).
    #[must_use]
    pub fn new(
        set: EvaluationSet,
        subgroup: Subgroup,
        (first, second): (String, String),
        size: SetSize,
        difference: Difference,
    ) -> Self {
        Self { set, subgroup, first, second, size, difference, p_holm: difference.p }
    }

    /// The P value adjusted for the other comparisons of the set and subgroup.
    #[must_use]
    pub fn with_p_holm(mut self, p: f64) -> Self {
        self.p_holm = p;
        self
    }
}

/// Kaplan-Meier curves of one model's risk groups on the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RiskGroups {
    /// [`ModelResult::name`](super::ModelResult::name).
    pub model: String,
    /// Groups, lowest risk first; cut at thirds of the development set's out-of-fold scores.
    pub groups: Vec<DrawnGroup>,
    /// Log-rank test between the groups.
    pub log_rank: Figure<LogRankTest>,
    /// Times of the numbers at risk, years.
    pub at_risk_times: Vec<f64>,
    /// Log hazards between the groups.
    pub cuts: Vec<f64>,
}

impl RiskGroups {
    /// The curves of `model`'s risk groups.
    #[must_use]
    pub fn new(
        model: String,
        groups: Vec<DrawnGroup>,
        log_rank: Figure<LogRankTest>,
        at_risk_times: Vec<f64>,
    ) -> Self {
        Self { model, groups, log_rank, at_risk_times, cuts: Vec::new() }
    }

    /// The groups with the log hazards between them.
    #[must_use]
    pub fn with_cuts(mut self, cuts: impl Into<Vec<f64>>) -> Self {
        self.cuts = cuts.into();
        self
    }
}
