//! The hazard regressions behind calibration: Cox's for one kind of event, Fine and Gray's for one
//! cause.

use crate::{
    cox::{BaselineHazard, CoxMaximum, CoxOptions, Design},
    error::Error,
    fine_gray::fine_gray,
    numeric::linear::dot,
    outcomes::{Endpoint, OneCause, Outcomes, check, copies::Distinct, endpoint::Kind},
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

/// The hazard regression of an endpoint on `covariates`, one column of `[n]` each, for the risk by
/// `horizon`.
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
            let fit = maximum(name, outcomes, &[log_hazard], |outcomes| outcomes)?;
            // Weights that do not count have a robust variance; clusters multiply the model's.
            let variance = match &fit.robust_covariance {
                Some(robust) if !check::counts(outcomes) => robust[0][0],
                _ => fit.covariance[0][0] * fit.design_effects[0],
            };
            Ok((fit.coefficients[0], variance.sqrt()))
        }
        Kind::Cause(cause) => {
            let fit = fine_gray(&cause, &[log_hazard])?;
            Ok((fit.coefficients[0], fit.std_errors[0]))
        }
    }
}

/// A Cox model with Efron ties, among which copies of a row in its cluster do not count; `take`
/// says what is fitted of the other rows.
fn maximum(
    name: &'static str,
    outcomes: &Outcomes,
    covariates: &[impl AsRef<[f64]>],
    take: impl Fn(Outcomes) -> Outcomes,
) -> Result<CoxMaximum, Error> {
    let columns: Vec<&[f64]> = covariates.iter().map(AsRef::as_ref).collect();
    let distinct = Distinct::of(outcomes, &columns);
    let pick = |column: &&[f64]| distinct.rows.iter().map(|&i| column[i]).collect::<Vec<_>>();
    let design = Design::from_columns(&columns.iter().map(pick).collect::<Vec<_>>())?;
    let outcomes = take(distinct.outcomes(outcomes));
    CoxOptions::default().fit_without_score_test(&outcomes, &design).map_err(|error| match error {
        Error::Constant { .. } | Error::Collinear { .. } => {
            Error::Undefined { name, why: "a covariate does not vary by itself" }
        }
        Error::MonotoneLikelihood { .. } | Error::NotConverged { .. } => {
            Error::Undefined { name, why: "no finite coefficients fit best" }
        }
        other => other,
    })
}

/// A Cox model and its baseline.
fn cox(
    name: &'static str,
    outcomes: &Outcomes,
    covariates: &[Vec<f64>],
    horizon: f64,
) -> Result<HazardRegression, Error> {
    // Without clusters, as no variance is asked for.
    let fit = maximum(name, outcomes, covariates, Outcomes::independent)?;
    // The baseline is that of the mean covariates.
    let mean = dot(&fit.coefficients, &fit.means);
    regression(name, &fit.baselines[0], (horizon, -mean), fit.coefficients)
}

/// Fine and Gray's model and its baseline.
fn subdistribution(
    name: &'static str,
    cause: OneCause<'_>,
    covariates: &[Vec<f64>],
    horizon: f64,
) -> Result<HazardRegression, Error> {
    let columns: Vec<&[f64]> = covariates.iter().map(Vec::as_slice).collect();
    let fit = fine_gray(&cause, &columns)?;
    regression(name, fit.baseline(), (horizon, 0.0), fit.coefficients.clone())
}

fn regression(
    name: &'static str,
    baseline: &BaselineHazard,
    (horizon, shift): (f64, f64),
    coefficients: Vec<f64>,
) -> Result<HazardRegression, Error> {
    let at_horizon = baseline.log_cumulative_at(horizon);
    let log_hazard = at_horizon.ok_or(Error::Undefined { name, why: "no event by the horizon" })?;
    Ok(HazardRegression { log_hazard: log_hazard + shift, coefficients })
}
