//! What is wrong with a cohort, row by row.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing wrong with one row of a cohort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file, relative to the cohort folder; `"subjects"` for a cohort built in memory.
    pub file: String,
    /// Line in that file, the header being line 1; the position in the list (from 1) for a cohort
    /// built in memory. `None` where the whole file is meant.
    pub line: Option<u64>,
    /// The column, where one is meant.
    pub column: Option<String>,
    /// What would have been right.
    pub expected: String,
    /// What was there.
    pub got: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": expected {}, got {}", self.expected, self.got)
    }
}

/// Every problem of a cohort, in file and line order; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    /// `Ok` when there is none.
    pub(crate) fn check(list: Vec<Problem>) -> Result<(), Self> {
        if list.is_empty() { Ok(()) } else { Err(Self { list }) }
    }

    /// All problems.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.list
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.list.len() {
            1 => f.write_str("1 problem in the cohort")?,
            n => write!(f, "{n} problems in the cohort")?,
        }
        self.list.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}
