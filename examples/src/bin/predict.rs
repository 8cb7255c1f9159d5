//! A model folder and radiographs in; keypoints, log hazard and risks out.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use anyhow::{Context, bail};
use clap::Parser;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_examples::covariates::Covariates;
use vertebra_examples::output::exit_code;
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
            eprintln!("{error:#}");
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
        "log_hazard": prediction.log_hazard,
        "risk": prediction.risk.iter().map(risk).collect::<Vec<_>>(),
        "warnings": prediction.warnings,
    })
}

fn as_text(file: &Path, prediction: &Prediction) -> String {
    let mut text = format!("{}\n", file.display());
    for level in Level::ALL {
        let p = prediction.keypoints.get(level);
        text +=
            &format!("  {level}  x {:7.1}  y {:7.1}  confidence {:.2}\n", p.x, p.y, p.confidence);
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
