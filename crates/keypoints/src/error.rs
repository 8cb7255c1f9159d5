use std::path::PathBuf;

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A coordinate or confidence is not a finite number: (level, name, value).
    #[error("{0}: {1} = {2} is not finite")]
    NotFinite(crate::Level, &'static str, f64),
    /// A text that names no lumbar level.
    #[error("\"{0}\" is not a lumbar level; expected L1, L2, L3, L4 or L5")]
    UnknownLevel(String),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file is not the JSON, CSV or XML that was expected.
    #[error("{path}: expected {expected}: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The format expected.
        expected: &'static str,
        /// What the parser said, with line and column.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The annotation of one film is unusable.
    #[error("{path}: image \"{image}\": expected {expected}, got {got}")]
    BadAnnotation {
        /// The annotation file.
        path: PathBuf,
        /// The film's `file_name`, or its id where it has no name.
        image: String,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// An annotation file as a whole is unusable.
    #[error("{path}: expected {expected}, got {got}")]
    BadAnnotationFile {
        /// The annotation file.
        path: PathBuf,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// An array has another length than its counterpart: (array, expected, got).
    #[error("{0}: expected {1} values, got {2}")]
    LengthMismatch(&'static str, usize, usize),
    /// A setting or value is outside its domain: (name, expected, got).
    #[error("{0}: expected {1}, got {2}")]
    OutOfDomain(&'static str, &'static str, f64),
    /// A statistic over films does not exist without films: (statistic, what is missing).
    #[error("{0} is undefined without {1}")]
    Undefined(&'static str, &'static str),
}
