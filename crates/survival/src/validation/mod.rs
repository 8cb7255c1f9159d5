//! Internal validation of a whole way of fitting a model: what it will be worth to new subjects.
//!
//! A model looks better on the subjects that it was fitted to than on others. Each function here
//! takes the whole pipeline as closures, `fit` from the indices of subjects to a model of any type
//! and a way to judge it: whatever looks at the outcome (selection of variables, imputation,
//! tuning) belongs into `fit`, or the result is too good.
//!
//! | question | here |
//! |---|---|
//! | What remains of any statistic, such as C or a calibration slope? | [`optimism_bootstrap`] |
//! | the same by leaving folds out, repeated | [`cross_validation`] |
//! | What loss has the pipeline on new subjects, with an interval that holds? | [`nested_cross_validation`] |
//! | What do several imputed data sets say together? | [`pool`] |
//! | What is a figure over several cohorts, and what in another? | [`random_effects`] |
//!
//! # Examples
//! ```
//! use vertebra_survival::{Outcomes, cox::{CoxOptions, Design}, harrell_c};
//! use vertebra_survival::validation::{ValidationError, optimism_bootstrap};
//! use vertebra_survival::BootstrapOptions;
//! // Five columns of noise and one that matters a little.
//! let n = 60;
//! let noise = |i: usize, j: usize| ((i * 37 + j * 101 + i * i * (j + 3)) % 97) as f64 / 97.0;
//! let rows: Vec<f64> = (0..n).flat_map(|i| (0..6).map(move |j| noise(i, j))).collect();
//! let time = (0..n).map(|i| 1.0 + noise(i, 9) - 0.4 * noise(i, 0)).collect();
//! let outcomes = Outcomes::new(time, vec![true; n])?;
//! let design = |sample: &[usize]| {
//!     let rows = sample.iter().flat_map(|&i| &rows[6 * i..6 * i + 6]).copied().collect();
//!     Design::from_rows(6, rows)
//! };
//! let fit = |sample: &[usize]| {
//!     CoxOptions::default().fit(&outcomes.subset(sample), &design(sample)?)
//! };
//! let c = |fit: &vertebra_survival::cox::CoxMaximum, sample: &[usize]| {
//!     let score = |&i: &usize| (0..6).map(|j| fit.coefficients[j] * rows[6 * i + j]).sum::<f64>();
//!     let risk: Vec<f64> = sample.iter().map(score).collect();
//!     let harrell = harrell_c(&outcomes.subset(sample), &risk)?;
//!     Ok::<_, vertebra_survival::Error>(harrell.estimate.value)
//! };
//! let options = BootstrapOptions::default().with_replicates(99);
//! let validated = optimism_bootstrap(n, &options, fit, c)?;
//! assert!(validated.corrected < validated.apparent);
//! # Ok::<(), ValidationError<vertebra_survival::Error>>(())
//! ```

mod cross;
mod error;
mod folds;
mod meta;
mod nested;
mod optimism;
mod pooling;

pub use cross::{CrossValidated, cross_validation};
pub use error::ValidationError;
pub use folds::FoldOptions;
pub use meta::{RandomEffects, random_effects};
pub use nested::{NestedCrossValidated, nested_cross_validation};
pub use optimism::{OptimismCorrected, optimism_bootstrap};
pub use pooling::{PooledEstimate, pool};
