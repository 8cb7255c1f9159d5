//! Brier score of predicted survival at a horizon, with censoring.
//!
//! `BS(t) = 1/n sum_i v_i (1[t_i > t] - S_i(t))^2` with inverse probability of censoring weights
//! `v_i`; 0 is perfect, and the Kaplan-Meier curve as everybody's prediction is the reference that
//! the scaled score `1 - BS / BS_reference` compares with.
//!
//! Source: Graf, Schmoor, Sauerbrei & Schumacher, *Stat. Med.* 18:2529-2545, 1999. Score and
//! reference equal riskRegression's `Score(.., metrics = "Brier")`.

use crate::{
    Error, Outcomes, PairedDifference,
    c_statistic::paired_difference,
    check,
    curve::kaplan_meier,
    ipcw::{AtHorizon, Censoring, Status},
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
    /// The score of the Kaplan-Meier curve as everybody's prediction.
    pub reference: f64,
    /// `1 - brier / reference`: 1 is perfect, 0 no better than the reference.
    pub scaled: f64,
}

/// Brier score of `survival_prob`, the predicted probabilities of being event-free at `horizon`.
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
    outcomes: &Outcomes,
    survival_prob: &[f64],
    horizon: f64,
) -> Result<BrierScore, Error> {
    check::probability("survival_prob", survival_prob, outcomes)?;
    score_at(&Censoring::new(outcomes)?, outcomes, survival_prob, horizon)
}

/// Tests whether two predictions for the same subjects have the same Brier score at `horizon`.
///
/// # Errors
/// As [`brier_score`], and [`Error::Undefined`] where the predictions do not differ.
pub fn compare_brier(
    outcomes: &Outcomes,
    first: &[f64],
    second: &[f64],
    horizon: f64,
) -> Result<PairedDifference, Error> {
    check::probability("first", first, outcomes)?;
    check::probability("second", second, outcomes)?;
    let censoring = Censoring::new(outcomes)?;
    let at = censoring.at(horizon)?;
    at.check_both("the Brier score")?;
    let one = |predicted: &[f64]| {
        let (brier, direct, own) = residuals(&at, outcomes, |i| predicted[i]);
        (brier, jackknife(&at, &direct, &own))
    };
    let (a, b) = (one(first), one(second));
    let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    let variance = squares(&mut a.1.iter().zip(&b.1).map(|(x, y)| x - y));
    let largest = squares(&mut a.1.iter().copied()).max(squares(&mut b.1.iter().copied()));
    paired_difference(a.0 - b.0, variance, largest, 0.95)
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
pub fn integrated_brier(
    outcomes: &Outcomes,
    survival_prob: &[&[f64]],
    horizons: &[f64],
) -> Result<f64, Error> {
    if survival_prob.len() != horizons.len() {
        return Err(Error::LengthMismatch("survival_prob", horizons.len(), survival_prob.len()));
    }
    if horizons.len() < 2 {
        let got = horizons.len() as f64;
        return Err(Error::InvalidSetting("horizons", "at least two", got));
    }
    if let Some(pair) = horizons.windows(2).find(|pair| pair[0] >= pair[1]) {
        return Err(Error::InvalidSetting("horizons", "increasing", pair[1]));
    }
    let censoring = Censoring::new(outcomes)?;
    let score = |(predicted, &horizon): (&&[f64], &f64)| {
        check::probability("survival_prob", predicted, outcomes)?;
        Ok(score_at(&censoring, outcomes, predicted, horizon)?.brier)
    };
    let scores: Vec<f64> =
        survival_prob.iter().zip(horizons).map(score).collect::<Result<_, Error>>()?;
    let area: f64 = (1..horizons.len())
        .map(|k| (horizons[k] - horizons[k - 1]) * (scores[k] + scores[k - 1]) / 2.0)
        .sum();
    Ok(area / (horizons[horizons.len() - 1] - horizons[0]))
}

fn score_at(
    censoring: &Censoring<'_>,
    outcomes: &Outcomes,
    predicted: &[f64],
    horizon: f64,
) -> Result<BrierScore, Error> {
    let at = censoring.at(horizon)?;
    at.check_both("the Brier score")?;
    let (brier, direct, own) = residuals(&at, outcomes, |i| predicted[i]);
    let se = jackknife(&at, &direct, &own).iter().map(|v| v * v).sum::<f64>().sqrt();
    let everybody = kaplan_meier(outcomes)?.at(horizon);
    let (reference, ..) = residuals(&at, outcomes, |_| everybody);
    Ok(BrierScore { horizon, brier, se, reference, scaled: 1.0 - brier / reference })
}

/// The score, its derivative by the logarithm of each weight, and by each subject's share of `n`.
fn residuals(
    at: &AtHorizon<'_>,
    outcomes: &Outcomes,
    predicted: impl Fn(usize) -> f64,
) -> (f64, Vec<f64>, Vec<f64>) {
    let n = outcomes.total_weight();
    let one = |i: usize| {
        let alive = f64::from(u8::from(at.status[i] == Status::Control));
        at.weights[i] * (alive - predicted(i)).powi(2) / n
    };
    let direct: Vec<f64> = (0..outcomes.n_subjects()).map(one).collect();
    let brier = direct.iter().sum();
    let own = (0..outcomes.n_subjects()).map(|i| -outcomes.weight(i) * brier / n).collect();
    (brier, direct, own)
}

fn jackknife(at: &AtHorizon<'_>, direct: &[f64], own: &[f64]) -> Vec<f64> {
    at.add_censoring(direct).iter().zip(own).map(|(a, b)| a + b).collect()
}
