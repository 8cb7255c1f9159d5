//! Trains one risk network on a cohort folder; stopped and called again, it goes on.

#![allow(clippy::print_stderr)]

use clap::{Parser, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use vertebra_alignment::ImageVariant;
use vertebra_cohort::Covariate;
use vertebra_examples::{output::exit_code, say};
use vertebra_networks::{
    configuration,
    console::Console,
    device::{DeviceArgument, tell},
};
use vertebra_study::{RiskNetworkInputs, Study};

/// Trains a DeepSurv network on radiographs, covariates, or both, and tests it.
#[derive(Parser)]
#[command(name = "train-risk", version)]
struct Arguments {
    /// Folder with cohort.csv, visits.csv, annotations.json and the radiographs they name
    #[arg(long)]
    cohort: PathBuf,
    /// What the network sees of a radiograph; without it, covariates alone
    #[arg(long, value_enum)]
    variant: Option<Variant>,
    /// Columns of cohort.csv, separated by commas
    #[arg(long, value_delimiter = ',')]
    covariates: Vec<Covariate>,
    /// Folder of a trained keypoint detector, or `shipped`; without it, the annotated points are
    /// used, or those of the shipped one where nothing is annotated
    #[arg(long)]
    keypoint_model: Option<PathBuf>,
    #[command(flatten)]
    configuration: configuration::Arguments,
    #[command(flatten)]
    device: DeviceArgument,
    /// Run folder: checkpoints and, at the end, the model
    #[arg(long)]
    out: PathBuf,
    /// Print the test result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Variant {
    #[value(name = "l1_l5")]
    L1L5,
    #[value(name = "l1_l5_masked")]
    L1L5Masked,
    #[value(name = "l1_l4")]
    L1L4,
    #[value(name = "l1_l4_masked")]
    L1L4Masked,
    Patches,
    PatchesMasked,
}

impl Variant {
    fn image_variant(self) -> ImageVariant {
        ImageVariant::ALL[self as usize]
    }
}

fn main() -> ExitCode {
    exit_code(run(Arguments::parse()))
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut config = arguments.configuration.resolve(Some(&arguments.cohort))?;
    if arguments.keypoint_model.is_some() {
        config.keypoint_model = arguments.keypoint_model.map(Into::into);
    }
    let mut inputs = RiskNetworkInputs::default().with_covariates(arguments.covariates);
    inputs.variant = arguments.variant.map(Variant::image_variant);
    let device = arguments.device.open()?;
    tell(&device);
    let mut console = Console::new();
    let out = &arguments.out;
    let trained = Study::new(arguments.cohort)
        .config(config)
        .device(device)
        .on_progress(|message| console.show(message))
        .train_risk_network(&inputs, out)?;
    console.finish();
    let (c, size) = (trained.test.harrell.estimate, trained.test.size);
    let (lower, upper) = (c.interval.lower, c.interval.upper);
    if arguments.json {
        let harrell = json!({"c": c.value, "lower": lower, "upper": upper});
        let test = json!({"n": size.n, "events": size.events, "harrell": harrell});
        say!("{}", json!({"model": out.join("model"), "test": test}));
    } else {
        say!(
            "test C {:.3} (95 % {lower:.3} to {upper:.3}), {} subjects, {} events",
            c.value,
            size.n,
            size.events
        );
        say!("{}", out.join("model").display());
    }
    Ok(())
}
