//! Everything that can go wrong in this crate.

use vertebra_survival::numeric::significant;

/// Everything that can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array has another length than the rows it belongs to.
    #[error("{name}: expected {expected} values, got {got}")]
    LengthMismatch {
        /// The array.
        name: &'static str,
        /// The length it should have.
        expected: usize,
        /// The length it has.
        got: usize,
    },
    /// Two columns of a design matrix have the same name.
    #[error("expected each column name once, got \"{name}\" twice")]
    DuplicateColumn {
        /// The name.
        name: String,
    },
    /// An element of an array, such as a covariate, is outside its domain.
    #[error("{name}, row {index}: expected {expected}, got {value}")]
    OutOfDomain {
        /// The column or array.
        name: String,
        /// The row, from 0.
        index: usize,
        /// The element.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// A value in the data, such as an age, is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidValue {
        /// The value's name.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        got: f64,
    },
    /// An option is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// The option.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        got: String,
    },
    /// The statistic needs at least one event.
    #[error("expected at least one event among {n} rows, got none")]
    NoEvents {
        /// Rows.
        n: usize,
    },
    /// The coefficient does not exist: all values of the column are the same.
    #[error("column {column}: expected values that vary, got the same in every row")]
    Constant {
        /// The column.
        column: String,
    },
    /// The coefficient does not exist: the column is a linear combination of the columns before it,
    /// or constant, within every risk set.
    #[error(
        "column {column}: expected no linear combination of the columns before it, got {}",
        combination(with)
    )]
    Collinear {
        /// The column.
        column: String,
        /// The columns that determine it; none where it does not vary within any risk set.
        with: Vec<String>,
    },
    /// The partial likelihood has no maximum: a coefficient, or a combination of several, grows
    /// without bound, as when a covariate separates the events from the others.
    #[error(
        "{}: expected a finite estimate, got a monotone likelihood ({} separates the events from \
         the others; the coefficient of {column} is {} and growing); drop the column, or use Firth's penalty or ridge",
        columns(column, with),
        separator(with),
        significant(*coefficient)
    )]
    MonotoneLikelihood {
        /// The column.
        column: String,
        /// What its coefficient had reached.
        coefficient: f64,
        /// Other columns that grow with it: a combination of them separates the events.
        with: Vec<String>,
    },
    /// Newton's method did not converge.
    #[error(
        "expected convergence, got a last step of {distance:.3e} standard errors after {steps} steps"
    )]
    NotConverged {
        /// Steps taken.
        steps: usize,
        /// Length of the last step in standard errors.
        distance: f64,
    },
    /// The design matrix has other columns than the fit.
    #[error("expected the columns {expected}, got {got}")]
    OtherColumns {
        /// Columns of the fit.
        expected: String,
        /// Columns of the design matrix.
        got: String,
    },
    /// The table has no such column.
    #[error("column {name}: expected it in the table, got none of that name")]
    MissingColumn {
        /// The column.
        name: String,
    },
    /// A column holds labels where numbers are needed.
    #[error("column {name}: expected {expected}, got {got}")]
    OtherKind {
        /// The column.
        name: String,
        /// What is needed.
        expected: &'static str,
        /// What it holds.
        got: &'static str,
    },
    /// A factor has a level that is not among those known.
    #[error("column {column}{}: expected one of {expected}, got \"{level}\"", at_row(*row))]
    UnknownLevel {
        /// The column.
        column: String,
        /// The row, from 0; `None` for a reference.
        row: Option<usize>,
        /// The level.
        level: String,
        /// Those known.
        expected: String,
    },
    /// A stored model cannot be read.
    #[error("{path}: expected {expected}, got {got}")]
    Malformed {
        /// The file.
        path: String,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// A stored model is of a later version of this crate.
    #[error("{path}: expected a model of version {expected}, got version {got}")]
    SchemaVersion {
        /// The file.
        path: String,
        /// The version that this crate reads.
        expected: u32,
        /// That of the file.
        got: u32,
    },
    /// A row belongs to a stratum that the fit has no baseline hazard for.
    #[error("row {index}: expected one of the strata fitted, got {stratum}")]
    OtherStratum {
        /// The row, from 0.
        index: usize,
        /// Its stratum.
        stratum: usize,
    },
    /// Two rows of a subject overlap in time.
    #[error(
        "row {index}: expected an entry not before the time of row {other}, which is of the same subject"
    )]
    Overlapping {
        /// The row, from 0.
        index: usize,
        /// The other row of its subject.
        other: usize,
    },
    /// A risk score has no value for a subject.
    #[error("{score}: expected a value, got none for this subject")]
    UndefinedScore {
        /// The score.
        score: &'static str,
    },
    /// A licensed program did not do what it is for.
    #[error("{path}: expected {expected}, got {got}")]
    Program {
        /// The program.
        path: String,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// A line of a record file cannot be read.
    #[error("line {line}: expected {expected}, got {got}")]
    MalformedRecord {
        /// The line, from 1.
        line: usize,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// What `vertebra-survival` says of outcomes or a statistic of them.
    #[error(transparent)]
    Survival {
        /// The error.
        source: vertebra_survival::Error,
    },
}

fn columns(column: &str, with: &[String]) -> String {
    match with {
        [] => format!("column {column}"),
        with => format!("columns {column}, {}", with.join(", ")),
    }
}

fn at_row(row: Option<usize>) -> String {
    row.map_or_else(String::new, |row| format!(", row {row}"))
}

fn combination(with: &[String]) -> String {
    match with {
        [] => "a column that is constant within every risk set".to_owned(),
        with => format!("one of {}", with.join(", ")),
    }
}

fn separator(with: &[String]) -> &'static str {
    if with.is_empty() { "it" } else { "a combination of them" }
}

impl From<vertebra_survival::Error> for Error {
    fn from(source: vertebra_survival::Error) -> Self {
        match source {
            vertebra_survival::Error::LengthMismatch { name, expected, got } => {
                Self::LengthMismatch { name, expected, got }
            }
            vertebra_survival::Error::NoEvents { n } => Self::NoEvents { n },
            source => Self::Survival { source },
        }
    }
}
