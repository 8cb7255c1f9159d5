//! Bootstrap and jackknife of any statistic.

mod bootstrap;
mod interval;

pub use bootstrap::{BootstrapOptions, bootstrap, jackknife};
pub use interval::{
    Bootstrap, StudentisedBootstrap, bca_interval, percentile_interval, studentised_interval,
};
