//! A model folder and radiographs in; verdict, keypoints, log hazard and risks out. The folder of a
//! keypoint detector alone gives verdict and keypoints.

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_cohort::table::FilmCovariates;
use vertebra_examples::annotation_file::AnnotationFormat;
use vertebra_examples::output::{self, exit_code};
use vertebra_examples::{remark, say};
use vertebra_networks::answer_table::table;
use vertebra_networks::device::{DeviceArgument, tell};
use vertebra_networks::film_list::{FilmSource, film_sources, picture_names};
use vertebra_networks::found_annotations::{write_annotations, write_page};
use vertebra_radiograph::FilmFile;
use vertebra_study::{Answer, AnswerOptions, Predictor, SaliencyMethod};

/// Exit code where films were given and none of them could be read.
const NONE_READABLE: u8 = 3;

/// Finds L1..L5 on lateral lumbar radiographs and predicts the risk of vertebral fracture.
///
/// Every film gets a verdict: ok, or the reason why nothing that is said of it may be used. No risk
/// is given where it is not ok, and no points for a film that is no lateral lumbar film.
///
/// With the folder of a keypoint detector, as train-keypoints writes it, it finds L1..L5 only. A
/// Cox regression or a network of covariates alone (--which) needs no radiographs.
///
/// Exit code: 0 where every film got a verdict, whatever it is; 3 where no film could be read; 1
/// for anything else that went wrong, 2 for a wrong command line.
///
/// For research only; not a medical device.
#[derive(Parser)]
#[command(name = "predict", version)]
struct Arguments {
    /// Folder of a trained model, as a study writes it, or of a keypoint detector; without it the
    /// detector that comes with this project finds the points, and no risk is predicted
    #[arg(long)]
    model: Option<PathBuf>,
    /// Model of the folder, by its name in models.json, in the place of the default
    #[arg(long, value_name = "NAME", requires = "model")]
    which: Option<String>,
    /// Radiographs (DICOM, PNG, TIFF, JPEG, BMP, NPY), or folders, zip archives and DICOMDIRs of
    /// them; `-` for standard input: a radiograph, or a list of files and folders, one a line. Not
    /// for a model of covariates alone
    #[arg(required_unless_present_any = ["export_onnx", "covariates"], value_name = "FILE|FOLDER|-")]
    films: Vec<PathBuf>,
    /// CSV with a column `file` and one column per covariate of the model; for a model of
    /// covariates alone `subject_id` will do, and every row is answered
    #[arg(long)]
    covariates: Option<PathBuf>,
    /// Folder for one PNG per radiograph with points: the points found, and a map of what raises
    /// (red) and lowers (blue) the log hazard, on the film and on what the network saw
    #[arg(long)]
    overlay: Option<PathBuf>,
    /// How the map is made
    #[arg(long, value_enum, default_value = "grad-cam", requires = "overlay")]
    map: MapMethod,
    /// File for the points found, to be corrected in an annotation tool and read as annotations
    #[arg(long, value_name = "FILE")]
    annotations: Option<PathBuf>,
    /// The tool that file is for; by default CVAT for .xml, else COCO JSON
    #[arg(long, value_enum, value_name = "TOOL", requires = "annotations")]
    annotation_format: Option<AnnotationFormat>,
    /// HTML page on which the points of all films can be corrected in any browser, without a
    /// network, and saved as annotations
    #[arg(long, value_name = "FILE")]
    annotate: Option<PathBuf>,
    /// Folder for the model's networks as keypoints.onnx and risk.onnx, for any other runtime
    #[arg(long, value_name = "DIR")]
    export_onnx: Option<PathBuf>,
    /// Give points and risks against the verdict too; they are marked as forced
    #[arg(long)]
    force: bool,
    /// Find the points with products of 8-bit integers, which is quicker where the processor has an
    /// instruction for them; most points differ by a tenth of a millimetre, one in a hundred by more
    /// than two (docs/BENCHMARKS.md)
    #[arg(long)]
    int8: bool,
    #[command(flatten)]
    device: DeviceArgument,
    /// Print one JSON object per radiograph
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print one table with a row per radiograph
    #[arg(long)]
    csv: bool,
    /// Radiographs that are worked on at once; by default as many as there are processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    let result = run(&Arguments::parse()).map(|none_readable| {
        if none_readable {
            code = ExitCode::from(NONE_READABLE);
        }
    });
    match result {
        Ok(()) => {
            exit_code(Ok(()));
            code
        }
        Err(error) => exit_code(Err(error)),
    }
}

/// Whether there were films and none could be read.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    if let Some(jobs) = arguments.jobs {
        rayon::ThreadPoolBuilder::new().num_threads(jobs.into()).build_global()?;
    }
    let device = arguments.device.open()?;
    let model = match (&arguments.model, &arguments.which) {
        (Some(folder), Some(name)) => Predictor::load_named(folder, name, &device.device)?,
        (Some(folder), None) => Predictor::load(folder, &device.device)?,
        (None, _) => Predictor::shipped(&device.device)?,
    };
    let model = model.with_int8(arguments.int8);
    tell(&device);
    if arguments.int8 && model.needs_film() && !model.is_int8() {
        remark!("--int8: no such products here, points are found in float32");
    }
    let names = model.covariates();
    let covariates = match &arguments.covariates {
        Some(_) if names.is_empty() => bail!("--covariates: the model takes none"),
        Some(path) => FilmCovariates::read(path, &names)?,
        None => FilmCovariates::none(names.len()),
    };
    if let Some(folder) = &arguments.export_onnx {
        model.export_onnx(folder)?;
        remark!("wrote {}", folder.display());
    }
    let films = sources(arguments, &model, &covariates)?;
    let pictures = pictures(&films, arguments.overlay.as_deref())?;
    let work = Work {
        model: &model,
        covariates: &covariates,
        force: arguments.force,
        map: arguments.map.into(),
    };
    let films: Vec<(FilmSource, Option<PathBuf>)> = films.into_iter().zip(pictures).collect();
    let answers = work.through(&films, |answer| show(answer, arguments))?;
    if arguments.csv {
        print_table(&answers)?;
    }
    if let Some(file) = &arguments.annotations {
        let format = arguments.annotation_format.unwrap_or_else(|| AnnotationFormat::of(file));
        write_annotations(&answers, file, format)?;
    }
    if let Some(page) = &arguments.annotate {
        write_page(&answers, page)?;
    }
    let readable = answers.iter().any(|answer| answer.verdict.is_readable());
    let refused = answers.iter().filter(|answer| !answer.verdict.is_ok()).count();
    if refused > 0 {
        remark!("the verdict on {refused} of {} radiographs is not ok", answers.len());
    }
    Ok(!answers.is_empty() && !readable)
}

/// The films, or the rows of the table where the model needs none.
fn sources(
    arguments: &Arguments,
    model: &Predictor,
    covariates: &FilmCovariates,
) -> anyhow::Result<Vec<FilmSource>> {
    match (arguments.films.is_empty(), model.needs_film()) {
        (true, true) if arguments.export_onnx.is_none() => {
            bail!("the model sees films: give radiographs or folders of them")
        }
        (false, false) => bail!(
            "the model sees no films: leave them out, --covariates has a row for each subject"
        ),
        (true, false) if arguments.overlay.is_some() => {
            bail!("--overlay: the model sees no films")
        }
        (true, false) => {
            let rows = covariates.files().iter().cloned();
            Ok(rows.map(|row| FilmSource::File(FilmFile::new(row))).collect())
        }
        (_, true) => film_sources(&arguments.films),
    }
}

/// Where the picture of each film goes, in a folder that is made when absent.
fn pictures(films: &[FilmSource], to: Option<&Path>) -> anyhow::Result<Vec<Option<PathBuf>>> {
    let Some(folder) = to else { return Ok(vec![None; films.len()]) };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let paths: Vec<PathBuf> =
        picture_names(films).into_iter().map(|name| folder.join(name)).collect();
    if let Some(path) = paths.iter().find(|path| path.exists()) {
        bail!("{} exists already; give another folder", path.display());
    }
    Ok(paths.into_iter().map(Some).collect())
}

/// What every film is answered with.
struct Work<'a> {
    model: &'a Predictor,
    covariates: &'a FilmCovariates,
    force: bool,
    map: SaliencyMethod,
}

/// How a saliency map is made.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum MapMethod {
    /// The last feature maps by the slope of the log hazard: coarse
    GradCam,
    /// The slope at every pixel on the way from grey to the picture
    IntegratedGradients,
    /// What is lost where a window is painted over; slow
    Occlusion,
}

impl From<MapMethod> for SaliencyMethod {
    fn from(method: MapMethod) -> Self {
        match method {
            MapMethod::GradCam => Self::GradCam,
            MapMethod::IntegratedGradients => Self::IntegratedGradients,
            MapMethod::Occlusion => Self::Occlusion,
        }
    }
}

impl Work<'_> {
    /// Answers all films, several at once; `each` is called in the order of the films.
    fn through(
        &self,
        films: &[(FilmSource, Option<PathBuf>)],
        each: impl Fn(&Answer) -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(films.len());
        for part in films.chunks(2 * rayon::current_num_threads()) {
            let done: Vec<anyhow::Result<Answer>> =
                part.par_iter().map(|(film, picture)| self.answer(film, picture)).collect();
            for answer in done {
                let answer = answer?;
                each(&answer)?;
                answers.push(answer);
            }
        }
        Ok(answers)
    }

    fn answer(&self, film: &FilmSource, picture: &Option<PathBuf>) -> anyhow::Result<Answer> {
        let covariates = self.covariates.of(film.name())?;
        let options = AnswerOptions::default().with_overlay(picture.clone());
        let options = options.with_map(self.map).with_force(self.force);
        if !self.model.needs_film() {
            return Ok(self.model.answer(film.name(), &covariates, &options)?);
        }
        Ok(self.model.answer_to(film.name(), film.read(), &covariates, &options)?)
    }
}

fn show(answer: &Answer, arguments: &Arguments) -> anyhow::Result<()> {
    match (arguments.json, arguments.csv) {
        (true, _) => say!("{}", serde_json::to_string(answer)?),
        (_, true) => {}
        _ => output::print(format_args!("{answer}")),
    }
    Ok(())
}

fn print_table(answers: &[Answer]) -> anyhow::Result<()> {
    let mut text = csv::Writer::from_writer(Vec::new());
    for row in table(answers) {
        text.write_record(row)?;
    }
    output::print(format_args!("{}", String::from_utf8(text.into_inner()?)?));
    Ok(())
}
