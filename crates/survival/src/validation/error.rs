//! What stops a validation: the pipeline itself, or the settings.

use crate::error::Error;

/// Why a pipeline could not be validated; `E` is the error of its closures.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError<E> {
    /// The pipeline failed on all subjects, or on a fold of them.
    #[error("the pipeline failed on {on}: {source}")]
    Pipeline {
        /// The subjects that it was fitted to or judged on.
        on: &'static str,
        /// Its error.
        source: E,
    },
    /// A setting, or too many samples without a value.
    #[error(transparent)]
    Statistics(#[from] Error),
}

impl<E> ValidationError<E> {
    pub(super) fn pipeline(on: &'static str) -> impl Fn(E) -> Self {
        move |source| Self::Pipeline { on, source }
    }
}
