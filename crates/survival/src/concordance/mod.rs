//! Concordance: how often a higher risk score goes with an earlier event.
//!
//! # Which C to report
//!
//! - [`harrell_c`] is what most papers mean by "C-index". It compares the pairs that were observed,
//!   so its target depends on the censoring: two studies of the same model with different follow-up
//!   have different Cs. Report it for comparison with the literature.
//! - [`uno_c`] weights the pairs by the inverse probability of being uncensored and estimates the
//!   concordance up to a horizon whatever the censoring. Report it, with its horizon, when
//!   comparing cohorts; choose a horizon at which a good part of the cohort is still followed.
//! - [`gonen_heller`] is the concordance that a proportional hazards model would have if it were
//!   true; it uses no outcomes.
//! - [`antolini_c`] is for models whose predicted curves cross, so that no single score orders the
//!   subjects; of curves that do not it is [`harrell_c`].
//! - [`auc_at`](crate::horizon::auc_at) answers another question: who has the event *by* a horizon.
//!
//! A C of one cause among competing ones is [`harrell_c`] of
//! [`OneCause::as_subdistribution`](crate::OneCause::as_subdistribution).
//! [`concordance`](fn@concordance) counts pairs and does nothing else; [`harrell_c`] adds the
//! standard error and the interval.
//!
//! # What the intervals mean
//!
//! Standard errors are infinitesimal jackknife ones: how the figure would vary over samples *of
//! subjects*, the model held fixed. An interval over cross-validation folds is something else: it
//! shows how training varies, and says nothing about a new cohort. Dependent subjects (several
//! radiographs of a person, patients of one clinic) need
//! [`Outcomes::with_clusters`](crate::Outcomes::with_clusters).
//!
//! Two models on the same subjects are compared by their *paired* difference
//! ([`compare_harrell_c`], [`compare_uno_c`]): their errors are correlated, and overlapping
//! intervals do not mean that there is no difference. For several comparisons adjust with
//! [`holm`](crate::group_tests::holm).
//!
//! Do 95 % intervals cover the truth in 95 % of samples? In a simulation (`docs/VALIDATION.md` of
//! the project) the jackknife ones did with 120 events or more, and the bootstrap was no better.
//! With 17 events among 179 subjects:
//!
//! - Intervals from the normal distribution, as R gives them, are too narrow: they covered the
//!   truth in 90 % (plain) and 92 % (logit) of samples, and the paired test rejected a true null
//!   hypothesis in 7 %.
//! - The default here uses Student's t with (events - 1) degrees of freedom instead
//!   ([`ReferenceDistribution`](crate::estimate::ReferenceDistribution)): 94 % for a C on the logit
//!   scale, 95 % for a paired difference, whose test rejected in 5 %.
//! - Of the bootstrap intervals the studentised ones came nearest
//!   ([`studentised_logit`](crate::resampling::StudentisedBootstrap::studentised_logit) for a C,
//!   from [`ConcordanceOptions::bootstrap`]); the percentile interval covered the truth in 92 %. Do
//!   not test a paired difference with [`bca`](crate::resampling::Bootstrap::bca): it rejected a
//!   true null hypothesis 9 % of the time.
//!
//! With 17 events an interval for C is about 0.25 wide, whichever method is used.
//!
//! | here | R | Python |
//! |---|---|---|
//! | [`fn@concordance`] | `concordance(reverse = TRUE)$count` | `concordance_index_censored` (1) |
//! | [`harrell_c`], [`ConcordanceOptions`] | `concordance()` (2) | none |
//! | [`uno_c`] | `concordance(timewt = "n/G2", ymax = tau)` | `concordance_index_ipcw` (3) |
//! | [`antolini_c`] | none | `EvalSurv.concordance_td("antolini")` of pycox (5) |
//! | [`compare_harrell_c`], [`JointConcordance`] | `concordance(fit1, fit2)`, its `vcov` | none |
//! | [`compare_c_u_statistic`], [`UStatisticOptions`] | `compareC::compareC` | none |
//! | [`harrell_c`] of one cause (4) | `pec::cindex(cause = ..)`, which weights it | none |
//!
//! 1. Of scikit-survival, in O(n²); `concordance_index` of lifelines has the opposite sign.
//! 2. With its arguments `timewt`, `ymax`, `strata` and `cluster`.
//! 3. Of scikit-survival, without a standard error.
//! 4. That of Wolbers et al. (2009), of
//!    [`OneCause::as_subdistribution`](crate::OneCause::as_subdistribution).
//! 5. Without a standard error, and equal risks count nothing there; its default, `adj_antolini`,
//!    counts events at the same time too.
//!
//! # Examples
//! ```
//! use vertebra_survival::{concordance::ConcordanceOptions, Outcomes, TimeWeight};
//! let time = vec![2.1, 0.7, 3.9, 5.0, 1.4, 4.2, 2.8, 3.3];
//! let outcomes = Outcomes::new(time, vec![true, true, false, false, true, true, false, true])?;
//! let risk = [0.8, 0.9, 0.2, 0.1, 0.7, 0.3, 0.6, 0.5];
//! let options = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno).with_level(0.9);
//! let c = options.with_horizon(4.0).estimate(&outcomes, &risk)?.estimate;
//! assert!(c.value > 0.9 && c.interval.contains(c.value));
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod antolini;
mod bootstrap;
mod bootstrap_counts;
mod compare;
mod counts;
mod estimate;
mod gonen_heller;
mod joint;
mod options;
mod pairs;
mod time_weight;
mod u_statistic;

pub use antolini::{antolini_c, antolini_pairs};
pub use bootstrap::JointBootstrap;
pub use compare::{compare_harrell_c, compare_uno_c};
pub use counts::{Concordance, concordance};
pub use estimate::{CStatistic, harrell_c, uno_c};
pub use gonen_heller::gonen_heller;
pub use joint::JointConcordance;
pub use options::ConcordanceOptions;
pub use pairs::PairTotals;
pub use time_weight::TimeWeight;
pub use u_statistic::{UStatisticOptions, compare_c_u_statistic};
