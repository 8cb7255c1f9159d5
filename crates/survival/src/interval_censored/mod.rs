//! Events known to an interval between two visits.
//!
//! A film tells only that a fracture happened since the film before it. Taking the visit as the
//! time dates every event too late: with films every two years the risk at five years reads like
//! the risk at four. [`IntervalOutcomes`] keep what is known.
//!
//! | question | here | R |
//! |---|---|---|
//! | How many are free of the event over time? | [`turnbull`] | `icenReg::ic_np`, `interval::icfit` |
//! | the same, smooth | [`FlexibleOptions::fit_curve`] | `flexsurv::flexsurvspline` |
//! | Which covariates raise the hazard, whatever the baseline? | [`IntervalCoxOptions`] | `icenReg::ic_sp` |
//! | the same with a smooth baseline | [`FlexibleOptions::fit`] | `flexsurv::flexsurvspline`, `survreg` |
//! | How well does a score rank subjects? | [`AccuracyOptions`] | `cenROC` (with a kernel instead of a model) |
//! | Training networks | [`losses::ProfileLikelihood`](crate::losses::ProfileLikelihood) and others | none |
//!
//! The nonparametric estimate has an interval by the likelihood ratio with chi-square's critical
//! value. Where visits share their times (a fixed plan) that is the limit; where they spread over
//! all times the estimate converges with the cube root of `n`, the bootstrap fails, and the limit
//! of the likelihood ratio has a smaller critical value (2.27 instead of 3.84 for current status),
//! so that the interval is on the safe side (Banerjee & Wellner, *Ann. Stat.* 29:1699-1731, 2001;
//! Sen & Xu, *Comput. Stat. Data Anal.* 81:121-129, 2015).
//!
//! # Examples
//! ```
//! use vertebra_survival::interval_censored::{IntervalOutcomes, turnbull};
//! let none = f64::INFINITY; // not by the last film
//! let left = vec![0.0, 2.0, 2.0, 4.0, 4.0, 6.0, 6.0, 2.0];
//! let right = vec![2.0, 4.0, 4.0, 6.0, none, none, none, none];
//! let outcomes = IntervalOutcomes::new(left, right)?;
//! let curve = turnbull(&outcomes)?;
//! let five_years = 1.0 - curve.at(5.0)?;
//! let interval = curve.interval_at(5.0, 0.95)?;
//! assert!(interval.contains(1.0 - five_years));
//! // The visit-time estimate knows of no event between four and six years.
//! let late = vertebra_survival::kaplan_meier(&outcomes.at_the_visit()?)?;
//! assert!(1.0 - late.at(5.0) < five_years);
//! # Ok::<(), vertebra_survival::Error>(())
//! ```
//!
//! # Sources and agreement
//!
//! Turnbull, *J. R. Stat. Soc. B* 38:290-295, 1976; Zeng, Mao & Lin, *Biometrika* 103:253-271, 2016
//! (proportional hazards: the EM algorithm with Poisson counts, and the profile likelihood's
//! variance after Murphy & van der Vaart, *J. Am. Stat. Assoc.* 95:449-465, 2000); Royston &
//! Parmar, *Stat. Med.* 21:2175-2197, 2002. Where they define the maximum, Newton's method over the
//! points with mass finds it here (Wang, *Comput. Stat. Data Anal.* 52:2388-2402, 2008), checked by
//! the conditions of Karush, Kuhn and Tucker. On the data of Finkelstein & Wolfe (*Biometrics*
//! 41:933-945, 1985) masses agree with R's npsurv to 1e-6, Weibull's model with `survreg` to 1e-5,
//! the proportional hazards model and the likelihood ratio interval with maxima by general
//! optimisers to 2e-4 and 2e-5.

mod accuracy;
mod flexible;
mod intersections;
mod likelihood;
mod likelihood_ratio;
mod maximum;
mod outcomes;
mod profile;
mod proportional;
mod spline;
mod turnbull;

pub use accuracy::{AccuracyOptions, IntervalAccuracy};
pub use flexible::{FlexibleHazards, FlexibleOptions};
pub use outcomes::IntervalOutcomes;
pub(crate) use profile::{Profile, Profiled};
pub use proportional::{IntervalCox, IntervalCoxOptions};
pub use turnbull::{TurnbullEstimate, turnbull};
