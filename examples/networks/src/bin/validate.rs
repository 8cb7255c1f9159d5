//! External validation: the models of a study on another hospital's cohort, and a report.

#![allow(clippy::print_stderr)]

use anyhow::bail;
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use vertebra_examples::{output::exit_code, say};
use vertebra_networks::{configuration::settings, console::Console};
use vertebra_report::results::ValidationResults;
use vertebra_study::{Preset, Validation};

/// Judges the models of a model folder on a cohort that took no part in making them.
///
/// The cohort is read as study reads one, films are predicted as predict does. Writes results.json,
/// report.html, tables, figures, and model folders whose risks were recalibrated on the cohort.
/// Nothing is trained. For research only; not a medical device.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Model folder, as a study writes it, or as this program writes it in recalibrated/
    #[arg(long)]
    model: PathBuf,
    /// Folder with cohort.csv, visits.csv, the radiographs they name, and annotations where
    /// fractures are read from the films
    #[arg(long)]
    cohort: PathBuf,
    /// Models of the folder by their names in models.json, separated by commas; all are those that
    /// fit the cohort
    #[arg(long, value_delimiter = ',', default_value = "all", value_name = "all|NAME,..")]
    models: Vec<String>,
    /// Run folder, new or empty
    #[arg(long)]
    out: PathBuf,
    /// A TOML file that says how the cohort is read [default: study.toml of the cohort folder,
    /// where there is one]
    #[arg(long)]
    config: Option<PathBuf>,
    /// Seed of the bootstrap and of the folds
    #[arg(long)]
    seed: Option<u64>,
    /// Align films by their annotated points, where they have some, instead of detected ones
    #[arg(long)]
    annotated_points: bool,
    /// Take predictions against the verdict too
    #[arg(long)]
    force: bool,
}

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let out = &arguments.out;
    if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty; give another folder with --out", out.display());
    }
    let file = arguments.config.as_deref();
    let mut config = settings(Preset::Quick, file, Some(&arguments.cohort))?;
    config.seed = arguments.seed.unwrap_or(config.seed);
    let mut console = Console::new();
    let mut validation = Validation::new(&arguments.model, &arguments.cohort)
        .config(config)
        .command(std::env::args())
        .annotated_points(arguments.annotated_points)
        .force(arguments.force)
        .on_progress(|message| console.show(message));
    if arguments.models != ["all"] {
        validation = validation.models(arguments.models.clone());
    }
    let results = validation.run(out)?;
    let report = vertebra_report::write_validation_report(&results, out)?;
    console.finish();
    summarise(&results);
    say!("{}", report.display());
    Ok(())
}

fn summarise(results: &ValidationResults) {
    let size = results.size;
    say!("{} subjects, {} events; at {} years:", size.n, size.events, results.main_horizon);
    for model in &results.models {
        let score = results.evaluation.score(&model.title);
        let c = score.and_then(|score| score.figures.headline.value());
        let c = c.map_or("C -".to_owned(), |c| {
            let e = &c.estimate;
            format!("C {:.3} ({:.3} to {:.3})", e.value, e.interval.lower, e.interval.upper)
        });
        let oe = results.prediction(&model.title).and_then(|p| p.observed_expected.value());
        let oe = oe.map_or(String::new(), |oe| format!(", O/E {:.2}", oe.ratio));
        say!("{:<36} {c}{oe}, n = {}", model.title, model.answered.n);
    }
}
