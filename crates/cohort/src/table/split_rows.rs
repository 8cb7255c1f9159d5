//! Which rows train, stop early and test.

use super::Table;
use crate::Error;

/// Rows (from 0) by the part that a column gives each of them, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SplitRows {
    /// Rows marked `train`.
    pub train: Vec<usize>,
    /// Rows marked `valid`.
    pub valid: Vec<usize>,
    /// Rows marked `test`.
    pub test: Vec<usize>,
}

impl Table {
    /// The rows by a column that says `train`, `valid` or `test`.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for a column that does not exist, and for the first row that says
    /// something else or nothing.
    pub fn split_rows(&self, column: &str) -> Result<SplitRows, Error> {
        let mut parts = [vec![], vec![], vec![]];
        for (r, row) in self.rows().enumerate() {
            let part = |text: &str| ["train", "valid", "test"].iter().position(|p| *p == text);
            parts[row.required(column, "train, valid or test", part)?].push(r);
        }
        let [train, valid, test] = parts;
        Ok(SplitRows { train, valid, test })
    }
}
