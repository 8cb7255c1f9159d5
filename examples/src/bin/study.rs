//! The whole protocol: a cohort folder (or a synthetic cohort made on the spot) in, one report out.

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_examples::{console::Console, name::run_name};
use vertebra_phantom::PhantomConfig;
use vertebra_study::{Preset, Progress, StudyConfig, StudyResults};

/// Predict vertebral fracture from lateral spine radiographs, compare models, write a report.
///
/// Without arguments a synthetic cohort is made, written to disk, and studied on the CPU in minutes.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder with cohort.csv, visits.csv, annotations.json and the radiographs they name.
    #[arg(long)]
    cohort: Option<PathBuf>,
    /// How much to compute.
    #[arg(long, value_enum, default_value = "quick")]
    preset: PresetName,
    /// A TOML file with the settings that differ from the preset.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Seed of every random choice.
    #[arg(long)]
    seed: Option<u64>,
    /// Subjects to analyse in the synthetic cohort.
    #[arg(long, conflicts_with = "cohort")]
    subjects: Option<usize>,
    /// Run folder; must not exist yet, or be empty. [default: runs/<preset>-<time>]
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum PresetName {
    Quick,
    Standard,
    Paper,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(report) => {
            println!("{}", report.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("study: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<PathBuf> {
    let config = configuration(arguments)?;
    let out = run_folder(arguments, &config)?;
    let mut console = Console::new();
    let cohort = match &arguments.cohort {
        Some(folder) => folder.clone(),
        None => make_phantom(arguments, &config, &out, &mut console)?,
    };
    let device = burn::tensor::Device::default();
    let results =
        vertebra_study::run(&cohort, &config, &out, &device, &mut |message| console.show(message))?;
    console.finish();
    summarise(&results);
    Ok(vertebra_report::write(&results, &out)?)
}

fn configuration(arguments: &Arguments) -> anyhow::Result<StudyConfig> {
    let preset = match arguments.preset {
        PresetName::Quick => Preset::Quick,
        PresetName::Standard => Preset::Standard,
        PresetName::Paper => Preset::Paper,
    };
    let mut config = match &arguments.config {
        None => StudyConfig::preset(preset),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            StudyConfig::from_toml(preset, &text).with_context(|| path.display().to_string())?
        }
    };
    if let Some(seed) = arguments.seed {
        config.seed = seed;
    }
    Ok(config)
}

fn run_folder(arguments: &Arguments, config: &StudyConfig) -> anyhow::Result<PathBuf> {
    let out = match &arguments.out {
        Some(folder) => folder.clone(),
        None => Path::new("runs").join(run_name(&config.preset)),
    };
    if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty; give another folder with --out", out.display());
    }
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    Ok(out)
}

fn make_phantom(
    arguments: &Arguments,
    config: &StudyConfig,
    out: &Path,
    console: &mut Console,
) -> anyhow::Result<PathBuf> {
    let folder = out.join("cohort");
    let preset = match arguments.preset {
        PresetName::Quick => PhantomConfig::quick(),
        PresetName::Standard | PresetName::Paper => PhantomConfig::standard(),
    };
    let mut phantom = preset.with_seed(config.seed);
    if let Some(subjects) = arguments.subjects {
        phantom = phantom.with_subjects(subjects);
    }
    console.show(Progress::Stage {
        name: "making the synthetic cohort".to_owned(),
        total: Some(phantom.n_films() as u64),
    });
    vertebra_phantom::generate(&phantom, &folder, &mut |done| {
        console.show(Progress::Step(done as u64));
    })?;
    Ok(folder)
}

fn summarise(results: &StudyResults) {
    for line in vertebra_report::summary(results) {
        eprintln!("{line}");
    }
}
