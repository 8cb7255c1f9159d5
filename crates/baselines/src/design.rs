//! Covariates as a matrix with named columns, and what else belongs to each row.

use crate::Error;
use vertebra_survival::{Outcomes, cox::Design};

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
    terms: Vec<Term>,
}

/// Columns that mean something only together, such as the levels of a factor.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Term {
    /// What messages and tables call it.
    pub name: String,
    /// Its columns, from 0.
    pub columns: Vec<usize>,
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
        let term = |(j, name): (usize, &String)| Term { name: name.clone(), columns: vec![j] };
        let terms = names.iter().enumerate().map(term).collect();
        Ok(Self { names, values: Design::from_rows(p, values)?, terms })
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

    /// Says which columns belong together; without it each is a term by itself.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a term without a column, or with one that does not exist.
    pub fn with_terms(mut self, terms: Vec<Term>) -> Result<Self, Error> {
        let outside = |term: &&Term| {
            term.columns.is_empty() || term.columns.iter().any(|&j| j >= self.names.len())
        };
        if let Some(term) = terms.iter().find(outside) {
            let (name, expected) = ("terms", "columns of the design for each");
            let got = format!("{:?} for {}", term.columns, term.name);
            return Err(Error::InvalidSetting { name, expected, got });
        }
        self.terms = terms;
        Ok(self)
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

    /// Says which rows are of one subject, as where covariates change during follow-up: each row
    /// with its entry time, none overlapping another. Where a subject has several events its rows
    /// are a cluster, and standard errors robust, as R's `id` has it.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`]; [`Error::Overlapping`] for the first row that begins before
    /// another of its subject has ended.
    ///
    /// # Examples
    /// ```
    /// use vertebra_baselines::{DesignMatrix, Error, Outcomes};
    /// let design = || DesignMatrix::new(vec!["dose".into()], vec![1.0, 2.0, 1.0]);
    /// let outcomes = Outcomes::new(vec![2.0, 5.0, 4.0], vec![false, true, true])?;
    /// let cut = outcomes.clone().with_entry(vec![0.0, 2.0, 0.0])?;
    /// assert!(design()?.with_subjects(vec![0, 0, 1], &cut)?.clusters().is_none());
    /// let error = design()?.with_subjects(vec![0, 0, 1], &outcomes).unwrap_err();
    /// assert_eq!(error, Error::Overlapping { index: 1, other: 0 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_subjects(self, subjects: Vec<usize>, outcomes: &Outcomes) -> Result<Self, Error> {
        let (n, rows, labels) = (self.n_rows(), outcomes.n_subjects(), subjects.len());
        if let Some(got) = [labels, rows].into_iter().find(|&got| got != n) {
            return Err(Error::LengthMismatch { name: "subjects", expected: n, got });
        }
        let entry = |i: usize| outcomes.entry().map_or(0.0, |entry| entry[i]);
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| subjects[a].cmp(&subjects[b]).then(entry(a).total_cmp(&entry(b))));
        let same = |pair: &&[usize]| subjects[pair[0]] == subjects[pair[1]];
        let mut several = false;
        let mut events = 0;
        for (k, &i) in order.iter().enumerate() {
            let first = k == 0 || subjects[order[k - 1]] != subjects[i];
            events = usize::from(outcomes.event()[i]) + if first { 0 } else { events };
            several |= events > 1;
        }
        let overlaps = |pair: &&[usize]| entry(pair[1]) < outcomes.time()[pair[0]];
        if let Some(pair) = order.windows(2).filter(same).find(overlaps) {
            return Err(Error::Overlapping { index: pair[1], other: pair[0] });
        }
        if several { self.with_clusters(subjects) } else { Ok(self) }
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

    /// The columns that belong together.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The same without names, as `vertebra_survival::cox` takes it.
    #[must_use]
    pub fn covariates(&self) -> &Design {
        &self.values
    }

    /// The rows at `rows`, in that order; one may repeat, as in a bootstrap sample.
    ///
    /// # Panics
    /// If an index is not below [`n_rows`](Self::n_rows), as slice indexing does.
    #[must_use]
    pub fn subset(&self, rows: &[usize]) -> Self {
        Self { values: self.values.subset(rows), ..self.clone() }
    }

    /// The same without some columns; `None` where none is left.
    #[must_use]
    pub fn without(&self, columns: &[usize]) -> Option<Self> {
        let kept: Vec<usize> = (0..self.n_columns()).filter(|j| !columns.contains(j)).collect();
        let names: Vec<String> = kept.iter().map(|&j| self.names[j].clone()).collect();
        let values = self.values.columns(&kept).ok()?;
        let term = |(j, name): (usize, &String)| Term { name: name.clone(), columns: vec![j] };
        let terms = names.iter().enumerate().map(term).collect();
        Some(Self { names, values, terms })
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
