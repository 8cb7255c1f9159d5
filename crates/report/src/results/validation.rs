//! What a validation found: finished models on a cohort that took no part in making them.

use super::{Method, OutcomeSummary, RunFile, RunRecord, SCHEMA_VERSION, SetSize, read_versioned};
use crate::Error;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_cohort::{CharacteristicSummary, EligibilityFlow, TableOne};
use vertebra_evaluation::predictions::{ObservedExpected, Slope};
use vertebra_evaluation::{
    Estimate, Evaluation, Figure, Headline, Interval, Keys, Prediction, Reason, Undefined,
};

/// A development cohort in numbers of the whole, which a model folder carries so that another
/// cohort can be compared with it. No row of a person is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DevelopmentSummary {
    /// Subjects and events that the models were fitted on.
    pub development: SetSize,
    /// Subjects and events that they were tested on.
    pub test: SetSize,
    /// Follow-up and events of both.
    pub outcome: OutcomeSummary,
    /// What the subjects whom the models were fitted on were like.
    pub characteristics: Vec<CharacteristicSummary>,
    /// What the models were worth in their own study.
    pub models: Vec<DevelopedModel>,
    /// The first 16 digits of the SHA-256 of each baseline film that the models were fitted or
    /// recalibrated on, in order of digits; by them a subject is known again, and nobody else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub films: Vec<String>,
}

/// A model in its own study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DevelopedModel {
    /// Its name in the model folder.
    pub name: String,
    /// Harrell's C on the test set.
    pub c: Option<Estimate>,
    /// Mean and standard deviation of its log hazard on the test set.
    pub log_hazard: Option<[f64; 2]>,
    /// Observed over expected events on the test set, at [`horizon`](Self::horizon).
    pub observed_expected: Option<ObservedExpected>,
    /// Calibration slope on the test set.
    pub slope: Option<Estimate>,
    /// Years.
    pub horizon: Option<f64>,
}

/// Everything a validation found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValidationResults {
    /// [`SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// How the run can be repeated.
    pub run: RunRecord,
    /// Who was analysed, step by step.
    pub flow: EligibilityFlow,
    /// Subjects analysed, and their events.
    pub size: SetSize,
    /// Follow-up and events.
    pub outcome: OutcomeSummary,
    /// Horizon at which calibration and net benefit are shown, years.
    pub main_horizon: f64,
    /// Whether films were aligned by annotated points instead of detected ones.
    pub annotated_points: bool,
    /// The cohort that the models were made on, as their folder describes it.
    pub development: Option<DevelopmentSummary>,
    /// How many of the subjects analysed the models were fitted or recalibrated on, told by their
    /// baseline films; `None` where the model folder or the films do not tell.
    #[serde(default)]
    pub took_part: Option<usize>,
    /// These subjects beside those of the development; the second group are these.
    pub case_mix: TableOne,
    /// Why films were refused: the reason and the number of films.
    pub refused: Vec<Refused>,
    /// Covariates of the models that are missing for some, with what stands in for them.
    pub missing: Vec<MissingInput>,
    /// The models and other scores.
    pub models: Vec<ValidatedModel>,
    /// Discrimination, calibration and use of all of them, by their titles.
    pub evaluation: Evaluation,
    /// The models among subjects of one kind.
    pub subgroups: Vec<ValidatedSubgroup>,
    /// What recalibration on this cohort mends.
    pub recalibrated: Vec<RecalibratedModel>,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// The files of the run folder besides the report, and their columns.
    pub files: Vec<RunFile>,
}

/// Subjects or films that got no prediction for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refused {
    /// The code of the verdict's gravest doubt.
    pub code: String,
    /// How many.
    pub n: usize,
    /// With the event.
    pub events: usize,
}

/// A covariate that is missing for some subjects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MissingInput {
    /// Its name.
    pub name: String,
    /// Subjects without it.
    pub n: usize,
    /// What the model folder puts in its place.
    pub stand_in: f64,
}

/// A model, or a score that was given, on this cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValidatedModel {
    /// Its name in the model folder; empty for a score that was given.
    pub name: String,
    /// What the report calls it; its name in the evaluation.
    pub title: String,
    /// Kind of model.
    pub method: Method,
    /// Covariates, in order.
    pub covariates: Vec<String>,
    /// Subjects that have a prediction, and their events.
    pub answered: SetSize,
    /// Subjects without one, by reason.
    pub refused: Vec<Refused>,
    /// Mean and standard deviation of its log hazard here.
    pub log_hazard: Option<[f64; 2]>,
    /// The calibration curve at the main horizon with its bands.
    pub curve: Figure<BandedCurve>,
}

/// A smooth calibration curve with bootstrap bands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BandedCurve {
    /// Years.
    pub horizon: f64,
    /// Integrated calibration index: mean absolute distance between predicted and observed risk.
    pub ici: f64,
    /// Its interval.
    pub ici_interval: Interval,
    /// Median of the distance, and its interval.
    pub e50: f64,
    /// Its interval.
    pub e50_interval: Interval,
    /// 90th percentile of the distance.
    pub e90: f64,
    /// Its interval.
    pub e90_interval: Interval,
    /// Points of the curve, by increasing prediction.
    pub points: Vec<BandedPoint>,
}

/// A point of a calibration curve with its band.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BandedPoint {
    /// Predicted risk.
    pub predicted: f64,
    /// The curve there.
    pub observed: f64,
    /// Its interval.
    pub interval: Interval,
}

/// The models among subjects of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValidatedSubgroup {
    /// What the subjects are told apart by.
    pub grouping: String,
    /// Which of them these are.
    pub group: String,
    /// Subjects and events.
    pub size: SetSize,
    /// Each model's figures among them.
    pub models: Vec<SubgroupFigures>,
}

/// A model among subjects of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubgroupFigures {
    /// Its title.
    pub title: String,
    /// Harrell's C.
    pub c: Figure<Headline>,
    /// Observed over expected events at the main horizon.
    pub observed_expected: Figure<ObservedExpected>,
    /// Calibration slope at the main horizon.
    pub slope: Figure<Slope>,
}

/// A model recalibrated on this cohort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecalibratedModel {
    /// Its name in the model folder.
    pub name: String,
    /// Its title before.
    pub title: String,
    /// How: `in_the_large`, `line` or `flexible`.
    pub how: String,
    /// Folder of the recalibrated model, relative to the run folder.
    pub folder: String,
    /// Predictions at the main horizon, of each subject by a recalibration on the others: folds of
    /// this cohort take turns. On other people of the same kind it does about as well as this.
    /// `None` where a fold has too few events, which the notes say.
    pub crossed: Option<Prediction>,
}

impl Keys for BandedCurve {
    const KEYS: &'static [&'static str] = &["horizon", "ici", "ici_interval", "points"];
}

impl DevelopmentSummary {
    /// The two sets of a study with their outcomes; nothing is known of subjects and models yet.
    #[must_use]
    pub fn new(development: SetSize, test: SetSize, outcome: OutcomeSummary) -> Self {
        let (characteristics, models, films) = (Vec::new(), Vec::new(), Vec::new());
        Self { development, test, outcome, characteristics, models, films }
    }
}

impl DevelopedModel {
    /// A model of this name in the folder; nothing is known of it yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            c: None,
            log_hazard: None,
            observed_expected: None,
            slope: None,
            horizon: None,
        }
    }
}

impl Refused {
    /// So many, with so many events, refused for one reason.
    #[must_use]
    pub fn new(code: impl Into<String>, n: usize, events: usize) -> Self {
        Self { code: code.into(), n, events }
    }
}

impl MissingInput {
    /// A covariate, the subjects without it, and what stands in for it.
    #[must_use]
    pub fn new(name: impl Into<String>, n: usize, stand_in: f64) -> Self {
        Self { name: name.into(), n, stand_in }
    }
}

impl ValidatedModel {
    /// A model or score by its title; nobody has a prediction yet.
    #[must_use]
    pub fn new(name: impl Into<String>, title: impl Into<String>, method: Method) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            method,
            covariates: Vec::new(),
            answered: SetSize { n: 0, events: 0 },
            refused: Vec::new(),
            log_hazard: None,
            curve: Undefined::new(Reason::NotDefined, "the score is no probability").into(),
        }
    }
}

impl BandedCurve {
    /// A curve by its points; index by index `(value, interval)` of ICI, E50 and E90.
    #[must_use]
    pub fn new(horizon: f64, indices: [(f64, Interval); 3], points: Vec<BandedPoint>) -> Self {
        let [(ici, ici_interval), (e50, e50_interval), (e90, e90_interval)] = indices;
        Self { horizon, ici, ici_interval, e50, e50_interval, e90, e90_interval, points }
    }
}

impl BandedPoint {
    /// The curve at a prediction.
    #[must_use]
    pub fn new(predicted: f64, observed: f64, interval: Interval) -> Self {
        Self { predicted, observed, interval }
    }
}

impl ValidatedSubgroup {
    /// Subjects of one kind.
    #[must_use]
    pub fn new(grouping: impl Into<String>, group: impl Into<String>, size: SetSize) -> Self {
        Self { grouping: grouping.into(), group: group.into(), size, models: Vec::new() }
    }
}

impl SubgroupFigures {
    /// Figures of the model with this title.
    #[must_use]
    pub fn new(
        title: impl Into<String>,
        c: Figure<Headline>,
        observed_expected: Figure<ObservedExpected>,
        slope: Figure<Slope>,
    ) -> Self {
        Self { title: title.into(), c, observed_expected, slope }
    }
}

impl RecalibratedModel {
    /// A model by name and title, how it was recalibrated, and where that is kept.
    #[must_use]
    pub fn new(
        (name, title): (impl Into<String>, impl Into<String>),
        how: impl Into<String>,
        folder: impl Into<String>,
        crossed: Option<Prediction>,
    ) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            how: how.into(),
            folder: folder.into(),
            crossed,
        }
    }
}

impl ValidationResults {
    /// The results on these subjects.
    #[must_use]
    pub fn new(
        run: RunRecord,
        flow: EligibilityFlow,
        (size, outcome): (SetSize, OutcomeSummary),
        case_mix: TableOne,
        evaluation: Evaluation,
    ) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            run,
            flow,
            size,
            outcome,
            main_horizon: 0.0,
            annotated_points: false,
            development: None,
            took_part: None,
            case_mix,
            refused: Vec::new(),
            missing: Vec::new(),
            models: Vec::new(),
            evaluation,
            subgroups: Vec::new(),
            recalibrated: Vec::new(),
            notes: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Reads a `results.json` of a validation; its version is looked at before the rest.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::SchemaVersion`] for the file of a program of another layout;
    /// [`Error::Malformed`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        read_versioned(path, "the results of a validation")
    }

    /// Writes the results as JSON; the file is there whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        super::write_whole_json(path, self)
    }

    /// The prediction of a model, by its title, at the main horizon.
    #[must_use]
    pub fn prediction(&self, title: &str) -> Option<&Prediction> {
        let here = |p: &&Prediction| p.name == title && p.horizon == self.main_horizon;
        self.evaluation.predictions.iter().find(here)
    }
}
