//! What was observed: follow-up times and events, with one kind of event or with several causes.
//!
//! [`Outcomes`] are right-censored: follow-up times in years and event indicators, checked once,
//! with optional entry times (left truncation) and case weights. [`CompetingOutcomes`] have a cause
//! for each event. A function of one kind of event takes an [`Endpoint`]: the
//! [`Outcomes`] themselves, or [`OneCause`] of competing ones.
//!
//! # Conventions
//!
//! - At equal times events come before censorings: a subject censored at `t` is still at risk for
//!   an event at `t`, and `G(t-)` weights an event at `t`.
//! - Times are equal only if they are the same number. R also takes times as tied that differ by
//!   rounding; [`Outcomes::with_tied_times`] does that.
//! - A subject with entry time `e` is at risk on `(e, time]`. Curves, cumulative incidences,
//!   log-rank tests, Harrell's C, the partial likelihood and the observed risk at a horizon allow
//!   for it; functions that weight by the censoring curve do not, and return
//!   [`Error::Unsupported`](crate::Error::Unsupported).
//! - Whole case weights are counts: a subject of weight 2 counts as two identical subjects in every
//!   estimate and in the variances of models, such as Greenwood's. Where a weight is not whole, as
//!   those that correct for sampling, every standard error and test is a robust one, as R has them.
//!   Jackknife standard errors are robust anyway and treat a weighted subject as one.
//! - Subjects are independent, unless [`Outcomes::with_clusters`] says otherwise: then clusters are
//!   the units of every standard error, interval and test. Copies of a row in its cluster change
//!   none of them. A figure's value does not depend on the clusters.
//! - What weights by the inverse probability of censoring fits that curve to the subjects at hand,
//!   unless [`Outcomes::with_censoring`] gives one of other subjects.
//!
//! # Examples
//! ```
//! use vertebra_survival::{CompetingOutcomes, Outcomes};
//! let outcomes = Outcomes::new(vec![2.0, 3.5, 1.0], vec![true, false, true])?;
//! assert_eq!((outcomes.n_subjects(), outcomes.n_events()), (3, 2));
//! // The same, the last subject having died of something else.
//! let competing = CompetingOutcomes::new(vec![2.0, 3.5, 1.0], vec![1, 0, 2])?;
//! assert_eq!(competing.cause(1)?.cause_specific().event(), [true, false, false]);
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod censoring_curve;
pub(crate) mod chains;
pub(crate) mod check;
mod competing;
pub(crate) mod copies;
pub(crate) mod endpoint;
pub(crate) mod labels;
mod right_censored;
mod unchecked;

pub use censoring_curve::CensoringCurve;
pub use competing::{CompetingOutcomes, OneCause};
pub use endpoint::Endpoint;
pub use right_censored::Outcomes;
