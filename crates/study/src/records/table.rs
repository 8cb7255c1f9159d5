//! A table whose columns bring along what they mean.

use crate::Error;
use std::path::Path;
use vertebra_report::results::{FileColumn, RunFile};
use vertebra_run::write_whole_with;

/// A column of rows of type `R`: its name and meaning, and the cell of a row; `None` is empty.
pub(crate) struct Column<'a, R> {
    described: FileColumn,
    cell: Box<Cell<'a, R>>,
}

type Cell<'a, R> = dyn Fn(&R) -> Option<String> + 'a;

impl<'a, R> Column<'a, R> {
    pub(crate) fn new<T: ToString>(
        name: impl Into<String>,
        meaning: impl Into<String>,
        cell: impl Fn(&R) -> Option<T> + 'a,
    ) -> Self {
        let cell = Box::new(move |row: &R| cell(row).map(|value| value.to_string()));
        Self { described: FileColumn::new(name, meaning), cell }
    }
}

/// Writes a CSV of the run folder, and describes it.
pub(crate) fn write<R>(
    folder: &Path,
    file: RunFile,
    columns: &[Column<'_, R>],
    rows: &[R],
) -> Result<RunFile, Error> {
    write_whole_with(&folder.join(&file.path), |to| {
        let mut writer = csv::Writer::from_writer(to);
        writer.write_record(columns.iter().map(|column| column.described.name.as_str()))?;
        for row in rows {
            let cells = columns.iter().map(|column| (column.cell)(row).unwrap_or_default());
            writer.write_record(cells)?;
        }
        writer.flush()
    })?;
    Ok(file.with_columns(columns.iter().map(|column| column.described.clone()).collect()))
}

/// Several values in one cell.
pub(crate) fn joined<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join("; ")
}
