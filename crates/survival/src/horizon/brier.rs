//! Brier score of predicted survival at a horizon, with censoring.
//!
//! `BS(t) = 1/n sum_i v_i (1[no event by t] - S_i(t))^2` with inverse probability of censoring
//! weights `v_i`; 0 is perfect. The reference is the score of the observed risk of the whole sample
//! (1 - Kaplan-Meier, or the cumulative incidence of one cause) as everybody's prediction; the
//! scaled score is `1 - BS / BS_reference`, also called index of prediction accuracy.
//!
//! Standard errors are infinitesimal jackknife ones and include that the censoring curve was
//! estimated; for the scaled score also that the reference was. (At the observed risk the reference
//! is least, so that what the estimated prediction adds is 0 to first order.)
//!
//! Sources: Graf, Schmoor, Sauerbrei & Schumacher, *Stat. Med.* 18:2529-2545, 1999; competing
//! risks: Schoop et al., *Biometrical J.* 53:88-112, 2011; scaled: Kattan & Gerds, *Diagn. Progn.
//! Res.* 2:7,
//! 2018. Score and reference equal riskRegression's `Score(.., metrics = "Brier")`.

use crate::{
    error::Error,
    estimate::{Estimate, Influence, PairedDifference, Pivot, Scale, Units},
    horizon::{
        HorizonOptions,
        ipcw::{AtHorizon, Censoring, Status},
        observed::observed,
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
    pub estimate: Estimate,
    /// The score of the sample's observed risk as everybody's prediction.
    pub reference: f64,
    /// `1 - score / reference`: 1 is perfect, 0 no better than the reference.
    pub scaled: Estimate,
}

/// Brier score averaged over a span of time.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct IntegratedBrier {
    /// First and last horizon in years.
    pub span: (f64, f64),
    /// Mean score over the span; 0 is perfect.
    pub estimate: Estimate,
    /// The mean score of the sample's observed risk as everybody's prediction.
    pub reference: f64,
    /// `1 - score / reference`.
    pub scaled: Estimate,
}

/// Brier score of `survival_prob`, the predicted probabilities of no event (of the cause of
/// interest) by `horizon`.
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
/// assert!((score.estimate.value - (0.01 + 0.09 + 0.04 + 0.01) / 4.0).abs() < 1e-15);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn brier_score(
    endpoint: &impl Endpoint,
    survival_prob: &[f64],
    horizon: f64,
) -> Result<BrierScore, Error> {
    HorizonOptions::default().brier_score(endpoint, survival_prob, horizon)
}

impl HorizonOptions {
    /// Brier score of predicted probabilities of no event by `horizon`.
    ///
    /// # Errors
    /// As [`brier_score`](crate::horizon::brier_score), and [`Error::InvalidSetting`] for a level
    /// outside (0, 1).
    pub fn brier_score(
        &self,
        endpoint: &impl Endpoint,
        survival_prob: &[f64],
        horizon: f64,
    ) -> Result<BrierScore, Error> {
        let level = self.level()?;
        check::probability("survival_prob", survival_prob, endpoint.follow_up())?;
        let censoring = Censoring::new(endpoint)?;
        let units = Units::of(endpoint.follow_up(), NAME)?;
        let at = censoring.at(horizon)?;
        let (score, reference) = score_and_reference(&at, endpoint, survival_prob, horizon)?;
        let (score, reference) = (units.sum(&score), units.sum(&reference));
        let pivot = self.pivot(&at, units);
        Ok(BrierScore {
            horizon,
            estimate: score.estimate(pivot, Scale::Plain, level),
            reference: reference.value(),
            scaled: scaled(&score, &reference, (pivot, level)),
        })
    }
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
    HorizonOptions::default().compare_brier(endpoint, first, second, horizon)
}

impl HorizonOptions {
    /// Tests whether two predictions for the same subjects have the same Brier score at `horizon`.
    ///
    /// # Errors
    /// As [`compare_brier`](crate::horizon::compare_brier), and [`Error::InvalidSetting`] for a
    /// level outside (0, 1).
    pub fn compare_brier(
        &self,
        endpoint: &impl Endpoint,
        first: &[f64],
        second: &[f64],
        horizon: f64,
    ) -> Result<PairedDifference, Error> {
        let level = self.level()?;
        check::probability("first", first, endpoint.follow_up())?;
        check::probability("second", second, endpoint.follow_up())?;
        let censoring = Censoring::new(endpoint)?;
        let at = censoring.at(horizon)?;
        at.check_both(NAME)?;
        let units = Units::of(endpoint.follow_up(), NAME)?;
        let one = |predicted: &[f64]| units.sum(&score(&at, endpoint, |i| predicted[i]));
        let (a, b) = (one(first), one(second));
        a.compare(&b, self.pivot(&at, units), level)
    }
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
/// use vertebra_survival::{horizon::integrated_brier, Outcomes};
/// let time = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let outcomes = Outcomes::new(time, vec![true, true, false, true, false, true])?;
/// let (two, four) = ([0.2, 0.4, 0.8, 0.9, 0.9, 0.9], [0.1, 0.2, 0.5, 0.5, 0.8, 0.9]);
/// let score = integrated_brier(&outcomes, &[&two, &four], &[2.0, 4.0])?;
/// assert!(score.estimate.value < score.reference);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn integrated_brier(
    endpoint: &impl Endpoint,
    survival_prob: &[&[f64]],
    horizons: &[f64],
) -> Result<IntegratedBrier, Error> {
    HorizonOptions::default().integrated_brier(endpoint, survival_prob, horizons)
}

impl HorizonOptions {
    /// Brier score integrated over `horizons` (years, increasing) and divided by their span.
    ///
    /// # Errors
    /// As [`integrated_brier`](crate::horizon::integrated_brier), and [`Error::InvalidSetting`] for
    /// a level outside (0, 1).
    pub fn integrated_brier(
        &self,
        endpoint: &impl Endpoint,
        survival_prob: &[&[f64]],
        horizons: &[f64],
    ) -> Result<IntegratedBrier, Error> {
        let level = self.level()?;
        check_span(survival_prob, horizons)?;
        let censoring = Censoring::new(endpoint)?;
        let n = endpoint.follow_up().n_subjects();
        let zero = || Influence::new(0.0, vec![0.0; n]);
        let units = Units::of(endpoint.follow_up(), NAME)?;
        let (mut sum, mut sum_of_reference) = (zero(), zero());
        // The last horizon has the most cases.
        let mut pivot = Pivot::Normal;
        for (predicted, (&horizon, share)) in
            survival_prob.iter().zip(horizons.iter().zip(trapezoid(horizons)))
        {
            check::probability("survival_prob", predicted, endpoint.follow_up())?;
            let at = censoring.at(horizon)?;
            let (score, reference) = score_and_reference(&at, endpoint, predicted, horizon)?;
            pivot = self.pivot(&at, units);
            sum = sum.plus(&score.times(share));
            sum_of_reference = sum_of_reference.plus(&reference.times(share));
        }
        let (sum, sum_of_reference) = (units.sum(&sum), units.sum(&sum_of_reference));
        Ok(IntegratedBrier {
            span: (horizons[0], horizons[horizons.len() - 1]),
            estimate: sum.estimate(pivot, Scale::Plain, level),
            reference: sum_of_reference.value(),
            scaled: scaled(&sum, &sum_of_reference, (pivot, level)),
        })
    }
}

/// At least two horizons that increase, each with its prediction.
fn check_span(survival_prob: &[&[f64]], horizons: &[f64]) -> Result<(), Error> {
    let (expected, got) = (horizons.len(), survival_prob.len());
    if expected != got {
        return Err(Error::LengthMismatch { name: "survival_prob", expected, got });
    }
    let refuse =
        |expected, got: String| Err(Error::InvalidSetting { name: "horizons", expected, got });
    if horizons.len() < 2 {
        return refuse("at least two", horizons.len().to_string());
    }
    match horizons.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => refuse("increasing", pair[1].to_string()),
        None => Ok(()),
    }
}

/// What each point counts in the mean of a function over the span by the trapezoidal rule.
fn trapezoid(points: &[f64]) -> Vec<f64> {
    let last = points.len() - 1;
    let span = points[last] - points[0];
    (0..=last)
        .map(|k| (points[(k + 1).min(last)] - points[k.saturating_sub(1)]) / 2.0 / span)
        .collect()
}

/// `1 - score / reference` with its standard error.
fn scaled(score: &Influence, reference: &Influence, (pivot, level): (Pivot, f64)) -> Estimate {
    let ratio = score.value() / reference.value();
    let std_error = score.minus(&reference.times(ratio)).std_error() / reference.value();
    Estimate::around(1.0 - ratio, std_error, (pivot, Scale::Plain), level)
}

const NAME: &str = "the Brier score";

fn score_and_reference(
    at: &AtHorizon<'_>,
    endpoint: &impl Endpoint,
    predicted: &[f64],
    horizon: f64,
) -> Result<(Influence, Influence), Error> {
    at.check_both(NAME)?;
    let everybody = 1.0 - observed(endpoint, horizon)?.risk;
    Ok((score(at, endpoint, |i| predicted[i]), score(at, endpoint, |_| everybody)))
}

fn score(
    at: &AtHorizon<'_>,
    endpoint: &impl Endpoint,
    predicted: impl Fn(usize) -> f64,
) -> Influence {
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
    let values = at.add_censoring(&direct).iter().zip(own).map(|(a, b)| a + b).collect();
    Influence::new(value, values)
}
