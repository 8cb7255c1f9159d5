//! One row of a table, whose cells come out typed or as a problem.

use super::{Record, Table, format::number_with_comma, is_missing};
use crate::Problem;

/// One row of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub(super) table: &'a Table,
    pub(super) record: &'a Record,
}

impl<'a> Row<'a> {
    /// The line of the file on which it begins; the header is on line 1, or below the remarks.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.record.line
    }

    /// Whether the table has a column of that name.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.table.has(column)
    }

    /// The text of a cell; `None` where the column is absent or the cell is missing.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&'a str> {
        let cell = self.record.cells.get(self.table.position(column)?)?;
        (!is_missing(cell)).then_some(cell)
    }

    /// A cell through `parse`; `None` where the column is absent or the cell is missing.
    ///
    /// # Errors
    /// The cell, where `parse` gives nothing for it.
    pub fn optional<T>(
        &self,
        column: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(column) else { return Ok(None) };
        match parse(text) {
            Some(value) => Ok(Some(value)),
            None => Err(self.problem(column, expected, &format!("\"{text}\""))),
        }
    }

    /// A cell through `parse`.
    ///
    /// # Errors
    /// The cell, where it is missing, or `parse` gives nothing for it; the header, where the column
    /// is absent.
    pub fn required<T>(
        &self,
        column: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Problem> {
        self.table.index(column)?;
        let value = self.optional(column, expected, parse)?;
        value.ok_or_else(|| self.problem(column, expected, "nothing"))
    }

    /// A finite number; `None` where the column is absent or the cell is missing.
    ///
    /// # Errors
    /// The cell, where it is something else.
    pub fn number(&self, column: &str) -> Result<Option<f64>, Problem> {
        self.text(column).map(|text| self.parse_number(column, text)).transpose()
    }

    /// The finite number that a text of this table stands for, with the table's decimal mark.
    #[must_use]
    pub fn finite(&self, text: &str) -> Option<f64> {
        self.table.finite(text)
    }

    pub(super) fn parse_number(&self, column: &str, text: &str) -> Result<f64, Problem> {
        if let Some(value) = self.finite(text) {
            return Ok(value);
        }
        let (expected, got) = match text {
            _ if is_missing(text) => ("a number", format!("a missing value ({text:?})")),
            _ if number_with_comma(text).is_some_and(f64::is_finite) => {
                ("a number with a decimal point", format!("\"{text}\""))
            }
            _ => ("a number", format!("\"{text}\"")),
        };
        Err(self.problem(column, expected, &got))
    }

    /// What is wrong with a cell of this row, for a check that the caller makes.
    #[must_use]
    pub fn problem(&self, column: &str, expected: &str, got: &str) -> Problem {
        let (expected, got) = (expected.to_owned(), got.to_owned());
        self.table.problem_at(Some(self.record.line), Some(column), expected, got)
    }
}
