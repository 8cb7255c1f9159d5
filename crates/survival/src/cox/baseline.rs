//! Breslow's estimate of the cumulative baseline hazard, and predictions from it.
//!
//! `H0(t) = sum_{t_k <= t} d_k / sum_{j at risk at t_k} exp(h_j)` is the hazard of a subject with
//! log hazard 0; `S(t | h) = exp(-H0(t) exp(h))`.
//!
//! Source: Breslow, discussion of Cox, *JRSS B* 34:216-217, 1972. Equal to `basehaz()` of R's
//! `coxph(.., ties = "breslow")` with `centered = FALSE`.

use crate::{
    cox::{
        any_spread::{event_terms, shares},
        derivatives::StratumRows,
        scaled::Scaled,
        ties::Ties,
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
        return Err(Error::NoEvents { n: outcomes.n_subjects() });
    }
    Ok(BaselineHazard::new(outcomes, &TimeGroups::new(outcomes), log_hazard, Ties::Breslow))
}

impl BaselineHazard {
    /// The estimate that goes with the tie handling: Breslow's, or Efron's, whose steps are those
    /// that the subjects without an event at that time see.
    pub(super) fn new(
        outcomes: &Outcomes,
        groups: &TimeGroups,
        log_hazard: &[f64],
        ties: Ties,
    ) -> Self {
        let terms = event_terms(outcomes, groups, &shares(outcomes, log_hazard), ties);
        Self::from_steps(groups.times().iter().copied().zip(terms.iter().map(|term| term.step)))
    }

    /// The same in a stratum at the coefficients of its standardised covariates.
    pub(super) fn of_rows(rows: &StratumRows<'_>, b: &[f64], ties: Ties) -> Self {
        let (outcomes, groups) = (&rows.stratum.outcomes, &rows.stratum.groups);
        let log_hazard = rows.log_hazard(b);
        let Some(walk) = rows.walk(&log_hazard, ties) else {
            return Self::new(outcomes, groups, &log_hazard, ties);
        };
        let scale = -walk.shares.most;
        Self::from_steps(walk.events.iter().map(|(g, events)| {
            let value = events.step() * events.tied.others;
            (groups.times()[*g], Scaled { scale, value })
        }))
    }

    /// From what each time adds, by increasing time; nothing at a time without events.
    pub(crate) fn from_steps(steps: impl Iterator<Item = (f64, Scaled)>) -> Self {
        let mut sum = Scaled::ZERO;
        let (mut times, mut log_cumulative) = (Vec::new(), Vec::new());
        for (time, step) in steps.filter(|(_, step)| step.value > 0.0) {
            sum.add(step);
            times.push(time);
            log_cumulative.push(sum.ln());
        }
        Self { times, log_cumulative }
    }

    /// Event times in years, increasing.
    #[must_use]
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// `H0(horizon)`: 0 before the first event, constant after the last.
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

    /// `1 - S(horizon | log_hazard)`, right to its last digits however small it is.
    #[must_use]
    pub fn risk(&self, log_hazard: f64, horizon: f64) -> f64 {
        self.log_cumulative_at(horizon).map_or(0.0, |h| -(-(h + log_hazard).exp()).exp_m1())
    }

    /// `ln H0(horizon)`; `None` before the first event.
    pub(crate) fn log_cumulative_at(&self, horizon: f64) -> Option<f64> {
        let k = self.times.partition_point(|&t| t <= horizon).checked_sub(1)?;
        Some(self.log_cumulative[k])
    }
}
