//! The evaluation of one sample as one value.

use crate::curves::groups::Groups;
use crate::curves::{Incidence, Survival};
use crate::curves::{curve, groups};
use crate::discrimination::comparison::{AucEquality, Comparison};
use crate::discrimination::scores::{Joint, Score};
use crate::discrimination::subgroups::Subgroup;
use crate::discrimination::{comparison, scores, subgroups};
use crate::predictions::brier::{BrierComparison, IntegratedBrier};
use crate::predictions::prediction::Prediction;
use crate::predictions::{brier, prediction};
use crate::run::Run;
use crate::{Error, EvaluationOptions, Figure, Sample, keys, warnings};
use serde::{Deserialize, Serialize};

/// Everything that can be said of the scores and predictions of a [`Sample`].
///
/// It is written to JSON and read from it without loss, and printed as tables by
/// [`Display`](std::fmt::Display).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// Subjects.
    pub n: usize,
    /// Rows, where a subject may have several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// What is suspicious in the data but does not stop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Their events, of the cause predicted where there are several.
    pub events: usize,
    /// The cause that is predicted, where others compete with it.
    pub cause: Option<usize>,
    /// Unit of all times.
    pub time_unit: String,
    /// Survival of all subjects, free of an event of any cause.
    pub survival: Figure<Survival>,
    /// The cumulative incidence of every cause, under competing risks.
    pub incidence: Option<Vec<Figure<Incidence>>>,
    /// Discrimination of each score, in the order of the sample.
    #[serde(rename = "risks", with = "keys::by_name")]
    pub scores: Vec<Score>,
    /// Paired differences of the scores, with P values adjusted by Holm's method.
    pub comparisons: Vec<Comparison>,
    /// The scores' discrimination in the groups of the sample, and how it differs between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subgroups: Vec<Subgroup>,
    /// Tests that all scores have the same AUC: at each horizon, and at all of them together.
    pub auc_equality: Vec<AucEquality>,
    /// The groups of the sample, then the thirds of each score.
    pub groups: Vec<Groups>,
    /// Calibration and use of each prediction.
    pub predictions: Vec<Prediction>,
    /// Pairs of predictions for the same horizon.
    pub brier_comparisons: Vec<BrierComparison>,
    /// Brier scores averaged over horizons.
    pub integrated_brier: Vec<IntegratedBrier>,
}

impl Evaluation {
    /// Evaluates a sample. A figure that does not exist for it is [`Figure::Undefined`], not an
    /// error.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OutOfDomain`] or [`Error::InvalidValue`] for a column of
    /// the sample, [`Error::InvalidSetting`] for an option.
    pub fn of(sample: &Sample, options: &EvaluationOptions) -> Result<Self, Error> {
        sample.check()?;
        options.check()?;
        let run = Run::new(sample.with_dependence()?, options);
        let joint = Joint::without_gaps(&run);
        let cause = run.cause();
        Ok(Self {
            n: sample.n_subjects(),
            rows: sample.subjects.is_some().then(|| sample.n()),
            warnings: warnings::of(&run),
            events: run.own.n_events(),
            cause: cause.map(|cause| cause.number()),
            time_unit: options.time_unit.clone(),
            survival: curve::survival(&run),
            incidence: cause.map(|cause| curve::incidence(&run, cause)),
            scores: scores::scores(&run, &joint),
            comparisons: comparison::comparisons(&run, &joint),
            subgroups: subgroups::subgroups(&run),
            auc_equality: comparison::auc_equality(&run),
            groups: groups::groups(&run),
            predictions: prediction::predictions(&run),
            brier_comparisons: brier::comparisons(&run),
            integrated_brier: brier::integrated(&run),
        })
    }

    /// The score of this name.
    #[must_use]
    pub fn score(&self, name: &str) -> Option<&Score> {
        self.scores.iter().find(|score| score.name == name)
    }
}
