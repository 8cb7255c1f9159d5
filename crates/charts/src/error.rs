//! What can go wrong when a chart is written.

use std::path::PathBuf;

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A figure could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<vertebra_run::Error> for Error {
    fn from(error: vertebra_run::Error) -> Self {
        let (path, source) = error.into_parts();
        Self::Io { path, source }
    }
}
