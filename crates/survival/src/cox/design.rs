//! What a regression is fitted on: covariates, one row per subject, and what belongs to each row.

use crate::error::Error;

/// Covariates `[n, p]`, finite, one row per subject and one column per covariate; optionally a
/// stratum, a cluster and an offset for each row.
///
/// Values are kept row by row, as every algorithm walks along subjects. Columns have no names here:
/// `vertebra-baselines` adds them.
///
/// # Examples
/// ```
/// use vertebra_survival::cox::Design;
/// let (age, bmi) = ([61.0, 72.5, 66.0], [24.1, 21.9, 27.3]);
/// let design = Design::from_columns(&[age, bmi])?.with_strata(vec![0, 1, 1])?;
/// assert_eq!((design.n_rows(), design.n_columns()), (3, 2));
/// assert_eq!(design.row(1), [72.5, 21.9]);
/// assert_eq!(design, Design::from_rows(2, vec![61.0, 24.1, 72.5, 21.9, 66.0, 27.3])?
///     .with_strata(vec![0, 1, 1])?);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    n_columns: usize,
    values: Vec<f64>,
    strata: Option<Vec<usize>>,
    clusters: Option<Vec<usize>>,
    offset: Option<Vec<f64>>,
}

impl Design {
    /// From rows of `n_columns` values, one after the other.
    ///
    /// # Errors
    /// [`Error::Empty`] without a column, [`Error::LengthMismatch`] where the values do not fill
    /// whole rows, [`Error::OutOfDomain`] for a value that is not finite.
    pub fn from_rows(n_columns: usize, values: Vec<f64>) -> Result<Self, Error> {
        if n_columns == 0 {
            return Err(Error::Empty { name: "covariates" });
        }
        if !values.len().is_multiple_of(n_columns) {
            let expected = values.len().next_multiple_of(n_columns);
            return Err(Error::LengthMismatch { name: "covariates", expected, got: values.len() });
        }
        finite("covariates", &values)?;
        Ok(Self { n_columns, values, strata: None, clusters: None, offset: None })
    }

    /// From columns of `[n]` each.
    ///
    /// # Errors
    /// As [`from_rows`](Self::from_rows); [`Error::LengthMismatch`] where columns differ in length.
    pub fn from_columns(columns: &[impl AsRef<[f64]>]) -> Result<Self, Error> {
        let n = columns.first().map_or(0, |column| column.as_ref().len());
        for got in columns.iter().map(|column| column.as_ref().len()) {
            check_length("covariates", n, got)?;
        }
        let row = |i: usize| columns.iter().map(move |column| column.as_ref()[i]);
        Self::from_rows(columns.len(), (0..n).flat_map(row).collect())
    }

    /// Gives each row a stratum: baseline hazards differ between strata, coefficients do not.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn with_strata(mut self, strata: Vec<usize>) -> Result<Self, Error> {
        check_length("strata", self.n_rows(), strata.len())?;
        self.strata = Some(strata);
        Ok(self)
    }

    /// Gives each row a cluster (e.g. the subject of several rows); the fit then has robust
    /// standard errors. For robust errors with independent rows, give each its own cluster.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn with_clusters(mut self, clusters: Vec<usize>) -> Result<Self, Error> {
        check_length("clusters", self.n_rows(), clusters.len())?;
        self.clusters = Some(clusters);
        Ok(self)
    }

    /// Adds a known part of each row's log hazard.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::OutOfDomain`].
    pub fn with_offset(mut self, offset: Vec<f64>) -> Result<Self, Error> {
        check_length("offset", self.n_rows(), offset.len())?;
        finite("offset", &offset)?;
        self.offset = Some(offset);
        Ok(self)
    }

    /// The rows at `rows`, in that order; one may repeat, as in a bootstrap sample.
    ///
    /// # Panics
    /// If an index is not below [`n_rows`](Self::n_rows), as slice indexing does.
    #[must_use]
    pub fn subset(&self, rows: &[usize]) -> Self {
        let labels = |of: &Option<Vec<usize>>| {
            of.as_ref().map(|of| rows.iter().map(|&i| of[i]).collect::<Vec<_>>())
        };
        Self {
            n_columns: self.n_columns,
            values: rows.iter().flat_map(|&i| self.row(i)).copied().collect(),
            strata: labels(&self.strata),
            clusters: labels(&self.clusters),
            offset: self.offset.as_ref().map(|of| rows.iter().map(|&i| of[i]).collect()),
        }
    }

    /// Some of its columns, in that order.
    ///
    /// # Errors
    /// [`Error::Empty`] without a column, [`Error::InvalidSetting`] for one that does not exist.
    pub fn columns(&self, columns: &[usize]) -> Result<Self, Error> {
        if let Some(column) = columns.iter().find(|&&j| j >= self.n_columns) {
            let (name, expected) = ("columns", "columns of the design");
            return Err(Error::InvalidSetting { name, expected, got: column.to_string() });
        }
        if columns.is_empty() {
            return Err(Error::Empty { name: "covariates" });
        }
        let row = |i: usize| columns.iter().map(move |&j| self.row(i)[j]);
        let values = (0..self.n_rows()).flat_map(row).collect();
        Ok(Self { n_columns: columns.len(), values, ..self.clone() })
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.values.len() / self.n_columns
    }

    /// Number of columns.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// One row, `[p]`.
    ///
    /// # Panics
    /// If `row` is not below [`n_rows`](Self::n_rows), as slice indexing does.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.n_columns..(row + 1) * self.n_columns]
    }

    /// Strata, where given.
    #[must_use]
    pub fn strata(&self) -> Option<&[usize]> {
        self.strata.as_deref()
    }

    /// The labels of the strata, increasing; one, 0, without strata.
    pub(super) fn distinct_strata(&self) -> Vec<usize> {
        let mut labels = self.strata.clone().unwrap_or(vec![0]);
        labels.sort_unstable();
        labels.dedup();
        labels
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

fn check_length(name: &'static str, expected: usize, got: usize) -> Result<(), Error> {
    if got == expected { Ok(()) } else { Err(Error::LengthMismatch { name, expected, got }) }
}

fn finite(name: &'static str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => {
            Err(Error::OutOfDomain { name, index, value: values[index], expected: "finite" })
        }
        None => Ok(()),
    }
}
