//! Whole columns: numbers, text, labels and covariates.

use super::{Record, Row, Table, flag, is_missing};
use crate::{Error, Problem};
use std::collections::{BTreeMap, BTreeSet};

/// The values of one column, `None` where missing. There is no third kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Every value is a finite number.
    Number(Vec<Option<f64>>),
    /// No value is a number.
    Text(Vec<Option<String>>),
}

impl Table {
    /// One column: numbers if all its values are, text if none is.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for a column that does not exist, or has both numbers and text, or
    /// an infinite number.
    pub fn column(&self, name: &str) -> Result<Column, Error> {
        let c = self.index(name)?;
        let present = || self.records.iter().map(|r| &r.cells[c]).filter(|cell| !is_missing(cell));
        let any_number =
            present().any(|cell| cell.parse::<f64>().is_ok() || self.finite(cell).is_some());
        if !any_number && present().next().is_some() {
            let text = |r: &Record| (!is_missing(&r.cells[c])).then(|| r.cells[c].to_owned());
            return Ok(Column::Text(self.records.iter().map(text).collect()));
        }
        let numbers = self.rows().map(|row| row.number(name));
        Ok(Column::Number(numbers.collect::<Result<_, Problem>>()?))
    }

    /// One column of numbers without a missing value.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] as [`Table::column`], and for the first row that is missing or text.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, Error> {
        let c = self.index(name)?;
        let number = |row: Row| row.parse_number(name, &row.record.cells[c]);
        Ok(self.rows().map(number).collect::<Result<_, Problem>>()?)
    }

    /// One column of numbers for each of which `holds` (it sees the row, from 0, and the value).
    ///
    /// # Errors
    /// [`Error::InvalidTable`] as [`Table::numbers`], and for the first value that is not what is
    /// `expected`.
    pub fn numbers_where(
        &self,
        name: &str,
        expected: &str,
        holds: impl Fn(usize, f64) -> bool,
    ) -> Result<Vec<f64>, Error> {
        let values = self.numbers(name)?;
        for (r, (row, &value)) in self.rows().zip(&values).enumerate() {
            if !holds(r, value) {
                return Err(row.problem(name, expected, &value.to_string()).into());
            }
        }
        Ok(values)
    }

    /// A column of weights above 0.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for the first row whose weight is not a positive number.
    pub fn weights(&self, name: &str) -> Result<Vec<f64>, Error> {
        self.numbers_where(name, "a weight > 0", |_, w| w > 0.0)
    }

    /// A column of probabilities.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for the first row whose value is not in [0, 1].
    pub fn probabilities(&self, name: &str) -> Result<Vec<f64>, Error> {
        self.numbers_where(name, "a probability in [0, 1]", |_, p| (0.0..=1.0).contains(&p))
    }

    /// A column of events: 1, `true` or `yes` where there is one, and 0, `false` or `no` where the
    /// subject was censored.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for the first row that says neither.
    pub fn events(&self, name: &str) -> Result<Vec<bool>, Error> {
        let c = self.index(name)?;
        let event = |row: Row| {
            let cell = &row.record.cells[c];
            let number = || match row.parse_number(name, cell)? {
                1.0 => Ok(true),
                0.0 => Ok(false),
                other => Err(row.problem(name, "0 (censored) or 1 (event)", &other.to_string())),
            };
            flag(cell).map_or_else(number, Ok)
        };
        Ok(self.rows().map(event).collect::<Result<_, Problem>>()?)
    }

    /// One column as text, missing values as they stand in the file.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for a column that does not exist.
    pub fn texts(&self, name: &str) -> Result<Vec<&str>, Error> {
        let c = self.index(name)?;
        Ok(self.records.iter().map(|record| &record.cells[c]).collect())
    }

    /// The values of one column as labels 0, 1, .. in sorted order, e.g. strata or clusters.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for a column that does not exist, or a missing value.
    pub fn labels(&self, name: &str) -> Result<Vec<usize>, Error> {
        let texts = self.texts(name)?;
        if let Some(row) = self.rows().find(|row| row.text(name).is_none()) {
            return Err(row.problem(name, "a value", "none").into());
        }
        let levels: BTreeSet<&str> = texts.iter().copied().collect();
        let ranks: BTreeMap<&str, usize> = levels.into_iter().zip(0..).collect();
        Ok(texts.iter().map(|text| ranks[text]).collect())
    }

    /// Columns as covariates without missing values: numbers as they are, a text column as one
    /// indicator `column=level` for each level after the first in sorted order.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] as [`Table::column`], and for a missing value or a text column with
    /// one level.
    pub fn covariates(&self, names: &[String]) -> Result<Vec<(String, Vec<f64>)>, Error> {
        let mut columns = Vec::new();
        for name in names {
            match self.column(name)? {
                Column::Number(_) => columns.push((name.clone(), self.numbers(name)?)),
                Column::Text(_) => columns.extend(self.indicators(name)?),
            }
        }
        Ok(columns)
    }

    fn indicators(&self, name: &str) -> Result<Vec<(String, Vec<f64>)>, Error> {
        let labels = self.labels(name)?;
        let texts = self.texts(name)?;
        let n_levels = labels.iter().max().map_or(0, |last| last + 1);
        if n_levels < 2 {
            let got = format!("\"{}\" in every row used", texts.first().unwrap_or(&""));
            let expected = "at least two values".to_owned();
            return Err(self.problem_at(None, Some(name), expected, got).into());
        }
        let level = |level: usize| {
            let first = labels.iter().position(|&l| l == level).map_or("", |r| texts[r]);
            let values = labels.iter().map(|&l| f64::from(u8::from(l == level))).collect();
            (format!("{name}={first}"), values)
        };
        Ok((1..n_levels).map(level).collect())
    }
}
