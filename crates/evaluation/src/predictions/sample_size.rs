//! How many subjects a validation of this prediction takes.

use crate::run::{Run, on_endpoint};
use crate::{Figure, Keys, Undefined};
use serde::{Deserialize, Serialize};
use vertebra_survival::sample_size::{LinearPredictors, ValidationOptions};
use vertebra_survival::{Error, observed_expected};

/// How many subjects, of whom all are followed to the horizon or have the event, a validation of a
/// prediction takes for 95 % intervals of a width of 0.2 for observed / expected and for the
/// calibration slope, and of 0.1 for the AUC (Riley et al., *BMJ* 384:e074821, 2024), if it is as
/// good as it was here.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SampleSize {
    /// For observed / expected.
    pub for_oe: usize,
    /// For the calibration slope.
    pub for_slope: usize,
    /// For the AUC at the horizon.
    pub for_c: usize,
    /// The largest of them.
    pub n: usize,
    /// Events expected among `n`.
    pub events: f64,
}

impl Keys for SampleSize {
    const KEYS: &'static [&'static str] = &["for_oe", "for_slope", "for_c", "n", "events"];
}

/// From the observed risk, the AUC and the predictions of this sample.
pub(super) fn sample_size(run: &Run<'_>, risk: &[f64], horizon: f64) -> Figure<SampleSize> {
    let known = on_endpoint!(run.sample.observed, |endpoint| known(run, endpoint, risk, horizon));
    let sizes = known.and_then(|(prevalence, c)| {
        let logits: Vec<f64> = risk.iter().map(|p| (p / (1.0 - p)).ln()).collect();
        let predictors = LinearPredictors::Observed(&logits);
        ValidationOptions::default().sizes(prevalence, c, predictors)
    });
    let of = "the sample size of a validation";
    Figure::from(sizes.map_err(|error| Undefined::from(error).of(of))).map(|sizes| SampleSize {
        for_oe: sizes.for_oe,
        for_slope: sizes.for_slope,
        for_c: sizes.for_c,
        n: sizes.n,
        events: sizes.events,
    })
}

/// The observed risk and the AUC at the horizon.
fn known(
    run: &Run<'_>,
    endpoint: &impl vertebra_survival::Endpoint,
    risk: &[f64],
    horizon: f64,
) -> Result<(f64, f64), Error> {
    let observed = observed_expected(endpoint, risk, horizon)?.observed;
    Ok((observed, run.at_horizon().auc_at(endpoint, risk, horizon)?.estimate.value))
}
