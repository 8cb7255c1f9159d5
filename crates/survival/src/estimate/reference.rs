//! What an estimate divided by its standard error is compared with.

use serde::{Deserialize, Serialize};

use crate::numeric::distributions::{Normal, Student};

/// The reference distribution behind the intervals and P values of a figure that rests on few
/// subjects: a concordance on the events that count, an area, a Brier score, a net benefit or a
/// reclassification on the cases, a subdistribution hazard ratio on the events of its cause.
///
/// Other figures (curves, observed over expected, calibration, tests of groups, Cox regression) are
/// compared with the normal or the chi-square distribution, but with Student's t or F on one
/// degree of freedom less than there are clusters where [`Outcomes`](crate::Outcomes) have fewer
/// than 30 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ReferenceDistribution {
    /// Student's t with one degree of freedom less than there are events that count, or cases
    /// (clusters with one, where there are clusters): a standard error that rests on few events
    /// is itself uncertain. See `docs/VALIDATION.md` of the project for how well both cover.
    #[default]
    Student,
    /// The normal distribution, as in R; too narrow with few events.
    Normal,
}

/// A distribution symmetric around 0, ready for use. Closed: there are no others in this crate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Pivot {
    /// The standard normal distribution.
    Normal,
    /// Student's t with the given degrees of freedom.
    Student(f64),
}

impl Pivot {
    /// `q` with `P(|X| <= q) = level`.
    #[must_use]
    pub fn two_sided(self, level: f64) -> f64 {
        match self {
            Self::Normal => Normal.two_sided(level),
            Self::Student(df) => Student::new(df).two_sided(level),
        }
    }

    /// `P(|X| >= |x|)`.
    #[must_use]
    pub fn two_sided_p(self, x: f64) -> f64 {
        match self {
            Self::Normal => Normal.two_sided_p(x),
            Self::Student(df) => Student::new(df).two_sided_p(x),
        }
    }

    /// Degrees of freedom of Student's t.
    pub(crate) fn df(self) -> Option<f64> {
        match self {
            Self::Normal => None,
            Self::Student(df) => Some(df),
        }
    }
}
