//! Covariates as a matrix with named columns, and what else belongs to each row.

use crate::Error;

/// Covariates `[n, p]`, finite, with unique column names; optionally strata, an offset and clusters.
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
    values: Vec<f64>,
    strata: Option<Vec<usize>>,
    clusters: Option<Vec<usize>>,
    offset: Option<Vec<f64>>,
}

impl DesignMatrix {
    /// A matrix from its rows one after the other (row-major, `n` times `names.len()` values).
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the values do not fill whole rows, or there is no column;
    /// [`Error::DuplicateColumn`]; [`Error::NotFinite`].
    pub fn new(names: Vec<String>, values: Vec<f64>) -> Result<Self, Error> {
        let p = names.len();
        if p == 0 || !values.len().is_multiple_of(p) {
            let whole = values.len().next_multiple_of(p.max(1));
            return Err(Error::LengthMismatch("values", whole.max(1), values.len()));
        }
        if let Some(i) = (0..p).find(|&i| names[..i].contains(&names[i])) {
            return Err(Error::DuplicateColumn(names[i].clone()));
        }
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite(names[i % p].clone(), i / p, values[i]));
        }
        Ok(Self { names, values, strata: None, clusters: None, offset: None })
    }

    /// A matrix from named columns.
    ///
    /// # Errors
    /// As [`DesignMatrix::new`]; [`Error::LengthMismatch`] when the columns differ in length.
    pub fn from_columns(columns: Vec<(String, Vec<f64>)>) -> Result<Self, Error> {
        let n = columns.first().map_or(0, |(_, column)| column.len());
        if let Some((_, column)) = columns.iter().find(|(_, column)| column.len() != n) {
            return Err(Error::LengthMismatch("column", n, column.len()));
        }
        let values = (0..n).flat_map(|row| columns.iter().map(move |(_, c)| c[row])).collect();
        Self::new(columns.into_iter().map(|(name, _)| name).collect(), values)
    }

    /// Gives each row a stratum: baseline hazards differ between strata, coefficients do not.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn with_strata(mut self, strata: Vec<usize>) -> Result<Self, Error> {
        self.check_len("strata", strata.len())?;
        self.strata = Some(strata);
        Ok(self)
    }

    /// Gives each row a cluster (e.g. the subject of several rows); the fit then has robust
    /// standard errors. For robust errors with independent rows, give each its own cluster.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn with_clusters(mut self, clusters: Vec<usize>) -> Result<Self, Error> {
        self.check_len("clusters", clusters.len())?;
        self.clusters = Some(clusters);
        Ok(self)
    }

    /// Adds a known part of each row's log hazard.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::NotFinite`].
    pub fn with_offset(mut self, offset: Vec<f64>) -> Result<Self, Error> {
        self.check_len("offset", offset.len())?;
        if let Some(i) = offset.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite("offset".to_owned(), i, offset[i]));
        }
        self.offset = Some(offset);
        Ok(self)
    }

    fn check_len(&self, array: &'static str, len: usize) -> Result<(), Error> {
        let n = self.n_rows();
        if len == n { Ok(()) } else { Err(Error::LengthMismatch(array, n, len)) }
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.values.len() / self.names.len()
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
        let p = self.names.len();
        &self.values[row * p..(row + 1) * p]
    }

    /// Strata, where given.
    #[must_use]
    pub fn strata(&self) -> Option<&[usize]> {
        self.strata.as_deref()
    }

    /// Clusters, where given.
    #[must_use]
    pub fn clusters(&self) -> Option<&[usize]> {
        self.clusters.as_deref()
    }

    /// Offset, where given.
    #[must_use]
    pub fn offset(&self) -> Option<&[f64]> {
        self.offset.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_matrix() {
        let names = || vec!["a".to_owned(), "b".to_owned()];
        assert!(matches!(
            DesignMatrix::new(names(), vec![1.0; 3]),
            Err(Error::LengthMismatch("values", 4, 3))
        ));
        assert!(DesignMatrix::new(Vec::new(), Vec::new()).is_err());
        let error = DesignMatrix::new(names(), vec![1.0, 2.0, 3.0, f64::NAN]).unwrap_err();
        assert_eq!(error.to_string(), "column b, row 1: expected a finite number, got NaN");
        let twice = vec!["a".to_owned(), "a".to_owned()];
        assert!(matches!(DesignMatrix::new(twice, vec![]), Err(Error::DuplicateColumn(_))));
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
