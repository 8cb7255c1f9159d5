//! The stages of a study, in the order in which they run; each takes what the ones before it handed
//! over.

pub(crate) mod calibration;
pub(crate) mod decode;
pub(crate) mod development_summary;
pub(crate) mod evaluate_models;
pub(crate) mod evaluation;
pub(crate) mod fit_stage;
pub(crate) mod fits;
pub(crate) mod folds;
pub(crate) mod heat_maps;
pub(crate) mod horizons;
pub(crate) mod kept_models;
pub(crate) mod keypoints;
pub(crate) mod left_out_centres;
pub(crate) mod models;
pub(crate) mod protocol;
pub(crate) mod render;
pub(crate) mod timed_models;
pub(crate) mod training_curves;
pub(crate) mod variants;

use crate::FitShare;
use crate::config::StudyConfig;
use crate::input::subjects::StudyData;
use crate::work_folder::WorkFolder;
use burn::tensor::Device;
use std::path::{Path, PathBuf};

/// What every stage reads, and where pictures go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) data: &'a StudyData,
    pub(crate) config: &'a StudyConfig,
    /// The cohort folder.
    pub(crate) cohort: &'a Path,
    pub(crate) run_folder: &'a Path,
    pub(crate) device: &'a Device,
    /// What the device is called in the record of the run.
    pub(crate) device_name: &'a str,
    /// The command line, where a program asked for the study.
    pub(crate) command: &'a [String],
    /// What is kept for a call that goes on.
    pub(crate) work: &'a WorkFolder,
    /// The fits that this call does, where others do the rest.
    pub(crate) share: Option<FitShare>,
}

impl Context<'_> {
    /// The file of a subject's baseline film.
    pub(crate) fn film_path(&self, subject: usize) -> PathBuf {
        self.cohort.join(&self.data.films[subject])
    }
}
