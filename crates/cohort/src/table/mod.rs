//! One reader of CSV tables, with one set of missing markers, for every program and every file.
//!
//! A [`Table`] holds the header and the rows as text. Values come out typed, by column
//! ([`Table::numbers`], [`Table::column`], [`Table::labels`], [`Table::outcomes`]) or row by row
//! ([`Table::rows`]). An error is a [`Problem`]: it names the file, the line as an
//! editor counts it (also with CRLF, blank lines or cells of several lines), the column, what was
//! expected and what came.
//!
//! A file is read as it comes ([`Format`]): UTF-8, UTF-16 or Windows-1252, with or without a
//! byte-order mark; separated by commas, semicolons or tabs; with decimal points or, where no
//! number has one, decimal commas; with blanks, apostrophes or the other sign between thousands where
//! that leaves no doubt (`1.234,5`). Lines above the header that begin with `# ` are remarks, and one
//! that is `sep=;` is for spreadsheet programs. Rows whose cells are all empty are none. Blanks
//! around a cell do not count. A cell is missing where it is empty or one of [`MISSING`], whatever
//! its case. A flag is `0` or `1`, `no` or `yes`, `false` or `true`, one of their first letters, or
//! a word like `nein` and `ja` ([`flag`]).
//!
//! # Examples
//! ```
//! use vertebra_cohort::table::Table;
//! let text = "id,time,event,age\na,2.5,1,61\nb,4,0,NA\nc,1.5,1,73\n";
//! let table = Table::parse("trial.csv", text.as_bytes())?;
//! let complete = table.subset(&table.complete_rows(&["time", "event", "age"])?);
//! assert_eq!(complete.numbers("age")?, [61.0, 73.0]);
//! assert_eq!(complete.outcomes("time", "event", None)?.time(), [2.5, 1.5]);
//! let error = table.numbers("age").unwrap_err().to_string();
//! assert!(error.starts_with("trial.csv line 3, column age: expected a number, got a missing"));
//! # Ok::<(), vertebra_cohort::Error>(())
//! ```

mod column_map;
mod columns;
mod film_covariates;
mod format;
mod outcomes;
mod parse;
mod row;
mod split_rows;

pub use column_map::{ColumnMap, MappedColumn, YearsBetween};
pub use columns::Column;
pub use film_covariates::FilmCovariates;
pub use format::{Encoding, Format};
pub use row::Row;
pub use split_rows::SplitRows;

use crate::{Error, Problem};
use std::collections::HashMap;
use std::path::Path;

/// Cells that mean "not recorded", whatever their case.
pub const MISSING: [&str; 14] = [
    "", "na", "n/a", "nan", ".", "null", "-", "\u{2013}", "?", "#n/a", "#nv", "unknown", "k.a.",
    "k. a.",
];

/// Whether a cell is empty or one of the [`MISSING`] markers.
#[must_use]
pub fn is_missing(cell: &str) -> bool {
    MISSING.iter().any(|marker| cell.eq_ignore_ascii_case(marker))
}

/// Words for no, whatever their case, in the languages of the exports that were seen.
const NO: [&str; 8] = ["0", "no", "n", "false", "f", "nein", "non", "unchecked"];
/// Words for yes.
const YES: [&str; 10] = ["1", "yes", "y", "true", "t", "ja", "j", "oui", "si", "checked"];

/// What a cell that is a flag says; `None` where it says something else.
#[must_use]
pub fn flag(cell: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    match (is(&NO), is(&YES)) {
        (true, _) => Some(false),
        (_, true) => Some(true),
        _ => None,
    }
}

/// A CSV file with a header, every cell still text.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// As messages name it.
    file: String,
    format: Format,
    /// The line on which the header stands, below the remarks.
    header_line: u64,
    names: Vec<String>,
    /// What the file calls a column that was given another name.
    names_in_file: HashMap<String, String>,
    records: Vec<Record>,
}

/// A row with as many cells as the header.
#[derive(Debug, Clone)]
struct Record {
    line: u64,
    cells: csv::StringRecord,
}

impl Table {
    /// Reads a whole file.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that cannot be read; [`Error::InvalidTable`] with the first problem
    /// of one that is empty, is no text, names a column twice, or has a row of another length than
    /// its header.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        Self::parse(&path.display().to_string(), &bytes)
    }

    /// A table in memory; `file` is its name in messages.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let table = Self::scan(file, bytes, &mut problems);
        if problems.is_empty() && table.records.is_empty() {
            problems.push(table.problem_of_file("at least one row below the header", "none"));
        }
        match problems.into_iter().next() {
            Some(problem) => Err(Error::InvalidTable { problem }),
            None => Ok(table),
        }
    }

    /// How the file is written.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Column names in the order of the file.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there is a column of that name.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.position(column).is_some()
    }

    /// Number of rows below the header.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.records.len()
    }

    /// The rows below the header.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.records.iter().map(|record| Row { table: self, record })
    }

    /// The rows at `rows` (from 0), which keep their lines in messages; positions beyond the table
    /// are left out.
    #[must_use]
    pub fn subset(&self, rows: &[usize]) -> Self {
        let records = rows.iter().filter_map(|&r| self.records.get(r).cloned()).collect();
        Self {
            file: self.file.clone(),
            format: self.format,
            header_line: self.header_line,
            names: self.names.clone(),
            names_in_file: self.names_in_file.clone(),
            records,
        }
    }

    /// Rows (from 0) with a value in each of `columns`.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for a column that does not exist.
    pub fn complete_rows(&self, columns: &[&str]) -> Result<Vec<usize>, Error> {
        let columns: Vec<usize> =
            columns.iter().map(|name| self.index(name)).collect::<Result<_, _>>()?;
        let complete = |record: &Record| columns.iter().all(|&c| !is_missing(&record.cells[c]));
        Ok((0..self.records.len()).filter(|&r| complete(&self.records[r])).collect())
    }

    /// The finite number that a cell stands for, with this table's decimal mark.
    fn finite(&self, cell: &str) -> Option<f64> {
        let cell = &format::without_spaces(cell, self.format.decimal_mark);
        let number = match self.format.decimal_mark {
            ',' if cell.contains(',') => format::number_with_comma(cell),
            ',' => cell.parse().ok(),
            _ => format::number_with_point(cell),
        };
        number.filter(|value| value.is_finite())
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.names.iter().position(|name| name == column)
    }

    /// A file that could not be read, for its name in messages.
    pub(crate) fn unread(file: &str) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    pub(crate) fn index(&self, column: &str) -> Result<usize, Problem> {
        self.position(column).ok_or_else(|| {
            let got = format!("columns {}", self.names.join(", "));
            self.problem_at(self.header(), None, format!("a column {column}"), got)
        })
    }

    fn header(&self) -> Option<u64> {
        Some(self.header_line)
    }

    /// A problem of the whole file.
    pub(crate) fn problem_of_file(&self, expected: &str, got: &str) -> Problem {
        self.problem_at(None, None, expected.to_owned(), got.to_owned())
    }

    /// The name of a column, with that of the file where it is another.
    pub(crate) fn name_in_messages(&self, column: &str) -> String {
        match self.names_in_file.get(column) {
            Some(theirs) => format!("{column} (\"{theirs}\" in the file)"),
            None => column.to_owned(),
        }
    }

    fn problem_at(
        &self,
        line: Option<u64>,
        column: Option<&str>,
        expected: String,
        got: String,
    ) -> Problem {
        let column = column.map(|name| self.name_in_messages(name));
        Problem { file: self.file.clone(), line, column, expected, got }
    }
}

#[cfg(test)]
mod tests;
