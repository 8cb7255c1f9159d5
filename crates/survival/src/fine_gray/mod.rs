//! Fine and Gray's regression: how covariates act on the cumulative incidence of one cause.
//!
//! Where another event (such as death) makes the one of interest impossible, a Cox model of the
//! cause describes its rate among those still at risk. Fine and Gray's model describes the
//! probability of the event itself: [`fine_gray()`] fits its coefficients, and
//! [`FineGrayFit::risk`] gives the cumulative incidence by a horizon. [`fine_gray_rows`] writes the
//! same sample as weighted rows for any program that fits a Cox model.
//!
//! # Examples
//! ```
//! use vertebra_survival::{CompetingOutcomes, fine_gray::fine_gray};
//! let (fracture, death) = (1, 2);
//! let cause = vec![fracture, death, fracture, 0, death, fracture, 0, fracture, death, 0];
//! let outcomes = CompetingOutcomes::new((1..11).map(f64::from).collect(), cause)?;
//! let density = [0.6, 0.9, 0.5, 1.1, 0.8, 0.7, 1.0, 0.9, 0.6, 1.0];
//! let fit = fine_gray(&outcomes.cause(fracture)?, &[&density])?;
//! let ratio = fit.hazard_ratio(0, 0.95)?.ratio;
//! assert!(ratio.value < 1.0 && ratio.interval.contains(ratio.value));
//! assert!(fit.risk(&[0.6], 5.0)? > fit.risk(&[0.9], 5.0)?);
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod fit;
mod rows;
mod sample;
mod variance;
mod weights;

pub use fit::{FineGrayFit, SubdistributionHazardRatio, fine_gray};
pub use rows::{FineGrayRows, fine_gray_rows};
