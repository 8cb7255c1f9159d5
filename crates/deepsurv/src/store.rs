//! A risk model as a folder: `risk.safetensors` (weights) and `risk.json` (everything else).
use crate::{
    EncoderSettings, Error, Preprocessing, Recalibration, RiskModel, RiskModelConfig, Seen,
    fitted::Fitted,
    network::{Outputs, RiskNetwork},
    weights,
};
use burn::tensor::Device;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::Path;
use vertebra_run::{Seed, write_whole};
use vertebra_survival::BaselineHazard;

/// Goes up when a reader of the old layout would misread the new one. Version 1, which is read too,
/// has no recalibration.
const SCHEMA_VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
struct Description<E> {
    schema_version: u32,
    crate_version: String,
    config: RiskModelConfig<E>,
    preprocessing: Preprocessing,
    center: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recalibration: Option<Recalibration>,
    baseline: BaselineHazard,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
}

/// Read first, so that another layout is refused by its number, not by a field.
#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

impl<E: EncoderSettings> RiskModel<E> {
    /// Writes the model into `folder`, which is made if need be.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`], naming the file.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        weights::save(self.network(), &folder.join("risk.safetensors"))?;
        let description = Description {
            schema_version: SCHEMA_VERSION,
            crate_version: env!("CARGO_PKG_VERSION").to_owned(),
            config: self.config().clone(),
            preprocessing: self.preprocessing().clone(),
            center: self.center(),
            recalibration: self.recalibration().copied(),
            baseline: self.baseline().clone(),
            seen: self.seen().cloned(),
        };
        write_description(&folder.join("risk.json"), &description)
    }

    /// Reads a model that [`save`](Self::save) wrote, with an encoder of one's own; named so because
    /// [`RiskModel::load`] leaves no doubt which encoder is meant.
    ///
    /// # Errors
    /// As [`RiskModel::load`].
    pub fn load_own(folder: &Path, device: &Device) -> Result<Self, Error> {
        let path = folder.join("risk.json");
        let Description { config, preprocessing, center, recalibration, baseline, seen, .. } =
            description_in(&path, "a risk model", SCHEMA_VERSION)?;
        config.check()?;
        if let Some(Recalibration { factor, .. }) = recalibration
            && !(factor.is_finite() && factor > 0.0)
        {
            return Err(Error::malformed(&path, "a positive factor of recalibration", factor));
        }
        check_constants(&path, &config, &preprocessing)?;
        let device = device.clone().without_autodiff();
        let network = RiskNetwork::new(&config, Outputs::LogHazard, Seed::new(0), &device);
        let network = weights::load(network, &folder.join("risk.safetensors"))?;
        let fitted = Fitted::new(config, preprocessing, network);
        let model = Self::from_parts(fitted, center, baseline);
        Ok(model.with_seen(seen).with_recalibration(recalibration))
    }
}

impl RiskModel {
    /// Reads a model that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`], naming the file; settings out of their domain.
    pub fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        Self::load_own(folder, device)
    }
}

/// Writes what a model is beside its weights. It comes last: a folder that has one is complete.
pub(crate) fn write_description(path: &Path, description: &impl Serialize) -> Result<(), Error> {
    let json = serde_json::to_string_pretty(description)
        .map_err(|e| Error::malformed(path, "finite numbers", e))?;
    Ok(write_whole(path, json)?)
}

/// Reads it, in layouts up to the newest.
pub(crate) fn description_in<T: DeserializeOwned>(
    path: &Path,
    what: &'static str,
    newest: u32,
) -> Result<T, Error> {
    let json = std::fs::read_to_string(path).map_err(Error::io(path))?;
    let not_ours = |e| Error::malformed(path, what, e);
    let version: Version = serde_json::from_str(&json).map_err(not_ours)?;
    if !(1..=newest).contains(&version.schema_version) {
        let (got, expected) = (version.schema_version, newest);
        return Err(Error::SchemaVersion { path: path.to_owned(), expected, got });
    }
    serde_json::from_str(&json).map_err(not_ours)
}

/// That there are constants for each covariate.
pub(crate) fn check_constants<E>(
    path: &Path,
    config: &RiskModelConfig<E>,
    preprocessing: &Preprocessing,
) -> Result<(), Error> {
    let n = config.covariates.len();
    if (preprocessing.means.len(), preprocessing.sds.len()) == (n, n) {
        return Ok(());
    }
    let expected = format!("the mean and sd of {n} covariates");
    Err(Error::malformed(path, expected, preprocessing.means.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EncoderConfig, Fusion, ImageSet, RiskInputs, RiskTrainer, RiskTraining};
    use vertebra_survival::Outcomes;
    use vertebra_training::keep_going;

    fn model() -> (RiskModel, RiskInputs) {
        let rows = (0..20).map(|i| vec![(i * 7 % 13) as f32, (i % 2) as f32]).collect();
        let pixels = (0..20 * 3 * 16 * 16).map(|i| (i * 31 % 97) as f32 / 97.0).collect();
        let images = ImageSet::new(pixels, [3, 16, 16]).unwrap();
        let inputs = RiskInputs::from_covariates(rows).unwrap().with_images(images).unwrap();
        let time = (0..20).map(|i| f64::from(i * 3 % 10) + 1.0).collect();
        let outcomes = Outcomes::new(time, (0..20).map(|i| i % 3 > 0).collect()).unwrap();
        let config = RiskModelConfig::image_only(EncoderConfig::small(4), [3, 16, 16])
            .with_covariates(["age", "female"])
            .with_fusion(Fusion::Modulation)
            .with_batch_norm(true);
        let mut settings = RiskTraining::default();
        settings.training.epochs = 3;
        let trainer = RiskTrainer::new(config).with_settings(settings);
        let trained = trainer.fit((&inputs, &outcomes), None, &mut keep_going).unwrap();
        (trained.model, inputs)
    }

    #[test]
    fn a_model_comes_back_bit_equal() {
        let (model, inputs) = model();
        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        let back = RiskModel::load(folder.path(), &Device::default()).unwrap();
        let (before, after) = (model.log_hazard(&inputs), back.log_hazard(&inputs));
        assert_eq!(before.unwrap(), after.unwrap());
        assert_eq!((model.config(), model.baseline()), (back.config(), back.baseline()));
        assert!(model.seen().is_some() && model.seen() == back.seen());
        assert_eq!(model.risk_at(0.3, 2.0), back.risk_at(0.3, 2.0));
        assert!((0.0..1.0).contains(&model.risk_at(0.3, 2.0)));
    }

    #[test]
    fn a_recalibrated_model_comes_back_and_is_exported_as_it_is() {
        let (model, inputs) = model();
        let raw = model.log_hazard(&inputs).unwrap();
        let time = (0..20).map(|i| f64::from(i * 3 % 10) + 1.0).collect();
        let outcomes = Outcomes::new(time, (0..20).map(|i| i % 3 > 0).collect()).unwrap();
        let fold: Vec<usize> = (0..20).map(|i| i % 2).collect();
        // Out of fold the network orders subjects well, and is three times too sure.
        let out_of_fold: Vec<f64> = outcomes.time().iter().map(|t| -1.5 * t).collect();
        let range = model.seen().unwrap().log_hazard;
        let model = model.recalibrated(&outcomes, &out_of_fold, &fold).unwrap();
        let learnt = *model.recalibration().unwrap();
        assert!(learnt.factor > 0.02 && learnt.factor < 2.0, "{learnt:?}");
        let scaled: Vec<f64> = raw.iter().map(|h| learnt.factor * h).collect();
        assert_eq!(model.log_hazard(&inputs).unwrap(), scaled);
        assert_eq!(model.seen().unwrap().log_hazard, range.map(|h| learnt.factor * h));
        let expected: Vec<f64> = out_of_fold.iter().map(|h| learnt.factor * h).collect();
        assert_eq!(
            model.baseline(),
            &vertebra_survival::breslow_baseline(&outcomes, &expected).unwrap()
        );

        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        let back = RiskModel::load(folder.path(), &Device::default()).unwrap();
        assert_eq!(back.recalibration(), Some(&learnt));
        assert_eq!(back.log_hazard(&inputs).unwrap(), scaled);
        let plan = back.graph().unwrap().plan().unwrap();
        let rows = inputs.covariates().concat();
        let pixels = inputs.images().unwrap().to_vec().unwrap();
        for (got, expected) in plan.run(&[&pixels, &rows], 20).unwrap().iter().zip(&scaled) {
            assert!((f64::from(*got) - expected).abs() < 1e-5, "{got}, expected {expected}");
        }
        let json = folder.path().join("risk.json");
        let text = std::fs::read_to_string(&json).unwrap();
        let factor = format!("\"factor\": {}", learnt.factor);
        std::fs::write(&json, text.replace(&factor, "\"factor\": -1.0")).unwrap();
        let error = RiskModel::load(folder.path(), &Device::default()).unwrap_err().to_string();
        assert!(error.ends_with("expected a positive factor of recalibration, got -1"), "{error}");
    }

    #[test]
    fn weights_are_stored_under_published_names() {
        let folder = tempfile::tempdir().unwrap();
        model().0.save(folder.path()).unwrap();
        let bytes = std::fs::read(folder.path().join("risk.safetensors")).unwrap();
        let header = String::from_utf8_lossy(&bytes);
        for name in ["conv1.weight", "bn1.running_var", "layer2.0.downsample.1.bias"] {
            assert!(header.contains(&format!("\"encoder.{name}\"")), "{name}");
        }
    }

    #[test]
    fn damaged_folders_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let load = || RiskModel::load(folder.path(), &Device::default()).unwrap_err().to_string();
        assert!(load().contains("risk.json"));
        model().0.save(folder.path()).unwrap();
        let json = folder.path().join("risk.json");
        let text = std::fs::read_to_string(&json).unwrap();
        std::fs::write(&json, text.replace("\"schema_version\": 2", "\"schema_version\": 7"))
            .unwrap();
        assert!(load().ends_with("risk.json: expected schema version 2, got 7"), "{}", load());
        std::fs::write(&json, text).unwrap();
        let weights = folder.path().join("risk.safetensors");
        let bytes = std::fs::read(&weights).unwrap();
        std::fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
        assert!(load().contains("risk.safetensors: "), "{}", load());
        std::fs::remove_file(&weights).unwrap();
        assert!(load().contains("risk.safetensors"), "{}", load());
    }
}
