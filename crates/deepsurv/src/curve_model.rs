//! A fitted network that gives the hazards of intervals: whole survival curves.
use crate::{
    EncoderConfig, EncoderSettings, Error, PredictedCurves, Preprocessing, RiskInputs,
    RiskModelConfig, fitted::Fitted, objective::added,
};
use burn::tensor::Device;
use vertebra_conv::{Graph, Tracer};
use vertebra_survival::losses::TimeGrid;

/// How a user of the exported network reads what comes out of it.
const OUTPUT: &str = "logits: of the hazard of each interval, which end at the times (years) of the \
property `grid`; the first begins at 0. The cumulative hazard of an interval is ln(1 + exp(logit)), \
that of a part of it that part; the risk by a time is 1 - exp(-their sum up to it).";

/// A fitted network that turns inputs into the hazards of the intervals of a grid, and those into
/// survival curves, which may cross. [`RiskTrainer::fit_curves`](crate::RiskTrainer::fit_curves)
/// makes one.
#[derive(Debug, Clone)]
pub struct CurveModel<E: EncoderSettings = EncoderConfig> {
    fitted: Fitted<E>,
    grid: TimeGrid,
    /// What the network's outputs are added to, `[intervals]`.
    common: Vec<f64>,
}

impl<E: EncoderSettings> CurveModel<E> {
    pub(crate) fn from_parts(fitted: Fitted<E>, grid: TimeGrid, common: Vec<f64>) -> Self {
        Self { fitted, grid, common }
    }

    pub(crate) fn fitted(&self) -> &Fitted<E> {
        &self.fitted
    }

    /// The curve of each subject.
    ///
    /// # Errors
    /// Inputs that are not what the model reads, by name; [`Error::Diverged`].
    pub fn curves(&self, inputs: &RiskInputs) -> Result<PredictedCurves, Error> {
        let logits = added(&self.beyond_common(inputs)?, &self.common);
        Ok(PredictedCurves::new(self.grid.clone(), logits))
    }

    /// What each subject's logits have beyond those of all training subjects together,
    /// `[n, intervals]`.
    ///
    /// # Errors
    /// As [`curves`](Self::curves).
    pub(crate) fn beyond_common(&self, inputs: &RiskInputs) -> Result<Vec<f64>, Error> {
        self.fitted.outputs(inputs)
    }

    /// The whole model from images and covariates in natural units to the logits of the hazards,
    /// with the inputs of [`RiskModel::graph`](crate::RiskModel::graph).
    ///
    /// # Errors
    /// As [`RiskModel::graph`](crate::RiskModel::graph).
    pub fn graph(&self) -> Result<Graph, Error> {
        let tracer = Tracer::new();
        let ones = vec![1.0; self.common.len()];
        let outputs = self.fitted.traced(&tracer)?;
        let logits = outputs.then(|graph, x| graph.scale(x, &ones, &self.common));
        Ok(tracer.finish("logits", &logits)?)
    }

    /// The whole model as an `.onnx` file, as [`RiskModel::to_onnx`](crate::RiskModel::to_onnx)
    /// writes it; its metadata give the grid.
    ///
    /// # Errors
    /// As [`graph`](Self::graph).
    pub fn to_onnx(&self) -> Result<Vec<u8>, Error> {
        let grid = serde_json::to_string(&self.grid)
            .map_err(|e| Error::invalid("model", "finite numbers", e))?;
        self.fitted.to_onnx(&self.graph()?, &[("output", OUTPUT), ("grid", &grid)])
    }

    /// The intervals whose hazards it gives.
    #[must_use]
    pub fn grid(&self) -> &TimeGrid {
        &self.grid
    }

    /// The logits of the hazards that all training subjects have together, `[intervals]`.
    #[must_use]
    pub fn common_logits(&self) -> &[f64] {
        &self.common
    }

    /// What the model is made of.
    #[must_use]
    pub fn config(&self) -> &RiskModelConfig<E> {
        &self.fitted.config
    }

    /// The constants of the training subjects.
    #[must_use]
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.fitted.preprocessing
    }

    /// Where the network lives.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.fitted.device
    }
}
