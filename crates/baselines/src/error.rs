/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A design matrix or one of its per-row arrays has another size: (array, expected, got).
    #[error("{0}: expected {1} values, got {2}")]
    LengthMismatch(&'static str, usize, usize),
    /// Two columns of a design matrix have the same name.
    #[error("expected each column name once, got \"{0}\" twice")]
    DuplicateColumn(String),
    /// A covariate is not a finite number: (column, row, value).
    #[error("column {0}, row {1}: expected a finite number, got {2}")]
    NotFinite(String, usize, f64),
    /// A setting or argument is outside its domain: (name, what is expected, value).
    #[error("{0}: expected {1}, got {2}")]
    OutOfDomain(&'static str, &'static str, f64),
    /// The statistic needs at least one event: (rows).
    #[error("expected at least one event among {0} rows, got none")]
    NoEvents(usize),
    /// A column is constant, or a linear combination of the columns before it (within every risk
    /// set), so that its coefficient does not exist.
    #[error(
        "column {0}: expected values that vary and are no linear combination of the columns \
         before it, got a collinear column"
    )]
    Collinear(String),
    /// The partial likelihood has no maximum: a coefficient grows without bound, as when a
    /// covariate separates the events from the others: (column, coefficient reached).
    #[error(
        "column {0}: expected a finite estimate, got a monotone likelihood (coefficient {1:.3} and \
         growing); drop the column or use ridge"
    )]
    MonotoneLikelihood(String, f64),
    /// Newton's method did not converge: (iterations, norm of the last step in standard errors).
    #[error(
        "expected convergence, got a last step of {1:.3e} standard errors after {0} iterations"
    )]
    NotConverged(usize, f64),
    /// The design matrix has other columns than the fit: (expected, got).
    #[error("expected the columns {0}, got {1}")]
    OtherColumns(String, String),
    /// A line of a record file: (line from 1, what was expected, what came).
    #[error("line {0}: expected {1}, got {2}")]
    Record(usize, String, String),
}
