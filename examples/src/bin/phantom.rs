//! Writes a synthetic cohort folder.

use anyhow::Context;
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_examples::{output::exit_code, say};
use vertebra_phantom::{PhantomConfig, PhantomSummary, generate};

/// Writes a synthetic cohort: DICOM films, cohort.csv, visits.csv, annotations.json, truth.csv.
#[derive(Parser)]
#[command(name = "phantom", version)]
struct Arguments {
    /// Folder to write, new or empty [default with --example: example-cohort]
    #[arg(long, required_unless_present = "example")]
    out: Option<PathBuf>,
    /// Write the cohort of docs/TUTORIAL.md
    #[arg(long, conflicts_with = "preset")]
    example: bool,
    /// Size and event rate
    #[arg(long, value_enum, default_value_t = Preset::Quick)]
    preset: Preset,
    /// Subjects to be analysed; excluded ones are added to them
    #[arg(long)]
    subjects: Option<usize>,
    /// Seed of every draw
    #[arg(long)]
    seed: Option<u64>,
    /// Expected fraction of subjects with an event
    #[arg(long)]
    event_rate: Option<f64>,
    /// Films every so many years, so that a fracture is seen on the first film after it; without
    /// it, one film on the day that follow-up ends.
    #[arg(long, value_name = "YEARS")]
    visits_every: Option<f64>,
    /// Subjects are so many years older, as another hospital's may be
    #[arg(long, value_name = "YEARS", allow_negative_numbers = true)]
    older: Option<f64>,
    /// Films of another detector and its processing
    #[arg(long)]
    other_detector: bool,
    /// Rows and columns of the films, px
    #[arg(long, num_args = 2, value_names = ["ROWS", "COLUMNS"])]
    film_size: Option<Vec<usize>>,
    /// Give time and event in cohort.csv instead of leaving them to be read from the films
    #[arg(long)]
    outcome_columns: bool,
    /// Fraction of subjects whose FRAX columns hold a synthetic surrogate, all by default
    #[arg(long, value_name = "FRACTION")]
    synthetic_frax: Option<f64>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// 420 subjects, enriched with events, 512 x 416 px
    Quick,
    /// 1,595 subjects, the paper's event rate, 640 x 512 px
    Standard,
}

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = configure(arguments);
    let style = ProgressStyle::with_template("films {bar:40} {pos}/{len} {eta} left")?;
    let bar = ProgressBar::new(config.n_films() as u64).with_style(style);
    let out = arguments.out.as_deref().unwrap_or(Path::new("example-cohort"));
    let summary = generate(&config, out, &mut |done| bar.set_position(done as u64))
        .context("the cohort is incomplete")?;
    bar.finish_and_clear();
    print(&summary, arguments.json);
    Ok(())
}

fn configure(arguments: &Arguments) -> PhantomConfig {
    let mut config = match (arguments.example, arguments.preset) {
        (true, _) => PhantomConfig::example(),
        (_, Preset::Quick) => PhantomConfig::quick(),
        (_, Preset::Standard) => PhantomConfig::standard(),
    };
    if let Some(subjects) = arguments.subjects {
        config = config.with_subjects(subjects);
    }
    if let Some(seed) = arguments.seed {
        config = config.with_seed(seed);
    }
    if let Some(rate) = arguments.event_rate {
        config = config.with_event_rate(rate);
    }
    if let Some(years) = arguments.visits_every {
        config = config.with_visits_every(years);
    }
    if let Some([rows, columns]) = arguments.film_size.as_deref() {
        config = config.with_film_size([*rows, *columns]);
    }
    if let Some(share) = arguments.synthetic_frax {
        config = config.with_synthetic_frax(share);
    }
    if let Some(years) = arguments.older {
        config = config.with_years_older(years);
    }
    config
        .with_other_detector(arguments.other_detector)
        .with_outcome_columns(arguments.outcome_columns)
}

fn print(summary: &PhantomSummary, json: bool) {
    let PhantomSummary { folder, subjects, events, excluded, films, .. } = summary;
    if json {
        let value = serde_json::json!({
            "folder": folder, "subjects": subjects, "events": events,
            "excluded": excluded, "films": films,
        });
        say!("{value}");
    } else {
        say!(
            "{}: {subjects} subjects to be analysed ({events} with an event), {excluded} to be \
             excluded, {films} films",
            folder.display()
        );
    }
}
