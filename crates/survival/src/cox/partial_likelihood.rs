//! The Cox partial likelihood and its exact gradient with respect to the log hazards.
//!
//! With risk sets `R(t) = {j: entry_j < t <= time_j}`, log hazards `h` and case weights `w`, the
//! loss is the negative log partial likelihood divided by the (weighted) number of events. At a
//! time with events `D` it adds
//!
//! - Breslow: `sum_D w_i (ln S - h_i)` with `S = sum_R w_j exp(h_j)`;
//! - Efron: `sum_D -w_i h_i + mean_D(w) sum_{r=0}^{d-1} ln(S - (r/d) E)`, `E = sum_D w_j exp(h_j)`.
//!
//! All sums keep their largest exponent apart and nothing is ever subtracted from a sum, so that
//! value and gradient are right for any spread of `h`.
//!
//! Sources: Breslow, *Biometrics* 30:89-99, 1974; Efron, *JASA* 72:557-565, 1977. Equal to
//! `coxph(.. ~ offset(h))` of R survival 3.8: minus the gradient is the martingale residual.

use crate::{
    cox::{any_spread::likelihood_of_any_spread, plain::usual_likelihood, ties::Ties},
    error::Error,
    losses::LossGradient,
    outcomes::{Outcomes, check, labels::members},
    risk_sets::time_groups::TimeGroups,
};
use std::borrow::Cow;

/// Value and gradient of the negative log partial likelihood, both per event.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct CoxPartialLikelihood {
    /// Negative log partial likelihood divided by the (weighted) number of events.
    pub loss: f64,
    /// Derivative of `loss` with respect to each subject's log hazard, shape `[n]`.
    pub gradient: Vec<f64>,
}

impl From<CoxPartialLikelihood> for LossGradient {
    fn from(CoxPartialLikelihood { loss, gradient }: CoxPartialLikelihood) -> Self {
        Self { loss, gradient }
    }
}

/// Negative log partial likelihood (mean over events) and its gradient, in O(n log n).
///
/// Entry times and case weights of the outcomes are honoured. To evaluate many log hazards on the
/// same outcomes, prepare [`RiskSets`] once.
///
/// # Shapes
/// - `log_hazard`: `[n]`, any finite values
///
/// # Errors
/// [`Error::NoEvents`], [`Error::LengthMismatch`] or [`Error::OutOfDomain`].
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, Ties, cox_partial_likelihood};
/// let outcomes = Outcomes::new(vec![1.0, 2.0], vec![true, false])?;
/// let null = cox_partial_likelihood(&outcomes, &[0.0, 0.0], Ties::Efron)?;
/// assert!((null.loss - 2f64.ln()).abs() < 1e-15);
/// assert_eq!(null.gradient, [-0.5, 0.5]);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn cox_partial_likelihood(
    outcomes: &Outcomes,
    log_hazard: &[f64],
    ties: Ties,
) -> Result<CoxPartialLikelihood, Error> {
    RiskSets::new(outcomes)?.partial_likelihood(log_hazard, ties)
}

/// The gradient of [`cox_partial_likelihood`]'s loss with Efron ties, shape `[n]`, in O(n log n):
/// what a network that puts out log hazards is trained by, without tensors.
///
/// Entry times and case weights of the outcomes are honoured. Minus the gradient times the
/// (weighted) number of events is the martingale residual. For strata, Breslow ties, or many log
/// hazards on the same outcomes: [`RiskSets::gradient_log_hazard`].
///
/// # Shapes
/// - `log_hazard`: `[n]`, any finite values
///
/// # Errors
/// As [`cox_partial_likelihood`].
///
/// # Examples
/// ```
/// use vertebra_survival::{cox::gradient_log_hazard, Outcomes};
/// let outcomes = Outcomes::new(vec![1.0, 2.0], vec![true, false])?;
/// assert_eq!(gradient_log_hazard(&outcomes, &[0.0, 0.0])?, [-0.5, 0.5]);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn gradient_log_hazard(outcomes: &Outcomes, log_hazard: &[f64]) -> Result<Vec<f64>, Error> {
    RiskSets::new(outcomes)?.gradient_log_hazard(log_hazard, Ties::Efron)
}

/// The risk sets of outcomes, sorted once for many evaluations of the partial likelihood.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, RiskSets, Ties};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 1.5, 3.0], vec![true; 4])?;
/// let clinics = RiskSets::stratified(&outcomes, &[0, 0, 1, 1])?;
/// let null = clinics.partial_likelihood(&[0.0; 4], Ties::Efron)?;
/// assert!((null.loss - 2.0 * 2f64.ln() / 4.0).abs() < 1e-15);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RiskSets {
    pub(super) strata: Vec<Stratum<'static>>,
    n_subjects: usize,
    /// Weight of all events.
    events: f64,
}

/// The subjects who are compared with each other.
#[derive(Debug, Clone)]
pub(super) struct Stratum<'a> {
    /// Their indices in the whole sample; `None` for all of it.
    pub(super) subjects: Option<Vec<usize>>,
    pub(super) outcomes: Cow<'a, Outcomes>,
    pub(super) groups: TimeGroups,
}

impl RiskSets {
    /// One risk set at each event time.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::NoEvents`].
    pub fn new(outcomes: &Outcomes) -> Result<Self, Error> {
        check::length("time", outcomes.time(), outcomes)?;
        Self::of(outcomes, vec![Stratum::new(None, Cow::Owned(outcomes.clone()))])
    }

    /// Risk sets within strata, one label per subject, so that each stratum has a baseline hazard
    /// of its own.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::NoEvents`] or [`Error::LengthMismatch`].
    pub fn stratified(outcomes: &Outcomes, strata: &[usize]) -> Result<Self, Error> {
        check::length("strata", strata, outcomes)?;
        Self::of(outcomes, Stratum::several(outcomes, strata))
    }

    fn of(outcomes: &Outcomes, strata: Vec<Stratum<'static>>) -> Result<Self, Error> {
        if outcomes.n_events() == 0 {
            return Err(Error::NoEvents { n: outcomes.n_subjects() });
        }
        let events = (0..outcomes.n_subjects()).filter(|&i| outcomes.event()[i]);
        let events = events.map(|i| outcomes.weight(i)).sum();
        Ok(Self { strata, n_subjects: outcomes.n_subjects(), events })
    }

    /// As [`cox_partial_likelihood`], in O(n) without entry times.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::OutOfDomain`]; [`Error::Unsupported`] for exact ties.
    pub fn partial_likelihood(
        &self,
        log_hazard: &[f64],
        ties: Ties,
    ) -> Result<CoxPartialLikelihood, Error> {
        check::finite_values("log_hazard", log_hazard, self.n_subjects)?;
        if ties == Ties::Exact {
            let what = "the exact partial likelihood";
            return Err(Error::Unsupported { what, with: "log hazards without covariates" });
        }
        let mut total = CoxPartialLikelihood { loss: 0.0, gradient: Vec::new() };
        for stratum in &self.strata {
            let Some(subjects) = &stratum.subjects else {
                total.loss = stratum.add(log_hazard, ties, &mut total.gradient);
                continue;
            };
            let here: Vec<f64> = subjects.iter().map(|&i| log_hazard[i]).collect();
            let mut gradient = Vec::new();
            total.loss += stratum.add(&here, ties, &mut gradient);
            total.gradient.resize(self.n_subjects, 0.0);
            subjects.iter().zip(gradient).for_each(|(&i, g)| total.gradient[i] = g);
        }
        total.loss /= self.events;
        total.gradient.iter_mut().for_each(|g| *g /= self.events);
        if !total.loss.is_finite() {
            let widest = log_hazard.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
            return Err(Error::InvalidSetting {
                name: "spread of log_hazard",
                expected: "below 1e300",
                got: widest.to_string(),
            });
        }
        Ok(total)
    }

    /// The gradient of [`partial_likelihood`](Self::partial_likelihood)'s loss alone, shape `[n]`.
    ///
    /// # Errors
    /// As there.
    pub fn gradient_log_hazard(&self, log_hazard: &[f64], ties: Ties) -> Result<Vec<f64>, Error> {
        Ok(self.partial_likelihood(log_hazard, ties)?.gradient)
    }
}

impl Stratum<'static> {
    /// Those of the labels, by increasing label.
    pub(super) fn several(outcomes: &Outcomes, strata: &[usize]) -> Vec<Self> {
        let stratum = |subjects: Vec<usize>| {
            let outcomes = outcomes.subset(&subjects);
            Self::new(Some(subjects), Cow::Owned(outcomes))
        };
        members(strata).into_iter().map(stratum).collect()
    }
}

impl<'a> Stratum<'a> {
    pub(super) fn new(subjects: Option<Vec<usize>>, outcomes: Cow<'a, Outcomes>) -> Self {
        let groups = TimeGroups::new(&outcomes);
        Self { subjects, outcomes, groups }
    }

    /// Sets `gradient` and returns the loss, both summed over events.
    pub(super) fn add(&self, log_hazard: &[f64], ties: Ties, gradient: &mut Vec<f64>) -> f64 {
        let (outcomes, groups) = (&self.outcomes, &self.groups);
        if let Some(loss) = usual_likelihood(outcomes, groups, log_hazard, ties, gradient) {
            return loss;
        }
        likelihood_of_any_spread(outcomes, groups, log_hazard, ties, gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn the_usual_form_is_the_general_one(
            rows in vec((1u8..9, any::<bool>(), -30.0..30.0, 0.5..3.0), 2..60), weigh in any::<bool>()
        ) {
            let event: Vec<bool> = rows.iter().map(|r| r.1).collect();
            prop_assume!(event.contains(&true));
            let time = rows.iter().map(|r| f64::from(r.0)).collect();
            let mut outcomes = Outcomes::new(time, event).unwrap();
            if weigh {
                outcomes = outcomes.with_weights(rows.iter().map(|r| r.3).collect()).unwrap();
            }
            let h: Vec<f64> = rows.iter().map(|r| r.2).collect();
            let stratum = Stratum::new(None, Cow::Owned(outcomes));
            for ties in [Ties::Breslow, Ties::Efron] {
                let (mut usual, mut general) = (Vec::new(), Vec::new());
                let a = stratum.add(&h, ties, &mut usual);
                let Stratum { outcomes, groups, .. } = &stratum;
                let b = likelihood_of_any_spread(outcomes, groups, &h, ties, &mut general);
                prop_assert!((a - b).abs() <= 1e-11 * b.abs().max(1.0), "{} {}", a, b);
                for (a, b) in usual.iter().zip(&general) {
                    prop_assert!((a - b).abs() <= 1e-11 * b.abs().max(1.0), "{} {}", a, b);
                }
            }
        }
    }
}
