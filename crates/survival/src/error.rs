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
    /// The statistic needs at least one event: (subjects).
    #[error("no event among {0} subjects")]
    NoEvents(usize),
    /// No pair of subjects is comparable, so the statistic is undefined; never report 0.5.
    #[error("no comparable pair among {0} subjects")]
    NoComparablePair(usize),
}
