//! A trained model as a folder: detector, risk network, and all that lies between a film and a
//! risk. `model.json`, `keypoints.safetensors`, `keypoints.json`, `risk.safetensors`, `risk.json`.

use crate::Error;
use crate::config::PictureConfig;
use crate::films::film::DecodedFilm;
use crate::films::variant_pictures::{render_film, shape};
use crate::model::found_points::FoundPoints;
use crate::stages::Context;
use crate::stages::models::Explained;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_alignment::{Alignment, ImageVariant, VertebraMasks};
use vertebra_deepsurv::{ImageSet, RiskInputs, RiskModel, Saliency, grad_cam};
use vertebra_hrnet::KeypointDetector;
use vertebra_keypoints::{DecidedFacing, Doubt, FacingSource, Verdict, VertebraKeypoints};
use vertebra_radiograph::Radiograph;
use vertebra_run::write_whole;

/// Version of the layout of a model folder.
pub(crate) const SCHEMA_VERSION: u32 = 1;
const DESCRIPTION: &str = "model.json";

/// What is between a film and the risk network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelDescription {
    /// Version of this layout.
    pub schema_version: u32,
    /// Version of the software that wrote it.
    pub version: String,
    /// The model's name in the study.
    pub name: String,
    /// Height to which films are reduced before keypoints are found, px.
    pub film_height: usize,
    /// What the network sees.
    pub variant: ImageVariant,
    /// How it is rendered.
    pub picture: PictureConfig,
    /// Covariates in order, with the value that stands in for a missing one.
    pub covariates: Vec<(String, f64)>,
    /// Horizons of the reported risks, years.
    pub horizons: Vec<f64>,
    /// Longest follow-up of the subjects it was fitted on, years; no risk is given beyond.
    pub last_follow_up: f64,
    /// Subjects and events it was fitted on.
    pub development: vertebra_report::results::SetSize,
    /// What it may be used for.
    pub intended_use: String,
}

impl ModelDescription {
    /// Of the model that a study keeps, which sees this variant.
    pub(crate) fn of(context: Context<'_>, kept: Explained<'_>, variant: ImageVariant) -> Self {
        let (data, config) = (context.data, context.config);
        let times = data.development().iter().map(|&i| data.outcomes.time()[i]);
        Self {
            schema_version: SCHEMA_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: kept.model.name.clone(),
            film_height: config.film_height,
            variant,
            picture: config.picture.clone(),
            covariates: kept.clinical.stand_ins.clone(),
            horizons: config.horizons.clone(),
            last_follow_up: times.fold(0.0, f64::max),
            development: data.size(data.development()),
            intended_use: "research only; not a medical device".to_owned(),
        }
    }
}

/// A detector and a risk network with what lies between.
#[derive(Debug, Clone)]
pub struct TrainedModel {
    description: ModelDescription,
    detector: KeypointDetector,
    network: RiskModel,
}

/// What a model says about one film.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Prediction {
    /// The points, px of the film, with the verdict on them and its warnings.
    pub found: FoundPoints,
    /// Whether the numbers below may be used: the verdict on the points, and on what the risk
    /// network was given.
    pub verdict: Verdict,
    /// Log hazard; 0 is the mean over the subjects it was fitted on.
    pub log_hazard: f64,
    /// Risk of an event by each horizon, `(years, probability)`; `None` beyond the longest
    /// follow-up of the subjects the model was fitted on.
    pub risk: Vec<(f64, Option<f64>)>,
    /// Imputed covariates, where the side of the subject is taken from, and the warnings of the
    /// points.
    pub warnings: Vec<String>,
    /// The pictures the network saw, `[height, width]` each.
    pub images: ImageSet,
    /// The maps from the film to each picture.
    pub alignments: Vec<Alignment>,
    inputs: RiskInputs,
}

impl TrainedModel {
    pub(crate) fn new(
        description: ModelDescription,
        detector: KeypointDetector,
        network: RiskModel,
    ) -> Self {
        Self { description, detector, network }
    }

    /// What is between a film and the risk network.
    #[must_use]
    pub fn description(&self) -> &ModelDescription {
        &self.description
    }

    /// Writes the folder, which is made when absent; `model.json` comes last.
    ///
    /// # Errors
    /// Writing one of the files failed.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        self.detector.save(folder)?;
        self.network.save(folder)?;
        self.write_description(folder)
    }

    /// Writes both networks as `keypoints.onnx` and `risk.onnx` (operator set 17, any batch size),
    /// with what lies between them in `model.json`, into a folder that is made when absent.
    ///
    /// Standardisation is part of the risk network: it reads pictures and covariates as they are
    /// and gives the log hazard of [`predict`](Self::predict). How films become its inputs is in
    /// the files' metadata.
    ///
    /// # Errors
    /// Writing one of the files failed, or the risk network cannot be written as ONNX.
    pub fn export_onnx(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let write = |name: &str, bytes: &[u8]| write_whole(&folder.join(name), bytes);
        write("keypoints.onnx", &self.detector.to_onnx()?)?;
        write("risk.onnx", &self.network.to_onnx()?)?;
        self.write_description(folder)
    }

    fn write_description(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(DESCRIPTION);
        let text = serde_json::to_string_pretty(&self.description)
            .map_err(|e| malformed(&path, "a description that JSON can hold", e))?;
        Ok(write_whole(&path, text)?)
    }

    /// Reads a folder that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// A file is missing, malformed, or of another schema version; each names the file.
    pub fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        let path = folder.join(DESCRIPTION);
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let malformed = |e| malformed(&path, "a model description", e);
        let Version { schema_version: got } = serde_json::from_str(&text).map_err(malformed)?;
        if got != SCHEMA_VERSION {
            return Err(Error::SchemaVersion { path, expected: SCHEMA_VERSION, got });
        }
        let description = serde_json::from_str(&text).map_err(malformed)?;
        let detector = KeypointDetector::load(folder, device)?;
        let network = RiskModel::load(folder, device)?;
        Ok(Self { description, detector, network })
    }

    /// Predicts for one film. `covariates` has one entry per covariate of the description; `None`
    /// is imputed, with a warning.
    ///
    /// # Errors
    /// The film cannot be aligned, or the covariates are not as many as expected.
    pub fn predict(
        &self,
        radiograph: &Radiograph,
        covariates: &[Option<f64>],
    ) -> Result<Prediction, Error> {
        self.predict_named(Path::new("the film"), radiograph, covariates)
    }

    /// As [`predict`](Self::predict) for the film of a file, which errors name.
    ///
    /// # Errors
    /// As there, and where the film cannot be read.
    pub fn predict_file(
        &self,
        path: &Path,
        covariates: &[Option<f64>],
    ) -> Result<Prediction, Error> {
        self.predict_named(path, &Radiograph::open(path)?, covariates)
    }

    pub(crate) fn predict_named(
        &self,
        name: &Path,
        radiograph: &Radiograph,
        covariates: &[Option<f64>],
    ) -> Result<Prediction, Error> {
        let found = self.find(name, radiograph)?;
        self.predict_at(name, radiograph, covariates, found)
    }

    /// The points of a film, px of the film, with the verdict on them.
    pub(crate) fn find(&self, name: &Path, radiograph: &Radiograph) -> Result<FoundPoints, Error> {
        let decoded = DecodedFilm::of(radiograph, self.description.film_height, name)?;
        FoundPoints::on_reduced(&self.detector, (radiograph, decoded), name)
    }

    /// Predicts with these points, whatever the verdict on them.
    pub(crate) fn predict_at(
        &self,
        name: &Path,
        radiograph: &Radiograph,
        covariates: &[Option<f64>],
        found: FoundPoints,
    ) -> Result<Prediction, Error> {
        let mut warnings = Vec::new();
        let covariates = self.imputed(covariates, &mut warnings)?;
        warnings.extend(found.warnings.iter().cloned());
        warnings.extend(found.facing.and_then(side_not_stated));
        let (images, alignments) = self.pictures(name, radiograph, &found.keypoints)?;
        let inputs = match covariates.is_empty() {
            true => RiskInputs::from_images(images.clone()),
            false => RiskInputs::from_covariates(vec![covariates])?.with_images(images.clone())?,
        };
        let log_hazard = self.network.log_hazard(&inputs)?[0];
        let risk = self.description.horizons.iter();
        let known = |h: f64| h <= self.description.last_follow_up;
        let risk =
            risk.map(|&h| (h, known(h).then(|| self.network.risk_at(log_hazard, h)))).collect();
        let outside = self.network.outside(&inputs, log_hazard).into_iter();
        let outside = outside.map(|outside| Doubt::OutsideTraining {
            name: outside.name,
            value: outside.value,
            least: outside.range[0],
            most: outside.range[1],
        });
        let verdict = outside.fold(found.verdict.clone(), Verdict::with);
        Ok(Prediction { found, verdict, log_hazard, risk, warnings, images, alignments, inputs })
    }

    /// What the network sees of a film with these points, and how it was aligned.
    fn pictures(
        &self,
        name: &Path,
        radiograph: &Radiograph,
        keypoints: &VertebraKeypoints,
    ) -> Result<(ImageSet, Vec<Alignment>), Error> {
        let ModelDescription { variant, picture, .. } = &self.description;
        let rendered =
            render_film(radiograph, keypoints, None::<&VertebraMasks>, &[*variant], picture)
                .map_err(Error::alignment(name))?;
        let (mut pixels, mut alignments) = (Vec::new(), Vec::new());
        for images in rendered {
            images.images.iter().for_each(|image| pixels.extend_from_slice(&image.pixels));
            alignments.extend(images.alignments);
        }
        Ok((ImageSet::new(pixels, shape(*variant, picture))?, alignments))
    }

    /// Grad-CAM of the log hazard of a prediction.
    ///
    /// # Errors
    /// As [`grad_cam`].
    pub fn saliency(&self, prediction: &Prediction) -> Result<Saliency, Error> {
        Ok(grad_cam(&self.network, &prediction.inputs)?)
    }

    fn imputed(
        &self,
        covariates: &[Option<f64>],
        warnings: &mut Vec<String>,
    ) -> Result<Vec<f32>, Error> {
        let expected = &self.description.covariates;
        if covariates.len() != expected.len() {
            let (expected, got) = (expected.len(), covariates.len());
            return Err(Error::LengthMismatch { name: "covariates", expected, got });
        }
        let value = |(given, (name, stand_in)): (&Option<f64>, &(String, f64))| {
            given.unwrap_or_else(|| {
                warnings.push(format!("{name} is not given; {stand_in} stands in"));
                *stand_in
            }) as f32
        };
        Ok(covariates.iter().zip(expected).map(value).collect())
    }
}

/// A warning where the side of the subject is not stated.
fn side_not_stated(decided: DecidedFacing) -> Option<String> {
    let DecidedFacing { probability, by, .. } = decided;
    (by != FacingSource::Stated).then(|| {
        let said = "the film does not state which way the subject faces; decided";
        format!("{said} {by} (probability {probability:.2})")
    })
}

/// What is looked at before the rest of a description.
#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

fn malformed(path: &Path, expected: &str, got: serde_json::Error) -> Error {
    Error::Malformed { path: path.to_owned(), expected: expected.to_owned(), got: got.to_string() }
}
