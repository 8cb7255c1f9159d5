//! Figures at a horizon: event status by a given time, with inverse probability of censoring
//! weights.
//!
//! [`auc_at`] asks who has the event *by* the horizon; report it where decisions are made for a
//! fixed time, such as five-year risk. [`accuracy_at`] describes one threshold, [`brier_score`]
//! measures discrimination and calibration together, [`decision_curve`] weighs true against false
//! positives, and [`net_reclassification`] and [`integrated_discrimination`] measure what a new
//! prediction adds to an old one. [`incident_auc`] shows whether discrimination fades with time.
//!
//! Every function takes an [`Endpoint`](crate::Endpoint): outcomes, or one cause of competing ones.
//! The standard errors account for the estimation of the censoring curve and for
//! [clusters](crate::Outcomes::with_clusters). Intervals and tests are by Student's t with one
//! degree of freedom less than there are cases, or clusters with one, as a normal distribution is
//! too narrow for few cases (`docs/VALIDATION.md` of the project). The functions give 95 %
//! intervals; [`HorizonOptions`] has the same functions as methods, with any level.
//!
//! A horizon is *reached* where somebody was followed to it, or where it lies beyond the last time
//! and all who were left had an event there. At the administrative end of a study, where nobody was
//! followed beyond the horizon, those censored at it are the controls.
//!
//! | here | R | Python (sksurv) |
//! |---|---|---|
//! | [`auc_at`], [`roc_at`] | `timeROC` | `cumulative_dynamic_auc` (no error) |
//! | [`compare_auc_at`], [`auc_jointly`] | `riskRegression::Score(metrics = "auc")` | none |
//! | [`incident_auc`] | `risksetROC` (other smoothers) | none |
//! | [`accuracy_at`] | `timeROC::SeSpPPVNPV` | none |
//! | [`brier_score`] | `riskRegression::Score(metrics = "brier")` | `brier_score` |
//! | [`integrated_brier`] | the same with `summary = "ibs"` | `integrated_brier_score` |
//! | [`net_reclassification`], [`integrated_discrimination`] | `nricens`, `survIDINRI` | none |
//! | [`decision_curve`] | `dcurves::dca` | none |
//! | [`pseudo_observations`] | `prodlim::jackknife`, `pseudo::pseudoci` | none |
//!
//! One cause of competing ones is `riskRegression::Score(Hist(time, cause) ~ 1, cause = ..)`.
//!
//! # Examples
//! ```
//! use vertebra_survival::{horizon::{HorizonOptions, auc_at}, Outcomes};
//! let outcomes =
//!     Outcomes::new(vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![true, true, false, true, false])?;
//! let risk = [0.9, 0.3, 0.5, 0.4, 0.1];
//! let auc = auc_at(&outcomes, &risk, 2.5)?;
//! assert_eq!((auc.estimate.value, auc.n_cases, auc.n_controls), (4.0 / 6.0, 2, 3));
//! let wide = HorizonOptions::default().with_level(0.99).auc_at(&outcomes, &risk, 2.5)?;
//! assert!(wide.estimate.interval.width() > auc.estimate.interval.width());
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod accuracy;
mod auc;
mod brier;
mod decision_curve;
mod incident_auc;
pub(crate) mod ipcw;
pub(crate) mod observed;
mod options;
mod pseudo;
mod reclassification;

pub use accuracy::{RocPoint, ThresholdAccuracy, accuracy_at, roc_at, youden_threshold};
pub use auc::{AucAt, JointAuc, auc_at, auc_at_horizons, auc_jointly, compare_auc_at};
pub use brier::{BrierScore, IntegratedBrier, brier_score, compare_brier, integrated_brier};
pub use decision_curve::{NetBenefit, compare_net_benefit, decision_curve};
pub use incident_auc::{IncidentAuc, incident_auc};
pub use options::HorizonOptions;
pub use pseudo::pseudo_observations;
pub use reclassification::{
    IntegratedDiscrimination, NetReclassification, Reclassification, integrated_discrimination,
    net_reclassification,
};
