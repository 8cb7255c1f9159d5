//! Inspects or converts one radiograph, or a folder of them.

#![allow(clippy::print_stderr)] // what it says beside its answers

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_examples::{output::exit_code, say};
use vertebra_radiograph::{
    Deidentifier, Film, FilmHeader, FolderReport, Grey, Radiograph, ReadOptions, Spacing,
    VoiChoice, read_folder, read_headers, write_npy, write_png16,
};
use vertebra_raster::ContactSheet;

/// Pixels of the longer side of a picture on the contact sheet, and pictures in a row.
const THUMBNAIL: usize = 240;
const COLUMNS: usize = 6;

/// Says what a radiograph file holds and how its grey values come about; converts it.
///
/// With a folder: one JSON object per film, one line each, or a table with --csv; films that cannot
/// be read are listed on standard error.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// DICOM, PNG, TIFF, JPEG or NPY file, or a folder of them.
    file: PathBuf,
    /// Prints one JSON object instead of lines.
    #[arg(long)]
    json: bool,
    /// Writes the picture a person would see as 16-bit grey PNG; of a folder a sheet of small ones.
    #[arg(long, value_name = "OUT")]
    png: Option<PathBuf>,
    /// Writes float32 [height, width] after the modality LUT, before VOI and inversion.
    #[arg(long, value_name = "OUT")]
    npy: Option<PathBuf>,
    /// Prints comma-separated values, one line per film, instead of JSON.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Reads headers only, which takes a moment: nothing is said of grey values.
    #[arg(long, conflicts_with_all = ["png", "npy", "deidentify"])]
    header: bool,
    /// Estimates from the picture which way the subject faces where the file does not say.
    #[arg(long)]
    facing: bool,
    /// Writes a copy of the DICOM file without what could identify a person (PS3.15 Basic Profile),
    /// and says what was done. Of a folder, a folder of copies named after their new UIDs.
    #[arg(long, value_name = "OUT", requires = "key")]
    deidentify: Option<PathBuf>,
    /// File whose content makes the pseudonyms; keep it secret.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Shifts dates by so many days instead of removing them.
    #[arg(long, value_name = "DAYS", requires = "deidentify", allow_negative_numbers = true)]
    shift_dates: Option<i32>,
    /// Keeps the patient's sex, and age up to 89.
    #[arg(long, requires = "deidentify")]
    keep_characteristics: bool,
    /// Opens, with warnings, files without preamble, with an unusable transfer syntax or cut short.
    #[arg(long)]
    lenient: bool,
    /// Which of the file's windows to apply, from 0 (default: the first VOI LUT, else the first
    /// window).
    #[arg(long, value_name = "N")]
    window: Option<usize>,
    /// Frame to read, from 0.
    #[arg(long, value_name = "N")]
    frame: Option<usize>,
}

impl Arguments {
    fn options(&self) -> ReadOptions {
        let options = ReadOptions::default().with_lenient(self.lenient);
        let options = self.frame.into_iter().fold(options, ReadOptions::with_frame);
        self.window.map(VoiChoice::Window).into_iter().fold(options, ReadOptions::with_voi)
    }
}

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.deidentify {
        Some(output) => deidentify(arguments, output),
        None if arguments.file.is_dir() => folder(arguments),
        None => one(arguments),
    }
}

fn one(arguments: &Arguments) -> Result<()> {
    let described = if arguments.header {
        describe_header(&arguments.options().read_header(&arguments.file)?)
    } else {
        let film = arguments.options().read(&arguments.file)?;
        if let Some(png) = &arguments.png {
            write_png16(png, &film)?;
        }
        if let Some(npy) = &arguments.npy {
            write_npy(npy, &arguments.options().with_grey(Grey::Modality).read(&arguments.file)?)?;
        }
        describe(&film, arguments.facing)
    };
    if arguments.csv {
        print_csv(&[(arguments.file.clone(), described)])?;
    } else if arguments.json {
        say!("{described}");
    } else {
        print_lines(&described);
    }
    Ok(())
}

fn folder(arguments: &Arguments) -> Result<()> {
    if arguments.npy.is_some() {
        bail!("--npy writes one film; {} is a folder", arguments.file.display());
    }
    let bar = ProgressBar::new(0);
    let progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let options = arguments.options();
    let (films, thumbnails) = if arguments.header {
        let report = read_headers(&arguments.file, &options, progress)?;
        bar.finish_and_clear();
        summarize(&report);
        let described = report.films.into_iter();
        (described.map(|(path, header)| (path, describe_header(&header))).collect(), Vec::new())
    } else {
        let each = |_: &Path, film: Radiograph| {
            let small = arguments.png.as_ref().map(|_| Film::from(&film).thumbnail(THUMBNAIL));
            (describe(&film, arguments.facing), small)
        };
        let report = read_folder(&arguments.file, &options, each, progress)?;
        bar.finish_and_clear();
        summarize(&report);
        let (mut films, mut thumbnails) = (Vec::new(), Vec::new());
        for (path, (described, thumbnail)) in report.films {
            films.push((path, described));
            thumbnails.extend(thumbnail.transpose()?);
        }
        (films, thumbnails)
    };
    if arguments.csv {
        print_csv(&films)?;
    } else {
        for (path, mut described) in films {
            described["file"] = json!(path);
            say!("{described}");
        }
    }
    if let Some(png) = &arguments.png {
        ensure!(!thumbnails.is_empty(), "{}: no film could be read", arguments.file.display());
        let sheet = ContactSheet::new(0.25).with_gap(4).with_border(4).grid(&thumbnails, COLUMNS);
        write_png16(png, sheet.as_film())?;
    }
    Ok(())
}

/// The failures, one line each, and how many of what.
fn summarize<T>(report: &FolderReport<T>) {
    for (_, error) in &report.failures {
        eprintln!("{error}");
    }
    let (films, failures) = (report.films.len(), report.failures.len());
    eprintln!("{films} films, {failures} failures, {} other files", report.skipped.len());
}

fn deidentify(arguments: &Arguments, output: &Path) -> Result<()> {
    let path = arguments.key.as_ref().context("--deidentify needs --key FILE")?;
    let key = std::fs::read(path).with_context(|| path.display().to_string())?;
    let deidentifier = Deidentifier::new(&key).with_characteristics(arguments.keep_characteristics);
    let deidentifier =
        arguments.shift_dates.into_iter().fold(deidentifier, Deidentifier::with_date_shift);
    if !arguments.file.is_dir() {
        let report = deidentifier.file(&arguments.file, output)?;
        say!("{}", serde_json::to_string(&report)?);
        return Ok(());
    }
    let bar = ProgressBar::new(0);
    let report = deidentifier.folder(&arguments.file, output, |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    for (path, (new, done)) in &report.films {
        let mut line = serde_json::to_value(done)?;
        line["file"] = json!(path);
        line["written"] = json!(new);
        say!("{line}");
    }
    summarize(&report);
    match report.failures.len() {
        0 => Ok(()),
        failures => bail!("{failures} files could not be de-identified and were not written"),
    }
}

/// Columns of the table: keys of the JSON, with those of an object after a point.
const TABLE: [&str; 20] = [
    "height",
    "width",
    "frames",
    "format",
    "modality",
    "transfer_syntax",
    "photometric",
    "bits_stored",
    "spacing.row_mm",
    "spacing.col_mm",
    "spacing.kind",
    "modality_lut",
    "voi",
    "inverted",
    "view",
    "laterality",
    "facing",
    "body_part",
    "min",
    "max",
];

/// A line per film; warnings in the last column, with bars between them.
fn print_csv(films: &[(PathBuf, Value)]) -> Result<()> {
    let mut table = csv::Writer::from_writer(std::io::stdout().lock());
    table.write_record(["file"].iter().chain(&TABLE).chain(&["warnings"]))?;
    for (path, described) in films {
        let field = |name: &&str| {
            let value = name.split('.').fold(described, |value, key| &value[key]);
            if value.is_null() { String::new() } else { text(value) }
        };
        let warnings = described["warnings"].as_array().into_iter().flatten().map(text);
        let mut record = vec![path.display().to_string()];
        record.extend(TABLE.iter().map(field));
        record.push(warnings.collect::<Vec<_>>().join(" | "));
        table.write_record(record)?;
    }
    Ok(table.flush()?)
}

fn describe_header(header: &FilmHeader) -> Value {
    let warnings: Vec<String> = header.warnings.iter().map(ToString::to_string).collect();
    json!({
        "height": header.height,
        "width": header.width,
        "frames": header.frames,
        "modality": header.acquisition.modality,
        "transfer_syntax": header.transfer_syntax,
        "photometric": header.photometric,
        "spacing": spacing(header.spacing),
        "view": header.acquisition.view,
        "laterality": header.acquisition.laterality,
        "facing": header.acquisition.facing(),
        "body_part": header.acquisition.body_part,
        "warnings": warnings,
    })
}

fn describe(film: &Radiograph, estimate: bool) -> Value {
    let provenance = film.provenance();
    let (min, max) = film.range();
    let warnings: Vec<String> = provenance.warnings.iter().map(ToString::to_string).collect();
    json!({
        "height": film.height(),
        "width": film.width(),
        "format": provenance.format,
        "modality": film.acquisition().modality,
        "transfer_syntax": provenance.transfer_syntax,
        "photometric": provenance.photometric,
        "bits_stored": provenance.bits_stored,
        "spacing": spacing(film.spacing()),
        "modality_lut": provenance.modality_lut.name(),
        "voi": provenance.voi.name(),
        "inverted": provenance.inverted,
        "view": film.view(),
        "laterality": film.laterality(),
        "facing": film.facing(),
        "facing_estimate": estimate.then(|| facing_estimate(film)),
        "body_part": film.acquisition().body_part,
        "min": min,
        "max": max,
        "warnings": warnings,
        "provenance": provenance,
    })
}

/// What the picture says of the facing, or why it says nothing.
fn facing_estimate(film: &Radiograph) -> Value {
    match film.estimate_facing() {
        Ok(estimate) => json!({"facing": estimate.facing, "confidence": estimate.confidence}),
        Err(error) => json!({"facing": null, "confidence": null, "why": error.to_string()}),
    }
}

fn spacing(spacing: Spacing) -> Value {
    let kind = spacing.kind;
    match spacing.mm() {
        Some([row, col]) => json!({"row_mm": row, "col_mm": col, "kind": kind}),
        None => json!({"row_mm": null, "col_mm": null, "kind": kind,
            "why": "the file states no usable pixel spacing"}),
    }
}

fn print_lines(described: &Value) {
    let Some(fields) = described.as_object() else { return };
    for (name, value) in fields {
        match value {
            Value::Array(values) => values.iter().for_each(|v| say!("{name}: {}", text(v))),
            Value::Object(_) if name == "provenance" => {}
            Value::Null => {}
            value => say!("{name}: {}", text(value)),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}
