//! A model of curves as a folder: `curves.safetensors` (weights) and `curves.json` (the rest).
use crate::{
    CurveModel, EncoderSettings, Error, Preprocessing, RiskModelConfig,
    fitted::Fitted,
    network::{Outputs, RiskNetwork},
    store::{check_constants, description_in, write_description},
    weights,
};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_run::Seed;
use vertebra_survival::losses::TimeGrid;

/// Goes up when a reader of the old layout would misread the new one.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Description<E> {
    schema_version: u32,
    crate_version: String,
    config: RiskModelConfig<E>,
    preprocessing: Preprocessing,
    grid: TimeGrid,
    common_logits: Vec<f64>,
}

impl<E: EncoderSettings> CurveModel<E> {
    /// Writes the model into `folder`, which is made if need be.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`], naming the file.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        weights::save(&self.fitted().network, &folder.join("curves.safetensors"))?;
        let description = Description {
            schema_version: SCHEMA_VERSION,
            crate_version: env!("CARGO_PKG_VERSION").to_owned(),
            config: self.config().clone(),
            preprocessing: self.preprocessing().clone(),
            grid: self.grid().clone(),
            common_logits: self.common_logits().to_vec(),
        };
        write_description(&folder.join("curves.json"), &description)
    }

    /// Reads a model that [`save`](Self::save) wrote, with an encoder of one's own.
    ///
    /// # Errors
    /// As [`CurveModel::load`].
    pub fn load_own(folder: &Path, device: &Device) -> Result<Self, Error> {
        let path = folder.join("curves.json");
        let Description { config, preprocessing, grid, common_logits, .. } =
            description_in(&path, "a model of curves", SCHEMA_VERSION)?;
        config.check()?;
        check_constants(&path, &config, &preprocessing)?;
        let (expected, got) = (grid.n_intervals(), common_logits.len());
        if expected != got {
            let expected = format!("common logits of {expected} intervals");
            return Err(Error::malformed(&path, expected, got));
        }
        let device = device.clone().without_autodiff();
        let outputs = Outputs::Hazards(grid.n_intervals());
        let network = RiskNetwork::new(&config, outputs, Seed::new(0), &device);
        let network = weights::load(network, &folder.join("curves.safetensors"))?;
        let fitted = Fitted::new(config, preprocessing, network);
        Ok(Self::from_parts(fitted, grid, common_logits))
    }
}

impl CurveModel {
    /// Reads a model that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Malformed`], naming the file; settings out of their domain.
    pub fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        Self::load_own(folder, device)
    }
}
