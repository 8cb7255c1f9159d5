//! Net benefit of acting on a predicted risk, with censoring.
//!
//! Acting on `risk >= p` gains a true positive at the price of `p / (1 - p)` per false one:
//! `NB(p) = TP - FP p / (1 - p)`, with `TP` the flagged share of the sample times their observed
//! risk at the horizon (1 - Kaplan-Meier, or the cumulative incidence of one cause) and `FP` the
//! flagged share times the rest.
//!
//! Sources: Vickers & Elkin, *Med. Decis. Making* 26:565-574, 2006; Vickers, Cronin, Elkin &
//! Gonen, *BMC Med. Inform. Decis. Mak.* 8:53, 2008 (censoring).

use crate::{
    error::Error,
    horizon::observed::{observed, observed_among_all},
    outcomes::{Endpoint, check},
};

/// Net benefit at one threshold, in true positives per subject.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct NetBenefit {
    /// Probability at which one would act.
    pub threshold: f64,
    /// Share of the sample with a predicted risk at or above the threshold.
    pub flagged: f64,
    /// Net benefit of acting on the prediction; acting on nobody has 0.
    pub model: f64,
    /// Net benefit of acting on everybody.
    pub treat_all: f64,
}

/// Net benefit of `predicted_risk`, the predicted probabilities of an event by `horizon` years, at
/// each of `thresholds`.
///
/// # Shapes
/// - `predicted_risk`: `[n]`, in [0, 1]
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`] for a threshold
/// outside (0, 1) or a bad horizon, [`Error::Undefined`] where nobody was followed to the horizon.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, decision_curve};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, true, false])?;
/// let at = decision_curve(&outcomes, &[0.9, 0.2, 0.4, 0.1], 3.5, &[0.5])?;
/// assert_eq!((at[0].flagged, at[0].model), (0.25, 0.25));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn decision_curve(
    endpoint: &impl Endpoint,
    predicted_risk: &[f64],
    horizon: f64,
    thresholds: &[f64],
) -> Result<Vec<NetBenefit>, Error> {
    let outcomes = endpoint.follow_up();
    check::probability("predicted_risk", predicted_risk, outcomes)?;
    let everybody = observed(endpoint, horizon)?.risk;
    let total = outcomes.total_weight();
    let one = |&threshold: &f64| {
        if !(threshold > 0.0 && threshold < 1.0) {
            return Err(Error::InvalidSetting {
                name: "threshold",
                expected: "inside (0, 1)",
                got: threshold.to_string(),
            });
        }
        let odds = threshold / (1.0 - threshold);
        let flagged: Vec<usize> =
            (0..predicted_risk.len()).filter(|&i| predicted_risk[i] >= threshold).collect();
        let (mut share, mut model) = (0.0, 0.0);
        if !flagged.is_empty() {
            let risk = observed_among_all(endpoint, &flagged, horizon).risk;
            share = flagged.iter().map(|&i| outcomes.weight(i)).sum::<f64>() / total;
            model = share * (risk - (1.0 - risk) * odds);
        }
        let treat_all = everybody - (1.0 - everybody) * odds;
        Ok(NetBenefit { threshold, flagged: share, model, treat_all })
    };
    thresholds.iter().map(one).collect()
}
