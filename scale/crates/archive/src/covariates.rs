//! Covariates of the films of an archive, found by path or by name without searching the table.

use crate::Error;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use vertebra_cohort::table::FilmCovariates;

/// Covariates by film.
#[derive(Debug)]
pub(crate) struct Covariates {
    table: Option<FilmCovariates>,
    paths: HashMap<OsString, Option<PathBuf>>,
}

impl Covariates {
    /// Reads the columns `names` of a table, as `predict` does.
    pub(crate) fn read(table: Option<&Path>, names: &[String]) -> Result<Self, Error> {
        let table = table.map(|path| FilmCovariates::read(path, names)).transpose()?;
        let mut paths = HashMap::new();
        for path in table.iter().flat_map(FilmCovariates::files) {
            paths.insert(path.clone().into_os_string(), Some(path.clone()));
        }
        for path in table.iter().flat_map(FilmCovariates::files) {
            let Some(name) = path.file_name().filter(|name| *name != path.as_os_str()) else {
                continue;
            };
            // A name of two rows tells neither.
            let again = paths.contains_key(name);
            paths.insert(name.to_owned(), (!again).then(|| path.clone()));
        }
        Ok(Self { table, paths })
    }

    /// Whether there is a table.
    pub(crate) fn are_given(&self) -> bool {
        self.table.is_some()
    }

    /// The covariates of a film; `None` without a table, and where no row has its name.
    ///
    /// # Errors
    /// Several rows have its name.
    pub(crate) fn of(&self, film: &Path) -> Result<Option<Vec<Option<f64>>>, Error> {
        let Some(table) = &self.table else { return Ok(None) };
        let name = || self.paths.get(film.file_name()?);
        match self.paths.get(film.as_os_str()).or_else(name) {
            // The table says which name it has several times.
            Some(row) => Ok(Some(table.of(row.as_deref().unwrap_or(film))?)),
            None => Ok(None),
        }
    }
}
