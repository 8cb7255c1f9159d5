//! What can go wrong in a study.

use crate::problem_list::list;
use std::path::{Path, PathBuf};

/// What a library said, in a box, so that this enum stays small.
type Source = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can go wrong in a study.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing a file failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A configuration that is not TOML, or has a setting that is unknown or of another type.
    #[error("configuration: {source}")]
    MalformedConfig {
        /// What the reader of TOML said.
        source: Source,
    },
    /// A setting outside its domain.
    #[error("configuration: {name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// The setting, as a TOML file names it.
        name: String,
        /// What is expected.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// Several problems of the input, each an error of its own, one per line.
    #[error("{}", list(problems))]
    InvalidInput {
        /// The problems; none of them is of this kind.
        problems: Vec<Error>,
    },
    /// The cohort's tables. Problems that are alike are printed once, with their number.
    #[error("{problems}")]
    Tables {
        /// File, line, column, what is expected and what came, of each.
        problems: vertebra_cohort::Problems,
    },
    /// A file that does not hold what it should.
    #[error("{}: expected {expected}, got {got}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// A file that a program of another layout wrote.
    #[error("{}: expected schema version {expected}, got {got}", path.display())]
    SchemaVersion {
        /// The file.
        path: PathBuf,
        /// The version that this program reads.
        expected: u32,
        /// The version of the file.
        got: u32,
    },
    /// A model that sees films was asked about covariates alone.
    #[error("{}: expected a film, as the model sees films, got covariates alone", name.display())]
    NeedsFilm {
        /// What the subject was called.
        name: PathBuf,
    },
    /// A model that cannot be asked about a cohort.
    #[error(
        "{model} does not fit this cohort: expected {expected}, got {got}; choose others with \
             --models"
    )]
    UnfitModel {
        /// The model, by its name in the model folder.
        model: String,
        /// What it needs.
        expected: String,
        /// What the cohort or this program has.
        got: String,
    },
    /// A run folder that belongs to a run with other settings or tables.
    #[error("{}: expected the settings and tables of this run, got those of another; give another \
             folder", path.display())]
    OtherRun {
        /// The file that says what the folder's run depends on.
        path: PathBuf,
    },
    /// A call that does a share of the fits has done it, and cannot go on before the others have.
    #[error("{stage}: {pending} fits of other shares are pending")]
    PendingFits {
        /// What is being fitted.
        stage: String,
        /// How many are pending.
        pending: usize,
    },
    /// A film of another size than its annotation says.
    #[error("{}: annotated as {} x {} px, but the film has {} x {}",
            path.display(), annotated[0], annotated[1], got[0], got[1])]
    AnnotatedSize {
        /// The film.
        path: PathBuf,
        /// Rows and columns in the annotation.
        annotated: [usize; 2],
        /// Rows and columns of the film.
        got: [usize; 2],
    },
    /// A film without an annotation where one is needed.
    #[error("{film}: expected {expected}, got none")]
    NotAnnotated {
        /// The film, relative to the cohort folder.
        film: String,
        /// What is expected.
        expected: &'static str,
    },
    /// A detector cannot be trained without annotated films.
    #[error("training a keypoint detector ({part}): expected annotated films, got none")]
    NoTrainingFilms {
        /// The part of the development set it was to be trained on.
        part: String,
    },
    /// Measures at the main horizon need an event before it and a subject followed beyond it, in
    /// both sets.
    #[error(
        "the main horizon needs an event by {horizon} years and a subject followed beyond, in \
             the {set} set; got {events} and {followed}; set main_horizon in a --config file"
    )]
    UndefinedAtHorizon {
        /// `development` or `test`.
        set: &'static str,
        /// Years.
        horizon: f64,
        /// Events by the horizon.
        events: usize,
        /// Subjects followed beyond it.
        followed: usize,
    },
    /// Annotations of other films than those of the cohort.
    #[error(
        "{}: expected annotations of films that visits.csv lists, e.g. {listed}; got {n} of others, \
         e.g. {annotated}",
        path.display()
    )]
    OtherFilms {
        /// The file of annotations.
        path: PathBuf,
        /// A film of the cohort.
        listed: String,
        /// A film of the annotations.
        annotated: String,
        /// Annotated films.
        n: usize,
    },
    /// A covariate that a model asks for is not recorded, or the same for everybody.
    #[error(
        "clinical_models, model {model}: expected covariates that vary between the subjects of the \
         development set; {covariate} {why}"
    )]
    UselessCovariate {
        /// The model, from 1.
        model: usize,
        /// The covariate.
        covariate: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Who is left after the exclusions is too few.
    #[error("{missing}; {analysed}{unread}")]
    AfterExclusions {
        /// What was missing; not a `source`, as the sentence says it already.
        missing: Box<Error>,
        /// How many subjects are analysed, and where the others left.
        analysed: String,
        /// The columns that were not read, if any.
        unread: String,
    },
    /// An array of another length than expected.
    #[error("{name}: expected {expected} values, got {got}")]
    LengthMismatch {
        /// The array.
        name: &'static str,
        /// Its expected length.
        expected: usize,
        /// Its length.
        got: usize,
    },
    /// A picture could not be written.
    #[error("{}: {source}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the encoder said.
        source: Source,
    },
    /// A film cannot be aligned.
    #[error("{}: {source}", path.display())]
    Alignment {
        /// The film.
        path: PathBuf,
        /// Why.
        source: vertebra_alignment::Error,
    },
    /// The keypoint network cannot take a film.
    #[error("{}: {source}", path.display())]
    Film {
        /// The film.
        path: PathBuf,
        /// Why.
        source: Box<vertebra_hrnet::Error>,
    },
    /// The results could not be written.
    #[error(transparent)]
    Report {
        /// Why.
        #[from]
        source: vertebra_report::Error,
    },
    /// The cohort.
    #[error(transparent)]
    Cohort {
        /// Why.
        #[from]
        source: vertebra_cohort::Error,
    },
    /// A radiograph.
    #[error(transparent)]
    Radiograph {
        /// Why.
        #[from]
        source: vertebra_radiograph::Error,
    },
    /// The annotations.
    #[error(transparent)]
    Keypoints {
        /// Why.
        #[from]
        source: vertebra_keypoints::Error,
    },
    /// The keypoint detector.
    #[error(transparent)]
    Detector {
        /// Why.
        #[from]
        source: vertebra_hrnet::Error,
    },
    /// A risk network.
    #[error(transparent)]
    RiskModel {
        /// Why.
        #[from]
        source: vertebra_deepsurv::Error,
    },
    /// A clinical baseline.
    #[error(transparent)]
    Baseline {
        /// Why.
        #[from]
        source: vertebra_baselines::Error,
    },
    /// A statistic.
    #[error(transparent)]
    Survival {
        /// Why.
        #[from]
        source: vertebra_survival::Error,
    },
    /// The evaluation of the models.
    #[error(transparent)]
    Evaluation {
        /// Why.
        #[from]
        source: vertebra_evaluation::Error,
    },
    /// A figure that the study needs does not exist.
    #[error("{figure}: {source}")]
    Undefined {
        /// The figure.
        figure: &'static str,
        /// Why it does not exist.
        source: vertebra_evaluation::Undefined,
    },
}

impl From<vertebra_run::Error> for Error {
    fn from(error: vertebra_run::Error) -> Self {
        let (path, source) = error.into_parts();
        Self::Io { path, source }
    }
}

impl Error {
    pub(crate) fn undefined(figure: &'static str, why: &vertebra_evaluation::Undefined) -> Self {
        Self::Undefined { figure, source: why.clone() }
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Alignment of this film failed.
    pub(crate) fn alignment(path: &Path) -> impl Fn(vertebra_alignment::Error) -> Self {
        |source| Self::Alignment { path: path.to_owned(), source }
    }

    /// The network cannot take this film.
    pub(crate) fn film(path: &Path) -> impl Fn(vertebra_hrnet::Error) -> Self {
        |source| Self::Film { path: path.to_owned(), source: Box::new(source) }
    }

    /// Several problems as one error; lists among them become part of the list.
    pub(crate) fn all(problems: Vec<Self>) -> Self {
        let mut flat = Vec::new();
        for problem in problems {
            match problem {
                Self::InvalidInput { problems } => flat.extend(problems),
                problem => flat.push(problem),
            }
        }
        Self::InvalidInput { problems: flat }
    }

    /// `Ok` without problems.
    pub(crate) fn check(problems: Vec<Self>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self::all(problems)) }
    }
}

impl From<vertebra_cohort::Problems> for Error {
    fn from(problems: vertebra_cohort::Problems) -> Self {
        Self::InvalidInput { problems: vec![Self::Tables { problems }] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_of_another_size_is_named_with_both_sizes() {
        let path = "films/a.png".into();
        let error = Error::AnnotatedSize { path, annotated: [10, 20], got: [30, 40] };
        let expected = "films/a.png: annotated as 10 x 20 px, but the film has 30 x 40";
        assert_eq!(error.to_string(), expected);
    }
}
