//! What a model folder says of one film, as one serialisable answer.

use super::found_points::{FoundPoints, KeypointCertainty};
use super::model_folder::{Prediction, TrainedModel};
use crate::Error;
use burn::tensor::Device;
use serde::Serialize;
use std::fmt;
use std::path::Path;
use vertebra_hrnet::KeypointDetector;
use vertebra_keypoints::{Level, VertebraKeypoints};
use vertebra_radiograph::Radiograph;
use vertebra_run::write_whole;

/// Why a risk is not given.
const BEYOND: &str = "beyond the longest follow-up of the subjects the model was fitted on";
const NO_RISK: &str = "the model folder holds a keypoint detector alone";
/// Why no probability that the points are right is given.
const NOT_CALIBRATED: &str = "the model's detector was not calibrated";
const LESS_THAN_ANY: &str = "less certain than every film the detector was calibrated on";

/// The model folder of a study, or the folder of a keypoint detector alone.
///
/// ```no_run
/// use vertebra_study::Predictor;
/// let device = burn::tensor::Device::default();
/// let predictor = Predictor::load("runs/mine/model".as_ref(), &device)?;
/// let covariates = vec![None; predictor.covariates().len()];
/// println!("{}", predictor.answer("film.dcm".as_ref(), &covariates, None)?);
/// # Ok::<(), vertebra_study::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Predictor {
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Whole(Box<TrainedModel>),
    Detector(Box<KeypointDetector>),
}

impl Predictor {
    /// Reads a folder that a study or `train-keypoints` wrote.
    ///
    /// # Errors
    /// As [`TrainedModel::load`] and [`KeypointDetector::load`].
    pub fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        let alone = folder.join("keypoints.json").exists() && !folder.join("model.json").exists();
        let kind = match alone {
            true => Kind::Detector(Box::new(KeypointDetector::load(folder, device)?)),
            false => Kind::Whole(Box::new(TrainedModel::load(folder, device)?)),
        };
        Ok(Self { kind })
    }

    /// Names of the covariates that an answer needs, in order; none for a detector.
    #[must_use]
    pub fn covariates(&self) -> Vec<String> {
        match &self.kind {
            Kind::Whole(model) => {
                model.description().covariates.iter().map(|(name, _)| name.clone()).collect()
            }
            Kind::Detector(_) => Vec::new(),
        }
    }

    /// Keypoints of a film and, from a whole model, its log hazard and risks. `covariates` has one
    /// value per [`covariates`](Self::covariates); what is `None` is imputed, with a warning.
    /// `overlay` is a PNG to write: the film with its points, and Grad-CAM of what the network saw.
    ///
    /// # Errors
    /// The film cannot be read or aligned, the covariates are not as many as expected, or the
    /// overlay cannot be written.
    pub fn answer(
        &self,
        film: &Path,
        covariates: &[Option<f64>],
        overlay: Option<&Path>,
    ) -> Result<Answer, Error> {
        let radiograph = Radiograph::open(film)?;
        match &self.kind {
            Kind::Whole(model) => {
                let prediction = model.predict_named(film, &radiograph, covariates)?;
                if let Some(overlay) = overlay {
                    model.write_overlay(&radiograph, &prediction, overlay)?;
                }
                Ok(Answer::of_prediction(film, prediction))
            }
            Kind::Detector(detector) => {
                let found = FoundPoints::on_named(detector, &radiograph, film)?;
                if let Some(overlay) = overlay {
                    found.write_overlay(&radiograph, overlay)?;
                }
                Ok(Answer::of_points(film, found))
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
            Kind::Detector(detector) => {
                std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
                Ok(write_whole(&folder.join("keypoints.onnx"), detector.to_onnx()?)?)
            }
        }
    }
}

/// What is said of one film. It displays as lines of text; what is not known comes with the reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// The film.
    pub file: String,
    /// Centres of L1..L5, px of the film.
    pub keypoints: [AnsweredPoint; 5],
    /// How probable it is that these are the centres.
    pub keypoints_found: KeypointsFound,
    /// Log hazard; 0 is the mean over the subjects the model was fitted on.
    pub log_hazard: Option<f64>,
    /// Risk of an event by each horizon.
    pub risk: Vec<AnsweredRisk>,
    /// What is suspicious.
    pub warnings: Vec<String>,
    /// Why there is no log hazard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

/// The centre of one vertebra.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AnsweredPoint {
    /// The detector's confidence.
    pub confidence: f64,
    /// `L1` .. `L5`.
    pub level: Level,
    /// Column, px.
    pub x: f64,
    /// Row, px.
    pub y: f64,
}

/// How probable it is that all points are found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KeypointsFound {
    /// The probability, where it is known.
    pub probability: Option<f64>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
    /// Greatest error of a point that counts as found, mm.
    pub within_mm: Option<f64>,
}

/// The risk of an event by one horizon.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AnsweredRisk {
    /// Years.
    pub horizon: f64,
    /// The risk, where it is known.
    pub probability: Option<f64>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

impl Answer {
    fn of_prediction(film: &Path, prediction: Prediction) -> Self {
        let Prediction { keypoints, certainty, log_hazard, risk, warnings, .. } = prediction;
        let mut answer = Self::of_points(film, FoundPoints { keypoints, certainty, warnings });
        let risk = risk.into_iter().map(|(horizon, probability)| {
            let why = probability.is_none().then_some(BEYOND);
            AnsweredRisk { horizon, probability, why }
        });
        (answer.log_hazard, answer.risk, answer.why) = (Some(log_hazard), risk.collect(), None);
        answer
    }

    fn of_points(film: &Path, found: FoundPoints) -> Self {
        Self {
            file: film.display().to_string(),
            keypoints: points(&found.keypoints),
            keypoints_found: KeypointsFound::of(found.certainty),
            log_hazard: None,
            risk: Vec::new(),
            warnings: found.warnings,
            why: Some(NO_RISK),
        }
    }
}

fn points(keypoints: &VertebraKeypoints) -> [AnsweredPoint; 5] {
    Level::ALL.map(|level| {
        let p = keypoints.get(level);
        AnsweredPoint { confidence: p.confidence, level, x: p.x, y: p.y }
    })
}

impl KeypointsFound {
    fn of(certainty: Option<KeypointCertainty>) -> Self {
        let why = match certainty {
            None => Some(NOT_CALIBRATED),
            Some(certainty) => certainty.probability.is_none().then_some(LESS_THAN_ANY),
        };
        let probability = certainty.and_then(|certainty| certainty.probability);
        Self { probability, why, within_mm: certainty.map(|certainty| certainty.within_mm) }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.file)?;
        for AnsweredPoint { confidence, level, x, y } in &self.keypoints {
            writeln!(f, "  {level}  x {x:7.1}  y {y:7.1}  confidence {confidence:.2}")?;
        }
        let KeypointsFound { probability, why, within_mm } = self.keypoints_found;
        if let Some(mm) = within_mm {
            write!(f, "  all points within {mm} mm")?;
            match (probability, why) {
                (Some(probability), _) => writeln!(f, " with probability {probability:.2}")?,
                (None, why) => writeln!(f, ": not known, {}", why.unwrap_or_default())?,
            }
        }
        if let Some(log_hazard) = self.log_hazard {
            writeln!(f, "  log hazard {log_hazard:+.3}")?;
        }
        for AnsweredRisk { horizon, probability, why } in &self.risk {
            match probability {
                Some(p) => writeln!(f, "  risk by {horizon} years {:5.1} %", 100.0 * p)?,
                None => writeln!(f, "  risk by {horizon} years: {}", why.unwrap_or_default())?,
            }
        }
        self.warnings.iter().try_for_each(|warning| writeln!(f, "  warning: {warning}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(certainty: Option<KeypointCertainty>) -> FoundPoints {
        let keypoints = VertebraKeypoints::from_xy([1., 2., 3., 4., 5.].map(|y| (10.5, 20.0 * y)));
        let warnings = vec!["L2: not the highest peak".to_owned()];
        FoundPoints { keypoints: keypoints.unwrap(), certainty, warnings }
    }

    fn certainty(probability: Option<f64>) -> Option<KeypointCertainty> {
        Some(KeypointCertainty { within_mm: 5.0, probability })
    }

    #[test]
    fn a_detector_gives_points_and_says_why_it_gives_no_risk() {
        let answer = Answer::of_points(Path::new("a.dcm"), found(certainty(Some(0.93))));
        let value = serde_json::to_value(&answer).unwrap();
        assert_eq!(value["keypoints_found"], json!({"within_mm": 5.0, "probability": 0.93}));
        assert_eq!(value["log_hazard"], json!(null));
        assert_eq!(value["why"], json!(NO_RISK));
        let point = json!({"level": "L1", "x": 10.5, "y": 20.0, "confidence": 1.0});
        assert_eq!(value["keypoints"][0], point);
        let text = answer.to_string();
        assert!(text.starts_with("a.dcm\n  L1  x    10.5  y    20.0  confidence 1.00\n"), "{text}");
        assert!(text.contains("all points within 5 mm with probability 0.93\n"), "{text}");
        assert!(text.ends_with("  warning: L2: not the highest peak\n"), "{text}");
    }

    #[test]
    fn what_is_not_known_comes_with_its_reason() {
        let uncalibrated = Answer::of_points(Path::new("a"), found(None));
        let value = serde_json::to_value(&uncalibrated).unwrap();
        let expected = json!({"within_mm": null, "probability": null, "why": NOT_CALIBRATED});
        assert_eq!(value["keypoints_found"], expected);
        assert!(!uncalibrated.to_string().contains("all points"));
        let mut beyond = Answer::of_points(Path::new("a"), found(certainty(None)));
        beyond.log_hazard = Some(-0.25);
        beyond.risk = vec![
            AnsweredRisk { horizon: 1.0, probability: Some(0.042), why: None },
            AnsweredRisk { horizon: 9.0, probability: None, why: Some(BEYOND) },
        ];
        let text = beyond.to_string();
        assert!(text.contains(&format!("within 5 mm: not known, {LESS_THAN_ANY}\n")), "{text}");
        assert!(text.contains("  log hazard -0.250\n  risk by 1 years   4.2 %\n"), "{text}");
        assert!(text.contains(&format!("  risk by 9 years: {BEYOND}\n")), "{text}");
        let value = serde_json::to_value(&beyond).unwrap();
        assert_eq!(value["risk"][0], json!({"horizon": 1.0, "probability": 0.042}));
    }
}
