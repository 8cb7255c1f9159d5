//! A model folder and radiographs in; keypoints, log hazard and risks out. The folder of a keypoint
//! detector alone gives keypoints alone.

#![allow(clippy::print_stderr)]

use anyhow::{Context, bail, ensure};
use clap::Parser;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_cohort::table::FilmCovariates;
use vertebra_examples::output::{self, exit_code, sentence};
use vertebra_examples::say;
use vertebra_hrnet::KeypointDetector;
use vertebra_keypoints::{Level, VertebraKeypoints};
use vertebra_run::write_whole;
use vertebra_study::{FoundPoints, KeypointCertainty, Prediction, TrainedModel};

/// Finds L1..L5 on lateral lumbar radiographs and predicts the risk of vertebral fracture.
///
/// With the folder of a keypoint detector, as train-keypoints writes it, it finds L1..L5 only.
///
/// For research only; not a medical device.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of a trained model, as a study writes it, or of a keypoint detector
    #[arg(long)]
    model: PathBuf,
    /// Radiographs (DICOM, PNG)
    #[arg(required_unless_present = "export_onnx")]
    files: Vec<PathBuf>,
    /// CSV with a column `file` and one column per covariate of the model
    #[arg(long)]
    covariates: Option<PathBuf>,
    /// Folder for one PNG per radiograph: the points found, and Grad-CAM of what the network saw
    #[arg(long)]
    overlay: Option<PathBuf>,
    /// Folder for the model's networks as keypoints.onnx and risk.onnx, for any other runtime
    #[arg(long, value_name = "DIR")]
    export_onnx: Option<PathBuf>,
    /// Print one JSON object per radiograph
    #[arg(long)]
    json: bool,
}

/// Why a risk is not given.
const BEYOND: &str = "beyond the longest follow-up of the subjects the model was fitted on";
const NO_RISK: &str = "the model folder holds a keypoint detector alone";
/// Why no probability that the points are right is given.
const NOT_CALIBRATED: &str = "the model's detector was not calibrated";
const LESS_THAN_ANY: &str = "less certain than every film the detector was calibrated on";

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

/// What a model folder holds, and the covariates it needs.
enum Model {
    Whole(Box<TrainedModel>, FilmCovariates),
    Detector(Box<KeypointDetector>),
}

impl Model {
    fn load(arguments: &Arguments) -> anyhow::Result<Self> {
        let device = burn::tensor::Device::default();
        let folder = &arguments.model;
        if folder.join("keypoints.json").exists() && !folder.join("model.json").exists() {
            let no_use = "--covariates: a keypoint detector alone has no use for them";
            ensure!(arguments.covariates.is_none(), no_use);
            return Ok(Self::Detector(Box::new(KeypointDetector::load(folder, &device)?)));
        }
        let model = TrainedModel::load(folder, &device)?;
        let names: Vec<String> =
            model.description().covariates.iter().map(|(name, _)| name.clone()).collect();
        let covariates = match &arguments.covariates {
            Some(path) => FilmCovariates::read(path, &names)?,
            None => FilmCovariates::none(names.len()),
        };
        Ok(Self::Whole(Box::new(model), covariates))
    }

    fn export_onnx(&self, folder: &Path) -> anyhow::Result<()> {
        match self {
            Self::Whole(model, _) => model.export_onnx(folder)?,
            Self::Detector(detector) => {
                let path = folder.join("keypoints.onnx");
                let bytes = detector.to_onnx()?;
                make(folder)?;
                write_whole(&path, bytes)?;
            }
        }
        eprintln!("wrote {}", folder.display());
        Ok(())
    }

    fn answer(&self, file: &Path, picture: Option<&Path>) -> anyhow::Result<Answer> {
        match self {
            Self::Whole(model, covariates) => {
                let prediction = model.predict(file, &covariates.of(file)?)?;
                if let Some(picture) = picture {
                    model.write_overlay(file, &prediction, picture)?;
                }
                Ok(Answer::from(prediction))
            }
            Self::Detector(detector) => {
                let found = FoundPoints::on_film(detector, file)?;
                if let Some(picture) = picture {
                    found.write_overlay(file, picture)?;
                }
                Ok(Answer::from(found))
            }
        }
    }
}

/// What is said of one radiograph.
struct Answer {
    keypoints: VertebraKeypoints,
    certainty: Option<KeypointCertainty>,
    hazard: Option<Hazard>,
    warnings: Vec<String>,
}

struct Hazard {
    log: f64,
    /// By each horizon, as in [`Prediction`].
    risk: Vec<(f64, Option<f64>)>,
}

impl From<Prediction> for Answer {
    fn from(it: Prediction) -> Self {
        let Prediction { keypoints, certainty, log_hazard, risk, warnings, .. } = it;
        Self { keypoints, certainty, hazard: Some(Hazard { log: log_hazard, risk }), warnings }
    }
}

impl From<FoundPoints> for Answer {
    fn from(FoundPoints { keypoints, certainty, warnings }: FoundPoints) -> Self {
        Self { keypoints, certainty, hazard: None, warnings }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let model = Model::load(arguments)?;
    if let Some(folder) = &arguments.overlay {
        make(folder)?;
    }
    if let Some(folder) = &arguments.export_onnx {
        model.export_onnx(folder)?;
    }
    let mut failed = 0;
    for file in &arguments.files {
        if let Err(error) = predict(&model, file, arguments) {
            failed += 1;
            eprintln!("{}", sentence(&error));
        }
    }
    if failed > 0 {
        bail!("{failed} of {} radiographs could not be predicted", arguments.files.len());
    }
    Ok(())
}

fn make(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn predict(model: &Model, file: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let picture = arguments.overlay.as_ref().map(|folder| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        folder.join(format!("{name}.png"))
    });
    if let Some(picture) = picture.as_ref().filter(|picture| picture.exists()) {
        bail!("{} exists already; give another folder", picture.display());
    }
    let answer = model.answer(file, picture.as_deref())?;
    if arguments.json {
        say!("{}", answer.as_json(file));
    } else {
        output::print(format_args!("{}", answer.as_text(file)));
    }
    Ok(())
}

impl Answer {
    fn as_json(&self, file: &Path) -> Value {
        let keypoint = |level: &Level| {
            let p = self.keypoints.get(*level);
            json!({"level": level.name(), "x": p.x, "y": p.y, "confidence": p.confidence})
        };
        let risk = |(horizon, probability): &(f64, Option<f64>)| match probability {
            Some(probability) => json!({"horizon": horizon, "probability": probability}),
            None => json!({"horizon": horizon, "probability": null, "why": BEYOND}),
        };
        let mut value = json!({
            "file": file.display().to_string(),
            "keypoints": Level::ALL.iter().map(keypoint).collect::<Vec<_>>(),
            "keypoints_found": self.found_as_json(),
            "warnings": self.warnings,
        });
        let hazard = match &self.hazard {
            Some(hazard) => {
                let risks: Vec<Value> = hazard.risk.iter().map(risk).collect();
                json!({"log_hazard": hazard.log, "risk": risks})
            }
            None => json!({"log_hazard": null, "risk": [], "why": NO_RISK}),
        };
        if let (Value::Object(entries), Value::Object(more)) = (&mut value, hazard) {
            entries.extend(more);
        }
        value
    }

    fn found_as_json(&self) -> Value {
        let within_mm = self.certainty.map(|certainty| certainty.within_mm);
        match self.found_probability() {
            Ok(probability) => json!({"within_mm": within_mm, "probability": probability}),
            Err(why) => json!({"within_mm": within_mm, "probability": null, "why": why}),
        }
    }

    /// The probability that all points are found, or why there is none.
    fn found_probability(&self) -> Result<f64, &'static str> {
        self.certainty.ok_or(NOT_CALIBRATED)?.probability.ok_or(LESS_THAN_ANY)
    }

    fn as_text(&self, file: &Path) -> String {
        let mut text = format!("{}\n", file.display());
        for level in Level::ALL {
            let p = self.keypoints.get(level);
            let (x, y, confidence) = (p.x, p.y, p.confidence);
            text += &format!("  {level}  x {x:7.1}  y {y:7.1}  confidence {confidence:.2}\n");
        }
        if let Some(certainty) = self.certainty {
            text += &format!("  all points within {} mm", certainty.within_mm);
            text += &match self.found_probability() {
                Ok(probability) => format!(" with probability {probability:.2}\n"),
                Err(why) => format!(": not known, {why}\n"),
            };
        }
        if let Some(hazard) = &self.hazard {
            text += &format!("  log hazard {:+.3}\n", hazard.log);
            for (horizon, probability) in &hazard.risk {
                text += &match probability {
                    Some(p) => format!("  risk by {horizon} years {:5.1} %\n", 100.0 * p),
                    None => format!("  risk by {horizon} years: {BEYOND}\n"),
                };
            }
        }
        for warning in &self.warnings {
            text += &format!("  warning: {warning}\n");
        }
        text
    }
}
