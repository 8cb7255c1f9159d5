//! How well scores separate those with an early event from the others.
//!
//! - [`Discrimination`]: one score's C in all its weights ([`Concordance`], [`OtherWeights`]), with
//!   the interval to report ([`Headline`]) beside those of the bootstrap ([`BootstrapIntervals`]);
//!   areas under the ROC curve at horizons ([`AucAtHorizon`], [`IncidentAucAt`]) with accuracy at
//!   thresholds.
//! - [`Comparison`]: paired differences of two scores on the subjects that have both, with P values
//!   adjusted by Holm's method over all comparisons of the evaluation.
//! - [`Subgroup`]: a score in each group of a [`Grouping`](crate::Grouping), such as sex or centre,
//!   and how it differs from the first.
//! - [`OverFolds`]: the spread over the folds of a cross-validation, which is no interval for a new
//!   cohort.
//! - [`ReportedAccuracy`] and [`Sample::reported_auc`](crate::Sample::reported_auc): figures at a
//!   horizon with a bootstrap of their own.
//!
//! ```
//! use vertebra_evaluation::{Evaluation, EvaluationOptions, IntervalMethod, Sample};
//! use vertebra_survival::Outcomes;
//! let time = (1..=30).map(f64::from).collect();
//! let sample = Sample::new(Outcomes::new(time, (0..30).map(|i| i % 4 > 0).collect())?)
//!     .with_score("x", (0..30).map(|i| f64::from(i * 7 % 30 - i)).collect());
//! let options = EvaluationOptions::default().with_bootstrap(199, 1);
//! let evaluation = Evaluation::of(&sample, &options)?;
//! let x = &evaluation.scores[0].figures;
//! assert_eq!(x.headline.value().unwrap().method, IntervalMethod::StudentisedLogitBootstrap);
//! # Ok::<(), vertebra_evaluation::Error>(())
//! ```

pub(crate) mod comparison;
pub(crate) mod concordance;
mod folds;
pub(crate) mod headline;
pub(crate) mod horizon;
mod reported;
pub(crate) mod scores;
pub(crate) mod subgroups;

pub use comparison::{
    AdjustedDifference, AucEquality, Comparison, Difference, DifferenceAt, WaldTest,
};
pub use concordance::{BootstrapIntervals, Concordance, OtherWeights, Pairs, UnoConcordance};
pub use folds::{FoldMean, OverFolds};
pub use headline::{Headline, IntervalMethod};
pub use horizon::{
    Accuracy, AccuracyAt, AccuracyErrors, Auc, AucAtHorizon, IncidentAuc, IncidentAucAt, RocPoint,
    Youden,
};
pub use reported::{ReportedAccuracy, Share};
pub use scores::{Discrimination, Score, SubdistributionHazard};
pub use subgroups::{Subgroup, SubgroupAuc, SubgroupDifference};
