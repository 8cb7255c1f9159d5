//! Inspects or converts one radiograph, or a folder of them.

#![allow(clippy::print_stdout, clippy::print_stderr)] // its answers

use anyhow::{Context, Result, bail};
use clap::Parser;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::path::PathBuf;
use vertebra_radiograph::{
    Deidentifier, Grey, Radiograph, ReadOptions, contact_sheet, read_folder, write_npy, write_png16,
};

/// Pixels of the longer side of a picture on the contact sheet, and pictures in a row.
const THUMBNAIL: usize = 240;
const COLUMNS: usize = 6;

/// Says what a radiograph file holds and how its grey values come about; converts it.
///
/// With a folder: one JSON object per film, one line each; films that cannot be read are listed on
/// standard error.
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
    /// Writes a copy of the DICOM file without what could identify a person, and says what was done.
    #[arg(long, value_name = "OUT", requires = "key")]
    deidentify: Option<PathBuf>,
    /// File whose content makes the pseudonyms; keep it secret.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Opens, with warnings, files without preamble, with an unusable transfer syntax or cut short.
    #[arg(long)]
    lenient: bool,
    /// Frame to read, from 0.
    #[arg(long, value_name = "N")]
    frame: Option<usize>,
}

impl Arguments {
    fn options(&self) -> ReadOptions {
        let options = ReadOptions::default().with_lenient(self.lenient);
        self.frame.into_iter().fold(options, ReadOptions::with_frame)
    }
}

fn main() {
    if let Err(error) = run(&Arguments::parse()) {
        eprintln!("error: {error:#}");
        std::process::exit(1);
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.deidentify {
        Some(output) => deidentify(arguments, output),
        None if arguments.file.is_dir() => folder(arguments),
        None => one(arguments),
    }
}

fn one(arguments: &Arguments) -> Result<()> {
    let film = arguments.options().read(&arguments.file)?;
    if let Some(png) = &arguments.png {
        write_png16(png, &film)?;
    }
    if let Some(npy) = &arguments.npy {
        write_npy(npy, &arguments.options().with_grey(Grey::Modality).read(&arguments.file)?)?;
    }
    let described = describe(&film);
    if arguments.json {
        println!("{described}");
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
    let report = read_folder(
        &arguments.file,
        &arguments.options(),
        |_, film| (describe(&film), film.thumbnail(THUMBNAIL)),
        |done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        },
    )?;
    bar.finish_and_clear();
    let mut thumbnails = Vec::new();
    for (path, (mut described, thumbnail)) in report.films {
        described["file"] = json!(path);
        println!("{described}");
        thumbnails.push(thumbnail?);
    }
    for (_, error) in &report.failures {
        eprintln!("{error}");
    }
    eprintln!(
        "{} films, {} failures, {} other files",
        thumbnails.len(),
        report.failures.len(),
        report.skipped.len()
    );
    if let Some(png) = &arguments.png {
        write_png16(png, &contact_sheet(&thumbnails, COLUMNS)?)?;
    }
    Ok(())
}

fn deidentify(arguments: &Arguments, output: &PathBuf) -> Result<()> {
    let path = arguments.key.as_ref().context("--deidentify needs --key FILE")?;
    let key = std::fs::read(path).with_context(|| path.display().to_string())?;
    let report = Deidentifier::new(&key).file(&arguments.file, output)?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

fn describe(film: &Radiograph) -> Value {
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
        "spacing": spacing(film),
        "modality_lut": provenance.modality_lut.name(),
        "voi": provenance.voi.name(),
        "inverted": provenance.inverted,
        "view": film.view(),
        "laterality": film.laterality(),
        "facing": film.facing(),
        "body_part": film.acquisition().body_part,
        "min": min,
        "max": max,
        "warnings": warnings,
        "provenance": provenance,
    })
}

fn spacing(film: &Radiograph) -> Value {
    let kind = film.spacing().kind;
    match film.spacing().mm() {
        Some([row, col]) => json!({"row_mm": row, "col_mm": col, "kind": kind}),
        None => json!({"row_mm": null, "col_mm": null, "kind": kind,
            "why": "the file states no usable pixel spacing"}),
    }
}

fn print_lines(described: &Value) {
    let Some(fields) = described.as_object() else { return };
    for (name, value) in fields {
        match value {
            Value::Array(values) => values.iter().for_each(|v| println!("{name}: {}", text(v))),
            Value::Object(_) if name == "provenance" => {}
            Value::Null => {}
            value => println!("{name}: {}", text(value)),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}
