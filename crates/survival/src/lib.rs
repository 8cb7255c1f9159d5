//! Survival statistics for right-censored outcomes: curves, concordance, intervals, calibration,
//! competing risks, and the Cox partial likelihood.
//!
//! Everything starts from [`Outcomes`]: follow-up times in years and event indicators, checked
//! once, with optional entry times (left truncation) and case weights. A *risk* is any score where
//! higher means an earlier expected event; a *log hazard* is one whose differences are log hazard
//! ratios. Functions take the outcomes first and options last; figures come as an [`Estimate`] with
//! its standard error and [`Interval`], tests as a [`Test`].
//!
//! ```
//! use vertebra_survival::{Outcomes, auc_at, harrell_c, kaplan_meier, uno_c};
//! let time = vec![2.1, 0.7, 3.9, 5.0, 1.4, 4.2, 2.8, 3.3];
//! let event = vec![true, true, false, false, true, true, false, true];
//! let outcomes = Outcomes::new(time, event)?;
//! let risk = [0.8, 0.9, 0.2, 0.1, 0.7, 0.3, 0.6, 0.5];
//!
//! let survival = kaplan_meier(&outcomes)?.at(3.0);
//! let (harrell, uno) = (harrell_c(&outcomes, &risk)?, uno_c(&outcomes, &risk, 4.0)?);
//! let at_three_years = auc_at(&outcomes, &risk, 3.0)?.estimate;
//! assert!(survival < 1.0 && harrell.estimate.value > 0.9 && uno.estimate.value > 0.9);
//! assert!(at_three_years.interval.contains(at_three_years.value));
//! # Ok::<(), vertebra_survival::Error>(())
//! ```
//!
//! # Where to find what
//!
//! | module | answers |
//! |---|---|
//! | [`outcomes`] | What was observed, and the conventions for ties, entry times and weights |
//! | [`curves`] | How many are free of the event over time? |
//! | [`group_tests`] | Do groups differ? |
//! | [`mod@concordance`] | How well does a score rank subjects? Which C to report, its interval |
//! | [`horizon`] | How well does a score tell who has the event by a given time? |
//! | [`calibration`] | Are the predicted risks right? |
//! | [`cox`] | Regression of the hazard |
//! | [`mod@fine_gray`] | Regression of the subdistribution hazard |
//! | [`interval_censored`] | All of this where events are dated to an interval between visits |
//! | [`imputation`] | What may missing covariates have been? |
//! | [`losses`] | Training networks |
//! | [`resampling`] | Bootstrap and jackknife of any statistic |
//! | [`validation`] | What will a model be worth to new subjects? Optimism, cross-validation, imputations |
//! | [`sample_size`] | How many subjects does a model take? |
//! | [`estimate`] | Figures with standard errors, intervals and tests; how to make your own |
//! | [`numeric`] | Distributions |
//!
//! A C says nothing about calibration: report [`observed_expected`], [`calibration_slope`] and a
//! [`calibration_curve`] beside it, or the [`brier_score`], which measures both.
//!
//! Where another event, such as death, makes the predicted one impossible, use
//! [`CompetingOutcomes`] and ask for one cause: every function that takes an [`Endpoint`] accepts
//! [`OneCause`] in place of [`Outcomes`].
//!
//! A statistic that is undefined is a named [`Error`], never 0.5, NaN or an epsilon. Each module
//! lists the functions of R, lifelines and scikit-survival that its own correspond to; the tests
//! compare their values.
//!
//! # Features
//!
//! - `burn`: the losses on burn tensors (`losses::cox_loss` and others). Nothing else needs it.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod calibration;
pub mod concordance;
pub mod cox;
pub mod curves;
mod error;
pub mod estimate;
pub mod fine_gray;
pub mod group_tests;
pub mod horizon;
pub mod imputation;
pub mod interval_censored;
pub mod losses;
pub mod numeric;
pub mod outcomes;
pub mod resampling;
mod risk_sets;
pub mod sample_size;
pub mod validation;

pub use calibration::{calibration_curve, calibration_slope, observed_expected};
pub use concordance::{
    CStatistic, ConcordanceOptions, TimeWeight, compare_harrell_c, concordance, harrell_c, uno_c,
};
pub use cox::{BaselineHazard, RiskSets, Ties, breslow_baseline, cox_partial_likelihood};
pub use curves::{SurvivalCurve, cumulative_incidence, kaplan_meier};
pub use error::Error;
pub use estimate::{Estimate, Interval, PairedDifference, Test};
pub use fine_gray::fine_gray;
pub use group_tests::{gray_test, log_rank};
pub use horizon::{accuracy_at, auc_at, brier_score, compare_auc_at, decision_curve};
pub use outcomes::{CompetingOutcomes, Endpoint, OneCause, Outcomes};
pub use resampling::BootstrapOptions;
