//! Covariates of radiographs from a CSV: a column `file`, and one column per covariate.

use anyhow::{Context, bail};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The covariates of each radiograph, in a model's order; `None` where one is not given.
#[derive(Debug)]
pub struct Covariates {
    n: usize,
    rows: HashMap<PathBuf, Vec<Option<f64>>>,
}

impl Covariates {
    /// No radiograph has any of `n` covariates.
    #[must_use]
    pub fn none(n: usize) -> Self {
        Self { n, rows: HashMap::new() }
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
                number(&record[i]).map_err(|got| {
                    let name = &header[i];
                    anyhow::anyhow!(
                        "{at} line {}, column {name}: expected a number, got {got}",
                        line + 2
                    )
                })
            };
            let values = columns.iter().map(value).collect::<anyhow::Result<Vec<_>>>()?;
            rows.insert(PathBuf::from(&record[file]), values);
        }
        Ok(Self { n: names.len(), rows })
    }

    /// The covariates of a radiograph, by its path as given or by its file name.
    #[must_use]
    pub fn of(&self, file: &Path) -> Vec<Option<f64>> {
        let by_name = || self.rows.get(Path::new(file.file_name()?));
        self.rows.get(file).or_else(by_name).cloned().unwrap_or_else(|| vec![None; self.n])
    }
}

fn number(cell: &str) -> Result<Option<f64>, String> {
    if cell.is_empty() {
        return Ok(None);
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
        assert_eq!(covariates.of(Path::new("films/a.dcm")), [Some(61.0), Some(24.5)]);
        assert_eq!(covariates.of(Path::new("x/b.dcm")), [Some(70.0), None]);
        assert_eq!(covariates.of(Path::new("c.dcm")), [None, None]);
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_column() {
        let error = read("file,bmi,age\na,24.5,NaN\n").unwrap_err().to_string();
        assert!(error.contains("line 2, column age: expected a number, got \"NaN\""), "{error}");
        let error = read("file,bmi\na,24.5\n").unwrap_err().to_string();
        assert!(error.contains("expected a column age, got file, bmi"), "{error}");
    }
}
