//! What can go wrong with keypoints and their files.

use crate::Level;
use std::path::{Path, PathBuf};

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A coordinate or confidence is not a finite number.
    #[error("{level}: {name} = {value} is not finite")]
    NotFinite {
        /// The vertebra.
        level: Level,
        /// Which of its numbers.
        name: &'static str,
        /// The number.
        value: f64,
    },
    /// A text that names no lumbar level.
    #[error("\"{text}\" is not a lumbar level; expected L1, L2, L3, L4 or L5")]
    UnknownLevel {
        /// The text.
        text: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// An annotation file as a whole is not what was expected.
    #[error("{}: expected {expected}, got {got}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: String,
        /// What came: for a file of another format what the parser said, with line and column.
        got: String,
    },
    /// The annotation of one film is unusable.
    #[error("{}: image \"{image}\": expected {expected}, got {got}", path.display())]
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
    /// An array has another length than its counterpart.
    #[error("{name}: expected {expected} values, got {got}")]
    LengthMismatch {
        /// The array.
        name: &'static str,
        /// Length of its counterpart.
        expected: usize,
        /// Its own length.
        got: usize,
    },
    /// An element of an array is outside its domain.
    #[error("{name}[{index}]: expected {expected}, got {value}")]
    OutOfDomain {
        /// The array.
        name: &'static str,
        /// Which element, from 0.
        index: usize,
        /// The element.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// One value of an input is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidValue {
        /// The value.
        name: &'static str,
        /// What would be right.
        expected: &'static str,
        /// What came.
        got: f64,
    },
    /// An option is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// The option.
        name: &'static str,
        /// What would be right.
        expected: &'static str,
        /// What was given.
        got: String,
    },
    /// A statistic over films does not exist.
    #[error("{statistic} is undefined without {needs}")]
    Undefined {
        /// The statistic.
        statistic: &'static str,
        /// What is missing.
        needs: &'static str,
    },
}

impl Error {
    pub(crate) fn setting(name: &'static str, expected: &'static str, got: impl ToString) -> Self {
        Self::InvalidSetting { name, expected, got: got.to_string() }
    }

    pub(crate) fn malformed(path: &Path, expected: impl Into<String>, got: impl ToString) -> Self {
        let (path, expected, got) = (path.to_owned(), expected.into(), got.to_string());
        Self::Malformed { path, expected, got }
    }
}
