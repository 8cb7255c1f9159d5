//! What stops an evaluation. What only leaves one figure undefined is [`crate::Undefined`].

/// Everything that can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A column has not one value for each subject.
    #[error("{name}: expected {expected} values, one for each subject, got {got}")]
    LengthMismatch {
        /// The column.
        name: String,
        /// Subjects of the sample.
        expected: usize,
        /// Values given.
        got: usize,
    },
    /// A value of a column is outside its domain.
    #[error("{name}[{index}]: expected {expected}, got {value}")]
    OutOfDomain {
        /// The column.
        name: String,
        /// The subject, from 0.
        index: usize,
        /// The value.
        value: f64,
        /// What is allowed.
        expected: &'static str,
    },
    /// The sample is described in a way that has no meaning.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidValue {
        /// Which part of the sample.
        name: String,
        /// What is allowed.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// An option has a value outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// The option.
        name: &'static str,
        /// What is allowed.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// The outcomes cannot be evaluated.
    #[error(transparent)]
    Survival(#[from] vertebra_survival::Error),
}
