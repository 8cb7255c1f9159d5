//! Who is at risk when: subjects in order of time, counts at each time, delayed entry.

pub(crate) mod at_risk;
pub(crate) mod censoring;
pub(crate) mod entering;
pub(crate) mod time_counts;
pub(crate) mod time_groups;
