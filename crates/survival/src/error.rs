/// Everything that can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two per-subject arrays differ in length: (array, expected, got).
    #[error("{0}: expected {1} subjects, got {2}")]
    LengthMismatch(&'static str, usize, usize),
    /// A value is outside its domain, e.g. NaN: (array, index, value).
    #[error("{0}[{1}] = {2} is outside its domain")]
    OutOfDomain(&'static str, usize, f64),
    /// A setting is outside its domain: (setting, what is allowed, value).
    #[error("{0} must be {1}, got {2}")]
    InvalidSetting(&'static str, &'static str, f64),
    /// There is nobody to compute the statistic from: (array).
    #[error("{0} is empty")]
    Empty(&'static str),
    /// The statistic needs at least one event: (subjects).
    #[error("no event among {0} subjects")]
    NoEvents(usize),
    /// No pair of subjects is comparable, so the statistic is undefined; never report 0.5.
    #[error("no comparable pair among {0} subjects")]
    NoComparablePair(usize),
    /// The statistic does not exist for these data: (statistic, why).
    #[error("{0} is undefined: {1}")]
    Undefined(&'static str, &'static str),
    /// The method is not defined for outcomes of this kind: (method, kind).
    #[error("{0} is not defined for {1}")]
    Unsupported(&'static str, &'static str),
    /// The coefficient does not exist: the column is constant, or the columns before it determine it
    /// within every risk set.
    #[error(
        "column {column}: expected values that vary and that the columns before it do not determine"
    )]
    Collinear {
        /// The column, from 0.
        column: usize,
    },
    /// The partial likelihood has no maximum: a coefficient grows without bound, as when a covariate
    /// separates the events from the others.
    #[error(
        "column {column}: the likelihood is monotone, its coefficient {coefficient:.3} and growing"
    )]
    MonotoneLikelihood {
        /// The column, from 0.
        column: usize,
        /// What its coefficient had reached.
        coefficient: f64,
    },
    /// Newton's method did not converge.
    #[error("no convergence: {distance:.3e} standard errors from the maximum after {steps} steps")]
    NotConverged {
        /// Steps taken.
        steps: usize,
        /// Length of the last step in standard errors.
        distance: f64,
    },
    /// Too many bootstrap samples had no value of the statistic: (undefined, drawn).
    #[error("the statistic was undefined in {0} of {1} bootstrap samples")]
    UndefinedReplicates(usize, usize),
}
