//! A model of covariates alone: a Cox regression or a network, asked without a film.

use super::cox_model::CoxModel;
use super::description::{ModelDescription, outside_training};
use super::model_folder::ModelKind;
use super::recalibration::ModelRecalibration;
use crate::Error;
use burn::tensor::Device;
use std::path::Path;
use vertebra_deepsurv::{RiskInputs, RiskModel};
use vertebra_keypoints::Verdict;
use vertebra_run::write_whole;

/// What turns covariates into a log hazard.
#[derive(Debug, Clone)]
pub(crate) enum Hazard {
    Cox(Box<CoxModel>),
    Network(Box<RiskModel>),
}

/// A model of covariates alone.
#[derive(Debug, Clone)]
pub struct CovariateModel {
    description: ModelDescription,
    hazard: Hazard,
}

/// What a model of covariates says of one subject.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CovariatePrediction {
    /// Whether the numbers below may be used.
    pub verdict: Verdict,
    /// Log hazard; 0 is that of a mean subject.
    pub log_hazard: f64,
    /// Risk of an event by each horizon, `(years, probability)`; `None` beyond the longest
    /// follow-up of the subjects the model was fitted on.
    pub risk: Vec<(f64, Option<f64>)>,
    /// Imputed covariates.
    pub warnings: Vec<String>,
}

impl CovariateModel {
    /// What the model is.
    #[must_use]
    pub fn description(&self) -> &ModelDescription {
        &self.description
    }

    /// Predicts for one subject. `covariates` has one entry per covariate of the description;
    /// `None` is imputed, with a warning.
    ///
    /// # Errors
    /// The covariates are not as many as expected.
    pub fn predict(&self, covariates: &[Option<f64>]) -> Result<CovariatePrediction, Error> {
        let mut warnings = Vec::new();
        let values = self.description.imputed(covariates, &mut warnings)?;
        let row = values.iter().map(|&value| value as f32).collect();
        let inputs = RiskInputs::from_covariates(vec![row])?;
        let (log_hazard, outside) = match &self.hazard {
            Hazard::Cox(cox) => {
                let log_hazard = cox.log_hazard(&values);
                let names: Vec<String> = cox.coefficients.iter().map(|c| c.name.clone()).collect();
                (log_hazard, cox.seen.outside(&names, &inputs, log_hazard)?)
            }
            Hazard::Network(network) => {
                let log_hazard = network.log_hazard(&inputs)?[0];
                (log_hazard, network.outside(&inputs, log_hazard)?)
            }
        };
        let risk = self.description.risks(|horizon| match &self.hazard {
            Hazard::Cox(cox) => cox.risk_at(log_hazard, horizon),
            Hazard::Network(network) => network.risk_at(log_hazard, horizon),
        });
        let doubts = outside.into_iter().map(outside_training);
        let verdict = doubts.fold(Verdict::ok(), Verdict::with);
        Ok(CovariatePrediction { verdict, log_hazard, risk, warnings })
    }

    pub(crate) fn new(description: ModelDescription, hazard: Hazard) -> Self {
        Self { description, hazard }
    }

    /// The same with one more step of its lineage.
    pub(super) fn recalibrated(&self, step: ModelRecalibration) -> Self {
        Self { description: self.description.clone().recalibrated(step), ..self.clone() }
    }

    pub(super) fn kind(&self) -> ModelKind {
        match &self.hazard {
            Hazard::Cox(_) => ModelKind::Cox,
            Hazard::Network(_) => ModelKind::Covariates,
        }
    }

    pub(super) fn save(&self, folder: &Path) -> Result<(), Error> {
        match &self.hazard {
            Hazard::Cox(cox) => cox.save(folder)?,
            Hazard::Network(network) => network.save(folder)?,
        }
        self.description.write(folder)
    }

    pub(super) fn load(folder: &Path, cox: bool, device: &Device) -> Result<Self, Error> {
        let description = ModelDescription::read(folder)?;
        let hazard = match cox {
            true => Hazard::Cox(Box::new(CoxModel::load(folder)?)),
            false => Hazard::Network(Box::new(RiskModel::load(folder, device)?)),
        };
        Ok(Self { description, hazard })
    }

    /// Writes the network as `risk.onnx` with `model.json` into a folder, which is made when
    /// absent; of a Cox regression `cox.json`, which needs no other runtime.
    pub(super) fn export_onnx(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        match &self.hazard {
            Hazard::Cox(cox) => cox.save(folder)?,
            Hazard::Network(network) => {
                write_whole(&folder.join("risk.onnx"), network.to_onnx()?)?;
            }
        }
        self.description.write(folder)
    }
}
