//! Covariates of a user's own: columns of any name that hold numbers, or one of some words.

use crate::table::Row;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a column of `cohort.csv` that is not one of ours holds. In TOML it is `"numeric"`,
/// `"categorical"`, or `{ reference = "never" }` for a category whose other levels are compared
/// with that one; without it, with the first in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Declaration", into = "Declaration")]
#[non_exhaustive]
pub enum DeclaredCovariate {
    /// A finite number.
    Numeric,
    /// One of some words.
    Categorical {
        /// The level that the others are compared with.
        reference: Option<String>,
    },
}

/// The declared columns, by name.
pub type DeclaredCovariates = BTreeMap<String, DeclaredCovariate>;

/// A subject's value in a declared column. There is no third kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DeclaredValue {
    /// Of a numeric column.
    Number(f64),
    /// Of a categorical column.
    Level(String),
}

/// A declaration as TOML has it.
#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"numeric\", \"categorical\" or { reference = \"a level\" }"
)]
enum Declaration {
    Kind(Kind),
    Reference { reference: String },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Numeric,
    Categorical,
}

impl From<Declaration> for DeclaredCovariate {
    fn from(declaration: Declaration) -> Self {
        match declaration {
            Declaration::Kind(Kind::Numeric) => Self::Numeric,
            Declaration::Kind(Kind::Categorical) => Self::Categorical { reference: None },
            Declaration::Reference { reference } => {
                Self::Categorical { reference: Some(reference) }
            }
        }
    }
}

impl From<DeclaredCovariate> for Declaration {
    fn from(declared: DeclaredCovariate) -> Self {
        match declared {
            DeclaredCovariate::Numeric => Self::Kind(Kind::Numeric),
            DeclaredCovariate::Categorical { reference: None } => Self::Kind(Kind::Categorical),
            DeclaredCovariate::Categorical { reference: Some(reference) } => {
                Self::Reference { reference }
            }
        }
    }
}

impl DeclaredCovariate {
    /// The value of a filled cell, or what was expected.
    pub(crate) fn read(&self, row: Row<'_>, text: &str) -> Result<DeclaredValue, &'static str> {
        match self {
            Self::Numeric => row.finite(text).map(DeclaredValue::Number).ok_or("a number"),
            Self::Categorical { .. } => Ok(DeclaredValue::Level(text.to_owned())),
        }
    }

    /// Whether a value is of this kind.
    pub(crate) fn holds(&self, value: &DeclaredValue) -> bool {
        match value {
            DeclaredValue::Number(value) => *self == Self::Numeric && value.is_finite(),
            DeclaredValue::Level(level) => *self != Self::Numeric && !level.is_empty(),
        }
    }
}

impl DeclaredValue {
    /// The kind of column that holds such values.
    pub(crate) fn kind(&self) -> DeclaredCovariate {
        match self {
            Self::Number(_) => DeclaredCovariate::Numeric,
            Self::Level(_) => DeclaredCovariate::Categorical { reference: None },
        }
    }

    /// The text of its cell.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Number(value) => value.to_string(),
            Self::Level(level) => level.clone(),
        }
    }
}
