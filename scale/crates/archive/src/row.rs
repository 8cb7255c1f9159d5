//! One row per film: its columns, their meaning, and rows as Arrow arrays.

use crate::Error;
use datafusion::arrow::array::{
    Array, ArrayBuilder, ArrayRef, BooleanArray, Float64Array, Float64Builder, Int64Array,
    ListBuilder, StringArray, StringBuilder, StructArray, StructBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use std::sync::Arc;
use vertebra_keypoints::{Doubt, Facing, Level, Verdict};
use vertebra_radiograph::Provenance;
use vertebra_study::Answer;

/// Version of the columns; it stands in the metadata of every file as `vertebra.schema_version`.
pub const SCHEMA_VERSION: u32 = 1;

/// What is known of one film.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FilmRow {
    /// Where it is.
    pub path: String,
    /// Bytes.
    pub size: i64,
    /// What the store calls this version of it.
    pub etag: Option<String>,
    /// SHA-256 of its bytes; `None` where not all of them were read.
    pub content: Option<String>,
    /// Digest of the model.
    pub model: String,
    /// The model's covariates, in its order.
    pub covariates: Vec<Option<f64>>,
    /// What is said of it.
    pub answer: Answer,
    /// How its grey values came about.
    pub grey: Option<Provenance>,
    /// Time from its first byte to its answer, without waiting for a processor.
    pub seconds: f64,
}

/// A column: its name, its meaning, and how it is filled.
struct Column {
    name: &'static str,
    meaning: &'static str,
    fill: fn(&[FilmRow]) -> ArrayRef,
}

const fn column(
    name: &'static str,
    meaning: &'static str,
    fill: fn(&[FilmRow]) -> ArrayRef,
) -> Column {
    Column { name, meaning, fill }
}

/// The columns before the points.
const BEFORE: [Column; 13] = [
    column("path", "where the film is", |r| texts(r, |r| Some(r.path.clone()))),
    column("size", "bytes", |r| Arc::new(Int64Array::from_iter_values(r.iter().map(|r| r.size)))),
    column("etag", "what the store calls this version", |r| texts(r, |r| r.etag.clone())),
    column(
        "content",
        "SHA-256 of its bytes; null where the first bytes showed that it is no film",
        |r| texts(r, |r| r.content.clone()),
    ),
    column("model", "digest of the model", |r| texts(r, |r| Some(r.model.clone()))),
    column("covariates", "covariates that the model was given, in its order", covariates),
    column("ok", "whether points and risks may be used", |r| {
        Arc::new(r.iter().map(|r| Some(r.answer.verdict.is_ok())).collect::<BooleanArray>())
    }),
    column("verdict", "ok, or why not, as a sentence", |r| texts(r, |r| Some(verdict(r)))),
    column("reasons", "codes of the reasons", |r| lists(r, codes)),
    column("lateral_lumbar", "probability that it is a lateral lumbar film", |r| {
        numbers(r, |r| r.answer.trust.map(|trust| trust.lateral_lumbar))
    }),
    column("points_right", "probability that it is one and all points are right", |r| {
        numbers(r, |r| r.answer.trust.map(|trust| trust.points_right))
    }),
    column("points_found", "probability that all points are within points_within_mm", |r| {
        numbers(r, |r| r.answer.keypoints_found.and_then(|found| found.probability))
    }),
    column("points_within_mm", "greatest error of a point that counts as found, mm", |r| {
        numbers(r, |r| r.answer.keypoints_found.and_then(|found| found.within_mm))
    }),
];

/// The columns after the points.
const AFTER: [Column; 10] = [
    column("facing", "left or right: which way the subject faces", |r| {
        texts(r, |r| r.answer.facing.map(|f| side(f.facing).to_owned()))
    }),
    column("facing_probability", "probability of facing", |r| {
        numbers(r, |r| r.answer.facing.map(|facing| facing.probability))
    }),
    column("log_hazard", "log hazard; 0 is the mean of the model's subjects", |r| {
        numbers(r, |r| r.answer.log_hazard)
    }),
    column("risks", "risk of an event by each horizon, in years", risks),
    column("why", "why there is no log hazard", |r| texts(r, |r| r.answer.why.map(str::to_owned))),
    column("warnings", "what is suspicious", |r| lists(r, |r| r.answer.warnings.clone())),
    column("source", "format of the file: dicom, png, tiff, jpeg, bmp, npy", |r| {
        texts(r, |r| r.grey.as_ref().and_then(source))
    }),
    column("grey", "every step from stored to grey values, as JSON", |r| {
        texts(r, |r| r.grey.as_ref().and_then(|grey| serde_json::to_string(grey).ok()))
    }),
    column("seconds", "time of decoding and scoring, in seconds", |r| {
        numbers(r, |r| Some(r.seconds))
    }),
    column("version", "version of the program that scored it", |r| {
        texts(r, |_| Some(env!("CARGO_PKG_VERSION").to_owned()))
    }),
];

/// Every column with its meaning, in order.
#[must_use]
pub fn columns() -> Vec<(String, &'static str)> {
    let named = |column: &Column| (column.name.to_owned(), column.meaning);
    let points = Level::ALL.into_iter().flat_map(|level| {
        POINT.map(|(part, meaning)| (format!("{}_{part}", level.name().to_lowercase()), meaning))
    });
    BEFORE.iter().map(named).chain(points).chain(AFTER.iter().map(named)).collect()
}

const POINT: [(&str, &str); 3] = [
    ("x", "column of the centre, px of the film"),
    ("y", "row of the centre, px of the film"),
    ("confidence", "the detector's confidence"),
];

/// The fields of a row.
#[must_use]
pub fn fields() -> Fields {
    let arrays = arrays(&[]);
    let field = |((name, _), array): ((String, &str), &ArrayRef)| {
        let required = ["path", "size", "model", "ok", "verdict"].contains(&name.as_str());
        Field::new(name, array.data_type().clone(), !required)
    };
    columns().into_iter().zip(&arrays).map(field).collect()
}

/// Rows as one struct array of [`fields`].
///
/// # Errors
/// [`Error::Engine`] where the arrays do not fit, which is a mistake of this crate.
pub(crate) fn to_struct(rows: &[FilmRow]) -> Result<StructArray, Error> {
    StructArray::try_new_with_length(fields(), arrays(rows), None, rows.len())
        .map_err(|error| Error::engine(error.into()))
}

fn arrays(rows: &[FilmRow]) -> Vec<ArrayRef> {
    let mut arrays: Vec<ArrayRef> = BEFORE.iter().map(|column| (column.fill)(rows)).collect();
    for level in Level::ALL {
        let point = |row: &FilmRow| row.answer.keypoints.map(|points| points[level.index()]);
        arrays.push(numbers(rows, |row| point(row).map(|p| p.x)));
        arrays.push(numbers(rows, |row| point(row).map(|p| p.y)));
        arrays.push(numbers(rows, |row| point(row).map(|p| p.confidence)));
    }
    arrays.extend(AFTER.iter().map(|column| (column.fill)(rows)));
    arrays
}

fn texts(rows: &[FilmRow], value: impl Fn(&FilmRow) -> Option<String>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<StringArray>())
}

fn numbers(rows: &[FilmRow], value: impl Fn(&FilmRow) -> Option<f64>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<Float64Array>())
}

fn lists(rows: &[FilmRow], values: impl Fn(&FilmRow) -> Vec<String>) -> ArrayRef {
    let mut list = ListBuilder::new(StringBuilder::new());
    for row in rows {
        values(row).into_iter().for_each(|value| list.values().append_value(value));
        list.append(true);
    }
    Arc::new(list.finish())
}

fn covariates(rows: &[FilmRow]) -> ArrayRef {
    let mut list = ListBuilder::new(Float64Builder::new());
    for row in rows {
        row.covariates.iter().for_each(|value| list.values().append_option(*value));
        list.append(true);
    }
    Arc::new(list.finish())
}

fn risks(rows: &[FilmRow]) -> ArrayRef {
    let fields = ["horizon", "probability"].map(|name| Field::new(name, DataType::Float64, true));
    let builders: Vec<Box<dyn ArrayBuilder>> =
        vec![Box::new(Float64Builder::new()), Box::new(Float64Builder::new())];
    let pair = StructBuilder::new(Fields::from(fields.to_vec()), builders);
    let mut list = ListBuilder::new(pair);
    for row in rows {
        for risk in &row.answer.risk {
            let values = [Some(risk.horizon), risk.probability];
            for (at, value) in values.into_iter().enumerate() {
                if let Some(field) = list.values().field_builder::<Float64Builder>(at) {
                    field.append_option(value);
                }
            }
            list.values().append(true);
        }
        list.append(true);
    }
    Arc::new(list.finish())
}

fn verdict(row: &FilmRow) -> String {
    match row.answer.verdict.is_ok() {
        true => "ok".into(),
        false => row.answer.verdict.to_string(),
    }
}

fn codes(row: &FilmRow) -> Vec<String> {
    let doubts: &Verdict = &row.answer.verdict;
    doubts.doubts().iter().map(|doubt: &Doubt| doubt.code().to_owned()).collect()
}

fn side(facing: Facing) -> &'static str {
    if facing == Facing::Right { "right" } else { "left" }
}

/// The format as its serialised name.
fn source(grey: &Provenance) -> Option<String> {
    let name = serde_json::to_value(grey.format).ok()?;
    name.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_name_of_its_own_and_a_field() {
        let mut names: Vec<String> = columns().into_iter().map(|(name, _)| name).collect();
        assert_eq!(fields().len(), names.len());
        names.sort();
        names.dedup();
        assert_eq!(fields().len(), names.len());
    }

    #[test]
    fn columns_are_documented_where_users_look() {
        let page = include_str!("../../../../docs/SCALE.md");
        for Column { name, meaning, .. } in BEFORE.iter().chain(&AFTER) {
            let line = format!("| `{name}` | {meaning} |");
            assert!(page.contains(&line), "{line}");
        }
    }
}
