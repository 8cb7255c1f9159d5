//! A table of columns as they were recorded.

use crate::Error;
use std::collections::BTreeMap;

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub enum RawColumn {
    /// Numbers.
    Numbers(Vec<f64>),
    /// Labels, such as the sex.
    Labels(Vec<String>),
}

/// Named columns of equal length.
#[derive(Debug, Clone, PartialEq)]
pub struct RawTable {
    n_rows: usize,
    columns: BTreeMap<String, RawColumn>,
}

impl From<Vec<f64>> for RawColumn {
    fn from(values: Vec<f64>) -> Self {
        Self::Numbers(values)
    }
}

impl RawColumn {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Labels(labels) => labels.len(),
        }
    }
}

impl RawTable {
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::DuplicateColumn`], [`Error::OutOfDomain`] for a number
    /// that is not finite.
    pub fn new(columns: Vec<(String, RawColumn)>) -> Result<Self, Error> {
        let expected = columns.first().map_or(0, |(_, column)| column.len());
        let mut named = BTreeMap::new();
        for (name, column) in columns {
            if column.len() != expected {
                return Err(Error::LengthMismatch { name: "column", expected, got: column.len() });
            }
            if let RawColumn::Numbers(values) = &column
                && let Some(index) = values.iter().position(|v| !v.is_finite())
            {
                let (value, expected) = (values[index], "a finite number");
                return Err(Error::OutOfDomain { name, index, value, expected });
            }
            if named.contains_key(&name) {
                return Err(Error::DuplicateColumn { name });
            }
            named.insert(name, column);
        }
        Ok(Self { n_rows: expected, columns: named })
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn column(&self, name: &str) -> Result<&RawColumn, Error> {
        self.columns.get(name).ok_or_else(|| Error::MissingColumn { name: name.to_owned() })
    }

    /// A column of numbers.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] or [`Error::OtherKind`].
    pub fn numbers(&self, name: &str) -> Result<&[f64], Error> {
        match self.column(name)? {
            RawColumn::Numbers(values) => Ok(values),
            RawColumn::Labels(_) => {
                let name = name.to_owned();
                Err(Error::OtherKind { name, expected: "numbers", got: "labels" })
            }
        }
    }

    /// The level of each row: a label, or a number as it prints.
    pub(crate) fn levels(&self, name: &str) -> Result<Vec<String>, Error> {
        Ok(match self.column(name)? {
            RawColumn::Labels(labels) => labels.clone(),
            RawColumn::Numbers(values) => values.iter().map(f64::to_string).collect(),
        })
    }
}
