//! Covariates as a matrix with named columns, and what else belongs to each row.

use crate::Error;
use vertebra_survival::cox::Design;

/// Covariates `[n, p]`, finite, with unique column names; optionally strata, an offset and
/// clusters.
///
/// # Examples
/// ```
/// use vertebra_baselines::DesignMatrix;
/// let design = DesignMatrix::new(vec!["age".into(), "bmi".into()], vec![61.0, 24.1, 72.5, 21.9])?;
/// assert_eq!((design.n_rows(), design.n_columns()), (2, 2));
/// assert_eq!(design.row(1), [72.5, 21.9]);
/// # Ok::<(), vertebra_baselines::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DesignMatrix {
    names: Vec<String>,
    values: Design,
}

impl DesignMatrix {
    /// A matrix from its rows one after the other (row-major, `n` times `names.len()` values).
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the values do not fill whole rows, or there is no column;
    /// [`Error::DuplicateColumn`]; [`Error::OutOfDomain`] for a value that is not finite.
    pub fn new(names: Vec<String>, values: Vec<f64>) -> Result<Self, Error> {
        let p = names.len();
        if p == 0 || !values.len().is_multiple_of(p) {
            let expected = values.len().next_multiple_of(p.max(1)).max(1);
            return Err(Error::LengthMismatch { name: "values", expected, got: values.len() });
        }
        if let Some(i) = (0..p).find(|&i| names[..i].contains(&names[i])) {
            return Err(Error::DuplicateColumn { name: names[i].clone() });
        }
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            return Err(not_finite(&names[i % p], i / p, values[i]));
        }
        Ok(Self { names, values: Design::from_rows(p, values)? })
    }

    /// A matrix from named columns.
    ///
    /// # Errors
    /// As [`DesignMatrix::new`]; [`Error::LengthMismatch`] when the columns differ in length.
    pub fn from_columns(columns: Vec<(String, Vec<f64>)>) -> Result<Self, Error> {
        let expected = columns.first().map_or(0, |(_, column)| column.len());
        if let Some((_, column)) = columns.iter().find(|(_, column)| column.len() != expected) {
            return Err(Error::LengthMismatch { name: "column", expected, got: column.len() });
        }
        let row = |row: usize| columns.iter().map(move |(_, column)| column[row]);
        let values = (0..expected).flat_map(row).collect();
        Self::new(columns.into_iter().map(|(name, _)| name).collect(), values)
    }

    /// Gives each row a stratum: baseline hazards differ between strata, coefficients do not.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn with_strata(mut self, strata: Vec<usize>) -> Result<Self, Error> {
        self.values = self.values.with_strata(strata)?;
        Ok(self)
    }

    /// Gives each row a cluster (e.g. the subject of several rows); the fit then has robust
    /// standard errors. For robust errors with independent rows, give each its own cluster.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn with_clusters(mut self, clusters: Vec<usize>) -> Result<Self, Error> {
        self.values = self.values.with_clusters(clusters)?;
        Ok(self)
    }

    /// Adds a known part of each row's log hazard.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::OutOfDomain`].
    pub fn with_offset(mut self, offset: Vec<f64>) -> Result<Self, Error> {
        if let Some(i) = offset.iter().position(|v| !v.is_finite()) {
            return Err(not_finite("offset", i, offset[i]));
        }
        self.values = self.values.with_offset(offset)?;
        Ok(self)
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.values.n_rows()
    }

    /// Number of columns.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.names.len()
    }

    /// Column names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// One row, `[p]`.
    ///
    /// # Panics
    /// If `row` is not below [`n_rows`](Self::n_rows), as slice indexing does.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        self.values.row(row)
    }

    /// Strata, where given.
    #[must_use]
    pub fn strata(&self) -> Option<&[usize]> {
        self.values.strata()
    }

    /// Clusters, where given.
    #[must_use]
    pub fn clusters(&self) -> Option<&[usize]> {
        self.values.clusters()
    }

    /// Offset, where given.
    #[must_use]
    pub fn offset(&self) -> Option<&[f64]> {
        self.values.offset()
    }

    /// The same without names.
    pub(crate) fn values(&self) -> &Design {
        &self.values
    }
}

fn not_finite(name: &str, index: usize, value: f64) -> Error {
    Error::OutOfDomain { name: name.to_owned(), index, value, expected: "a finite number" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_a_matrix() {
        let names = || vec!["a".to_owned(), "b".to_owned()];
        assert!(matches!(
            DesignMatrix::new(names(), vec![1.0; 3]),
            Err(Error::LengthMismatch { name: "values", expected: 4, got: 3 })
        ));
        assert!(DesignMatrix::new(Vec::new(), Vec::new()).is_err());
        let error = DesignMatrix::new(names(), vec![1.0, 2.0, 3.0, f64::NAN]).unwrap_err();
        assert_eq!(error.to_string(), "b, row 1: expected a finite number, got NaN");
        let twice = vec!["a".to_owned(), "a".to_owned()];
        assert!(matches!(DesignMatrix::new(twice, vec![]), Err(Error::DuplicateColumn { .. })));
    }

    #[test]
    fn columns_and_rows_agree() {
        let columns = vec![("a".to_owned(), vec![1.0, 2.0]), ("b".to_owned(), vec![3.0, 4.0])];
        let design = DesignMatrix::from_columns(columns).unwrap();
        assert_eq!(
            design,
            DesignMatrix::new(vec!["a".into(), "b".into()], vec![1., 3., 2., 4.]).unwrap()
        );
        assert!(design.with_strata(vec![1]).is_err());
    }
}
