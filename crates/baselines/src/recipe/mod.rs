//! From the columns of a table to the columns of a regression.
//!
//! A [`DesignRecipe`] says which terms a regression has; [`DesignRecipe::prepare`] learns from the
//! training table what they need (levels, knots, means), and the [`PreparedDesign`], which can be
//! stored, makes the same columns of any table.

mod basis;
mod prepared;
mod raw;
mod spline;

pub use prepared::PreparedDesign;
pub use raw::{RawColumn, RawTable};

use crate::Error;
use basis::Basis;
use serde::{Deserialize, Serialize};

/// The terms of a regression, by the names of columns of a table.
///
/// # Examples
/// ```
/// use vertebra_baselines::{DesignRecipe, RawColumn, RawTable};
/// let table = RawTable::new(vec![
///     ("age".into(), RawColumn::Numbers((0..60).map(|i| 50.0 + f64::from(i % 31)).collect())),
///     ("stage".into(), RawColumn::Labels((0..60).map(|i| ["I", "II", "III"][i % 3].into()).collect())),
/// ])?;
/// let recipe = DesignRecipe::default()
///     .with_spline("age", 3)
///     .with_factor("stage", Some("II"))
///     .with_interaction("age", "stage");
/// let prepared = recipe.prepare(&table)?;
/// let design = prepared.design(&table)?;
/// assert_eq!(design.names()[..4], ["age", "age'", "stage=I", "stage=III"]);
/// assert_eq!(design.n_columns(), 2 + 2 + 4);
/// assert_eq!(design.terms().len(), 3);
/// # Ok::<(), vertebra_baselines::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesignRecipe {
    terms: Vec<Ingredient>,
}

/// One term, not yet prepared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ingredient {
    Of { column: String, kind: Kind },
    Interaction { columns: [String; 2] },
}

/// What is made of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    AsItIs,
    Factor { reference: Option<String> },
    Log,
    Standardised,
    Restricted { knots: usize },
    BSpline { df: usize },
}

impl DesignRecipe {
    /// A column as it is; one of labels becomes a factor.
    #[must_use]
    pub fn with_column(self, column: &str) -> Self {
        self.with(column, Kind::AsItIs)
    }

    /// One indicator for each level but the `reference`, by default the first in sorted order.
    #[must_use]
    pub fn with_factor(self, column: &str, reference: Option<&str>) -> Self {
        self.with(column, Kind::Factor { reference: reference.map(str::to_owned) })
    }

    /// The natural logarithm of a positive column.
    #[must_use]
    pub fn with_log(self, column: &str) -> Self {
        self.with(column, Kind::Log)
    }

    /// A column minus its mean, by its standard deviation (`n - 1`) in the training table.
    #[must_use]
    pub fn with_standardised(self, column: &str) -> Self {
        self.with(column, Kind::Standardised)
    }

    /// A restricted cubic spline with 3 to 7 knots, linear beyond the outer ones: `knots - 1`
    /// columns. Knots at the quantiles of Harrell, *Regression Modeling Strategies*, 2nd ed. 2015,
    /// table 2.3.
    #[must_use]
    pub fn with_spline(self, column: &str, knots: usize) -> Self {
        self.with(column, Kind::Restricted { knots })
    }

    /// A cubic B-spline of `df` (at least 3) columns without intercept, inner knots at equally
    /// spaced quantiles, as R's `splines::bs`.
    #[must_use]
    pub fn with_b_spline(self, column: &str, df: usize) -> Self {
        self.with(column, Kind::BSpline { df })
    }

    /// Products of the columns of two terms: what the recipe makes of `a` times what it makes of
    /// `b`, or the columns as they are where it has no such term.
    #[must_use]
    pub fn with_interaction(mut self, a: &str, b: &str) -> Self {
        self.terms.push(Ingredient::Interaction { columns: [a.to_owned(), b.to_owned()] });
        self
    }

    fn with(mut self, column: &str, kind: Kind) -> Self {
        self.terms.push(Ingredient::Of { column: column.to_owned(), kind });
        self
    }

    /// The columns of the table that it needs, each once.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for term in &self.terms {
            let of = match term {
                Ingredient::Of { column, .. } => std::slice::from_ref(column),
                Ingredient::Interaction { columns } => columns,
            };
            for name in of.iter().map(String::as_str) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// Learns levels, knots and means from the training table.
    ///
    /// # Errors
    /// [`Error::MissingColumn`], [`Error::OtherKind`] for labels where numbers are needed,
    /// [`Error::UnknownLevel`] for a reference that does not occur, [`Error::InvalidSetting`] for a
    /// number of knots, an interaction of a column with itself or too few distinct values.
    pub fn prepare(&self, table: &RawTable) -> Result<PreparedDesign, Error> {
        let main: Vec<(&str, Basis)> = self
            .terms
            .iter()
            .filter_map(|term| match term {
                Ingredient::Of { column, kind } => Some((column.as_str(), kind)),
                Ingredient::Interaction { .. } => None,
            })
            .map(|(column, kind)| Ok((column, Basis::learn(kind, column, table)?)))
            .collect::<Result<_, Error>>()?;
        let of = |column: &str| match main.iter().find(|(name, _)| *name == column) {
            Some((_, basis)) => Ok(basis.clone()),
            None => Basis::learn(&Kind::AsItIs, column, table),
        };
        let mut prepared = Vec::new();
        let mut next = main.iter();
        for term in &self.terms {
            match term {
                Ingredient::Of { .. } => {
                    prepared.extend(next.next().map(|(_, basis)| vec![basis.clone()]));
                }
                Ingredient::Interaction { columns: [a, b] } if a == b => {
                    let (name, expected) = ("interaction", "two different columns");
                    return Err(Error::InvalidSetting { name, expected, got: format!("{a}:{b}") });
                }
                Ingredient::Interaction { columns: [a, b] } => prepared.push(vec![of(a)?, of(b)?]),
            }
        }
        PreparedDesign::new(prepared)
    }
}
