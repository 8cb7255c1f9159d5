/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the run folder could not be written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The results have another layout: (expected schema version, got).
    #[error("expected results of schema version {0}, got version {1}")]
    SchemaVersion(u32, u32),
}
