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
