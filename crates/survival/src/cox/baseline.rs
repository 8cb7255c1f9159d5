//! Breslow's estimate of the cumulative baseline hazard, and predictions from it.
//!
//! `H0(t) = sum_{t_k <= t} d_k / sum_{j at risk at t_k} exp(h_j)` is the hazard of a subject with
//! log hazard 0; `S(t | h) = exp(-H0(t) exp(h))`.
//!
//! Source: Breslow, discussion of Cox, *JRSS B* 34:216-217, 1972. Equal to `basehaz()` of R's
//! `coxph(.., ties = "breslow")` with `centered = FALSE`.

use crate::{
    cox::{
        Ties,
        partial_likelihood::{event_terms, shares},
        scaled::Scaled,
    },
    error::Error,
    outcomes::{Outcomes, check},
    risk_sets::time_groups::TimeGroups,
};

/// Cumulative baseline hazard: a right-continuous step function of time in years, kept as its
/// logarithm so that no spread of log hazards overflows it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BaselineHazard {
    times: Vec<f64>,
    log_cumulative: Vec<f64>,
}

/// Breslow's estimate from the outcomes and log hazards of the same subjects, in O(n log n).
///
/// Entry times and case weights of the outcomes are honoured.
///
/// # Shapes
/// - `log_hazard`: `[n]`, any finite values
///
/// # Errors
/// [`Error::NoEvents`], [`Error::LengthMismatch`] or [`Error::OutOfDomain`].
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, breslow_baseline};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0], vec![true, false, true])?;
/// let baseline = breslow_baseline(&outcomes, &[0.0, 0.0, 0.0])?;
/// assert!((baseline.cumulative(1.5) - 1.0 / 3.0).abs() < 1e-15);
/// assert!((baseline.survival_prob(2f64.ln(), 1.5) - (-2f64 / 3.0).exp()).abs() < 1e-15);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn breslow_baseline(outcomes: &Outcomes, log_hazard: &[f64]) -> Result<BaselineHazard, Error> {
    check::finite("log_hazard", log_hazard, outcomes)?;
    if outcomes.n_events() == 0 {
        return Err(Error::NoEvents(outcomes.n_subjects()));
    }
    let groups = TimeGroups::new(outcomes);
    let shares = shares(outcomes, log_hazard);
    let terms = event_terms(outcomes, &groups, &shares, Ties::Breslow);
    let mut sum = Scaled::ZERO;
    let (mut times, mut log_cumulative) = (Vec::new(), Vec::new());
    for (&time, term) in groups.times().iter().zip(&terms).filter(|(_, term)| term.step.value > 0.0)
    {
        sum.add(term.step);
        times.push(time);
        log_cumulative.push(sum.ln());
    }
    Ok(BaselineHazard { times, log_cumulative })
}

impl BaselineHazard {
    /// Event times in years, increasing.
    #[must_use]
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// `H0(horizon)`: 0 before the first event, the last value ever after the last.
    #[must_use]
    pub fn cumulative(&self, horizon: f64) -> f64 {
        self.log_cumulative_at(horizon).map_or(0.0, f64::exp)
    }

    /// `S(horizon | log_hazard)` in `[0, 1]`, on the scale of the log hazards given to
    /// [`breslow_baseline`].
    #[must_use]
    pub fn survival_prob(&self, log_hazard: f64, horizon: f64) -> f64 {
        self.log_cumulative_at(horizon).map_or(1.0, |h| (-(h + log_hazard).exp()).exp())
    }

    fn log_cumulative_at(&self, horizon: f64) -> Option<f64> {
        let k = self.times.partition_point(|&t| t <= horizon).checked_sub(1)?;
        Some(self.log_cumulative[k])
    }
}
