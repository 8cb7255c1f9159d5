//! Trains a keypoint detector on annotated films; stopped and called again, it goes on.

#![allow(clippy::print_stderr)]

use anyhow::bail;
use clap::Parser;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_charts::{Chart, TrainingChart};
use vertebra_examples::{output::exit_code, say};
use vertebra_hrnet::{
    DetectorCalibration, DetectorConfig, DetectorTrainer, FilmFolds, FilmSample, KeypointDetector,
    SpineFinding, folds_by_subject,
};
use vertebra_keypoints::{
    ConfidenceCalibration, Detection, EvaluatedFilm, LocalisationReport, LocatedFilm, OksOptions,
    PlausibilityLimits, ReliabilityTable, SpineTruth, average_precision, check_plausibility,
    mean_radial_error_mm,
};
use vertebra_networks::{configuration, console::Console};
use vertebra_phantom::sample_training_film;
use vertebra_study::{AnnotatedFilms, FilmCache, Progress, write_keypoint_sheets};
use vertebra_training::{EpochSummary, Event, Seed};

/// Trains an HRNet to find L1 to L5, and says how well it does on films of other subjects.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Cohort folder (cohort.csv, visits.csv, annotations.json, radiographs), or an annotation file
    /// (COCO JSON, CVAT XML, Label Studio JSON) whose films lie beside it; without cohort.csv every film counts as a subject of its own
    #[arg(long, required_unless_present = "phantom")]
    cohort: Option<PathBuf>,
    /// Instead of a cohort: this many phantom films of varied exposure, each of another subject,
    /// and the settings made for them; the detector then works on films of other kinds too
    #[arg(long, value_name = "FILMS", conflicts_with = "cohort")]
    phantom: Option<usize>,
    #[command(flatten)]
    configuration: configuration::Arguments,
    /// One fold of this many is held out to test the detector
    #[arg(long, default_value_t = 5, value_name = "N")]
    folds: usize,
    /// Trains a detector for every fold and tests all films
    #[arg(long)]
    cross_validate: bool,
    /// Passes over the training films, instead of the preset's
    #[arg(long)]
    epochs: Option<usize>,
    /// Stops after this many epochs without a better mean OKS on the films of one more fold, which
    /// then takes no part in the training, and keeps the best epoch
    #[arg(long, value_name = "EPOCHS")]
    patience: Option<usize>,
    /// Published HRNet weights (.pth, .safetensors) to start from; the head starts afresh
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Sigma of the OKS behind AP, one for all levels or five from L1 to L5; the area is a quarter of
    /// the squared L1-L5 distance
    #[arg(long, value_name = "SIGMA", value_delimiter = ',', default_value = "0.05")]
    oks_sigma: Vec<f64>,
    /// Run folder: checkpoints and, at the end, the detector, the course of the training and a sheet of
    /// the test films with the largest errors (rings: marked, crosses: found)
    #[arg(long)]
    out: PathBuf,
    /// Only draws the marked points of every film on sheets in the run folder, to look at; those that
    /// are unlike a spine are always named on standard error
    #[arg(long)]
    check: bool,
    /// Prints the test result as JSON
    #[arg(long)]
    json: bool,
}

/// Greatest error of a point that counts as found, mm, and groups of the reliability table.
const SURE_MM: f64 = DetectorCalibration::WITHIN_MM;
const RELIABILITY_ROWS: usize = 5;
/// Films on the sheet of the largest errors.
const WORST: usize = 40;
/// Phantom films between two steps of the progress bar.
const RENDERED_AT_ONCE: usize = 16;

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let study = arguments.configuration.resolve()?;
    let mut config = match arguments.phantom {
        Some(_) if !arguments.configuration.has_file() => DetectorConfig::varied(),
        _ => study.keypoints,
    };
    if let Some(epochs) = arguments.epochs {
        config.training.epochs = epochs;
    }
    if let Some(patience) = arguments.patience {
        config.training.patience = Some(patience);
        config.training.validate_every = 1;
    }
    if let Some(weights) = &arguments.weights {
        config.pretrained = Some(weights.clone());
    }
    let oks = oks_options(&arguments.oks_sigma)?;
    let mut console = Console::new();
    let films = match (&arguments.cohort, arguments.phantom) {
        (Some(cohort), _) => {
            let cache = FilmCache::new(study.film_cache);
            let mut show = |progress| console.show(progress);
            AnnotatedFilms::read(cohort, config.input_size, &cache, &mut show)?
        }
        (None, count) => {
            phantom_films(count.unwrap_or_default(), study.seed, &config, &mut console)?
        }
    };
    if arguments.cohort.is_some() {
        warn_of_marks(&films);
    }
    if arguments.check {
        console.finish();
        let marked: Vec<_> = films.samples.iter().map(|film| (film, None)).collect();
        for sheet in write_keypoint_sheets(&marked, &arguments.out, "marked")? {
            say!("{}", sheet.display());
        }
        return Ok(());
    }
    let fold_of = folds_by_subject(&films.subjects, arguments.folds, study.seed)?;
    let folds = FilmFolds::new(&films.samples, &fold_of)?;
    let trainer =
        DetectorTrainer::new(config).with_seed(study.seed).with_run_folder(&arguments.out);
    let outcome = if arguments.cross_validate {
        all_folds(&trainer, &films, &folds, &arguments.out, &mut console)?
    } else {
        one_fold(&trainer, &films, &folds, &arguments.out, &mut console)?
    };
    console.finish();
    let calibrated = Calibrated::of(&outcome, study.seed)?;
    for (folder, detector) in outcome.detectors {
        match &calibrated {
            Some(measured) => {
                detector.with_calibration(measured.calibration.clone()).save(&folder)?
            }
            None => detector.save(&folder)?,
        }
    }
    draw_worst(&outcome.tested, &arguments.out)?;
    report(&outcome.tested, calibrated.as_ref(), oks, arguments)
}

/// One sigma for all levels, or one for each.
fn oks_options(sigmas: &[f64]) -> anyhow::Result<OksOptions> {
    let sigmas = match *sigmas {
        [all] => [all; 5],
        [a, b, c, d, e] => [a, b, c, d, e],
        _ => bail!("--oks-sigma: expected 1 or 5 numbers, got {}", sigmas.len()),
    };
    if let Some(bad) = sigmas.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
        bail!("--oks-sigma: expected numbers above 0, got {bad}");
    }
    Ok(OksOptions { sigmas, ..OksOptions::default() })
}

/// Says whose marked points are unlike a spine: most such films are marked wrongly.
fn warn_of_marks(films: &AnnotatedFilms) {
    for (name, film) in films.names.iter().zip(&films.samples) {
        let limits = PlausibilityLimits::default();
        for doubt in check_plausibility(&film.keypoints, film.spacing_mm, &limits) {
            eprintln!("warning: {name}: {doubt}");
        }
    }
}

/// The loss of every epoch as `curves.svg`.
fn draw_curves(trainings: &[(String, &[EpochSummary])], folder: &Path) -> anyhow::Result<()> {
    let chart = TrainingChart::new("Training of the detector")
        .with_loss_axis("Mean squared error over that of silence");
    let chart = trainings.iter().fold(chart, |chart, (name, history)| {
        let loss: Vec<f64> = history.iter().map(|epoch| epoch.loss).collect();
        chart.with_line(name, &loss)
    });
    if !chart.is_empty() {
        chart.figure("curves", "Training loss by epoch.").write(folder)?;
    }
    Ok(())
}

/// The films with the largest errors, for one look at what goes wrong.
fn draw_worst(tested: &Tested, folder: &Path) -> anyhow::Result<()> {
    let error = |(film, found): &(FilmSample, SpineFinding)| {
        let spacing_mm = film.spacing_mm.unwrap_or([1.0, 1.0]);
        mean_radial_error_mm(&film.keypoints, &found.keypoints, spacing_mm)
    };
    let mut worst: Vec<_> = tested.iter().collect();
    worst.sort_by(|a, b| error(b).total_cmp(&error(a)));
    worst.truncate(WORST);
    let drawn: Vec<_> =
        worst.into_iter().map(|(film, found)| (film, Some(&found.keypoints))).collect();
    write_keypoint_sheets(&drawn, folder, "worst")?;
    Ok(())
}

/// A film's truth and what was found on it.
type Tested = Vec<(FilmSample, SpineFinding)>;

/// Trained detectors with their folders, and the films they were tested on.
struct Outcome {
    detectors: Vec<(PathBuf, KeypointDetector)>,
    tested: Tested,
    /// Of every tested film.
    subjects: Vec<String>,
}

/// Varied phantom films, each of another subject.
fn phantom_films(
    count: usize,
    seed: u64,
    config: &DetectorConfig,
    console: &mut Console,
) -> anyhow::Result<AnnotatedFilms> {
    let total = Some(count as u64);
    console.show(Progress::Stage { name: "rendering phantom films".to_owned(), total });
    let [height, width] = config.input_size.map(|n| n * 3 / 2);
    let seed = Seed::new(seed).named("phantom films");
    let render = |i: usize| -> anyhow::Result<FilmSample> {
        let film = sample_training_film([height, width], seed.at(&[i as u64]).value())?;
        Ok(FilmSample {
            pixels: film.pixels.iter().map(|p| f32::from(*p)).collect(),
            height: film.height,
            width: film.width,
            spacing_mm: Some(film.spacing_mm),
            keypoints: film.annotation.keypoints,
        })
    };
    let mut samples = Vec::with_capacity(count);
    for first in (0..count).step_by(RENDERED_AT_ONCE) {
        let part = first..(first + RENDERED_AT_ONCE).min(count);
        let films: Result<Vec<_>, _> = part.into_par_iter().map(render).collect();
        samples.extend(films?);
        console.show(Progress::Step(samples.len() as u64));
    }
    let subjects: Vec<String> = (0..count).map(|i| i.to_string()).collect();
    Ok(AnnotatedFilms { samples, names: subjects.clone(), subjects })
}

fn one_fold(
    trainer: &DetectorTrainer,
    films: &AnnotatedFilms,
    folds: &FilmFolds<'_>,
    out: &Path,
    console: &mut Console,
) -> anyhow::Result<Outcome> {
    let mut bar = TrainingBar::new("training the detector".to_owned());
    let fold = trainer.fit_fold(folds, 0, &mut |event| bar.show(event, console))?;
    draw_curves(&[("training".to_owned(), &fold.trained.history)], out)?;
    let subjects = fold.held_out.iter().map(|&i| films.subjects[i].clone()).collect();
    let test = fold.held_out.into_iter().map(|i| films.samples[i].clone());
    let tested = test.zip(fold.detected).collect();
    let detectors = vec![(out.join("model"), fold.trained.detector)];
    Ok(Outcome { detectors, tested, subjects })
}

fn all_folds(
    trainer: &DetectorTrainer,
    films: &AnnotatedFilms,
    folds: &FilmFolds<'_>,
    out: &Path,
    console: &mut Console,
) -> anyhow::Result<Outcome> {
    let n = folds.n_folds();
    let name = |fold: usize| format!("training fold {} of {n}", fold + 1);
    let mut bars: Vec<TrainingBar> = (0..n).map(|fold| TrainingBar::new(name(fold))).collect();
    let mut show = |fold: usize, event: &Event| bars[fold].show(event, console);
    let validated = trainer.cross_validate(folds, &mut show)?;
    let trained = validated.folds.iter().enumerate();
    let lines: Vec<_> = trained
        .map(|(fold, trained)| (format!("fold {}", fold + 1), &trained.history[..]))
        .collect();
    draw_curves(&lines, out)?;
    let tested = films.samples.iter().cloned().zip(validated.detected).collect();
    let folder = |fold: usize| out.join(format!("fold-{}/model", fold + 1));
    let trained = validated.folds.into_iter().enumerate();
    let detectors = trained.map(|(fold, trained)| (folder(fold), trained.detector)).collect();
    Ok(Outcome { detectors, tested, subjects: films.subjects.clone() })
}

/// One bar for one run of the training loop.
struct TrainingBar {
    name: String,
    steps_per_epoch: usize,
}

impl TrainingBar {
    fn new(name: String) -> Self {
        Self { name, steps_per_epoch: 0 }
    }

    fn show(&mut self, event: &Event, console: &mut Console) -> ControlFlow<()> {
        match event {
            Event::Started { epochs_done, epochs, steps_per_epoch } => {
                self.steps_per_epoch = *steps_per_epoch;
                let total = Some((epochs * steps_per_epoch) as u64);
                console.show(Progress::Stage { name: self.name.clone(), total });
                console.show(Progress::Step((epochs_done * steps_per_epoch) as u64));
            }
            Event::Step { epoch, step, .. } => {
                let done = (epoch - 1) * self.steps_per_epoch + step;
                console.show(Progress::Step(done as u64));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn report(
    tested: &Tested,
    calibrated: Option<&Calibrated>,
    oks: OksOptions,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let evaluated: Vec<EvaluatedFilm> = tested
        .iter()
        .map(|(film, found)| EvaluatedFilm {
            truth: Some(SpineTruth::from_keypoints(film.keypoints)),
            detections: vec![Detection::new(found.keypoints)],
        })
        .collect();
    let precision = average_precision(&oks, &evaluated)?;
    let located: Vec<LocatedFilm> = tested.iter().filter_map(located).collect();
    let errors = (!located.is_empty()).then(|| LocalisationReport::new(&located)).transpose()?;
    let model = (!arguments.cross_validate).then(|| arguments.out.join("model"));
    if arguments.json {
        let errors = errors.as_ref().map_or(Ok(Value::Null), serde_json::to_value)?;
        let precision = serde_json::to_value(precision)?;
        let reliability = calibrated.map(|c| json!({"stated": c.stated, "calibrated": c.crossed}));
        let test = json!({
            "n": tested.len(), "precision": precision, "errors": errors, "reliability": reliability,
        });
        say!("{}", json!({"model": model, "test": test}));
        return Ok(());
    }
    say!("{precision}");
    match errors {
        Some(errors) => say!("{errors}"),
        None => say!("errors in mm: no film has a pixel spacing"),
    }
    if let Some(measured) = calibrated {
        say!(
            "a film's least confidence, and the share of films with all points within {SURE_MM} mm:"
        );
        say!("{}", measured.stated);
        say!("the same as a probability, learnt from the other films:");
        say!("{}", measured.crossed);
    }
    if let Some(model) = model {
        say!("{}", model.display());
    }
    Ok(())
}

fn located((film, found): &(FilmSample, SpineFinding)) -> Option<LocatedFilm> {
    let (truth, detected) = (film.keypoints, found.keypoints);
    Some(LocatedFilm { truth, detected, spacing_mm: film.spacing_mm? })
}

/// What the confidence of a film is worth.
struct Calibrated {
    /// Learnt from all tested films.
    calibration: DetectorCalibration,
    /// The confidence itself against success.
    stated: ReliabilityTable,
    /// Probabilities that calibrations learnt from the other subjects' films give.
    crossed: ReliabilityTable,
}

impl Calibrated {
    /// `None` without films of known spacing from two subjects.
    fn of(outcome: &Outcome, seed: u64) -> anyhow::Result<Option<Self>> {
        let films = outcome.tested.iter().zip(&outcome.subjects);
        let (films, subjects): (Vec<LocatedFilm>, Vec<&String>) =
            films.filter_map(|(film, subject)| Some((located(film)?, subject))).unzip();
        let confidence: Vec<f64> = films.iter().map(|f| f.detected.least_confidence()).collect();
        let success: Vec<bool> = films.iter().map(|film| film.is_within(SURE_MM)).collect();
        let different = subjects.iter().collect::<HashSet<_>>().len();
        if different < 2 {
            return Ok(None);
        }
        let group = folds_by_subject(&subjects, different.min(5), seed)?;
        let probability = ConfidenceCalibration::cross_fitted(&confidence, &success, &group)?;
        Ok(Some(Self {
            calibration: DetectorCalibration::fit(SURE_MM, &films)?,
            stated: ReliabilityTable::new(&confidence, &success, RELIABILITY_ROWS)?,
            crossed: ReliabilityTable::new(&probability, &success, RELIABILITY_ROWS)?,
        }))
    }
}
