//! The errors of this crate.

use crate::numeric::significant;

/// Everything that can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two arrays that belong together differ in length.
    #[error("{name}: expected {expected} values, got {got}")]
    LengthMismatch {
        /// The array.
        name: &'static str,
        /// Its length as the other arrays have it.
        expected: usize,
        /// Its length.
        got: usize,
    },
    /// An element of an array is outside its domain, such as NaN.
    #[error("{name}[{index}] must be {expected}, got {value}")]
    OutOfDomain {
        /// The array.
        name: &'static str,
        /// Index of the first invalid element.
        index: usize,
        /// The element.
        value: f64,
        /// What is allowed.
        expected: &'static str,
    },
    /// A setting is outside its domain.
    #[error("{name} must be {expected}, got {got}")]
    InvalidSetting {
        /// The setting.
        name: &'static str,
        /// What is allowed.
        expected: &'static str,
        /// Its value.
        got: String,
    },
    /// There is nothing to compute the statistic from.
    #[error("{name} is empty")]
    Empty {
        /// The array.
        name: &'static str,
    },
    /// The statistic needs at least one event.
    #[error("no event among {n} subjects")]
    NoEvents {
        /// Subjects.
        n: usize,
    },
    /// No pair of subjects is comparable, so the statistic is undefined; never report 0.5.
    #[error("no comparable pair among {n} subjects")]
    NoComparablePair {
        /// Subjects.
        n: usize,
    },
    /// The statistic does not exist for these data.
    #[error("{name} is undefined: {why}")]
    Undefined {
        /// The statistic.
        name: &'static str,
        /// The reason.
        why: &'static str,
    },
    /// The method is not defined for data of this kind.
    #[error("{what} is not defined for {with}")]
    Unsupported {
        /// The method.
        what: &'static str,
        /// The kind of data.
        with: &'static str,
    },
    /// The coefficient does not exist: all values of the column are the same.
    #[error("column {column}: expected values that vary, got the same in every row")]
    Constant {
        /// The column, from 0.
        column: usize,
    },
    /// The coefficient does not exist: the columns before it determine it within every risk set.
    #[error(
        "column {column}: expected values that the columns before it do not determine{}",
        determined(with)
    )]
    Collinear {
        /// The column, from 0.
        column: usize,
        /// The columns that determine it, where they are known; none where it does not vary within
        /// any risk set.
        with: Vec<usize>,
    },
    /// The partial likelihood has no maximum: a coefficient, or a combination of several, grows
    /// without bound, as when a covariate separates the events from the others.
    #[error(
        "column {column}: the likelihood is monotone, its coefficient {} and growing{}",
        significant(*coefficient),
        together(with)
    )]
    MonotoneLikelihood {
        /// The column, from 0.
        column: usize,
        /// What its coefficient had reached.
        coefficient: f64,
        /// Other columns that grow with it: a combination of them separates the events.
        with: Vec<usize>,
    },
    /// Newton's method did not converge.
    #[error("no convergence: {distance:.3e} standard errors from the maximum after {steps} steps")]
    NotConverged {
        /// Steps taken.
        steps: usize,
        /// Length of the last step in standard errors.
        distance: f64,
    },
    /// The statistic was undefined in too many bootstrap samples.
    #[error("the statistic was undefined in {undefined} of {drawn} bootstrap samples")]
    UndefinedReplicates {
        /// Samples in which it was undefined.
        undefined: usize,
        /// Samples drawn.
        drawn: usize,
    },
}

fn determined(with: &[usize]) -> String {
    match with {
        [] => String::new(),
        with => {
            let columns: Vec<String> = with.iter().map(ToString::to_string).collect();
            format!(", got what follows from column {}", columns.join(", "))
        }
    }
}

fn together(with: &[usize]) -> String {
    match with {
        [] => String::new(),
        with => {
            let columns: Vec<String> = with.iter().map(ToString::to_string).collect();
            format!(" together with column {}", columns.join(", "))
        }
    }
}
