//! Survival statistics for right-censored outcomes: curves, concordance, intervals, and the Cox partial likelihood.

mod accuracy;
mod auc;
mod baseline;
mod bootstrap;
mod bootstrap_concordance;
mod brier;
mod c_statistic;
mod calibration;
mod check;
mod competing;
mod concordance;
mod cox_univariable;
mod curve;
mod curve_interval;
mod decision_curve;
mod entering;
mod error;
mod gonen_heller;
mod ipcw;
mod linear;
mod log_rank;
mod multiple_testing;
mod normal;
mod order;
mod outcomes;
mod pair_sums;
mod parametric_losses;
mod partial_likelihood;
mod place_set;
mod ranks;
mod scaled;
mod tally;
#[cfg(feature = "burn")]
mod tensor_losses;
mod time_groups;
mod time_weight;
mod u_statistic;

pub use accuracy::{
    AccuracyErrors, RocPoint, ThresholdAccuracy, accuracy_at, roc_at, youden_threshold,
};
pub use auc::{AucAt, auc_at, auc_at_horizons, compare_auc_at};
pub use baseline::{BaselineHazard, breslow_baseline};
pub use bootstrap::{Bootstrap, bca_interval, bootstrap, jackknife, percentile_interval};
pub use bootstrap_concordance::bootstrap_concordance;
pub use brier::{BrierScore, brier_score, compare_brier, integrated_brier};
pub use c_statistic::{
    CStatistic, ConcordanceOptions, IndexInterval, JointConcordance, PairedDifference,
    compare_harrell_c, compare_uno_c, harrell_c, uno_c,
};
pub use calibration::{
    CalibrationGroup, CalibrationSlope, ObservedExpected, calibration_groups, calibration_slope,
    observed_expected,
};
pub use competing::{CumulativeIncidence, cumulative_incidence};
pub use concordance::{Concordance, concordance};
pub use curve::{
    CurveEstimator, CurveOptions, RestrictedMean, SurvivalCurve, follow_up_curve, kaplan_meier,
    nelson_aalen,
};
pub use curve_interval::CurveInterval;
pub use decision_curve::{NetBenefit, decision_curve};
pub use error::Error;
pub use gonen_heller::gonen_heller;
pub use log_rank::{LogRank, LogRankOptions, LogRankWeight, log_rank};
pub use multiple_testing::{benjamini_hochberg, holm};
pub use outcomes::Outcomes;
pub use pair_sums::PairTotals;
pub use parametric_losses::{LossGradient, logistic_hazard_loss, weibull_loss};
pub use partial_likelihood::{CoxPartialLikelihood, RiskSets, Ties, cox_partial_likelihood};
#[cfg(feature = "burn")]
pub use tensor_losses::{cox_loss, cox_loss_in, logistic_hazard_loss_tensor, weibull_loss_tensor};
pub use time_weight::TimeWeight;
pub use u_statistic::compare_c_u_statistic;
