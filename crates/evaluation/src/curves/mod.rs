//! Survival of all subjects and of groups, cumulative incidences, and tests between groups.
//!
//! - [`Survival`] and [`Incidence`]: the curves of all subjects at the horizons.
//! - [`Groups`]: the log-rank family and Gray's test for a [`Grouping`], and each group's curve.
//! - [`StepCurve`] and [`curves_of_groups`]: whole curves, to be drawn.
//!
//! ```
//! use vertebra_evaluation::{Evaluation, EvaluationOptions, Grouping, Sample};
//! use vertebra_survival::Outcomes;
//! let names = vec!["control".to_owned(), "treated".to_owned()];
//! let arms = Grouping::new("arm", (0..20).map(|i| usize::from(i >= 10)).collect(), names);
//! let time = (1..=20).map(f64::from).collect();
//! let sample = Sample::new(Outcomes::new(time, vec![true; 20])?).with_grouping(arms);
//! let evaluation = Evaluation::of(&sample, &EvaluationOptions::default())?;
//! assert!(evaluation.groups[0].log_rank.value().unwrap().test.p < 0.001);
//! # Ok::<(), vertebra_evaluation::Error>(())
//! ```

pub(crate) mod curve;
mod grouping;
pub(crate) mod groups;

pub use curve::{
    Incidence, IncidenceAt, IncidencePoint, Median, StepCurve, Survival, SurvivalAt, SurvivalPoint,
};
pub use grouping::Grouping;
pub use groups::{
    ChiSquare, DrawnGroup, Group, GroupPoints, GroupedBy, Groups, LogRankTest, SurvivalPoints,
    curves_of_groups,
};
