//! What can go wrong with films, weights and detectors.

use std::path::{Path, PathBuf};

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// Name of the field.
        name: &'static str,
        /// The values it accepts.
        expected: String,
        /// The value it had.
        got: String,
    },
    /// No film to train on.
    #[error("the training set is empty: expected at least one film")]
    EmptyTrainingSet,
    /// A film has fewer pixels on a side than the network's stride.
    #[error("the film is {height} x {width} px, expected at least {smallest} px on each side")]
    FilmTooSmall {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// The smallest side that is accepted.
        smallest: usize,
    },
    /// Pixel spacing is not a positive number.
    #[error("spacing_mm: expected two positive numbers in mm, got {got:?}")]
    InvalidSpacing {
        /// `[row, col]` mm per pixel.
        got: [f64; 2],
    },
    /// Weights do not belong to this network.
    #[error(
        "{}: not the weights of this network; missing: {}; unexpected: {}; of another shape: {}",
        path.display(),
        list(missing),
        list(unexpected),
        list(mismatched)
    )]
    WeightsMismatch {
        /// The file.
        path: PathBuf,
        /// Names that the network has and the file has not.
        missing: Vec<String>,
        /// Names that the file has and the network has not.
        unexpected: Vec<String>,
        /// Names whose shapes differ, with both shapes.
        mismatched: Vec<String>,
    },
    /// A detector folder has another layout than this version reads.
    #[error("{}: expected schema version {expected}, got {got}", path.display())]
    SchemaVersion {
        /// The file.
        path: PathBuf,
        /// The version that is read.
        expected: u32,
        /// The version in the file.
        got: u32,
    },
    /// A file does not hold what it should.
    #[error("{}: expected {expected}, got {got}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What is wrong with it.
        got: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's message.
        source: std::io::Error,
    },
    /// The training loop stopped with an error.
    #[error(transparent)]
    Training(#[from] vertebra_training::Error),
    /// A film has not as many pixels as its size says, or one that is not a finite number.
    #[error(transparent)]
    Raster {
        /// What happened.
        #[from]
        source: vertebra_raster::Error,
    },
    /// Keypoints or heatmaps are not valid.
    #[error(transparent)]
    Keypoints(#[from] vertebra_keypoints::Error),
    /// The network cannot be planned for inference, or was given the wrong input.
    #[error(transparent)]
    Inference(#[from] vertebra_conv::Error),
    /// The compute device failed.
    #[error("the compute device failed: {message}")]
    Device {
        /// What it said.
        message: String,
    },
}

impl From<vertebra_run::Error> for Error {
    fn from(error: vertebra_run::Error) -> Self {
        let (path, source) = error.into_parts();
        Self::Io { path, source }
    }
}

impl Error {
    pub(crate) fn device(message: impl std::fmt::Display) -> Self {
        Self::Device { message: message.to_string() }
    }

    pub(crate) fn invalid(
        name: &'static str,
        expected: impl std::fmt::Display,
        got: impl std::fmt::Display,
    ) -> Self {
        Self::InvalidSetting { name, expected: expected.to_string(), got: got.to_string() }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn malformed(
        path: &Path,
        expected: &'static str,
        got: impl std::fmt::Display,
    ) -> Self {
        Self::Malformed { path: path.to_owned(), expected, got: got.to_string() }
    }
}

/// At most eight names, and how many more there are.
fn list(names: &[String]) -> String {
    match names.len() {
        0 => "none".to_owned(),
        n if n <= 8 => names.join(", "),
        n => format!("{} and {} more", names[..8].join(", "), n - 8),
    }
}
