//! A model folder and radiographs in; keypoints, log hazard and risks out.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use anyhow::{Context, bail};
use clap::Parser;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_examples::covariates::Covariates;
use vertebra_examples::output::{exit_code, sentence};
use vertebra_keypoints::Level;
use vertebra_study::{Prediction, TrainedModel};

/// Finds L1..L5 on lateral lumbar radiographs and predicts the risk of vertebral fracture.
///
/// For research only; not a medical device.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of a trained model, as a study writes it
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
/// Why no probability that the points are right is given.
const NOT_CALIBRATED: &str = "the model's detector was not calibrated";
const LESS_THAN_ANY: &str = "less certain than every film the detector was calibrated on";

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let device = burn::tensor::Device::default();
    let model = TrainedModel::load(&arguments.model, &device)?;
    let names: Vec<String> =
        model.description().covariates.iter().map(|(name, _)| name.clone()).collect();
    let covariates = match &arguments.covariates {
        Some(path) => Covariates::read(path, &names)?,
        None => Covariates::none(names.len()),
    };
    if let Some(folder) = &arguments.overlay {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    if let Some(folder) = &arguments.export_onnx {
        model.export_onnx(folder)?;
        eprintln!("wrote {}", folder.display());
    }
    let mut failed = 0;
    for file in &arguments.files {
        if let Err(error) = predict(&model, file, &covariates, arguments) {
            failed += 1;
            eprintln!("{}", sentence(&error));
        }
    }
    if failed > 0 {
        bail!("{failed} of {} radiographs could not be predicted", arguments.files.len());
    }
    Ok(())
}

fn predict(
    model: &TrainedModel,
    file: &Path,
    covariates: &Covariates,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let prediction = model.predict(file, &covariates.of(file)?)?;
    if let Some(folder) = &arguments.overlay {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let picture = folder.join(format!("{name}.png"));
        if picture.exists() {
            bail!("{} exists already; give another folder", picture.display());
        }
        model.write_overlay(file, &prediction, &picture)?;
    }
    if arguments.json {
        println!("{}", as_json(file, &prediction));
    } else {
        print!("{}", as_text(file, &prediction));
    }
    Ok(())
}

fn as_json(file: &Path, prediction: &Prediction) -> Value {
    let keypoint = |level: &Level| {
        let p = prediction.keypoints.get(*level);
        json!({"level": level.name(), "x": p.x, "y": p.y, "confidence": p.confidence})
    };
    let risk = |(horizon, probability): &(f64, Option<f64>)| match probability {
        Some(probability) => json!({"horizon": horizon, "probability": probability}),
        None => json!({"horizon": horizon, "probability": null, "why": BEYOND}),
    };
    json!({
        "file": file.display().to_string(),
        "keypoints": Level::ALL.iter().map(keypoint).collect::<Vec<_>>(),
        "keypoints_found": found_as_json(prediction),
        "log_hazard": prediction.log_hazard,
        "risk": prediction.risk.iter().map(risk).collect::<Vec<_>>(),
        "warnings": prediction.warnings,
    })
}

fn found_as_json(prediction: &Prediction) -> Value {
    let within_mm = prediction.certainty.map(|certainty| certainty.within_mm);
    match found_probability(prediction) {
        Ok(probability) => json!({"within_mm": within_mm, "probability": probability}),
        Err(why) => json!({"within_mm": within_mm, "probability": null, "why": why}),
    }
}

/// The probability that all points are found, or why there is none.
fn found_probability(prediction: &Prediction) -> Result<f64, &'static str> {
    prediction.certainty.ok_or(NOT_CALIBRATED)?.probability.ok_or(LESS_THAN_ANY)
}

fn as_text(file: &Path, prediction: &Prediction) -> String {
    let mut text = format!("{}\n", file.display());
    for level in Level::ALL {
        let p = prediction.keypoints.get(level);
        text +=
            &format!("  {level}  x {:7.1}  y {:7.1}  confidence {:.2}\n", p.x, p.y, p.confidence);
    }
    if let Some(certainty) = prediction.certainty {
        text += &format!("  all points within {} mm", certainty.within_mm);
        text += &match found_probability(prediction) {
            Ok(probability) => format!(" with probability {probability:.2}\n"),
            Err(why) => format!(": not known, {why}\n"),
        };
    }
    text += &format!("  log hazard {:+.3}\n", prediction.log_hazard);
    for (horizon, probability) in &prediction.risk {
        text += &match probability {
            Some(p) => format!("  risk by {horizon} years {:5.1} %\n", 100.0 * p),
            None => format!("  risk by {horizon} years: {BEYOND}\n"),
        };
    }
    for warning in &prediction.warnings {
        text += &format!("  warning: {warning}\n");
    }
    text
}
