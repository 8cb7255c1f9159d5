//! What is said of a film: as JSON, as lines, as a table.

use anyhow::Result;
use serde_json::{Value, json};
use vertebra_examples::say;
use vertebra_radiograph::{Acquisition, Attribute, FilmHeader, Radiograph, Spacing};

/// Columns of the table: keys of the JSON, with those of an object after a point.
const TABLE: [&str; 21] = [
    "height",
    "width",
    "frames",
    "format",
    "modality",
    "presentation_intent",
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

/// A line per film: the table's columns, the attributes asked for, and last the warnings with bars
/// between them.
pub(crate) fn print_csv(films: &[(String, Value)], attributes: &[Attribute]) -> Result<()> {
    let mut table = csv::Writer::from_writer(std::io::stdout().lock());
    let attributes: Vec<String> = attributes.iter().map(ToString::to_string).collect();
    let columns = || TABLE.into_iter().chain(attributes.iter().map(String::as_str));
    table.write_record(std::iter::once("file").chain(columns()).chain(["warnings"]))?;
    for (name, described) in films {
        let field = |column: &str| match described.get(column) {
            Some(value) => cell(value),
            None => cell(column.split('.').fold(described, |value, key| &value[key])),
        };
        let warnings = described["warnings"].as_array().into_iter().flatten().map(text);
        let mut record = vec![name.clone()];
        record.extend(columns().map(field));
        record.push(warnings.collect::<Vec<_>>().join(" | "));
        table.write_record(record)?;
    }
    Ok(table.flush()?)
}

fn cell(value: &Value) -> String {
    if value.is_null() { String::new() } else { text(value) }
}

/// What a header says, and the attributes asked for.
pub(crate) fn header(header: &FilmHeader, attributes: &[Attribute]) -> Value {
    let warnings: Vec<String> = header.warnings.iter().map(ToString::to_string).collect();
    let described = json!({
        "height": header.height,
        "width": header.width,
        "frames": header.frames,
        "modality": header.acquisition.modality,
        "presentation_intent": header.acquisition.presentation_intent,
        "transfer_syntax": header.transfer_syntax,
        "photometric": header.photometric,
        "spacing": spacing(header.spacing),
        "view": header.acquisition.view,
        "laterality": header.acquisition.laterality,
        "facing": header.acquisition.facing(),
        "body_part": header.acquisition.body_part,
        "warnings": warnings,
    });
    with_attributes(described, &header.acquisition, attributes)
}

/// What a film is, and the attributes asked for.
pub(crate) fn film(film: &Radiograph, estimate: bool, attributes: &[Attribute]) -> Value {
    let provenance = film.provenance();
    let (min, max) = film.range();
    let warnings: Vec<String> = provenance.warnings.iter().map(ToString::to_string).collect();
    let described = json!({
        "height": film.height(),
        "width": film.width(),
        "frames": provenance.frames,
        "format": provenance.format,
        "modality": film.acquisition().modality,
        "presentation_intent": film.acquisition().presentation_intent,
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
    });
    with_attributes(described, film.acquisition(), attributes)
}

/// Under their names as asked, whether the film has them or not.
fn with_attributes(mut described: Value, film: &Acquisition, attributes: &[Attribute]) -> Value {
    for name in attributes.iter().map(ToString::to_string) {
        described[&name] = json!(film.attributes.get(&name));
    }
    described
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

/// A line for each thing said.
pub(crate) fn print_lines(described: &Value) {
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
