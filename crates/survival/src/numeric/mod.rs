//! Numerical pieces that the statistics share and that are of use by themselves.
//!
//! Public are the [`distributions`] behind intervals and P values, right to nearly the last digit,
//! [`mean_and_sd`] and [`significant`] digits. Inside the crate: Newton's method, small symmetric
//! matrices, sorting and ranking, Fenwick's tree.
//!
//! # Examples
//! ```
//! use vertebra_survival::numeric::{distributions::Student, mean_and_sd};
//! // A 95 % interval of a mean.
//! let folds = [0.71, 0.66, 0.74, 0.69, 0.70];
//! let (mean, sd) = mean_and_sd(&folds);
//! let reach = Student::new(4.0).two_sided(0.95) * sd / 5f64.sqrt();
//! assert!((mean - 0.7).abs() < 1e-12 && (reach - 0.036).abs() < 1e-3);
//! ```

pub mod distributions;
pub(crate) mod fenwick;
pub(crate) mod gram;
pub(crate) mod linear;
pub(crate) mod newton;
pub(crate) mod order;
pub(crate) mod place_set;
pub(crate) mod ranks;
pub(crate) mod running;
mod summary;
pub(crate) mod tally;

pub use summary::{mean_and_sd, significant};
