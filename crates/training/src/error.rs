use std::path::PathBuf;

/// What a [`Task`](crate::Task) may return: any error of the crate that defines the task.
pub type TaskError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The task has no sample to learn from.
    #[error("the training set is empty")]
    EmptyTrainingSet,
    /// A setting is outside its domain: (setting, expected, got).
    #[error("{setting}: expected {expected}, got {got}")]
    InvalidSetting {
        /// Name of the field.
        setting: &'static str,
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
    /// The validation score is NaN or infinite: (epoch from 1, score).
    #[error("epoch {0}: the validation score is {1}, expected a finite number")]
    NonFiniteScore(usize, f64),
    /// The task failed while it computed gradients or a score.
    #[error("epoch {epoch}: {source}")]
    Task {
        /// Epoch, from 1.
        epoch: usize,
        /// The task's own error.
        source: TaskError,
    },
    /// A run folder holds a run with other settings; it is never silently continued or overwritten.
    #[error("{path}: this run was started with {setting} = {expected}, now it is {got}")]
    RunChanged {
        /// The checkpoint file.
        path: PathBuf,
        /// The first setting that differs.
        setting: String,
        /// Its value in the run folder.
        expected: String,
        /// Its value in this call.
        got: String,
    },
    /// A checkpoint cannot be read as one.
    #[error("{path}: expected {expected}, got {got}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What is wrong with it.
        got: String,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's message.
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
