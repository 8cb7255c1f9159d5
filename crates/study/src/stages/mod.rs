//! The stages of a study, each from what the ones before it handed over.

pub(crate) mod alignable;
pub(crate) mod at_once;
pub(crate) mod evaluate_models;
pub(crate) mod evaluation;
pub(crate) mod folds;
pub(crate) mod heat_maps;
pub(crate) mod horizons;
pub(crate) mod keypoint_stage;
pub(crate) mod models;
pub(crate) mod networks;
pub(crate) mod train_risk;
pub(crate) mod variants;
