//! A model that sees a film: detector, risk network, and all that lies between a film and a risk.

use crate::Error;
use crate::films::film::DecodedFilm;
use crate::films::saliency::saliency;
use crate::films::variant_pictures::{render_film, shape};
use crate::model::description::{FilmDescription, ModelDescription, outside_training};
use crate::model::found_points::FoundPoints;
use crate::model::json::malformed;
use crate::model::model_folder::{AnyModel, ModelFolder};
use crate::model::recalibration::ModelRecalibration;
use burn::tensor::Device;
use std::path::Path;
use vertebra_alignment::{Alignment, VertebraMasks};
use vertebra_deepsurv::{ImageSet, RiskInputs, RiskModel, Saliency, SaliencyMethod};
use vertebra_hrnet::KeypointDetector;
use vertebra_keypoints::{DecidedFacing, Doubt, FacingSource, Verdict, VertebraKeypoints};
use vertebra_radiograph::Radiograph;
use vertebra_run::write_whole;

/// A detector and a risk network with what lies between.
#[derive(Debug, Clone)]
pub struct TrainedModel {
    description: ModelDescription,
    film: FilmDescription,
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

/// What a network says of the pictures of one film.
pub(crate) struct JudgedPictures {
    pub(crate) log_hazard: f64,
    pub(crate) risk: Vec<(f64, Option<f64>)>,
    /// What of the inputs or the log hazard lies beyond all that the network was trained on.
    pub(crate) doubts: Vec<Doubt>,
    inputs: RiskInputs,
}

impl TrainedModel {
    /// The name of the folder of a model that is written alone.
    const ALONE: &str = "model";

    pub(crate) fn new(
        description: ModelDescription,
        film: FilmDescription,
        (detector, network): (KeypointDetector, RiskModel),
    ) -> Self {
        let description = ModelDescription { film: Some(film.clone()), ..description };
        Self { description, film, detector, network }
    }

    /// What is between a film and the risk network.
    #[must_use]
    pub fn description(&self) -> &ModelDescription {
        &self.description
    }

    /// Writes a model folder with this model alone, which is made when absent.
    ///
    /// # Errors
    /// Writing one of the files failed.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        let models = [(Self::ALONE.to_owned(), AnyModel::Film(Box::new(self.clone())))];
        ModelFolder::write(folder, &self.detector, (&models, Self::ALONE), None)
    }

    /// The same with one more step of its lineage.
    pub(super) fn recalibrated(&self, step: ModelRecalibration) -> Self {
        Self { description: self.description.clone().recalibrated(step), ..self.clone() }
    }

    /// As [`KeypointDetector::with_int8`], for its detector.
    #[must_use]
    pub(super) fn with_int8(self, int8: bool) -> Self {
        Self { detector: self.detector.with_int8(int8), ..self }
    }

    pub(super) fn is_int8(&self) -> bool {
        self.detector.is_int8()
    }

    /// How a film becomes what the network sees.
    pub(crate) fn film(&self) -> &FilmDescription {
        &self.film
    }

    /// Writes all but the detector.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        self.network.save(folder)?;
        self.description.write(folder)
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
        self.description.write(folder)
    }

    /// Reads the default model of a folder that a study or [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// A file is missing, malformed, or of another schema version; each names the file.
    pub fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        let models = ModelFolder::open(folder)?;
        match models.load(None, device)? {
            AnyModel::Film(model) => Ok(*model),
            AnyModel::Covariates(model) => {
                let name = &model.description().name;
                Err(malformed(folder, "a default model that sees films", name))
            }
        }
    }

    /// Reads what [`write`](Self::write) wrote.
    pub(super) fn read(
        folder: &Path,
        detector: KeypointDetector,
        device: &Device,
    ) -> Result<Self, Error> {
        let description = ModelDescription::read(folder)?;
        let film = description.film.clone().ok_or_else(|| {
            malformed(
                folder,
                "a model that sees films",
                "one without film_height, variant, picture",
            )
        })?;
        let network = RiskModel::load(folder, device)?;
        check_fit(folder, &description, &film, &network)?;
        Ok(Self { description, film, detector, network })
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
        let decoded = DecodedFilm::of(radiograph, self.film.film_height, name)?;
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
        let covariates = self.description.imputed(covariates, &mut warnings)?;
        let (images, alignments) = self.pictures(name, radiograph, &found.keypoints)?;
        let judged = self.judge(&covariates, &images)?;
        warnings.extend(found.warnings.iter().cloned());
        warnings.extend(found.facing.and_then(side_not_stated));
        let verdict = judged.doubts.into_iter().fold(found.verdict.clone(), Verdict::with);
        let JudgedPictures { log_hazard, risk, inputs, .. } = judged;
        Ok(Prediction { found, verdict, log_hazard, risk, warnings, images, alignments, inputs })
    }

    /// What the network says of a film's pictures and complete covariates.
    pub(crate) fn judge(
        &self,
        covariates: &[f64],
        images: &ImageSet,
    ) -> Result<JudgedPictures, Error> {
        let covariates: Vec<f32> = covariates.iter().map(|&value| value as f32).collect();
        let inputs = match covariates.is_empty() {
            true => RiskInputs::from_images(images.clone()),
            false => RiskInputs::from_covariates(vec![covariates])?.with_images(images.clone())?,
        };
        let log_hazard = self.network.log_hazard(&inputs)?[0];
        let risk = self.description.risks(|horizon| self.network.risk_at(log_hazard, horizon));
        let outside = self.network.outside(&inputs, log_hazard)?.into_iter().map(outside_training);
        Ok(JudgedPictures { log_hazard, risk, doubts: outside.collect(), inputs })
    }

    /// What the network sees of a film with these points, and how it was aligned.
    pub(crate) fn pictures(
        &self,
        name: &Path,
        radiograph: &Radiograph,
        keypoints: &VertebraKeypoints,
    ) -> Result<(ImageSet, Vec<Alignment>), Error> {
        let FilmDescription { variant, picture, .. } = &self.film;
        let rendered =
            render_film(radiograph, keypoints, None::<&VertebraMasks>, &[*variant], picture)
                .map_err(Error::alignment(name))?;
        let (mut pixels, mut alignments) = (Vec::new(), Vec::new());
        for images in rendered.images {
            images.images.iter().for_each(|image| pixels.extend_from_slice(&image.pixels));
            alignments.extend(images.alignments);
        }
        Ok((ImageSet::new(pixels, shape(*variant, picture))?, alignments))
    }

    /// A map of the log hazard of a prediction; in the study's checks of maps by the same settings.
    ///
    /// # Errors
    /// As [`grad_cam`](vertebra_deepsurv::grad_cam), also where the map is zero everywhere.
    pub fn saliency(
        &self,
        prediction: &Prediction,
        method: SaliencyMethod,
    ) -> Result<Saliency, Error> {
        saliency(method, &self.network, &prediction.inputs)
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

/// That a description and a network are of one model.
fn check_fit(
    folder: &Path,
    description: &ModelDescription,
    film: &FilmDescription,
    network: &RiskModel,
) -> Result<(), Error> {
    let names: Vec<&str> = description.covariates.iter().map(|(name, _)| name.as_str()).collect();
    let config = network.config();
    if names != config.covariates {
        let expected = format!("a network of the covariates {}", names.join(", "));
        return Err(malformed(folder, &expected, config.covariates.join(", ")));
    }
    let expected = shape(film.variant, &film.picture);
    match config.image.as_ref().map(|image| image.shape) {
        Some(shape) if shape == expected => Ok(()),
        other => {
            let expected = format!("a network of pictures of {expected:?} px");
            Err(malformed(folder, &expected, format!("{other:?}")))
        }
    }
}
