//! How figures at a horizon are computed.

use crate::{
    error::Error,
    estimate::{CasesInClusters, Pivot, ReferenceDistribution, Units},
    horizon::ipcw::{AtHorizon, Status},
    outcomes::{Endpoint, Outcomes, check},
};

/// How figures at a horizon are computed; the default has 95 % intervals by Student's t with
/// one degree of freedom less than there are cases, or clusters with one.
///
/// The functions of this module, such as [`auc_at`](crate::horizon::auc_at), call the methods of
/// the default.
///
/// # Examples
/// ```
/// use vertebra_survival::{horizon::HorizonOptions, Outcomes};
/// let outcomes =
///     Outcomes::new(vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![true, true, false, true, false])?;
/// let options = HorizonOptions::default().with_level(0.9);
/// let auc = options.auc_at(&outcomes, &[0.9, 0.3, 0.5, 0.4, 0.1], 2.5)?;
/// assert_eq!(auc.estimate.interval.level, 0.9);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct HorizonOptions {
    level: f64,
    pub(super) reference: ReferenceDistribution,
}

impl Default for HorizonOptions {
    fn default() -> Self {
        Self { level: 0.95, reference: ReferenceDistribution::default() }
    }
}

impl HorizonOptions {
    /// Confidence level of the intervals, such as 0.95.
    #[must_use]
    pub fn with_level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Distribution behind intervals and P values.
    #[must_use]
    pub fn with_reference(mut self, reference: ReferenceDistribution) -> Self {
        self.reference = reference;
        self
    }

    /// What a figure is compared with that rests on the cases.
    pub(super) fn pivot(&self, at: &AtHorizon<'_>, units: Units<'_>) -> Pivot {
        units.resting_on(at.subjects(Status::Case), self.reference)
    }

    /// The same from the outcomes alone, for a figure that no weights by censoring are behind.
    pub(super) fn pivot_of_events(
        &self,
        endpoint: &impl Endpoint,
        horizon: f64,
        units: Units<'_>,
    ) -> Pivot {
        units.resting_on(cases_of_events(endpoint, horizon).into_iter(), self.reference)
    }

    /// The same where few clusters of unequal size have the cases.
    pub(super) fn cases_in_clusters(
        &self,
        of: (&Outcomes, Units<'_>),
        cases: &[usize],
        columns: &[&[f64]],
    ) -> CasesInClusters {
        CasesInClusters::new(of, cases, columns, self.reference)
    }

    /// The level, or an error outside (0, 1).
    pub(super) fn level(&self) -> Result<f64, Error> {
        check::level(self.level)
    }
}

/// Those with an event of interest by the horizon.
pub(super) fn cases_of_events(endpoint: &impl Endpoint, horizon: f64) -> Vec<usize> {
    let outcomes = endpoint.follow_up();
    let is_case = |&i: &usize| {
        outcomes.event()[i] && endpoint.is_of_interest(i) && outcomes.time()[i] <= horizon
    };
    (0..outcomes.n_subjects()).filter(is_case).collect()
}
