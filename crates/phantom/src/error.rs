use std::path::{Path, PathBuf};

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its domain: (setting, what was expected, what came).
    #[error("{0}: expected {1}, got {2}")]
    Setting(&'static str, &'static str, String),
    /// The folder to be written to already holds files.
    #[error("{}: expected a new or empty folder, found files in it", .0.display())]
    NotEmpty(PathBuf),
    /// A folder or file could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A film could not be written as DICOM.
    #[error(transparent)]
    Radiograph(#[from] vertebra_radiograph::Error),
    /// The annotations could not be made or written.
    #[error(transparent)]
    Keypoints(#[from] vertebra_keypoints::Error),
    /// The cohort table could not be written.
    #[error(transparent)]
    Cohort(#[from] vertebra_cohort::Error),
    /// The finished cohort breaks a rule of the cohort folder.
    #[error(transparent)]
    Problems(#[from] vertebra_cohort::Problems),
}

impl Error {
    pub(crate) fn io(path: &Path, source: impl Into<std::io::Error>) -> Self {
        Self::Io { path: path.to_owned(), source: source.into() }
    }
}
