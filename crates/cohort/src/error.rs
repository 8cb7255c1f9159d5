use crate::Problems;

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A cohort folder or a list of subjects has bad rows; all of them are listed.
    #[error(transparent)]
    Cohort(#[from] Problems),
    /// A text that is no calendar date.
    #[error("expected a date as YYYY-MM-DD, got \"{0}\"")]
    Date(String),
    /// Two per-subject arrays differ in length: (array, expected, got).
    #[error("{0}: expected {1} values, got {2}")]
    LengthMismatch(&'static str, usize, usize),
    /// An option or argument is outside its domain: (name, what is expected, value).
    #[error("{0}: expected {1}, got {2}")]
    OutOfDomain(&'static str, &'static str, f64),
    /// A stratified split or set of folds would leave a part without an event:
    /// (parts, events).
    #[error("expected at least one event in each of {0} parts, got {1} events in all")]
    TooFewEvents(usize, usize),
    /// The split column is not filled for a subject, or one of its parts is empty.
    #[error("column split: expected train or test for every subject and both in use, got {0}")]
    SplitColumn(String),
    /// A name that stands for no covariate.
    #[error("expected a covariate ({expected}), got \"{got}\"")]
    UnknownCovariate {
        /// All names.
        expected: String,
        /// What came.
        got: String,
    },
    /// A covariate without any recorded value cannot be imputed from data.
    #[error("{0}: expected at least one recorded value to learn its imputation from, got none")]
    NothingRecorded(String),
    /// Too few normal vertebrae for a reference: (level, sex, ratio, expected, got).
    #[error("reference of {2} at {0}, sex {1}: expected at least {3} vertebrae, got {4}")]
    TooFewVertebrae(vertebra_keypoints::Level, String, crate::HeightRatio, usize, usize),
    /// A ratio is the same in all vertebrae, so that no SD exists: (level, sex, ratio).
    #[error("reference of {2} at {0}, sex {1}: expected values that vary, got a constant")]
    ConstantRatio(vertebra_keypoints::Level, String, crate::HeightRatio),
    /// The counts of a flow do not add up: (start, excluded, remaining).
    #[error("flow: {0} subjects less {1} excluded are not the {2} that remain")]
    FlowSum(usize, usize, usize),
    /// A file could not be written or read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn io(path: &std::path::Path, source: impl Into<std::io::Error>) -> Self {
        Self::Io { path: path.display().to_string(), source: source.into() }
    }
}
