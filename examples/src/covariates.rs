//! Covariates of radiographs from a CSV: a column `file`, and one column per covariate.

use anyhow::{Context, bail};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The covariates of each radiograph, in a model's order; `None` where one is not given.
#[derive(Debug)]
pub struct Covariates {
    n: usize,
    table: Option<PathBuf>,
    rows: HashMap<PathBuf, Vec<Option<f64>>>,
}

impl Covariates {
    /// No radiograph has any of `n` covariates.
    #[must_use]
    pub fn none(n: usize) -> Self {
        Self { n, table: None, rows: HashMap::new() }
    }

    /// Reads the columns `names`; an empty cell is a missing value.
    ///
    /// # Errors
    /// A column is absent, or a cell is no number; named by file, line and column.
    pub fn read(path: &Path, names: &[String]) -> anyhow::Result<Self> {
        let at = path.display();
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_path(path)
            .with_context(|| format!("{at}"))?;
        let header = reader.headers().with_context(|| format!("{at}"))?.clone();
        let column = |name: &str| match header.iter().position(|h| h == name) {
            Some(i) => Ok(i),
            None => bail!("{at}: expected a column {name}, got {}", join(&header)),
        };
        let file = column("file")?;
        let columns = names.iter().map(|n| column(n)).collect::<anyhow::Result<Vec<_>>>()?;
        let mut rows = HashMap::new();
        for (line, record) in reader.records().enumerate() {
            let record = record.with_context(|| format!("{at}"))?;
            let value = |&i: &usize| {
                number(&header[i], &record[i]).map_err(|got| {
                    let name = &header[i];
                    anyhow::anyhow!(
                        "{at} line {}, column {name}: expected a number, got {got}",
                        line + 2
                    )
                })
            };
            let values = columns.iter().map(value).collect::<anyhow::Result<Vec<_>>>()?;
            if rows.insert(PathBuf::from(&record[file]), values).is_some() {
                bail!(
                    "{at} line {}: expected each file once, got {} again",
                    line + 2,
                    &record[file]
                );
            }
        }
        Ok(Self { n: names.len(), table: Some(path.to_owned()), rows })
    }

    /// The covariates of a radiograph, by its path as given, or by its name where only one row has
    /// that name.
    ///
    /// # Errors
    /// The table has no row for it, or several rows have its name.
    pub fn of(&self, file: &Path) -> anyhow::Result<Vec<Option<f64>>> {
        let Some(table) = &self.table else { return Ok(vec![None; self.n]) };
        if let Some(row) = self.rows.get(file) {
            return Ok(row.clone());
        }
        let same_name = |row: &&PathBuf| row.file_name() == file.file_name();
        let mut found = self.rows.keys().filter(same_name);
        let (table, file) = (table.display(), file.display());
        match (found.next(), found.next()) {
            (Some(row), None) => Ok(self.rows[row].clone()),
            (Some(_), Some(_)) => bail!("{table}: several rows have the name of {file}"),
            (None, _) => bail!("{table}: expected a row for {file}, got none"),
        }
    }
}

/// A number; `F` and `M` in the column `sex` are 1 and 0, as in a cohort's table.
fn number(column: &str, cell: &str) -> Result<Option<f64>, String> {
    match (column, cell) {
        (_, "") => return Ok(None),
        ("sex", "F") => return Ok(Some(1.0)),
        ("sex", "M") => return Ok(Some(0.0)),
        _ => {}
    }
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        _ => Err(format!("\"{cell}\"")),
    }
}

fn join(header: &csv::StringRecord) -> String {
    header.iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Covariates> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.csv");
        std::fs::write(&path, text).unwrap();
        Covariates::read(&path, &["age".to_owned(), "bmi".to_owned()])
    }

    #[test]
    fn cells_are_found_by_path_and_by_name() {
        let covariates = read("file,bmi,age\nfilms/a.dcm,24.5,61\nb.dcm,,70\n").unwrap();
        assert_eq!(covariates.of(Path::new("films/a.dcm")).unwrap(), [Some(61.0), Some(24.5)]);
        assert_eq!(covariates.of(Path::new("x/b.dcm")).unwrap(), [Some(70.0), None]);
        let error = covariates.of(Path::new("c.dcm")).unwrap_err().to_string();
        assert!(error.contains("expected a row for c.dcm, got none"), "{error}");
        assert_eq!(Covariates::none(2).of(Path::new("c.dcm")).unwrap(), [None, None]);
    }

    #[test]
    fn a_name_that_two_rows_have_is_refused() {
        let covariates = read("file,bmi,age\na/x.dcm,24,61\nb/x.dcm,25,62\n").unwrap();
        let error = covariates.of(Path::new("c/x.dcm")).unwrap_err().to_string();
        assert!(error.contains("several rows"), "{error}");
        assert!(read("file,bmi,age\na,24,61\na,25,62\n").is_err());
        assert_eq!(number("sex", "F"), Ok(Some(1.0)));
        assert_eq!(number("age", "F"), Err("\"F\"".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_column() {
        let error = read("file,bmi,age\na,24.5,NaN\n").unwrap_err().to_string();
        assert!(error.contains("line 2, column age: expected a number, got \"NaN\""), "{error}");
        let error = read("file,bmi\na,24.5\n").unwrap_err().to_string();
        assert!(error.contains("expected a column age, got file, bmi"), "{error}");
    }
}
