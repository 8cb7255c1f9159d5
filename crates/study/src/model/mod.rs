//! Trained models as a folder, and what they say of a film or of covariates.

pub(crate) mod answer;
pub(crate) mod covariate_model;
pub(crate) mod cox_model;
pub(crate) mod description;
pub(crate) mod found_points;
mod json;
pub(crate) mod model_folder;
pub(crate) mod predictor;
pub(crate) mod recalibration;
#[cfg(test)]
mod tests;
pub(crate) mod trained_model;
