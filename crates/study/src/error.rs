use std::path::PathBuf;

/// Everything that can go wrong in a study.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing a file failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A configuration that cannot be understood, or a value outside its domain.
    #[error("configuration: {0}")]
    Config(String),
    /// Input files with faults; every one is listed, one per line.
    #[error("{} fault{} in the input:\n{}", .0.len(), if .0.len() == 1 { "" } else { "s" }, .0.join("\n"))]
    Input(Vec<String>),
    /// Too few subjects or events for a step: (step, needed, got).
    #[error("{0}: needs {1}, got {2}")]
    TooFew(&'static str, String, String),
    /// A picture could not be written.
    #[error("{}: {source}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the encoder said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A model folder that cannot be used: (file, expected, got).
    #[error("{}: expected {expected}, got {got}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// A prediction with another number of covariates than the model has: (expected, got).
    #[error("a prediction: expected {0} covariates, got {1}")]
    CovariateCount(usize, usize),
    /// The results could not be written.
    #[error(transparent)]
    Report(#[from] vertebra_report::Error),
    /// The cohort tables.
    #[error(transparent)]
    Cohort(#[from] vertebra_cohort::Error),
    /// A radiograph.
    #[error(transparent)]
    Radiograph(#[from] vertebra_radiograph::Error),
    /// The annotations.
    #[error(transparent)]
    Keypoints(#[from] vertebra_keypoints::Error),
    /// Alignment of one film: (film, why).
    #[error("{0}: {1}")]
    Alignment(String, vertebra_alignment::Error),
    /// The keypoint network cannot take a film: (file, why).
    #[error("{0}: {1}")]
    Film(String, Box<vertebra_hrnet::Error>),
    /// The keypoint network.
    #[error(transparent)]
    Detector(#[from] vertebra_hrnet::Error),
    /// A risk network.
    #[error(transparent)]
    RiskModel(#[from] vertebra_deepsurv::Error),
    /// A clinical baseline.
    #[error(transparent)]
    Baseline(#[from] vertebra_baselines::Error),
    /// A statistic.
    #[error(transparent)]
    Survival(#[from] vertebra_survival::Error),
}

impl From<vertebra_run::Error> for Error {
    fn from(error: vertebra_run::Error) -> Self {
        let (path, source) = error.into_parts();
        Self::Io { path, source }
    }
}

impl Error {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
