//! A model folder of a study, or a detector alone, asked about films.

use super::answer::{Answer, AnswerOptions};
use super::covariate_model::CovariateModel;
use super::found_points::FoundPoints;
use super::model_folder::{AnyModel, ModelFolder};
use super::trained_model::TrainedModel;
use crate::Error;
use burn::tensor::Device;
use std::path::Path;
use vertebra_deepsurv::Error::UndefinedMap;
use vertebra_hrnet::KeypointDetector;
use vertebra_keypoints::Doubt;
use vertebra_radiograph::Radiograph;
use vertebra_run::write_whole;

/// The model folder of a study, or the folder of a keypoint detector alone.
///
/// ```no_run
/// use vertebra_study::{AnswerOptions, Predictor};
/// let device = burn::tensor::Device::default();
/// let predictor = Predictor::load("runs/mine/model".as_ref(), &device)?;
/// let covariates = vec![None; predictor.covariates().len()];
/// let answer = predictor.answer("film.dcm".as_ref(), &covariates, &AnswerOptions::default())?;
/// println!("{answer}");
/// # Ok::<(), vertebra_study::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Predictor {
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Whole(Box<TrainedModel>),
    Covariates(Box<CovariateModel>),
    Detector(Box<KeypointDetector>),
}

impl Predictor {
    /// Reads a folder that a study or `train-keypoints` wrote; of a study the default model.
    ///
    /// # Errors
    /// As [`ModelFolder::open`] and [`KeypointDetector::load`].
    pub fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        let alone = folder.join("keypoints.json").exists() && !folder.join("models.json").exists();
        match alone {
            true => {
                let detector = KeypointDetector::load(folder, device)?;
                Ok(Self { kind: Kind::Detector(Box::new(detector)) })
            }
            false => Self::of(&ModelFolder::open(folder)?, None, device),
        }
    }

    /// Reads one model of the folder that a study wrote.
    ///
    /// # Errors
    /// As [`ModelFolder::find`]; a file of the model is missing or malformed.
    pub fn load_named(folder: &Path, name: &str, device: &Device) -> Result<Self, Error> {
        Self::of(&ModelFolder::open(folder)?, Some(name), device)
    }

    fn of(models: &ModelFolder, name: Option<&str>, device: &Device) -> Result<Self, Error> {
        let kind = match models.load(name, device)? {
            AnyModel::Film(model) => Kind::Whole(model),
            AnyModel::Covariates(model) => Kind::Covariates(model),
        };
        Ok(Self { kind })
    }

    /// The detector that comes with this project, [`KeypointDetector::shipped`]: points and
    /// verdicts, no risk.
    ///
    /// # Errors
    /// As there.
    pub fn shipped(device: &Device) -> Result<Self, Error> {
        let detector = KeypointDetector::shipped(device)?;
        Ok(Self { kind: Kind::Detector(Box::new(detector)) })
    }

    /// As [`KeypointDetector::with_int8`], for its detector; a risk network is not changed, but what
    /// it sees is by the points.
    #[must_use]
    pub fn with_int8(self, int8: bool) -> Self {
        let kind = match self.kind {
            Kind::Whole(model) => Kind::Whole(Box::new(model.with_int8(int8))),
            Kind::Detector(detector) => Kind::Detector(Box::new(detector.with_int8(int8))),
            Kind::Covariates(model) => Kind::Covariates(model),
        };
        Self { kind }
    }

    /// As [`KeypointDetector::is_int8`], of its detector.
    #[must_use]
    pub fn is_int8(&self) -> bool {
        match &self.kind {
            Kind::Whole(model) => model.is_int8(),
            Kind::Detector(detector) => detector.is_int8(),
            Kind::Covariates(_) => false,
        }
    }

    /// Names of the covariates that an answer needs, in order; none for a detector.
    #[must_use]
    pub fn covariates(&self) -> Vec<String> {
        let description = match &self.kind {
            Kind::Whole(model) => model.description(),
            Kind::Covariates(model) => model.description(),
            Kind::Detector(_) => return Vec::new(),
        };
        description.covariates.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Whether an answer needs a film; otherwise [`answer_covariates`](Self::answer_covariates)
    /// gives it.
    #[must_use]
    pub fn needs_film(&self) -> bool {
        !matches!(self.kind, Kind::Covariates(_))
    }

    /// What a model of covariates alone says of a subject, which the answer calls by this name.
    ///
    /// # Errors
    /// The covariates are not as many as expected; [`Error::NeedsFilm`] from a model that sees
    /// films.
    pub fn answer_covariates(
        &self,
        name: &Path,
        covariates: &[Option<f64>],
        options: &AnswerOptions,
    ) -> Result<Answer, Error> {
        match &self.kind {
            Kind::Covariates(model) => {
                Ok(Answer::of_covariates(name, model.predict(covariates)?, options.force))
            }
            _ => Err(Error::NeedsFilm { name: name.to_owned() }),
        }
    }

    /// What is said of a film: the verdict on it, its keypoints and, from a whole model, its log
    /// hazard and risks. `covariates` has one value per [`covariates`](Self::covariates); what is
    /// `None` is imputed, with a warning. A film that cannot be read has an answer too. A model of
    /// covariates alone does not look at the film.
    ///
    /// # Errors
    /// The covariates are not as many as expected, the overlay cannot be written, or the device
    /// fails.
    pub fn answer(
        &self,
        film: &Path,
        covariates: &[Option<f64>],
        options: &AnswerOptions,
    ) -> Result<Answer, Error> {
        if !self.needs_film() {
            return self.answer_covariates(film, covariates, options);
        }
        self.answer_to(film, Radiograph::open(film), covariates, options)
    }

    /// As [`answer`](Self::answer) for a film that was read, or why it could not be; the answer
    /// calls it by this name.
    ///
    /// # Errors
    /// As there.
    pub fn answer_to(
        &self,
        name: &Path,
        film: Result<Radiograph, vertebra_radiograph::Error>,
        covariates: &[Option<f64>],
        options: &AnswerOptions,
    ) -> Result<Answer, Error> {
        let film = match film {
            Ok(film) => film,
            Err(error) => return Ok(Answer::unreadable(name, &error)),
        };
        let found = match &self.kind {
            Kind::Whole(model) => model.find(name, &film),
            Kind::Covariates(_) => return self.answer_covariates(name, covariates, options),
            Kind::Detector(detector) => FoundPoints::on_named(detector, &film, name),
        };
        let found = match found {
            Ok(found) => found,
            Err(error @ (Error::Film { .. } | Error::Alignment { .. })) => {
                return Ok(Answer::unreadable(name, &error));
            }
            Err(error) => return Err(error),
        };
        match &self.kind {
            Kind::Whole(model) if found.verdict.is_ok() || options.force => {
                predicted(model, (name, &film), covariates, found, options)
            }
            _ => {
                if let Some(overlay) = options.overlay_of(&found.verdict) {
                    found.write_overlay(&film, overlay)?;
                }
                Ok(Answer::of_points(name, found, options.force))
            }
        }
    }

    /// Writes the networks as ONNX into a folder, which is made when absent: both with
    /// `model.json` ([`TrainedModel::export_onnx`]), or that of the detector.
    ///
    /// # Errors
    /// Writing one of the files failed, or a network cannot be written as ONNX.
    pub fn export_onnx(&self, folder: &Path) -> Result<(), Error> {
        match &self.kind {
            Kind::Whole(model) => model.export_onnx(folder),
            Kind::Covariates(model) => model.export_onnx(folder),
            Kind::Detector(detector) => {
                std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
                Ok(write_whole(&folder.join("keypoints.onnx"), detector.to_onnx()?)?)
            }
        }
    }
}

/// The answer of a whole model with points that may be used, or have to be.
fn predicted(
    model: &TrainedModel,
    (name, film): (&Path, &Radiograph),
    covariates: &[Option<f64>],
    found: FoundPoints,
    options: &AnswerOptions,
) -> Result<Answer, Error> {
    let mut prediction = match model.predict_at(name, film, covariates, found.clone()) {
        Ok(prediction) => prediction,
        Err(Error::Alignment { source, .. }) => {
            let doubt = Doubt::NotAlignable { message: source.to_string() };
            let found = FoundPoints { verdict: found.verdict.clone().with(doubt), ..found };
            return Ok(Answer::of_points(name, found, options.force));
        }
        Err(error) => return Err(error),
    };
    if let Some(overlay) = options.overlay_of(&prediction.verdict) {
        match model.write_overlay(film, (&prediction, options.map), overlay) {
            Err(Error::RiskModel { source: why @ UndefinedMap { .. } }) => {
                prediction.warnings.push(why.to_string());
                prediction.found.write_overlay(film, overlay)?;
            }
            written => drop(written?),
        }
    }
    Ok(Answer::of_prediction(name, prediction, options.force))
}
