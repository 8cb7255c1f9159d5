//! What can go wrong in training.

use std::path::{Path, PathBuf};

/// What a [`Task`](crate::Task) may return: any error of the crate that defines the task.
pub type TaskError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The task has no sample to learn from.
    #[error("the training set is empty")]
    EmptyTrainingSet,
    /// A setting is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// Name of the field.
        name: &'static str,
        /// The values it accepts.
        expected: &'static str,
        /// The value it had.
        got: String,
    },
    /// The loss of one step is NaN or infinite.
    #[error("epoch {epoch}, step {step}: the loss is {loss}, expected a finite number")]
    NonFiniteLoss {
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the epoch, from 1.
        step: usize,
        /// The value.
        loss: f64,
    },
    /// The gradient of one step has a NaN or infinite norm.
    #[error("epoch {epoch}, step {step}: the gradient norm is {norm}, expected a finite number")]
    NonFiniteGradient {
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the epoch, from 1.
        step: usize,
        /// The value.
        norm: f64,
    },
    /// The validation score is NaN or infinite.
    #[error("epoch {epoch}: the validation score is {score}, expected a finite number")]
    NonFiniteScore {
        /// Epoch, from 1.
        epoch: usize,
        /// The value.
        score: f64,
    },
    /// The callback asked for the run to stop; a run folder keeps the last checkpoint.
    #[error("training was cancelled after {epochs} of its epochs")]
    Cancelled {
        /// Epochs done.
        epochs: usize,
    },
    /// The task failed while it computed gradients or a score.
    #[error("epoch {epoch}: {source}")]
    Task {
        /// Epoch, from 1.
        epoch: usize,
        /// The task's own error.
        source: TaskError,
    },
    /// A run folder holds a run with other settings; it is never silently continued or overwritten.
    #[error("{}: this run was started with {name} = {expected}, now it is {got}", path.display())]
    RunChanged {
        /// The checkpoint file.
        path: PathBuf,
        /// The first setting that differs.
        name: String,
        /// Its value in the run folder.
        expected: String,
        /// Its value in this call.
        got: String,
    },
    /// A checkpoint has another layout than this version reads.
    #[error("{}: expected schema version {expected}, got {got}", path.display())]
    SchemaVersion {
        /// The checkpoint file.
        path: PathBuf,
        /// The version that is read.
        expected: u32,
        /// The version in the file.
        got: u32,
    },
    /// A checkpoint cannot be read as one.
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
}

impl From<vertebra_run::Error> for Error {
    fn from(error: vertebra_run::Error) -> Self {
        let (path, source) = error.into_parts();
        Self::Io { path, source }
    }
}

impl Error {
    pub(crate) fn invalid(
        name: &'static str,
        expected: &'static str,
        got: impl std::fmt::Display,
    ) -> Self {
        Self::InvalidSetting { name, expected, got: got.to_string() }
    }

    pub(crate) fn malformed(
        path: &Path,
        expected: &'static str,
        got: impl std::fmt::Display,
    ) -> Self {
        Self::Malformed { path: path.to_owned(), expected, got: got.to_string() }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
