//! Calibration: do as many subjects have the event by a horizon as predicted?
//!
//! - in the large: observed risk (1 - Kaplan-Meier, or the cumulative incidence of one cause) over the mean
//!   predicted one, O/E;
//! - by groups of predicted risk: mean predicted beside observed risk;
//! - slope: the coefficient of the log hazard in a Cox model of the evaluation sample, or in Fine and Gray's for
//!   one cause; below 1 the predictions are too extreme (van Houwelingen, *Stat. Med.* 19:3401-3415, 2000).
//!
//! Source: Royston & Altman, *BMC Med. Res. Methodol.* 13:33, 2013; McLernon et al., *Ann. Intern.
//! Med.* 176:105-114, 2023.

mod curve;
mod groups;
mod intercept;
mod observed_expected;
mod options;
mod regression;
mod slope;

pub use curve::{CalibrationCurve, calibration_curve};
pub use groups::{CalibrationGroup, calibration_groups};
pub use intercept::{CalibrationLine, calibration_intercept, calibration_line};
pub use observed_expected::{ObservedExpected, observed_expected};
pub use options::CalibrationOptions;
pub use slope::calibration_slope;
