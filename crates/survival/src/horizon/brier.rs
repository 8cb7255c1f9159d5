//! Brier score of predicted survival at a horizon, with censoring.
//!
//! `BS(t) = 1/n sum_i v_i (1[no event by t] - S_i(t))^2` with inverse probability of censoring weights
//! `v_i`; 0 is perfect. The reference is the score of the observed risk of the whole sample (1 -
//! Kaplan-Meier, or the cumulative incidence of one cause) as everybody's prediction; the scaled score is
//! `1 - BS / BS_reference`, also called index of prediction accuracy.
//!
//! Standard errors are infinitesimal jackknife ones and include that the censoring curve was estimated; for
//! the scaled score also that the reference was. (At the observed risk the reference is least, so that what
//! the estimated prediction adds is 0 to first order.)
//!
//! Sources: Graf, Schmoor, Sauerbrei & Schumacher, *Stat. Med.* 18:2529-2545, 1999; competing risks:
//! Schoop et al., *Biometrical J.* 53:88-112, 2011; scaled: Kattan & Gerds, *Diagn. Progn. Res.* 2:7,
//! 2018. Score and reference equal riskRegression's `Score(.., metrics = "Brier")`.

use crate::{
    concordance::{PairedDifference, compare::paired_difference},
    error::Error,
    estimate::Pivot,
    horizon::{
        ipcw::{AtHorizon, Censoring, Status},
        observed::observed_among_all,
    },
    outcomes::{Endpoint, check},
};

/// Brier score at a horizon.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct BrierScore {
    /// Horizon in years.
    pub horizon: f64,
    /// The score; 0 is perfect.
    pub brier: f64,
    /// Standard error of `brier`.
    pub se: f64,
    /// The score of the sample's observed risk as everybody's prediction.
    pub reference: f64,
    /// `1 - brier / reference`: 1 is perfect, 0 no better than the reference.
    pub scaled: f64,
    /// Standard error of `scaled`.
    pub scaled_se: f64,
}

/// Brier score averaged over a span of time.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct IntegratedBrier {
    /// First and last horizon in years.
    pub span: (f64, f64),
    /// Mean score over the span; 0 is perfect.
    pub brier: f64,
    /// Standard error of `brier`.
    pub se: f64,
    /// The mean score of the sample's observed risk as everybody's prediction.
    pub reference: f64,
    /// `1 - brier / reference`.
    pub scaled: f64,
    /// Standard error of `scaled`.
    pub scaled_se: f64,
}

/// Brier score of `survival_prob`, the predicted probabilities of no event (of the cause of interest) by
/// `horizon`.
///
/// # Shapes
/// - `survival_prob`: `[n]`, in [0, 1]
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::InvalidSetting`],
/// [`Error::Unsupported`] for delayed entry, and [`Error::Undefined`] without a case or a control.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, brier_score};
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, true, false, true])?;
/// let score = brier_score(&outcomes, &[0.1, 0.3, 0.8, 0.9], 2.5)?;
/// assert!((score.brier - (0.01 + 0.09 + 0.04 + 0.01) / 4.0).abs() < 1e-15);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn brier_score(
    endpoint: &impl Endpoint,
    survival_prob: &[f64],
    horizon: f64,
) -> Result<BrierScore, Error> {
    check::probability("survival_prob", survival_prob, endpoint.follow_up())?;
    let censoring = Censoring::new(endpoint)?;
    let (score, reference) = score_and_reference(&censoring, endpoint, survival_prob, horizon)?;
    let (scaled, scaled_se) = scaled(&score, &reference);
    let (brier, se) = (score.value, score.se());
    Ok(BrierScore { horizon, brier, se, reference: reference.value, scaled, scaled_se })
}

/// Tests whether two predictions for the same subjects have the same Brier score at `horizon`.
///
/// # Errors
/// As [`brier_score`], and [`Error::Undefined`] where the predictions do not differ.
pub fn compare_brier(
    endpoint: &impl Endpoint,
    first: &[f64],
    second: &[f64],
    horizon: f64,
) -> Result<PairedDifference, Error> {
    check::probability("first", first, endpoint.follow_up())?;
    check::probability("second", second, endpoint.follow_up())?;
    let censoring = Censoring::new(endpoint)?;
    let at = censoring.at(horizon)?;
    at.check_both("the Brier score")?;
    let one = |predicted: &[f64]| score(&at, endpoint, |i| predicted[i]);
    let (a, b) = (one(first), one(second));
    let largest = a.se().max(b.se()).powi(2);
    let difference = a.minus(&b, 1.0);
    paired_difference(difference.value, difference.se().powi(2), largest, 0.95, Pivot::Normal)
}

/// Brier score integrated over `horizons` (years, increasing) by the trapezoidal rule and divided
/// by their span.
///
/// # Shapes
/// - `survival_prob`: one `[n]` slice for each horizon
///
/// # Errors
/// As [`brier_score`]; [`Error::InvalidSetting`] for fewer than two horizons or horizons that do
/// not increase; [`Error::LengthMismatch`] unless there is one prediction for each.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, integrated_brier};
/// let time = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let outcomes = Outcomes::new(time, vec![true, true, false, true, false, true])?;
/// let (two, four) = ([0.2, 0.4, 0.8, 0.9, 0.9, 0.9], [0.1, 0.2, 0.5, 0.5, 0.8, 0.9]);
/// let score = integrated_brier(&outcomes, &[&two, &four], &[2.0, 4.0])?;
/// assert!(score.brier < score.reference);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn integrated_brier(
    endpoint: &impl Endpoint,
    survival_prob: &[&[f64]],
    horizons: &[f64],
) -> Result<IntegratedBrier, Error> {
    if survival_prob.len() != horizons.len() {
        return Err(Error::LengthMismatch {
            name: "survival_prob",
            expected: horizons.len(),
            got: survival_prob.len(),
        });
    }
    if horizons.len() < 2 {
        let got = horizons.len() as f64;
        return Err(Error::InvalidSetting {
            name: "horizons",
            expected: "at least two",
            got: got.to_string(),
        });
    }
    if let Some(pair) = horizons.windows(2).find(|pair| pair[0] >= pair[1]) {
        return Err(Error::InvalidSetting {
            name: "horizons",
            expected: "increasing",
            got: pair[1].to_string(),
        });
    }
    let censoring = Censoring::new(endpoint)?;
    let n = endpoint.follow_up().n_subjects();
    let (mut sum, mut sum_of_reference) = (Score::zero(n), Score::zero(n));
    for (predicted, (&horizon, share)) in
        survival_prob.iter().zip(horizons.iter().zip(trapezoid(horizons)))
    {
        check::probability("survival_prob", predicted, endpoint.follow_up())?;
        let (score, reference) = score_and_reference(&censoring, endpoint, predicted, horizon)?;
        sum = sum.minus(&score, -share);
        sum_of_reference = sum_of_reference.minus(&reference, -share);
    }
    let (scaled, scaled_se) = scaled(&sum, &sum_of_reference);
    let span = (horizons[0], horizons[horizons.len() - 1]);
    let (brier, se) = (sum.value, sum.se());
    Ok(IntegratedBrier { span, brier, se, reference: sum_of_reference.value, scaled, scaled_se })
}

/// What each point counts in the mean of a function over the span by the trapezoidal rule.
fn trapezoid(points: &[f64]) -> Vec<f64> {
    let last = points.len() - 1;
    let span = points[last] - points[0];
    (0..=last)
        .map(|k| (points[(k + 1).min(last)] - points[k.saturating_sub(1)]) / 2.0 / span)
        .collect()
}

/// A score with its infinitesimal jackknife values.
struct Score {
    value: f64,
    influence: Vec<f64>,
}

impl Score {
    fn zero(n: usize) -> Self {
        Self { value: 0.0, influence: vec![0.0; n] }
    }

    fn se(&self) -> f64 {
        self.influence.iter().map(|v| v * v).sum::<f64>().sqrt()
    }

    /// `self - factor * other`.
    fn minus(&self, other: &Self, factor: f64) -> Self {
        let influence = self.influence.iter().zip(&other.influence).map(|(a, b)| a - factor * b);
        Self { value: self.value - factor * other.value, influence: influence.collect() }
    }
}

/// `1 - score / reference` with its standard error.
fn scaled(score: &Score, reference: &Score) -> (f64, f64) {
    let ratio = score.value / reference.value;
    (1.0 - ratio, score.minus(reference, ratio).se() / reference.value)
}

fn score_and_reference(
    censoring: &Censoring<'_>,
    endpoint: &impl Endpoint,
    predicted: &[f64],
    horizon: f64,
) -> Result<(Score, Score), Error> {
    let at = censoring.at(horizon)?;
    at.check_both("the Brier score")?;
    let everyone: Vec<usize> = (0..predicted.len()).collect();
    let everybody = 1.0 - observed_among_all(endpoint, &everyone, horizon).risk;
    Ok((score(&at, endpoint, |i| predicted[i]), score(&at, endpoint, |_| everybody)))
}

fn score(at: &AtHorizon<'_>, endpoint: &impl Endpoint, predicted: impl Fn(usize) -> f64) -> Score {
    let outcomes = endpoint.follow_up();
    let n = outcomes.total_weight();
    let one = |i: usize| {
        let without = f64::from(u8::from(at.status[i] == Status::Control));
        at.weights[i] * (without - predicted(i)).powi(2) / n
    };
    let direct: Vec<f64> = (0..outcomes.n_subjects()).map(one).collect();
    let value = direct.iter().sum();
    // Besides its own term a subject's weight is in `n`.
    let own = (0..outcomes.n_subjects()).map(|i| -outcomes.weight(i) * value / n);
    let influence = at.add_censoring(&direct).iter().zip(own).map(|(a, b)| a + b).collect();
    Score { value, influence }
}
