//! Terms with what they learnt from the training table.

use super::{basis::Basis, raw::RawTable};
use crate::{DesignMatrix, Error, Term};
use serde::{Deserialize, Serialize};

/// Makes the columns of a regression from any table with the columns of the training table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreparedDesign {
    /// Each the product of its bases.
    terms: Vec<Vec<Basis>>,
}

impl PreparedDesign {
    pub(super) fn new(terms: Vec<Vec<Basis>>) -> Result<Self, Error> {
        if terms.is_empty() {
            return Err(Error::LengthMismatch { name: "terms", expected: 1, got: 0 });
        }
        Ok(Self { terms })
    }

    /// The columns of a table that it needs, each once.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.terms.iter().flatten().map(Basis::column) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The covariates of the rows of a table.
    ///
    /// # Errors
    /// [`Error::MissingColumn`], [`Error::OtherKind`], [`Error::UnknownLevel`] for a level that the
    /// training table did not have, [`Error::OutOfDomain`], [`Error::DuplicateColumn`] where two
    /// terms make a column of the same name.
    pub fn design(&self, table: &RawTable) -> Result<DesignMatrix, Error> {
        let (mut columns, mut terms) = (Vec::new(), Vec::new());
        for bases in &self.terms {
            let first = columns.len();
            columns.extend(product(bases, table)?);
            let name = bases.iter().map(Basis::term).collect::<Vec<_>>().join(":");
            terms.push(Term { name, columns: (first..columns.len()).collect() });
        }
        DesignMatrix::from_columns(columns)?.with_terms(terms)
    }
}

/// Every product of a column of each basis; the first basis runs fastest, as in R.
fn product(bases: &[Basis], table: &RawTable) -> Result<Vec<(String, Vec<f64>)>, Error> {
    let mut products: Vec<(String, Vec<f64>)> = Vec::new();
    for basis in bases {
        let columns: Vec<(String, Vec<f64>)> =
            basis.names().into_iter().zip(basis.columns(table)?).collect();
        if products.is_empty() {
            products = columns;
            continue;
        }
        let one = |(name, column): &(String, Vec<f64>)| {
            let times = |(before, values): &(String, Vec<f64>)| {
                let product = values.iter().zip(column).map(|(a, b)| a * b).collect();
                (format!("{before}:{name}"), product)
            };
            products.iter().map(times).collect::<Vec<_>>()
        };
        products = columns.iter().flat_map(one).collect();
    }
    Ok(products)
}
