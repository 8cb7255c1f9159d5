//! How many subjects it takes to develop a prediction model, and to validate one.
//!
//! | here | program |
//! |---|---|
//! | [`DevelopmentOfSurvivalModel`] | `pmsampsize, type(s)` |
//! | [`DevelopmentOfBinaryModel`] | `pmsampsize, type(b)` |
//! | [`ValidationOptions`] | `pmvalsampsize, type(b)` |
//!
//! A validation at a horizon that all subjects are followed to is one of a binary outcome; where
//! some are censored before it, divide the numbers by the share that is not (an approximation;
//! Riley et al. 2022 simulate instead).
//!
//! Sources: Riley et al., *Stat. Med.* 38:1276-1296, 2019, and *BMJ* 368:m441, 2020 (development);
//! Riley et al., *Stat. Med.* 40:4230-4251, 2021, and *BMJ* 384:e074821, 2024 (validation).
//!
//! # Examples
//! ```
//! use vertebra_survival::sample_size::DevelopmentOfSurvivalModel;
//! // Recurrence of venous thromboembolism within 2 years (Riley et al. 2020, example 3).
//! let plan = DevelopmentOfSurvivalModel::new(30, 0.051, 0.065, 2.07, 2.0).sizes()?;
//! assert_eq!((plan.for_shrinkage, plan.for_optimism, plan.n), (5143, 1039, 5143));
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod development;
mod validation;

pub use development::{DevelopmentOfBinaryModel, DevelopmentOfSurvivalModel, DevelopmentSizes};
pub use validation::{LinearPredictors, ValidationOptions, ValidationSizes};
