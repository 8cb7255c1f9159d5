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
    estimate::{Estimate, Influence, Scale, Units},
    horizon::{
        HorizonOptions,
        observed::{joint_and_share, observed},
    },
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
    /// `model` with its standard error and interval; absent in files of versions before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// `model - treat_all` with its standard error and interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_all: Option<Estimate>,
}

/// Net benefit of `predicted_risk`, the predicted probabilities of an event by `horizon` years, at
/// each of `thresholds`.
///
/// # Shapes
/// - `predicted_risk`: `[n]`, in [0, 1]
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`] for a threshold
/// outside (0, 1) or a bad horizon, [`Error::Undefined`] where nobody was followed to the horizon,
/// or nobody of those flagged.
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
    HorizonOptions::default().decision_curve(endpoint, predicted_risk, horizon, thresholds)
}

/// Net benefit of `first` minus that of `second`, two predictions for the same subjects, at each of
/// `thresholds`, by their joint influence values.
///
/// # Errors
/// As [`decision_curve`].
pub fn compare_net_benefit(
    endpoint: &impl Endpoint,
    first: &[f64],
    second: &[f64],
    horizon: f64,
    thresholds: &[f64],
) -> Result<Vec<Estimate>, Error> {
    let benefit = |predicted: &[f64]| -> Result<Vec<Benefit>, Error> {
        let of = Benefits::new(endpoint, predicted, horizon)?;
        thresholds.iter().map(|&threshold| of.at(threshold)).collect()
    };
    let options = HorizonOptions::default();
    let (pairs, units) = (benefit(first)?.into_iter().zip(benefit(second)?), units(endpoint)?);
    let one = |(a, b): (Benefit, Benefit)| options.benefit(&a.model.minus(&b.model), units);
    pairs.map(one).collect()
}

fn units(endpoint: &impl Endpoint) -> Result<Units<'_>, Error> {
    Units::of(endpoint.follow_up(), "the net benefit")
}

impl HorizonOptions {
    /// Net benefit of `predicted_risk` at each of `thresholds`, with intervals by the normal
    /// distribution.
    ///
    /// # Errors
    /// As [`decision_curve`](crate::decision_curve), and [`Error::InvalidSetting`] for a level
    /// outside (0, 1).
    pub fn decision_curve(
        &self,
        endpoint: &impl Endpoint,
        predicted_risk: &[f64],
        horizon: f64,
        thresholds: &[f64],
    ) -> Result<Vec<NetBenefit>, Error> {
        let benefits = Benefits::new(endpoint, predicted_risk, horizon)?;
        let units = units(endpoint)?;
        let one = |&threshold: &f64| {
            let Benefit { flagged, model, treat_all } = benefits.at(threshold)?;
            Ok(NetBenefit {
                threshold,
                flagged,
                model: model.value(),
                treat_all: treat_all.value(),
                over_all: Some(self.benefit(&model.minus(&treat_all), units)?),
                estimate: Some(self.benefit(&model, units)?),
            })
        };
        thresholds.iter().map(one).collect()
    }

    fn benefit(&self, benefit: &Influence, units: Units<'_>) -> Result<Estimate, Error> {
        Ok(units.sum(benefit).estimate(units.normal(), Scale::Plain, self.level()?))
    }
}

/// Net benefits at one threshold with each subject's influence.
struct Benefit {
    flagged: f64,
    model: Influence,
    treat_all: Influence,
}

/// What does not depend on the threshold.
struct Benefits<'a, E> {
    endpoint: &'a E,
    predicted_risk: &'a [f64],
    horizon: f64,
    everybody: Influence,
}

impl<'a, E: Endpoint> Benefits<'a, E> {
    fn new(endpoint: &'a E, predicted_risk: &'a [f64], horizon: f64) -> Result<Self, Error> {
        check::probability("predicted_risk", predicted_risk, endpoint.follow_up())?;
        let everybody = observed(endpoint, horizon)?;
        let everybody = Influence::new(everybody.risk, everybody.influence);
        Ok(Self { endpoint, predicted_risk, horizon, everybody })
    }

    fn at(&self, threshold: f64) -> Result<Benefit, Error> {
        if !(threshold > 0.0 && threshold < 1.0) {
            return Err(Error::InvalidSetting {
                name: "threshold",
                expected: "inside (0, 1)",
                got: threshold.to_string(),
            });
        }
        let odds = threshold / (1.0 - threshold);
        let is_flagged = |&i: &usize| self.predicted_risk[i] >= threshold;
        let flagged: Vec<usize> = (0..self.predicted_risk.len()).filter(is_flagged).collect();
        let (joint, share) = joint_and_share(self.endpoint, &flagged, self.horizon)?;
        // TP - (share - TP) odds.
        let model = joint.times(1.0 + odds).minus(&share.times(odds));
        let all = self.everybody.times(1.0 + odds);
        let treat_all = Influence::new(all.value() - odds, all.values().to_vec());
        Ok(Benefit { flagged: share.value(), model, treat_all })
    }
}
