//! The JSON of the annotation tool Label Studio.
//!
//! It measures from the outer corner of the first pixel; half a pixel is taken off, so that the
//! centre of the first pixel is `(0, 0)` here. Points and outlines are labelled `L1` to `L5`; other
//! labels are left alone.

use super::marks::Marks;
use super::text;
use crate::{AnnotationSet, Error, FilmAnnotation, Level};
use serde::Deserialize;
use std::path::Path;

impl AnnotationSet {
    /// Reads Label Studio's JSON export (<https://labelstud.io/guide/task_format>):
    /// `KeyPointLabels` and `PolygonLabels`.
    ///
    /// The film is named by `data.image`: what follows `?d=` for local files, else the last part of
    /// the address without the eight digits that an upload puts before it. Tasks without
    /// annotations and cancelled annotations are left out.
    ///
    /// # Errors
    /// As [`AnnotationSet::read_cvat`]; also for a task that two people annotated, for a
    /// rotated picture, and for the export JSON-MIN, which leaves the annotations' structure out.
    pub fn read_label_studio(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::from_label_studio(&text(path)?, path)
    }

    /// As [`AnnotationSet::read_label_studio`], from text; `path` is what errors name.
    ///
    /// # Errors
    /// As there.
    pub fn from_label_studio(json: &str, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let tasks: Vec<Task> = serde_json::from_str(json)
            .map_err(|e| Error::malformed(path, "Label Studio JSON", e))?;
        let films: Result<Vec<_>, _> =
            tasks.iter().map(|task| label_studio_task(path, task)).collect();
        Self::of_films(films?.into_iter().flatten().collect(), path)
    }
}

#[derive(Deserialize)]
struct Task {
    #[serde(default)]
    id: i64,
    #[serde(default)]
    data: TaskData,
    annotations: Option<Vec<TaskAnnotation>>,
}

#[derive(Deserialize, Default)]
struct TaskData {
    #[serde(default)]
    image: String,
}

#[derive(Deserialize)]
struct TaskAnnotation {
    #[serde(default)]
    was_cancelled: bool,
    #[serde(default)]
    result: Vec<Region>,
}

#[derive(Deserialize)]
struct Region {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    original_width: usize,
    #[serde(default)]
    original_height: usize,
    #[serde(default)]
    image_rotation: f64,
    #[serde(default)]
    value: RegionValue,
}

/// Coordinates are per cent of the picture.
#[derive(Deserialize, Default)]
struct RegionValue {
    x: Option<f64>,
    y: Option<f64>,
    #[serde(default)]
    points: Vec<(f64, f64)>,
    #[serde(default)]
    keypointlabels: Vec<String>,
    #[serde(default)]
    polygonlabels: Vec<String>,
}

fn label_studio_task(path: &Path, task: &Task) -> Result<Option<FilmAnnotation>, Error> {
    let mut marks = Marks::new(path, label_studio_name(&task.data.image), [0, 0]);
    let Some(annotations) = &task.annotations else {
        marks.name = format!("task {}", task.id);
        let expected = "annotations of the task, as the export \"JSON\" holds them";
        return Err(marks.bad(expected, "none, as in the export \"JSON-MIN\"".to_owned()));
    };
    let mut kept = annotations.iter().filter(|a| !a.was_cancelled && !a.result.is_empty());
    let Some(annotation) = kept.next() else { return Ok(None) };
    if marks.name.is_empty() {
        marks.name = format!("task {}", task.id);
        return Err(marks.bad("the film's address in data.image", "none".to_owned()));
    }
    if kept.next().is_some() {
        return Err(marks.bad("one annotation", "more than one".to_owned()));
    }
    annotation.result.iter().try_for_each(|region| add_region(&mut marks, region))?;
    marks.finish()
}

/// One point or outline; other labels are left alone.
fn add_region(marks: &mut Marks<'_>, region: &Region) -> Result<(), Error> {
    let outline = region.kind == "polygonlabels";
    let labels = if outline { &region.value.polygonlabels } else { &region.value.keypointlabels };
    let Some(level) = labels.first().and_then(|l| l.parse::<Level>().ok()) else { return Ok(()) };
    if region.image_rotation != 0.0 {
        return Err(marks.bad("a picture that is not rotated", region.image_rotation.to_string()));
    }
    let size = [region.original_height, region.original_width];
    if size.contains(&0) {
        return Err(marks.bad("original_width and original_height", format!("none for {level}")));
    }
    if marks.size != [0, 0] && marks.size != size {
        let got = format!("{:?} and {size:?}", marks.size);
        return Err(marks.bad("one original_height and original_width", got));
    }
    marks.size = size;
    let scale = |p: &(f64, f64)| {
        let (w, h) = (region.original_width as f64, region.original_height as f64);
        (p.0 * w / 100.0, p.1 * h / 100.0)
    };
    let value = &region.value;
    let points = match (outline, value.x, value.y) {
        (true, _, _) => value.points.iter().map(scale).collect(),
        (false, Some(x), Some(y)) => vec![scale(&(x, y))],
        _ => return Err(marks.bad("x and y", format!("neither for {level}"))),
    };
    marks.add(level, points, outline)
}

pub(super) fn label_studio_name(image: &str) -> String {
    if let Some((_, local)) = image.split_once("?d=") {
        return local.to_owned();
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once('-') {
        Some((digits, rest))
            if digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            rest.to_owned()
        }
        _ => name.to_owned(),
    }
}
