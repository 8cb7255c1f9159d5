//! What an estimate divided by its standard error is compared with.

use crate::numeric::distributions::{Normal, Student};

/// The distribution behind the intervals and P values of a concordance.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[non_exhaustive]
pub enum Reference {
    /// Student's t with one degree of freedom less than there are events that count (clusters with
    /// such an event, where there are clusters): a standard error that rests on few events is itself
    /// uncertain. See `docs/VALIDATION.md` of the project for how well both cover.
    #[default]
    Student,
    /// The normal distribution, as R does; too narrow with few events.
    Normal,
}

/// A distribution symmetric around 0, ready for use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pivot {
    Normal,
    /// Student's t with so many degrees of freedom.
    Student(f64),
}

impl Pivot {
    /// `q` with `P(|X| <= q) = level`.
    pub(crate) fn two_sided(self, level: f64) -> f64 {
        match self {
            Self::Normal => Normal.two_sided(level),
            Self::Student(df) => Student::new(df).two_sided(level),
        }
    }

    /// `P(|X| >= |x|)`.
    pub(crate) fn two_sided_p(self, x: f64) -> f64 {
        match self {
            Self::Normal => Normal.two_sided_p(x),
            Self::Student(df) => Student::new(df).two_sided_p(x),
        }
    }
}
