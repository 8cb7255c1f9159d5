//! Bootstrap and jackknife of any statistic.
//!
//! [`BootstrapOptions`] draws subjects, or whole clusters, within strata; the same seed gives the
//! same samples on any number of threads. A [`Bootstrap`] has percentile, basic, normal and BCa
//! intervals; a [`StudentisedBootstrap`], which knows each replicate's standard error, the
//! studentised ones, which cover best in small samples. For a C use
//! [`ConcordanceOptions::bootstrap`](crate::ConcordanceOptions::bootstrap), which sorts the
//! subjects only once.
//!
//! | here | R |
//! |---|---|
//! | [`BootstrapOptions`] | `boot::boot` |
//! | [`Bootstrap`] | `boot.ci(type = c("norm", "basic", "perc", "bca"))` |
//! | [`StudentisedBootstrap`] | `boot.ci(type = "stud")` |
//!
//! # Examples
//! ```
//! use vertebra_survival::resampling::BootstrapOptions;
//! let x = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
//! let mean = |s: &[usize]| Some(s.iter().map(|&i| x[i]).sum::<f64>() / s.len() as f64);
//! let options = BootstrapOptions::default().with_replicates(999).with_seed(42);
//! let drawn = options.draw(x.len(), mean)?;
//! assert!(drawn.percentile(0.95)?.contains(drawn.estimate));
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod bootstrap;
pub(crate) mod drawing;
mod interval;

pub use bootstrap::{BootstrapOptions, jackknife};
pub use interval::{Bootstrap, StudentisedBootstrap};
