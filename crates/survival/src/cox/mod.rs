//! Cox's proportional hazards model: the partial likelihood, its derivatives, its maximum, and the
//! baseline hazard.
//!
//! The hazard of a subject is `h0(t) exp(h)`, `h` its *log hazard*. [`cox_partial_likelihood`] and
//! [`RiskSets`] take the log hazards themselves, as a network puts them out; [`CoxOptions`] fits
//! `h = x'b` on a [`Design`] of covariates. A [`BaselineHazard`] turns log hazards into
//! probabilities.
//!
//! This is the numerical core of every Cox model of the workspace: calibration slopes and curves
//! are fitted by it, and so is `vertebra_baselines::CoxRegression`, which adds names, tests and
//! summaries.
//!
//! # Examples
//! ```
//! use vertebra_survival::{Outcomes, Ties, cox::{CoxOptions, Design, cox_partial_likelihood}};
//! let time = vec![1.2, 0.8, 3.1, 2.2, 4.0, 2.9, 3.6, 1.9];
//! let event = vec![true, true, false, true, false, true, false, true];
//! let outcomes = Outcomes::new(time, event)?;
//! let age = [74.0, 69.0, 58.0, 71.0, 55.0, 63.0, 66.0, 60.0];
//! let fit = CoxOptions::default().fit(&outcomes, &Design::from_columns(&[age])?)?;
//! // The same likelihood from the log hazards.
//! let log_hazard = age.map(|age| fit.coefficients[0] * age);
//! let loss = cox_partial_likelihood(&outcomes, &log_hazard, Ties::Efron)?.loss;
//! assert!((fit.log_likelihood + 5.0 * loss).abs() < 1e-12);
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod any_spread;
mod baseline;
mod curves;
mod derivatives;
mod design;
mod diagnostics;
mod elastic_net;
mod exact;
mod firth;
mod fit;
pub(crate) mod moments;
mod options;
mod partial_likelihood;
mod pass;
mod plain;
mod pooled;
mod profile;
mod proportionality;
mod reader;
mod robust;
pub(crate) mod scaled;
mod score_residuals;
pub(crate) mod standardised;
mod ties;

pub use baseline::{BaselineHazard, breslow_baseline};
pub use curves::CoxCurves;
pub use design::Design;
pub use diagnostics::{CoxDiagnostics, SchoenfeldResidual};
pub use elastic_net::{ElasticNet, ElasticNetPath, ElasticNetValidated};
pub use fit::CoxMaximum;
pub use options::CoxOptions;
pub use partial_likelihood::{
    CoxPartialLikelihood, RiskSets, cox_partial_likelihood, gradient_log_hazard,
};
pub use pooled::PooledCoefficients;
pub use proportionality::{ProportionalHazards, TimeTransform};
pub use ties::Ties;
