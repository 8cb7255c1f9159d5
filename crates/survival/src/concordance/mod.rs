//! Concordance: how often a higher risk score goes with an earlier event.

mod bootstrap;
mod bootstrap_counts;
pub(crate) mod compare;
mod counts;
mod estimate;
mod gonen_heller;
pub(crate) mod interval;
mod joint;
mod options;
mod pairs;
mod time_weight;
mod u_statistic;

pub use bootstrap::JointBootstrap;
pub use bootstrap_counts::bootstrap_concordance;
pub use compare::{PairedDifference, compare_harrell_c, compare_uno_c};
pub use counts::{Concordance, concordance};
pub use estimate::{CStatistic, harrell_c, uno_c};
pub use gonen_heller::gonen_heller;
pub use interval::IndexInterval;
pub use joint::JointConcordance;
pub use options::ConcordanceOptions;
pub use pairs::PairTotals;
pub use time_weight::TimeWeight;
pub use u_statistic::compare_c_u_statistic;
