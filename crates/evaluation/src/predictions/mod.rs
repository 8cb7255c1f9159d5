//! What predicted probabilities of an event by a horizon are worth.
//!
//! - [`Prediction`]: calibration in the large ([`ObservedExpected`]), intercept and slope, groups
//!   of predicted risk ([`CalibrationGroup`]) and a smooth curve with the ICI ([`Curve`]), the
//!   [`Brier`] score, accuracy and [`NetBenefit`] at threshold probabilities, and the
//!   [`SampleSize`] of a validation.
//! - [`BrierComparison`]: two predictions for the same horizon, with what the second adds to the
//!   first.
//! - [`IntegratedBrier`]: one model's Brier score over several horizons.
//!
//! ```
//! use vertebra_evaluation::{Evaluation, EvaluationOptions, Sample};
//! use vertebra_survival::Outcomes;
//! let time = (1..=40).map(f64::from).collect();
//! let sample = Sample::new(Outcomes::new(time, (0..40).map(|i| i % 3 > 0).collect())?)
//!     .with_probability("p", 20.0, (0..40).map(|i| 0.9 - f64::from(i * 7 % 41) / 60.0).collect());
//! let evaluation = Evaluation::of(&sample, &EvaluationOptions::default())?;
//! let ratio = evaluation.predictions[0].observed_expected.value().unwrap().ratio;
//! assert!(ratio > 0.5 && ratio < 1.5);
//! # Ok::<(), vertebra_evaluation::Error>(())
//! ```

pub(crate) mod brier;
pub(crate) mod prediction;
mod sample_size;

pub use brier::{
    Brier, BrierComparison, BrierOverSpan, BrierScore, ImprovementOf, IntegratedBrier,
    IntegratedDiscrimination, NetReclassification,
};
pub use prediction::{
    CalibrationGroup, Coefficient, Curve, CurvePoint, GonenHeller, Line, NetBenefit,
    ObservedExpected, Prediction, Slope,
};
pub use sample_size::SampleSize;
