//! Covariates of radiographs: a column `file`, or `subject_id` where there is no film, and one
//! column per covariate.

use super::{Row, Table};
use crate::{Error, Problem, Sex};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The covariates of each radiograph, in a model's order; `None` where one is not given.
#[derive(Debug, Clone)]
pub struct FilmCovariates {
    n: usize,
    table: Option<Table>,
    /// Files in the order of the table.
    files: Vec<PathBuf>,
    rows: HashMap<PathBuf, Vec<Option<f64>>>,
}

impl FilmCovariates {
    /// No radiograph has any of `n` covariates.
    #[must_use]
    pub fn none(n: usize) -> Self {
        Self { n, table: None, files: Vec::new(), rows: HashMap::new() }
    }

    /// Reads the columns `names` of a file with a column `file`.
    ///
    /// # Errors
    /// As [`Table::read`] and [`FilmCovariates::new`].
    pub fn read(path: impl AsRef<Path>, names: &[String]) -> Result<Self, Error> {
        Self::new(Table::read(path)?, names)
    }

    /// Takes the columns `names` of a table with a column `file`, or `subject_id` without
    /// one. In the column `sex`, `F` and `M` (or `female` and `male`, whatever their case) are 1 and
    /// 0, as in a cohort; a name `column=level` is 1 where the column has that level and 0 where it
    /// has another.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for a column that does not exist, a cell that is not a number, or a
    /// file in two rows.
    pub fn new(table: Table, names: &[String]) -> Result<Self, Error> {
        names.iter().try_for_each(|name| table.index(column_of(name)).map(|_| ()))?;
        let key = ["file", "subject_id"].into_iter().find(|key| table.has(key)).unwrap_or("file");
        let (mut files, mut rows) = (Vec::new(), HashMap::new());
        for row in table.rows() {
            let file = row.required(key, "a name", |text| Some(PathBuf::from(text)))?;
            files.push(file.clone());
            let values = names.iter().map(|name| value(row, name));
            let values = values.collect::<Result<Vec<_>, Problem>>()?;
            let again = format!("\"{}\" again", file.display());
            if rows.insert(file, values).is_some() {
                return Err(row.problem(key, "each name once", &again).into());
            }
        }
        Ok(Self { n: names.len(), table: Some(table), files, rows })
    }

    /// What the rows are of, in the order of the table.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The covariates of a radiograph, by its path as given, or by its name where only one row has
    /// that name.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] where no row, or several rows, have its name.
    pub fn of(&self, file: &Path) -> Result<Vec<Option<f64>>, Error> {
        let Some(table) = &self.table else { return Ok(vec![None; self.n]) };
        if let Some(row) = self.rows.get(file) {
            return Ok(row.clone());
        }
        let same_name = |(row, _): &(&PathBuf, &Vec<_>)| row.file_name() == file.file_name();
        let mut same = self.rows.iter().filter(same_name);
        let got = match (same.next(), same.next()) {
            (Some((_, row)), None) => return Ok(row.clone()),
            (Some(_), Some(_)) => "several rows with its name",
            (None, _) => "none",
        };
        Err(table.problem_of_file(&format!("a row for {}", file.display()), got).into())
    }
}

/// The column of a covariate's name.
fn column_of(name: &str) -> &str {
    name.split_once('=').map_or(name, |(column, _)| column)
}

fn value(row: Row, column: &str) -> Result<Option<f64>, Problem> {
    if let Some((column, level)) = column.split_once('=') {
        return Ok(row.text(column).map(|text| f64::from(u8::from(text == level))));
    }
    match row.text(column).filter(|_| column == "sex").and_then(Sex::from_text) {
        Some(sex) => Ok(Some(f64::from(u8::from(sex == Sex::Female)))),
        None => row.number(column),
    }
}
