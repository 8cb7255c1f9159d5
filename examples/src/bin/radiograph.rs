//! Inspects or converts one radiograph.

use anyhow::Result;
use clap::Parser;
use serde_json::{Value, json};
use std::path::PathBuf;
use vertebra_radiograph::{Grey, Radiograph, ReadOptions, write_npy, write_png16};

/// Says what a radiograph file holds and how its grey values come about; converts it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// DICOM or PNG file.
    file: PathBuf,
    /// Prints one JSON object instead of lines.
    #[arg(long)]
    json: bool,
    /// Writes the picture a person would see as 16-bit grey PNG.
    #[arg(long, value_name = "OUT")]
    png: Option<PathBuf>,
    /// Writes float32 [height, width] after the modality LUT, before VOI and inversion.
    #[arg(long, value_name = "OUT")]
    npy: Option<PathBuf>,
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

fn main() -> Result<()> {
    let arguments = Arguments::parse();
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
