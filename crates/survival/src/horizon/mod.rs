//! Figures at a horizon: event status by a given time, with inverse probability of censoring weights.

mod accuracy;
mod auc;
mod brier;
mod decision_curve;
mod incident_auc;
mod ipcw;
pub(crate) mod observed;
mod options;
mod pseudo;
mod reclassification;

pub use accuracy::{RocPoint, ThresholdAccuracy, accuracy_at, roc_at, youden_threshold};
pub use auc::{AucAt, JointAuc, auc_at, auc_at_horizons, auc_jointly, compare_auc_at};
pub use brier::{BrierScore, IntegratedBrier, brier_score, compare_brier, integrated_brier};
pub use decision_curve::{NetBenefit, decision_curve};
pub use incident_auc::{IncidentAuc, incident_auc};
pub use options::HorizonOptions;
pub use pseudo::pseudo_observations;
pub use reclassification::{
    IntegratedDiscrimination, NetReclassification, Reclassification, integrated_discrimination,
    net_reclassification,
};
