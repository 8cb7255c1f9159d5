//! Statistic, degrees of freedom and P value.

use serde::{Deserialize, Serialize};

use crate::{
    estimate::Pivot,
    numeric::distributions::{ChiSquare, Fisher},
};

/// The result of a hypothesis test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Test {
    /// The statistic: chi-square, or an estimate divided by its standard error.
    pub statistic: f64,
    /// Degrees of freedom of chi-square or of Student's t; `None` for the normal distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub df: Option<f64>,
    /// P value, two-sided for a statistic that may be negative.
    pub p: f64,
}

impl Test {
    /// A chi-square statistic with `df` degrees of freedom.
    #[must_use]
    pub fn chi_square(statistic: f64, df: f64) -> Self {
        Self { statistic, df: Some(df), p: ChiSquare::new(df).upper(statistic) }
    }

    /// A Wald or score statistic, chi-square where the single figures are compared with the normal
    /// distribution; where they are compared with Student's t on `m` degrees of freedom,
    /// `statistic / df` is compared with F on `df` and `m`, so that for one figure it is the square
    /// of its t.
    pub(crate) fn of_several(statistic: f64, df: f64, pivot: Pivot) -> Self {
        match pivot {
            Pivot::Normal => Self::chi_square(statistic, df),
            Pivot::Student(m) => {
                Self { statistic, df: Some(df), p: Fisher::new(df, m).upper(statistic / df) }
            }
        }
    }

    /// An estimate divided by its standard error, two-sided.
    #[must_use]
    pub fn two_sided(statistic: f64, pivot: Pivot) -> Self {
        Self { statistic, df: pivot.df(), p: pivot.two_sided_p(statistic) }
    }
}
