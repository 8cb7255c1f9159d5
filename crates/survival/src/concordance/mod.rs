//! Concordance: how often a higher risk score goes with an earlier event.

mod bootstrap;
mod bootstrap_counts;
mod compare;
mod counts;
mod estimate;
mod gonen_heller;
mod joint;
mod options;
mod pairs;
mod time_weight;
mod u_statistic;

pub use bootstrap::JointBootstrap;
pub use compare::{compare_harrell_c, compare_uno_c};
pub use counts::{Concordance, concordance};
pub use estimate::{CStatistic, harrell_c, uno_c};
pub use gonen_heller::gonen_heller;
pub use joint::JointConcordance;
pub use options::ConcordanceOptions;
pub use pairs::PairTotals;
pub use time_weight::TimeWeight;
pub use u_statistic::compare_c_u_statistic;
