//! A fitted risk model: network, preprocessing and baseline hazard together.
use crate::{
    EncoderConfig, EncoderSettings, Error, Outside, Preprocessing, Recalibration, RiskInputs,
    RiskModelConfig, Seen,
    fitted::Fitted,
    network::{Outputs, RiskNetwork},
};
use burn::tensor::Device;
use vertebra_conv::{Graph, Tracer};
use vertebra_survival::{BaselineHazard, Outcomes, breslow_baseline};
use vertebra_training::Seed;

/// How a user of the exported network reads what comes out of it.
const OUTPUT: &str = "log_hazard: log hazard ratio against the mean training subject, recalibrated where the \
model is. The risk by \
time t (years) is 1 - exp(-H(t) exp(log_hazard)); H is 0 before the first of `times` of the property \
`baseline`, then the exponential of the entry of `log_cumulative` at the last time up to t.";

/// A fitted network that turns inputs into log hazards, and those into probabilities of an event
/// by a horizon.
#[derive(Debug, Clone)]
pub struct RiskModel<E: EncoderSettings = EncoderConfig> {
    fitted: Fitted<E>,
    center: f64,
    baseline: BaselineHazard,
    /// `None` of a model saved before this was kept.
    seen: Option<Seen>,
    /// `None` as long as no predictions out of fold have told it.
    recalibration: Option<Recalibration>,
}

impl<E: EncoderSettings> RiskModel<E> {
    pub(crate) fn from_parts(fitted: Fitted<E>, center: f64, baseline: BaselineHazard) -> Self {
        Self { fitted, center, baseline, seen: None, recalibration: None }
    }

    /// With what it was trained on.
    pub(crate) fn with_seen(self, seen: Option<Seen>) -> Self {
        Self { seen, ..self }
    }

    /// With the factor that a stored model has.
    pub(crate) fn with_recalibration(self, recalibration: Option<Recalibration>) -> Self {
        Self { recalibration, ..self }
    }

    /// The same network with its log hazards on the scale, and its baseline hazard on the level,
    /// that predictions out of fold call for; the order of subjects stays as it is.
    ///
    /// `out_of_fold` are log hazards of the training subjects, in the order of their `outcomes`,
    /// each by a network of the same kind that was fitted without that subject's `fold` and not
    /// recalibrated. See [`Recalibration`].
    ///
    /// # Errors
    /// As [`Recalibration::learn`].
    pub fn recalibrated(
        self,
        outcomes: &Outcomes,
        out_of_fold: &[f64],
        fold: &[usize],
    ) -> Result<Self, Error> {
        let learnt = Recalibration::learn(outcomes, out_of_fold, fold)?;
        let scaled: Vec<f64> = out_of_fold.iter().map(|h| learnt.factor * h).collect();
        let baseline = breslow_baseline(outcomes, &scaled)?;
        let ratio = learnt.factor / self.factor();
        let seen = self.seen.map(|seen| seen.with_log_hazard_times(ratio));
        Ok(Self { baseline, seen, recalibration: Some(learnt), ..self })
    }

    /// The same model with weights drawn anew, as before any training: what a saliency map still has
    /// of this one's is the picture's, not what was learnt.
    #[must_use]
    pub fn with_random_weights(&self, seed: u64) -> Self {
        let seed = Seed::new(seed).named("random weights");
        let network = RiskNetwork::new(self.config(), Outputs::LogHazard, seed, self.device());
        Self { fitted: self.fitted.with_network(network), ..self.clone() }
    }

    /// By what log hazards are multiplied, and what that rests on; `None` for a model as it was
    /// trained.
    #[must_use]
    pub fn recalibration(&self) -> Option<&Recalibration> {
        self.recalibration.as_ref()
    }

    /// What the network's centred output is multiplied by.
    pub(crate) fn factor(&self) -> f64 {
        self.recalibration.map_or(1.0, |learnt| learnt.factor)
    }

    /// What it was trained on, where that was kept.
    #[must_use]
    pub fn seen(&self) -> Option<&Seen> {
        self.seen.as_ref()
    }

    /// What of one subject's inputs, or of the log hazard they gave, lies beyond all that the model
    /// was trained on: a covariate, the brightness or the contrast of the pictures, the log hazard.
    /// Empty for a model that does not know.
    ///
    /// # Errors
    /// Images that cannot be read.
    pub fn outside(&self, inputs: &RiskInputs, log_hazard: f64) -> Result<Vec<Outside>, Error> {
        let names = &self.config().covariates;
        self.seen.as_ref().map_or(Ok(Vec::new()), |seen| seen.outside(names, inputs, log_hazard))
    }

    /// Log hazard of each subject, `[n]`; 0 is the mean over the training subjects, of images that
    /// are stacked over what was said of them out of fold.
    ///
    /// # Errors
    /// Inputs that are not what the model reads, by name; [`Error::Diverged`].
    pub fn log_hazard(&self, inputs: &RiskInputs) -> Result<Vec<f64>, Error> {
        let raw = self.fitted.outputs(inputs)?;
        let factor = self.factor();
        Ok(raw.into_iter().map(|h| factor * (h - self.center)).collect())
    }

    /// The whole model from images and covariates in natural units to the centred and recalibrated
    /// log hazard.
    ///
    /// Inputs `images` (`[images per subject, 1, height, width]`, as in
    /// [`ImageSet`](crate::ImageSet)), `present` (`[images per subject, 1]`, 1, or 0 for a missing
    /// one, in whose place any finite grey stands; for a model of
    /// [missing images](crate::ImageConfig::missing_images)) and `covariates` (in the order of the
    /// configuration), as far as the model uses them; output `log_hazard`, what
    /// [`log_hazard`](Self::log_hazard) gives.
    ///
    /// # Errors
    /// [`Error::Inference`] for what a graph cannot hold: group normalisation, or
    /// [`Maps::by_burn`](vertebra_conv::Maps::by_burn) of an encoder of one's own.
    pub fn graph(&self) -> Result<Graph, Error> {
        let tracer = Tracer::new();
        let log_hazard = self.fitted.traced(&tracer)?;
        let factor = self.factor();
        let shift = -factor * self.center;
        let scaled = log_hazard.then(|graph, raw| graph.scale(raw, &[factor], &[shift]));
        Ok(tracer.finish("log_hazard", &scaled)?)
    }

    /// The whole model as an `.onnx` file (operator set 17) with the inputs and the output of
    /// [`graph`](Self::graph), standardisation included. Its metadata name the covariates and give
    /// the baseline hazard, from which risks follow. In the file `present` is
    /// `[batch, images per subject, 1]`.
    ///
    /// # Errors
    /// As [`graph`](Self::graph).
    pub fn to_onnx(&self) -> Result<Vec<u8>, Error> {
        let json = |value: Result<String, serde_json::Error>| {
            value.map_err(|e| Error::invalid("model", "finite numbers", e))
        };
        let baseline = json(serde_json::to_string(&self.baseline))?;
        let recalibration = json(serde_json::to_string(&self.recalibration))?;
        let metadata =
            [("output", OUTPUT), ("baseline", &*baseline), ("recalibration", &*recalibration)];
        self.fitted.to_onnx(&self.graph()?, &metadata)
    }

    /// Probability of an event by `horizon` (years), for a subject of this log hazard.
    #[must_use]
    pub fn risk_at(&self, log_hazard: f64, horizon: f64) -> f64 {
        1.0 - self.baseline.survival_prob(log_hazard, horizon)
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

    /// Breslow's cumulative baseline hazard over the training subjects, for log hazard 0: of their
    /// predictions out of fold where the model was recalibrated, or else of its own. Of events known
    /// to an interval it is the best one for them
    /// ([`ProfileLikelihood::baseline`](vertebra_survival::losses::ProfileLikelihood::baseline)).
    #[must_use]
    pub fn baseline(&self) -> &BaselineHazard {
        &self.baseline
    }

    /// The network, in inference mode, whose output is neither centred nor recalibrated.
    #[must_use]
    pub fn network(&self) -> &RiskNetwork<E::Encoder> {
        &self.fitted.network
    }

    /// Where the network lives.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.fitted.device
    }

    /// The network's output for the average training subject, which
    /// [`log_hazard`](Self::log_hazard) takes out.
    #[must_use]
    pub fn center(&self) -> f64 {
        self.center
    }
}
