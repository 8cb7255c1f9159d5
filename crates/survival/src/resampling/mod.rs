//! Bootstrap and jackknife of any statistic.

mod bootstrap;
mod interval;

pub use bootstrap::{BootstrapOptions, jackknife};
pub use interval::{Bootstrap, StudentisedBootstrap};
