//! A figure with its standard error and interval, and tests.
//!
//! - [`Estimate`]: value, standard error and [`Interval`] of one figure.
//! - [`Test`]: statistic, degrees of freedom and P value.
//! - [`PairedDifference`]: the difference of two figures of the same subjects, with its test.
//! - [`Influence`]: a figure with what each subject contributes to it, from which standard errors
//!   of sums, differences and ratios follow.
//!
//! An interval is symmetric around the value on a [`Scale`]; how far it reaches follows from a
//! [`Pivot`], the normal distribution or Student's t.
//!
//! # Examples
//! ```
//! use vertebra_survival::estimate::{Influence, Pivot, Scale};
//! // The mean of four numbers: subject i contributes (x_i - mean) / n.
//! let x = [1.0, 2.0, 4.0, 5.0];
//! let mean = Influence::new(3.0, x.iter().map(|x| (x - 3.0) / 4.0).collect());
//! let estimate = mean.estimate(Pivot::Normal, Scale::Plain, 0.95);
//! assert!((estimate.std_error - 10f64.sqrt() / 4.0).abs() < 1e-15);
//! assert!(estimate.interval.contains(4.0));
//! ```

pub(crate) mod boundary;
mod influence;
mod interval;
mod paired;
mod reference;
mod score_test;
pub(crate) mod shares;
mod test;
mod unequal;
mod units;

pub use influence::Influence;
pub(crate) use influence::covariance;
pub use interval::{Estimate, Interval, Scale};
pub use paired::PairedDifference;
pub use reference::{Pivot, ReferenceDistribution};
pub(crate) use score_test::{compared_groups, quadratic_of, test_of_scores, wald};
pub use test::Test;
pub(crate) use unequal::CasesInClusters;
pub(crate) use units::Units;
