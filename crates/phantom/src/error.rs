//! Everything that can go wrong in this crate.

use std::path::{Path, PathBuf};

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// The setting.
        name: &'static str,
        /// What is allowed.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// A file or folder is not what was expected.
    #[error("{}: expected {expected}, got {got}", path.display())]
    Malformed {
        /// The file or folder.
        path: PathBuf,
        /// What was expected.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// The folder to be written to already holds files.
    #[error("{}: expected a new or empty folder, found files in it", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A folder or file could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A film could not be written as DICOM.
    #[error("{source}")]
    Radiograph {
        /// Why.
        #[from]
        source: vertebra_radiograph::Error,
    },
    /// The annotations could not be made or written.
    #[error("{source}")]
    Keypoints {
        /// Why.
        #[from]
        source: vertebra_keypoints::Error,
    },
    /// The finished cohort breaks a rule of the cohort folder, or could not be written.
    #[error("{source}")]
    Cohort {
        /// Why.
        #[from]
        source: vertebra_cohort::Error,
    },
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn malformed(path: &Path, expected: &'static str, got: impl ToString) -> Self {
        Self::Malformed { path: path.to_owned(), expected, got: got.to_string() }
    }

    pub(crate) fn setting(name: &'static str, expected: &'static str, got: impl ToString) -> Self {
        Self::InvalidSetting { name, expected, got: got.to_string() }
    }
}

impl From<vertebra_cohort::Problems> for Error {
    fn from(problems: vertebra_cohort::Problems) -> Self {
        Self::Cohort { source: problems.into() }
    }
}

impl From<vertebra_run::Error> for Error {
    fn from(error: vertebra_run::Error) -> Self {
        let (path, source) = error.into_parts();
        Self::Io { path, source }
    }
}
