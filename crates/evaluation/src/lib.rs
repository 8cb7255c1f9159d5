//! One evaluation of risk scores and predicted probabilities on right-censored outcomes.
//!
//! A [`Sample`] is what is known of the subjects: outcomes of one event or of competing causes, any
//! number of scores and predictions, groups, strata and clusters. [`Evaluation::of`] computes
//! everything that `vertebra-survival` can say of it (discrimination, calibration, Brier score, net
//! benefit, paired comparisons adjusted by Holm's method, curves and tests of groups) as one typed
//! value, which is written to JSON and read from it, and printed as text tables.
//!
//! ```
//! use vertebra_evaluation::{Evaluation, EvaluationOptions, Sample};
//! use vertebra_survival::Outcomes;
//! let time = vec![2.1, 0.7, 3.9, 5.0, 1.4, 4.2, 2.8, 3.3];
//! let event = vec![true, true, false, false, true, true, false, true];
//! let sample = Sample::new(Outcomes::new(time, event)?)
//!     .with_score("new", vec![0.8, 0.9, 0.2, 0.1, 0.7, 0.3, 0.6, 0.5])
//!     .with_score("old", vec![0.5, 0.9, 0.4, 0.2, 0.3, 0.6, 0.1, 0.7]);
//! let options = EvaluationOptions::default().with_horizons(vec![3.0]);
//! let evaluation = Evaluation::of(&sample, &options)?;
//!
//! let new = evaluation.score("new").unwrap();
//! assert!(new.figures.headline.value().unwrap().estimate.value > 0.9);
//! println!("{evaluation}");
//! # Ok::<(), vertebra_evaluation::Error>(())
//! ```
//!
//! # What does not exist
//!
//! A statistic that a sample does not have, such as a calibration slope of a constant, is a
//! [`Figure::Undefined`] with its [`Reason`]; nothing is NaN and nothing is left out.
//!
//! # Conventions
//!
//! Those of `vertebra-survival`: a higher score means an earlier expected event, probabilities are
//! of an event by a horizon, and differences are first minus second. The interval to report for a C
//! is the [`Headline`]'s.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod curves;
pub mod discrimination;
pub mod predictions;

mod error;
mod estimate;
mod evaluation;
mod figure;
mod keys;
mod options;
mod run;
mod sample;
mod subjects;
mod text;
mod warnings;

pub use curves::{DrawnGroup, GroupedBy, Grouping, curves_of_groups};
pub use discrimination::{
    Comparison, Difference, Discrimination, Headline, IntervalMethod, OverFolds,
};
pub use error::Error;
pub use estimate::{Estimate, Interval};
pub use evaluation::Evaluation;
pub use figure::{Figure, Keys, Reason, Undefined};
pub use options::EvaluationOptions;
pub use predictions::{Brier, CalibrationGroup, NetBenefit, Prediction};
pub use sample::Sample;
