//! Survival statistics for right-censored outcomes: curves, concordance, intervals, and the Cox partial likelihood.

mod baseline;
mod bootstrap;
mod c_statistic;
mod check;
mod concordance;
#[cfg(feature = "burn")]
mod cox_loss;
mod curve;
mod entering;
mod error;
mod log_sum;
mod normal;
mod order;
mod outcomes;
mod pair_sums;
mod partial_likelihood;
mod place_set;
mod ranks;
mod tally;
mod time_groups;
mod time_weight;

pub use baseline::{BaselineHazard, breslow_baseline};
pub use bootstrap::{Bootstrap, bootstrap, percentile_interval};
pub use c_statistic::{
    CStatistic, ConcordanceOptions, IndexInterval, JointConcordance, PairedDifference,
    compare_harrell_c, compare_uno_c, harrell_c, uno_c,
};
pub use concordance::{Concordance, concordance};
#[cfg(feature = "burn")]
pub use cox_loss::cox_loss;
pub use curve::{SurvivalCurve, kaplan_meier};
pub use error::Error;
pub use outcomes::Outcomes;
pub use pair_sums::PairTotals;
pub use partial_likelihood::{CoxPartialLikelihood, Ties, cox_partial_likelihood};
pub use time_weight::TimeWeight;
