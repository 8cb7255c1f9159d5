//! A Cox regression as one JSON file that anybody can use.

use crate::Error;
use crate::model::json::{malformed, read_json, write_json};
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_baselines::CoxFit;
use vertebra_deepsurv::Seen;
use vertebra_survival::BaselineHazard;

const FILE: &str = "cox.json";
const FORMULA: &str = "log_hazard = sum over coefficients of coefficient * (x - mean); \
                       H0(t) = cumulative_hazard at the last of times not after t, 0 before the \
                       first; risk(t) = 1 - exp(-H0(t) * exp(log_hazard))";

/// A fitted Cox regression: what it takes to compute a risk, and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CoxModel {
    /// How a risk is computed from the rest.
    pub formula: String,
    /// One per covariate, in order.
    pub coefficients: Vec<CoxTerm>,
    /// Breslow's cumulative baseline hazard, of a subject with the means of all covariates.
    pub baseline: CumulativeHazard,
    /// What it was fitted on, as ranges.
    pub seen: Seen,
}

/// One covariate of a Cox regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CoxTerm {
    /// The covariate; a sex of 1 is female.
    pub name: String,
    /// Log hazard ratio per unit.
    pub coefficient: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Mean among the subjects it was fitted on, at which the log hazard is 0.
    pub mean: f64,
}

/// A cumulative hazard: a right-continuous step function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CumulativeHazard {
    /// Event times, years, increasing.
    pub times: Vec<f64>,
    /// The cumulative hazard from each time on.
    pub cumulative_hazard: Vec<f64>,
}

impl CoxModel {
    /// Of a fit, its baseline hazard, and what it was fitted on.
    pub(crate) fn new(fit: &CoxFit, baseline: &BaselineHazard, seen: Seen) -> Self {
        let terms = fit.coefficients.iter().zip(&fit.means);
        let coefficients = terms.map(|(c, mean)| CoxTerm {
            name: c.name.clone(),
            coefficient: c.log_hazard_ratio.value,
            std_error: c.model_std_error,
            mean: *mean,
        });
        let times = baseline.times().to_vec();
        let cumulative_hazard = times.iter().map(|&t| baseline.cumulative(t)).collect();
        Self {
            formula: FORMULA.to_owned(),
            coefficients: coefficients.collect(),
            baseline: CumulativeHazard { times, cumulative_hazard },
            seen,
        }
    }

    /// Log hazard of a subject with these covariates, in order; 0 at the means.
    #[must_use]
    pub fn log_hazard(&self, covariates: &[f64]) -> f64 {
        let terms = self.coefficients.iter().zip(covariates);
        terms.map(|(term, x)| term.coefficient * (x - term.mean)).sum()
    }

    /// Probability of an event by `horizon` (years), for a subject of this log hazard.
    #[must_use]
    pub fn risk_at(&self, log_hazard: f64, horizon: f64) -> f64 {
        let CumulativeHazard { times, cumulative_hazard } = &self.baseline;
        let known = times.partition_point(|t| *t <= horizon).checked_sub(1);
        known.map_or(0.0, |k| -(-cumulative_hazard[k] * log_hazard.exp()).exp_m1())
    }

    pub(crate) fn save(&self, folder: &Path) -> Result<(), Error> {
        write_json(&folder.join(FILE), self)
    }

    pub(crate) fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        let model: Self = read_json(&path, "a Cox regression")?;
        let CumulativeHazard { times, cumulative_hazard } = &model.baseline;
        if times.len() != cumulative_hazard.len() {
            let got = cumulative_hazard.len();
            return Err(malformed(&path, &format!("{} hazards", times.len()), got));
        }
        Ok(model)
    }
}
