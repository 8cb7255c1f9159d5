//! Curves over time: survival, cumulative hazard, and cumulative incidence under competing risks.

mod incidence;
mod interval;
mod survival;

pub use incidence::{
    CumulativeIncidence, GroupIncidence, cumulative_incidence, cumulative_incidence_by_group,
};
pub use interval::CurveInterval;
pub use survival::{
    CurveEstimator, CurveOptions, GroupCurve, RestrictedMean, SurvivalCurve, follow_up_curve,
    kaplan_meier, kaplan_meier_by_group, nelson_aalen,
};
