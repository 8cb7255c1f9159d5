//! A fitted risk model: network, preprocessing and baseline hazard together.
use crate::{
    Error, Preprocessing, RiskInputs, RiskModelConfig, network::RiskNetwork,
    preprocessing::check_inputs, task::predict,
};
use burn::{module::Module, tensor::Device};
use vertebra_survival::BaselineHazard;

/// A fitted network that turns inputs into log hazards, and those into probabilities of an event
/// by a horizon.
#[derive(Debug, Clone)]
pub struct RiskModel {
    config: RiskModelConfig,
    preprocessing: Preprocessing,
    center: f64,
    baseline: BaselineHazard,
    network: RiskNetwork,
    device: Device,
}

impl RiskModel {
    pub(crate) fn from_parts(
        config: RiskModelConfig,
        preprocessing: Preprocessing,
        center: f64,
        baseline: BaselineHazard,
        network: RiskNetwork,
        device: Device,
    ) -> Self {
        let network = network.valid();
        Self { config, preprocessing, center, baseline, network, device }
    }

    /// Log hazard of each subject, `[n]`; 0 is the mean over the training subjects.
    ///
    /// # Errors
    /// Inputs that are not what the model reads, by name; [`Error::Diverged`].
    pub fn log_hazard(&self, inputs: &RiskInputs) -> Result<Vec<f64>, Error> {
        check_inputs(&self.config, inputs)?;
        let raw = predict(&self.network, &self.preprocessing, inputs, &self.device)?;
        Ok(raw.into_iter().map(|h| h - self.center).collect())
    }

    /// Probability of an event by `horizon` (years), for a subject of this log hazard.
    #[must_use]
    pub fn risk_at(&self, log_hazard: f64, horizon: f64) -> f64 {
        1.0 - self.baseline.survival_prob(log_hazard, horizon)
    }

    /// What the model is made of.
    #[must_use]
    pub fn config(&self) -> &RiskModelConfig {
        &self.config
    }

    /// The constants of the training subjects.
    #[must_use]
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// Breslow's cumulative baseline hazard over the training subjects, for log hazard 0.
    #[must_use]
    pub fn baseline(&self) -> &BaselineHazard {
        &self.baseline
    }

    /// The network, in inference mode, whose output is not yet centred.
    #[must_use]
    pub fn network(&self) -> &RiskNetwork {
        &self.network
    }

    /// Where the network lives.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The network's output for the average training subject, which [`log_hazard`](Self::log_hazard)
    /// takes out.
    #[must_use]
    pub fn center(&self) -> f64 {
        self.center
    }
}
