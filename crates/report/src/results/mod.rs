//! What a study found: one serialisable value, the content of `results.json`, from which every
//! table and figure is drawn.
//!
//! Conventions: times in years; every proportion, C index and AUC in `[0, 1]`; `None` where a
//! quantity does not exist for this cohort, with the reason in [`StudyResults::notes`]. The figures
//! of models and variants are those of `vertebra-evaluation`, which say themselves why one does not
//! exist.
//!
//! ```no_run
//! use vertebra_report::results::StudyResults;
//! let results = StudyResults::read("runs/phantom/results.json".as_ref())?;
//! println!("{} models of {} subjects", results.models.len(), results.flow.remaining());
//! # Ok::<(), vertebra_report::Error>(())
//! ```

mod details;
mod evaluation;
mod files;
mod keypoints;
mod map_checks;
mod models;
mod outcome_timing;
mod pooled;
mod run;
mod saliency;
mod subgroups;
mod subjects;
mod validation;
mod variants;

pub use details::StudyDetails;
pub use evaluation::{
    Calibration, Comparison, DecisionCurve, Discrimination, EvaluationSet, HorizonResult,
    RiskGroups, Subgroup,
};
pub use files::{FileColumn, RunFile};
pub use keypoints::{KeypointFold, KeypointResults, LevelError};
pub use map_checks::MapCheck;
pub use models::{Coefficient, Method, ModelResult, Recalibration, TrainingCurve};
pub use outcome_timing::{OutcomeTiming, RiskRange, TimedGroup, TimedModel, TimedRisk};
pub use pooled::{Measure, OverCohorts, PooledCohort, PooledFigure, PooledResults};
pub use run::RunRecord;
pub use saliency::{CohortRisk, Picture, SaliencyResults, ShownFilm, ShownMap, ShownSubject};
pub use subgroups::InSubgroup;
pub use subjects::{MissingCovariate, OutcomeSummary, SetSize, SplitSummary};
pub use validation::{
    BandedCurve, BandedPoint, DevelopedModel, DevelopmentSummary, MissingInput, RecalibratedModel,
    Refused, SubgroupFigures, ValidatedModel, ValidatedSubgroup, ValidationResults,
};
pub use variants::VariantResult;

use crate::Error;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_cohort::{EligibilityFlow, TableOne};
use vertebra_evaluation::discrimination;

/// Version of the layout of [`StudyResults`]; raised when a field changes its meaning or name.
pub const SCHEMA_VERSION: u32 = 3;

/// Everything a study found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StudyResults {
    /// [`SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// How the run can be repeated.
    pub run: RunRecord,
    /// What those who ran the study say of it.
    #[serde(default)]
    pub details: StudyDetails,
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
    /// Risks by the interval between films, where the study's `outcome` is `interval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_timing: Option<OutcomeTiming>,
    /// Accuracy of the keypoint network.
    pub keypoints: KeypointResults,
    /// The comparison of image variants on the development set (the paper's Table 2).
    pub variants: Vec<VariantResult>,
    /// Every model's discrimination, calibration and use.
    pub models: Vec<ModelResult>,
    /// Paired differences between models.
    pub comparisons: Vec<Comparison>,
    /// Every model in the groups of the study's `subgroups`.
    #[serde(default)]
    pub subgroups: Vec<InSubgroup>,
    /// Internal-external validation on the development set: in each centre, models that were fitted
    /// on the others alone. Empty where there are fewer than two centres.
    #[serde(default)]
    pub left_out_centres: Vec<discrimination::Subgroup>,
    /// What was done with which hyper-parameters: names and texts.
    #[serde(default)]
    pub methods: Vec<(String, String)>,
    /// How the networks of the whole development set learnt.
    #[serde(default)]
    pub training: Vec<TrainingCurve>,
    /// Kaplan-Meier curves by risk group of the test set.
    pub risk_groups: Vec<RiskGroups>,
    /// Where the network looked.
    pub saliency: Option<SaliencyResults>,
    /// What a reader must know: undefined quantities, small groups, warnings of the readers.
    pub notes: Vec<String>,
    /// The files of the run folder besides the report, and their columns.
    #[serde(default)]
    pub files: Vec<RunFile>,
}

impl StudyResults {
    /// The results of a study of these subjects, before any stage has run.
    #[must_use]
    pub fn new(
        run: RunRecord,
        flow: EligibilityFlow,
        split: SplitSummary,
        table_one: TableOne,
        outcome: OutcomeSummary,
    ) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            run,
            details: StudyDetails::default(),
            flow,
            split,
            table_one,
            missing: Vec::new(),
            outcome,
            outcome_timing: None,
            keypoints: KeypointResults::default(),
            variants: Vec::new(),
            models: Vec::new(),
            comparisons: Vec::new(),
            subgroups: Vec::new(),
            left_out_centres: Vec::new(),
            methods: Vec::new(),
            training: Vec::new(),
            risk_groups: Vec::new(),
            saliency: None,
            notes: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Reads a `results.json`; its version is looked at before the rest.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::SchemaVersion`] for the file of a program of another layout;
    /// [`Error::Malformed`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        read_versioned(path, "the results of a study")
    }

    /// Writes the results as JSON; the file is there whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        write_whole_json(path, self)
    }
}

fn read_versioned<T: DeserializeOwned>(path: &Path, expected: &'static str) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Version {
        schema_version: u32,
    }
    let io = |source| Error::Io { path: path.to_owned(), source };
    let malformed = |e: serde_json::Error| {
        let (path, got) = (path.to_owned(), e.to_string());
        Error::Malformed { path, expected, got }
    };
    let text = std::fs::read_to_string(path).map_err(io)?;
    let Version { schema_version: got } = serde_json::from_str(&text).map_err(malformed)?;
    if got != SCHEMA_VERSION {
        let expected = SCHEMA_VERSION;
        return Err(Error::SchemaVersion { path: path.to_owned(), expected, got });
    }
    serde_json::from_str(&text).map_err(malformed)
}

fn write_whole_json<T: Serialize>(path: &Path, results: &T) -> Result<(), Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let text = serde_json::to_vec_pretty(results).map_err(|e| io(e.into()))?;
    Ok(vertebra_run::write_whole(path, &text)?)
}
