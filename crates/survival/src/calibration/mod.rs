//! Calibration: do as many subjects have the event by a horizon as predicted?
//!
//! - [`observed_expected`], calibration in the large: the observed risk (1 - Kaplan-Meier, or the
//!   cumulative incidence of one cause) divided by the mean predicted risk, O/E.
//! - [`calibration_groups`]: mean predicted and observed risk in groups of predicted risk.
//! - [`calibration_slope`]: the coefficient of the log hazard in a Cox model fitted to the
//!   evaluation sample, or in Fine and Gray's for one cause. A slope below 1 means that the
//!   predictions are too extreme (van Houwelingen, *Stat. Med.* 19:3401-3415, 2000).
//! - [`calibration_intercept`] and [`calibration_line`]: intercept and slope at one horizon, from
//!   pseudo-observations.
//! - [`calibration_curve`]: the observed risk as a smooth function of the predicted risk, and the
//!   indices ICI, E50 and E90 that summarise it; with bands and intervals
//!   [`CalibrationOptions::calibration_bands`].
//! - [`CalibrationOptions::recalibrate`] brings predictions into line with a cohort: in the large,
//!   by intercept and slope, or along the curve.
//!
//! [`CalibrationOptions`] has the same functions as methods, with any level and number of knots.
//!
//! Sources: Royston & Altman, *BMC Med. Res. Methodol.* 13:33, 2013; McLernon et al., *Ann. Intern.
//! Med.* 176:105-114, 2023.
//!
//! | here | R | Python |
//! |---|---|---|
//! | [`calibration_curve`] (ICI, E50, E90) | `rms::val.surv`; Austin's code with `rcs` | none |
//! | [`calibration_intercept`], [`calibration_line`] | `geepack::geese` (1) | none |
//!
//! 1. With `mean.link = "cloglog"`, on pseudo-observations.
//!
//! # Examples
//! ```
//! use vertebra_survival::{calibration::{calibration_groups, observed_expected}, Outcomes};
//! let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, false, false])?;
//! let predicted = [0.4, 0.4, 0.1, 0.1];
//! assert_eq!(observed_expected(&outcomes, &predicted, 2.0)?.ratio.value, 1.0);
//! let groups = calibration_groups(&outcomes, &predicted, 2.0, 2)?;
//! assert_eq!((groups[1].n, groups[1].events, groups[1].observed.value), (2, 1, 0.5));
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod bands;
mod curve;
mod groups;
mod intercept;
mod observed_expected;
mod options;
mod recalibration;
mod regression;
mod slope;

pub use bands::{BandPoint, CalibrationBands};
pub use curve::{CalibrationCurve, calibration_curve};
pub use groups::{CalibrationGroup, calibration_groups};
pub use intercept::{CalibrationLine, calibration_intercept, calibration_line};
pub use observed_expected::{ObservedExpected, observed_expected};
pub use options::CalibrationOptions;
pub use recalibration::{Recalibrated, Recalibration};
pub use slope::calibration_slope;
