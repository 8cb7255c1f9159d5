//! A model folder and radiographs in; keypoints, log hazard and risks out. The folder of a keypoint
//! detector alone gives keypoints alone.

use anyhow::{Context, bail};
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_cohort::table::FilmCovariates;
use vertebra_examples::output::{self, exit_code, sentence};
use vertebra_examples::{remark, say};
use vertebra_study::Predictor;

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

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let model = Predictor::load(&arguments.model, &burn::tensor::Device::default())?;
    let names = model.covariates();
    let covariates = match &arguments.covariates {
        Some(_) if names.is_empty() => bail!("--covariates: the model takes none"),
        Some(path) => FilmCovariates::read(path, &names)?,
        None => FilmCovariates::none(names.len()),
    };
    if let Some(folder) = &arguments.overlay {
        make(folder)?;
    }
    if let Some(folder) = &arguments.export_onnx {
        model.export_onnx(folder)?;
        remark!("wrote {}", folder.display());
    }
    let mut failed = 0;
    for file in &arguments.files {
        let answered = covariates.of(file).map_err(anyhow::Error::from);
        let answered = answered.and_then(|covariates| answer(&model, file, &covariates, arguments));
        if let Err(error) = answered {
            failed += 1;
            remark!("{}", sentence(&error));
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

fn answer(
    model: &Predictor,
    file: &Path,
    covariates: &[Option<f64>],
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let picture = arguments.overlay.as_ref().map(|folder| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        folder.join(format!("{name}.png"))
    });
    if let Some(picture) = picture.as_ref().filter(|picture| picture.exists()) {
        bail!("{} exists already; give another folder", picture.display());
    }
    let answer = model.answer(file, covariates, picture.as_deref())?;
    if arguments.json {
        say!("{}", serde_json::to_string(&answer)?);
    } else {
        output::print(format_args!("{answer}"));
    }
    Ok(())
}
