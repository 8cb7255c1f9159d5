//! What can go wrong between results and a report.

use std::path::PathBuf;

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that does not hold what it should.
    #[error("{}: expected {expected}, got {got}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// Results that a program of another layout wrote.
    #[error("{}: expected results of schema version {expected}, got version {got}", path.display())]
    SchemaVersion {
        /// The file; empty for results that were not read from one.
        path: PathBuf,
        /// The version that this program reads.
        expected: u32,
        /// The version of the results.
        got: u32,
    },
}

impl From<vertebra_run::Error> for Error {
    fn from(error: vertebra_run::Error) -> Self {
        let (path, source) = error.into_parts();
        Self::Io { path, source }
    }
}
