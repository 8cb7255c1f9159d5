//! Survival statistics for right-censored outcomes: curves, concordance, intervals, and the Cox partial
//! likelihood.
//!
//! Everything starts from [`Outcomes`]: follow-up times in years and event indicators, checked once,
//! with optional entry times (left truncation) and case weights. A *risk* is any score where higher
//! means an earlier expected event; a *log hazard* is one whose differences are log hazard ratios.
//!
//! ```
//! use vertebra_survival::{Outcomes, auc_at, harrell_c, kaplan_meier, uno_c};
//! let time = vec![2.1, 0.7, 3.9, 5.0, 1.4, 4.2, 2.8, 3.3];
//! let event = vec![true, true, false, false, true, true, false, true];
//! let outcomes = Outcomes::new(time, event)?;
//! let risk = [0.8, 0.9, 0.2, 0.1, 0.7, 0.3, 0.6, 0.5];
//!
//! let survival = kaplan_meier(&outcomes)?.at(3.0);
//! let (harrell, uno) = (harrell_c(&outcomes, &risk)?, uno_c(&outcomes, &risk, 4.0)?);
//! let at_three_years = auc_at(&outcomes, &risk, 3.0)?;
//! assert!(survival < 1.0 && harrell.estimate.value > 0.9 && uno.estimate.value > 0.9);
//! assert!(at_three_years.estimate.interval.contains(at_three_years.estimate.value));
//! # Ok::<(), vertebra_survival::Error>(())
//! ```
//!
//! # Which C to report
//!
//! - [`harrell_c`] is what most papers mean by "C-index". It compares the pairs that were observed, so
//!   its target depends on the censoring: two studies of the same model with other follow-up have
//!   other Cs. Report it for comparison with the literature.
//! - [`uno_c`] weights the pairs by the inverse probability of being uncensored and estimates the
//!   concordance up to a horizon whatever the censoring. Report it, with its horizon, when comparing
//!   cohorts; take a horizon at which a fair part of the cohort is still followed.
//! - [`auc_at`] answers another question: who has the event *by* a horizon. Report it where decisions
//!   are made for a fixed time, such as five-year risk.
//! - [`gonen_heller`] asks what a proportional hazards model says of its own discrimination.
//!
//! Where another event, such as death, makes the one predicted impossible, give [`CompetingOutcomes`] and
//! ask for one cause: the functions of a horizon take it in the place of [`Outcomes`]. A C of one cause is
//! [`harrell_c`] of [`OneCause::as_subdistribution`].
//!
//! A C says nothing about calibration: add [`observed_expected`], [`calibration_intercept`],
//! [`calibration_slope`] and a [`calibration_curve`], or the [`brier_score`], which pays for both.
//!
//! # What the intervals mean
//!
//! Standard errors of C, AUC, Brier score and accuracy are infinitesimal jackknife ones: how the figure
//! would vary over samples *of subjects*, the model held fixed. They include what the estimated
//! censoring curve adds for the figures at a horizon; for the time weights of a concordance these are
//! held fixed, as R does. An interval over cross-validation folds is another thing: it shows how
//! training varies and is no interval for a new cohort.
//!
//! Two models on the same subjects are compared by their *paired* difference ([`compare_harrell_c`],
//! [`compare_uno_c`], [`compare_auc_at`], [`compare_brier`]): their errors are correlated, and
//! overlapping intervals do not mean that there is no difference. For several comparisons adjust with
//! [`holm`].
//!
//! Do 95 % intervals hold the truth 95 times in a hundred? In a simulation (`docs/VALIDATION.md` of the
//! project) the jackknife ones did with 120 events or more, and the bootstrap gained nothing over them.
//! With 17 events among 179 subjects:
//!
//! - Intervals by the normal distribution, as R gives them, are too narrow: they held the truth in 90 %
//!   (plain) and 92 % (logit) of samples, and the paired test rejected a true null hypothesis in 7 %.
//! - The default here takes Student's t with (events - 1) degrees of freedom instead ([`ReferenceDistribution`]):
//!   94 % for a C on the logit scale, 95 % for a paired difference, whose test rejected in 5 %.
//! - Of the bootstrap intervals the studentised ones came nearest
//!   ([`StudentisedBootstrap::studentised_logit`] for a C, from [`ConcordanceOptions::bootstrap`]); the
//!   percentile interval held the truth in 92 %. Do not test a paired difference with
//!   [`Bootstrap::bca`]: that rejected in 9 %.
//!
//! Seventeen events leave an interval for C about 0.25 wide, whichever is taken.
//!
//! Dependent subjects (several films of a person, patients of one clinic) need
//! [`ConcordanceOptions::with_clusters`] and [`BootstrapOptions::with_clusters`].
//!
//! # If you know R, lifelines or scikit-survival
//!
//! | here | R | Python |
//! |---|---|---|
//! | [`concordance()`] | `concordance(reverse = TRUE)$count` | sksurv `concordance_index_censored` (O(n²)); lifelines `concordance_index` (sign reversed) |
//! | [`harrell_c`], [`ConcordanceOptions`] | `concordance()`, `timewt`, `ymax`, `strata`, `cluster` | none |
//! | [`uno_c`] | `concordance(timewt = "n/G2", ymax = tau)` | sksurv `concordance_index_ipcw` (no error) |
//! | [`compare_harrell_c`], [`ConcordanceOptions::estimate_jointly`] | `concordance(fit1, fit2)` and its `vcov` | none |
//! | [`compare_c_u_statistic`] | `compareC::compareC` | none |
//! | [`auc_at`], [`compare_auc_at`], [`auc_jointly`], [`roc_at`] | `timeROC`, `riskRegression::Score(metrics = "auc")` | sksurv `cumulative_dynamic_auc` (no error) |
//! | [`incident_auc`] | `risksetROC` (other smoothers) | none |
//! | [`accuracy_at`] | `timeROC::SeSpPPVNPV` | none |
//! | [`brier_score`], [`integrated_brier`] | `riskRegression::Score(metrics = "brier")` | sksurv `brier_score`, `integrated_brier_score` |
//! | [`kaplan_meier`], [`nelson_aalen`], [`CurveOptions`] | `survfit(conf.type = ..)`; its default is `"log"`, ours `"log-log"` | lifelines `KaplanMeierFitter` (log-log) |
//! | [`kaplan_meier_by_group`], [`CurveOptions::fit_by_group`] | `survfit(.. ~ group)` | a fit for each group |
//! | [`SurvivalCurve::restricted_mean`] | `print(survfit, rmean = ..)` | lifelines `restricted_mean_survival_time` |
//! | [`follow_up_curve`] | `survfit(Surv(time, 1 - status) ~ 1)` | |
//! | [`cumulative_incidence`] | `survfit(Surv(time, factor) ~ 1)`, `cmprsk::cuminc` | sksurv `cumulative_incidence_competing_risks` |
//! | [`cumulative_incidence_by_group`] | `survfit(Surv(time, factor) ~ group)`, `cmprsk::cuminc(.., group)` | none |
//! | [`OneCause::cause_specific`] given to [`log_rank`], [`nelson_aalen`], [`incident_auc`], .. | `Surv(time, status == cause)` | |
//! | [`OneCause::as_subdistribution`] given to [`harrell_c`] | C of Wolbers et al. 2009; `pec::cindex(cause = ..)` weights it | none |
//! | [`gray_test`], [`GrayOptions`] | `cmprsk::cuminc(..)$Tests` | none |
//! | [`fine_gray()`], [`fine_gray_rows`] | `cmprsk::crr`, `survival::finegray` | none |
//! | [`CompetingOutcomes::cause`] given to [`auc_at`], [`brier_score`], [`observed_expected`], .. | `riskRegression::Score(Hist(time, cause) ~ 1, cause = ..)` | none |
//! | [`log_rank`], [`LogRankOptions`] | `survdiff(rho = ..)` | lifelines `multivariate_logrank_test` |
//! | [`cox_partial_likelihood`], [`RiskSets`] | `coxph(~ offset(h))`: `loglik`, martingale residuals | torchsurv `neg_partial_log_likelihood`, pycox `cox_ph_loss` |
//! | [`gradient_log_hazard`] | `-residuals(coxph(~ offset(h)), "martingale") / events` | the gradient that automatic differentiation takes |
//! | [`breslow_baseline`] | `basehaz(centered = FALSE)` of a Breslow fit | |
//! | [`calibration_curve`] (ICI, E50, E90) | `rms::val.surv`; Austin's code with `rms::cph(rcs(..))` | none |
//! | [`calibration_intercept`], [`calibration_line`] | `geepack::geese(.., mean.link = "cloglog")` on pseudo-observations | none |
//! | [`pseudo_observations`] | `prodlim::jackknife`, `pseudo::pseudoci` | none |
//! | [`net_reclassification`], [`integrated_discrimination`] | `nricens`, `survIDINRI` | none |
//! | [`BootstrapOptions`], [`Bootstrap`], [`StudentisedBootstrap`] | `boot::boot`, `boot.ci(type = c("norm", "basic", "stud", "perc", "bca"))` | |
//! | [`decision_curve`] | `dcurves::dca` | |
//! | [`logistic_hazard_loss`], [`weibull_loss`] | | pycox `nll_logistic_hazard`, torchsurv `weibull` |
//!
//! # Conventions
//!
//! - At equal times events come before censorings: who is censored at `t` is still at risk for an event
//!   at `t`, and `G(t-)` is used to weight an event at `t`.
//! - Times are equal only if they are the same number. R also takes times as tied that differ by
//!   rounding; [`Outcomes::with_tied_times`] does that.
//! - A subject with entry time `e` is at risk on `(e, time]`. Curves, cumulative incidences, log-rank tests,
//!   Harrell's C, the partial likelihood and the observed risk at a horizon allow for it; what weights by the curve of
//!   the censoring does not and says so.
//! - Case weights are counts: a subject of weight 2 is two alike in every estimate and in Greenwood's variances.
//!   Jackknife standard errors take it as one subject, drawn or not. Log-rank and Gray's test want whole weights.
//! - Feature `burn` adds `cox_loss` and the other losses on burn tensors; nothing else needs it.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod calibration;
pub mod concordance;
pub mod cox;
pub mod curves;
mod error;
pub mod estimate;
pub mod fine_gray;
pub mod group_tests;
pub mod horizon;
pub mod losses;
pub mod numeric;
pub mod outcomes;
pub mod resampling;
mod risk_sets;

pub use calibration::{
    CalibrationCurve, CalibrationGroup, CalibrationLine, CalibrationOptions, ObservedExpected,
    calibration_curve, calibration_groups, calibration_intercept, calibration_line,
    calibration_slope, observed_expected,
};
pub use concordance::{
    CStatistic, Concordance, ConcordanceOptions, JointBootstrap, JointConcordance, PairTotals,
    TimeWeight, compare_c_u_statistic, compare_harrell_c, compare_uno_c, concordance, gonen_heller,
    harrell_c, uno_c,
};
pub use cox::{
    BaselineHazard, CoxPartialLikelihood, RiskSets, Ties, breslow_baseline, cox_partial_likelihood,
    gradient_log_hazard,
};
pub use curves::{
    CumulativeIncidence, CurveEstimator, CurveOptions, CurveScale, GroupCurve, GroupIncidence,
    IncidenceOptions, SurvivalCurve, cumulative_incidence, cumulative_incidence_by_group,
    follow_up_curve, kaplan_meier, kaplan_meier_by_group, nelson_aalen,
};
pub use error::Error;
pub use estimate::{
    Estimate, Influence, Interval, PairedDifference, Pivot, ReferenceDistribution, Scale, Test,
};
pub use fine_gray::{
    FineGrayFit, FineGrayRows, SubdistributionHazardRatio, fine_gray, fine_gray_rows,
};
pub use group_tests::{
    GrayOptions, GrayTest, LogRank, LogRankOptions, LogRankWeight, benjamini_hochberg, gray_test,
    holm, log_rank,
};
pub use horizon::{
    AucAt, BrierScore, HorizonOptions, IncidentAuc, IntegratedBrier, IntegratedDiscrimination,
    JointAuc, NetBenefit, NetReclassification, Reclassification, RocPoint, ThresholdAccuracy,
    accuracy_at, auc_at, auc_at_horizons, auc_jointly, brier_score, compare_auc_at, compare_brier,
    decision_curve, incident_auc, integrated_brier, integrated_discrimination,
    net_reclassification, pseudo_observations, roc_at, youden_threshold,
};
pub use losses::{LossGradient, logistic_hazard_loss, weibull_loss};
#[cfg(feature = "burn")]
pub use losses::{
    cox_loss, cox_loss_of_risk_sets, logistic_hazard_loss_tensor, weibull_loss_tensor,
};
pub use outcomes::{CompetingOutcomes, Endpoint, OneCause, Outcomes};
pub use resampling::{Bootstrap, BootstrapOptions, StudentisedBootstrap, jackknife};
