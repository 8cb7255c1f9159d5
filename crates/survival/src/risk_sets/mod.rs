//! The subjects at risk at each time: in order of time, counted, with delayed entry, and until
//! censoring.

pub(crate) mod at_risk;
pub(crate) mod censoring;
pub(crate) mod entering;
pub(crate) mod time_counts;
pub(crate) mod time_groups;
