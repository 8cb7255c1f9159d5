//! Who is at risk at each time: what every estimator of this crate walks along.
//!
//! A subject with entry time `e` (0 without delayed entry) and follow-up time `t` is in the risk
//! set of every time in `(e, t]`; at equal times events come before censorings.
//!
//! - [`time_groups`]: the subjects sorted by time once, in groups of equal time.
//! - [`time_counts`]: only the number of events and censorings at each time, without sorting the
//!   subjects; faster where times repeat, as whole days do.
//! - [`at_risk`]: how many are at risk at each time, with case weights.
//! - [`units_at_risk`]: how many clusters are.
//! - [`entering`]: the walk along the times with delayed entry.
//! - [`censoring`]: `G(t-)`, the probability of being uncensored just before a time.

pub(crate) mod at_risk;
pub(crate) mod censoring;
pub(crate) mod entering;
pub(crate) mod time_counts;
pub(crate) mod time_groups;
pub(crate) mod units_at_risk;
