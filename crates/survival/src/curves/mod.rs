//! Curves over time: survival, cumulative hazard, and cumulative incidence under competing risks.

mod incidence;
mod scale;
mod survival;

pub use incidence::{
    CumulativeIncidence, GroupIncidence, IncidenceOptions, cumulative_incidence,
    cumulative_incidence_by_group,
};
pub use scale::CurveScale;
pub use survival::{
    CurveEstimator, CurveOptions, GroupCurve, SurvivalCurve, follow_up_curve, kaplan_meier,
    kaplan_meier_by_group, nelson_aalen,
};
