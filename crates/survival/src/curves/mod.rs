//! Curves over time: survival, cumulative hazard, and cumulative incidence under competing risks.
//!
//! | here | R | Python (lifelines, sksurv) |
//! |---|---|---|
//! | [`kaplan_meier`] | `survfit()` | `KaplanMeierFitter` |
//! | [`nelson_aalen`], [`CurveOptions`] | `survfit(stype = 2, ctype = ..)` | `NelsonAalenFitter` |
//! | [`kaplan_meier_by_group`] | `survfit(.. ~ group)` | a fit for each group |
//! | [`SurvivalCurve::restricted_mean`] | `print(rmean = ..)` | `restricted_mean_survival_time` |
//! | [`follow_up_curve`] | `survfit(Surv(time, 1 - status) ~ 1)` | none |
//! | [`cumulative_incidence`] | `cmprsk::cuminc` | `cumulative_incidence_competing_risks` |
//! | [`cumulative_incidence_by_group`] | `cmprsk::cuminc(.., group)` | none |
//!
//! The intervals are those of R's `conf.type = "log-log"`, as in lifelines; R's default is `"log"`
//! ([`CurveScale`]).
//!
//! # Examples
//! ```
//! use vertebra_survival::{curves::{CurveOptions, CurveScale}, Outcomes};
//! let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, true, false])?;
//! let curve = CurveOptions::default().with_scale(CurveScale::Log).with_level(0.9).fit(&outcomes)?;
//! assert_eq!(curve.at(1.5), 0.75);
//! assert!(curve.interval_at(1.5).contains(0.75));
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod dependence;
mod estimator;
mod incidence;
mod scale;
mod spread;
mod survival;

pub use estimator::{
    CurveEstimator, CurveOptions, follow_up_curve, kaplan_meier, kaplan_meier_by_group,
    nelson_aalen,
};
pub use incidence::{
    CumulativeIncidence, GroupIncidence, IncidenceOptions, cumulative_incidence,
    cumulative_incidence_by_group,
};
pub use scale::CurveScale;
pub use survival::{GroupCurve, SurvivalCurve};
