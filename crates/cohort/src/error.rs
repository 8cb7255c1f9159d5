//! Everything that can go wrong in this crate.

use crate::{HeightRatio, Problem, Problems};
use std::path::{Path, PathBuf};
use vertebra_keypoints::Level;

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A cohort folder, a list of subjects or a table of reference values has bad rows.
    #[error("{problems}")]
    InvalidCohort {
        /// All of them.
        problems: Problems,
    },
    /// A CSV table, or a value in it, is not what was asked for.
    #[error("{problem}")]
    InvalidTable {
        /// Where, what was expected and what came.
        problem: Problem,
    },
    /// One value in data.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidValue {
        /// Of what.
        name: &'static str,
        /// What is allowed.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// An option or argument is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// The option.
        name: &'static str,
        /// What is allowed.
        expected: String,
        /// What came.
        got: String,
    },
    /// Two per-subject arrays differ in length.
    #[error("{name}: expected {expected} values, got {got}")]
    LengthMismatch {
        /// The array.
        name: &'static str,
        /// Subjects.
        expected: usize,
        /// Its length.
        got: usize,
    },
    /// A stratified split or set of folds would leave a part without an event.
    #[error("expected at least one event in each of {parts} parts, got {events} events in all")]
    TooFewEvents {
        /// Parts of the split.
        parts: usize,
        /// Subjects with an event.
        events: usize,
    },
    /// A covariate without recorded values cannot be imputed from data: one, or two for several
    /// imputations.
    #[error("{name}: expected recorded values to learn its imputation from, got none or too few")]
    NothingRecorded {
        /// The covariate.
        name: String,
    },
    /// Too few normal vertebrae for a reference.
    #[error(
        "reference of {ratio} at {level}, sex {sex}: expected at least {expected} vertebrae, got \
         {got}; pool_sexes or a smaller min_vertebrae (both under trimming), or a table of \
         reference values, would do with fewer"
    )]
    TooFewVertebrae {
        /// The level.
        level: Level,
        /// The sex, or both where they are pooled.
        sex: String,
        /// The ratio.
        ratio: HeightRatio,
        /// The fewest that make a reference.
        expected: usize,
        /// Vertebrae at hand.
        got: usize,
    },
    /// A ratio is the same in all vertebrae, so that no SD exists.
    #[error(
        "reference of {ratio} at {level}, sex {sex}: expected values that vary, got a constant"
    )]
    ConstantRatio {
        /// The level.
        level: Level,
        /// The sex.
        sex: String,
        /// The ratio.
        ratio: HeightRatio,
    },
    /// The counts of a flow do not add up.
    #[error("flow: {start} subjects less {excluded} excluded are not the {remaining} that remain")]
    FlowSum {
        /// Subjects of the cohort.
        start: usize,
        /// Subjects excluded.
        excluded: usize,
        /// Subjects analysed.
        remaining: usize,
    },
    /// Outcomes that survival analysis does not allow.
    #[error("{source}")]
    Outcomes {
        /// Why.
        #[from]
        source: vertebra_survival::Error,
    },
    /// The system did not read or write a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn io<E: Into<std::io::Error>>(path: &Path) -> impl FnOnce(E) -> Self {
        |source| Self::Io { path: path.to_owned(), source: source.into() }
    }
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::InvalidCohort { problems }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::InvalidTable { problem }
    }
}

impl From<vertebra_run::Error> for Error {
    fn from(error: vertebra_run::Error) -> Self {
        let (path, source) = error.into_parts();
        Self::Io { path, source }
    }
}
