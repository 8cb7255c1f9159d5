//! The hazard regressions behind calibration: Cox's for one kind of event, Fine and Gray's for one cause.

use crate::{
    cox::{
        Ties,
        fit::CoxFit,
        partial_likelihood::{event_terms, shares},
        scaled::Scaled,
    },
    error::Error,
    fine_gray::fine_gray,
    outcomes::{Endpoint, OneCause, Outcomes, endpoint::Kind},
    risk_sets::time_groups::TimeGroups,
};

/// The risk by one horizon as a regression has it: `1 - exp(-exp(log_hazard + b'x))`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct HazardRegression {
    /// Logarithm of the cumulative hazard at the horizon where all covariates are 0.
    log_hazard: f64,
    coefficients: Vec<f64>,
}

impl HazardRegression {
    /// The risk where the `k`-th covariate is `x(k)`.
    pub(super) fn risk(&self, x: impl Fn(usize) -> f64) -> f64 {
        let linear: f64 = self.coefficients.iter().enumerate().map(|(k, b)| b * x(k)).sum();
        -(-(self.log_hazard + linear).exp()).exp_m1()
    }
}

/// The hazard regression of an endpoint on `covariates`, one column of `[n]` each, for the risk by `horizon`.
pub(super) fn regress(
    name: &'static str,
    endpoint: &impl Endpoint,
    covariates: &[Vec<f64>],
    horizon: f64,
) -> Result<HazardRegression, Error> {
    match endpoint.kind() {
        Kind::Single(outcomes) => cox(name, outcomes, covariates, horizon),
        Kind::Cause(cause) => subdistribution(name, cause, covariates, horizon),
    }
}

/// The coefficient of `log_hazard` in an endpoint's hazard regression, and its standard error.
pub(super) fn slope(
    name: &'static str,
    endpoint: &impl Endpoint,
    log_hazard: &[f64],
) -> Result<(f64, f64), Error> {
    match endpoint.kind() {
        Kind::Single(outcomes) => {
            let fit = CoxFit::new(name, outcomes, &[log_hazard.to_vec()], Ties::Efron)?;
            Ok((fit.coefficients[0], fit.std_error(0)))
        }
        Kind::Cause(cause) => {
            let fit = fine_gray(cause, &[log_hazard])?;
            Ok((fit.coefficients[0], fit.std_errors[0]))
        }
    }
}

/// A Cox model with Efron ties and its baseline.
fn cox(
    name: &'static str,
    outcomes: &Outcomes,
    covariates: &[Vec<f64>],
    horizon: f64,
) -> Result<HazardRegression, Error> {
    let fit = CoxFit::new(name, outcomes, covariates, Ties::Efron)?;
    let linear = |i: usize| covariates.iter().zip(&fit.coefficients).map(|(x, b)| b * x[i]).sum();
    let linear: Vec<f64> = (0..outcomes.n_subjects()).map(linear).collect();
    let groups = TimeGroups::new(outcomes);
    let terms = event_terms(outcomes, &groups, &shares(outcomes, &linear), Ties::Efron);
    let mut hazard = Scaled::ZERO;
    for term in terms.iter().take(groups.count_until(horizon)).filter(|t| t.step.value > 0.0) {
        hazard.add(term.step);
    }
    regression(name, hazard.ln(), fit.coefficients)
}

/// Fine and Gray's model and its baseline.
fn subdistribution(
    name: &'static str,
    cause: OneCause<'_>,
    covariates: &[Vec<f64>],
    horizon: f64,
) -> Result<HazardRegression, Error> {
    let columns: Vec<&[f64]> = covariates.iter().map(Vec::as_slice).collect();
    let fit = fine_gray(cause, &columns)?;
    regression(name, fit.cumulative_hazard_at(horizon).ln(), fit.coefficients)
}

fn regression(
    name: &'static str,
    log_hazard: f64,
    coefficients: Vec<f64>,
) -> Result<HazardRegression, Error> {
    match log_hazard.is_finite() {
        true => Ok(HazardRegression { log_hazard, coefficients }),
        false => Err(Error::Undefined(name, "no event by the horizon")),
    }
}
