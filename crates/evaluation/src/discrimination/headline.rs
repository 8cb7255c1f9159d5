//! The interval to report of a figure between 0 and 1, and how it was computed.

use crate::discrimination::concordance::{BootstrapIntervals, Concordance};
use crate::estimate::{Estimate, Interval};
use crate::{Figure, Keys, keys};
use serde::{Deserialize, Serialize};

/// How the interval of a [`Headline`] was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IntervalMethod {
    /// Studentised bootstrap on the logit scale, which held the truth most often in simulations
    /// with few events.
    StudentisedLogitBootstrap,
    /// Infinitesimal jackknife with Student's t on the logit scale.
    LogitStudent,
    /// Infinitesimal jackknife with the normal distribution on the logit scale, in files of
    /// versions before Student's t was taken for figures at a horizon.
    LogitNormal,
    /// A figure of 0 or 1, whose standard error is 0: exact for a share, by Newcombe's score test
    /// for an area.
    Boundary,
}

impl IntervalMethod {
    /// How a figure between 0 and 1 has its interval without a bootstrap.
    pub(crate) fn of(estimate: &Estimate) -> Self {
        match estimate.value > 0.0 && estimate.value < 1.0 {
            true => Self::LogitStudent,
            false => Self::Boundary,
        }
    }
}

/// A figure with the interval to report.
///
/// With a bootstrap that is the studentised one on the logit scale, and otherwise, or where that
/// does not exist, the jackknife's on the logit scale with Student's t (`docs/VALIDATION.md` of the
/// project).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Headline {
    /// The figure with its interval.
    #[serde(flatten, with = "keys::value")]
    pub estimate: Estimate,
    /// Which interval it is.
    pub method: IntervalMethod,
}

impl Keys for Headline {
    const KEYS: &'static [&'static str] = &["value", "se", "lower", "upper", "method"];
}

impl Headline {
    /// A figure with its interval and how that was computed.
    #[must_use]
    pub fn new(estimate: Estimate, method: IntervalMethod) -> Self {
        Self { estimate, method }
    }

    /// The bounds of the studentised bootstrap on the logit scale, or else the figure's own
    /// interval.
    pub(crate) fn choose(
        estimate: Estimate,
        bootstrap: Option<Interval>,
        otherwise: IntervalMethod,
    ) -> Self {
        match bootstrap {
            None => Self::new(estimate, otherwise),
            Some(interval) => Self::new(
                Estimate::new(estimate.value, estimate.std_error, interval),
                IntervalMethod::StudentisedLogitBootstrap,
            ),
        }
    }

    /// That of Harrell's C.
    pub(crate) fn of_concordance(
        index: &Figure<Concordance>,
        bootstrap: &Figure<BootstrapIntervals>,
    ) -> Figure<Self> {
        index.clone().map(|Concordance { estimate, .. }| {
            let drawn = bootstrap.value().and_then(|drawn| {
                let (lower, upper) = drawn.studentised?;
                Some(Interval::new(lower, upper, drawn.level))
            });
            Self::choose(estimate, drawn, IntervalMethod::of(&estimate))
        })
    }
}
