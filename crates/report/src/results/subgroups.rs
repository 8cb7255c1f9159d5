//! Discrimination in groups of subjects.

use super::EvaluationSet;
use serde::{Deserialize, Serialize};
use vertebra_evaluation::discrimination::Subgroup;

/// A model in one group of the subjects of a set, such as those of one centre.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InSubgroup {
    /// Development (validation folds) or test.
    pub set: EvaluationSet,
    /// The figures; the score is [`ModelResult::name`](super::ModelResult::name).
    #[serde(flatten)]
    pub figures: Subgroup,
}

impl InSubgroup {
    /// The figures of a group on a set.
    #[must_use]
    pub fn new(set: EvaluationSet, figures: Subgroup) -> Self {
        Self { set, figures }
    }
}
