//! The JSON of the annotation tool Label Studio.
//!
//! It measures from the outer corner of the first pixel; half a pixel is taken off, so that the
//! centre of the first pixel is `(0, 0)` here. Points and outlines are labelled `L1` to `L5`, the
//! six points of a vertebra `L1_AS` and so on; other labels are left alone.

use super::label::Part;
use super::marks::{Marks, from_corner};
use super::text;
use crate::{AnnotationSet, Error, FilmAnnotation};
use serde::Deserialize;
use std::path::Path;

impl AnnotationSet {
    /// Reads Label Studio's JSON export (<https://labelstud.io/guide/task_format>):
    /// `KeyPointLabels` and `PolygonLabels`. A point whose parent region is labelled `L1`, as in
    /// keypoints grouped by a rectangle, may leave the level out: `AS` for `L1_AS`.
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
    #[serde(default)]
    id: String,
    #[serde(rename = "parentID", default)]
    parent: Option<String>,
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
    #[serde(default)]
    rectanglelabels: Vec<String>,
}

impl Region {
    fn label(&self) -> Option<&str> {
        let value = &self.value;
        let labels = [&value.keypointlabels, &value.polygonlabels, &value.rectanglelabels];
        labels.into_iter().flatten().next().map(String::as_str)
    }
}

fn label_studio_task(path: &Path, task: &Task) -> Result<Option<FilmAnnotation>, Error> {
    let mut marks = Marks::new(path, label_studio_name(&task.data.image), None);
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
    let parent = |region: &Region| {
        let id = region.parent.as_ref()?;
        annotation.result.iter().find(|r| r.id == *id).and_then(Region::label)
    };
    annotation
        .result
        .iter()
        .try_for_each(|region| add_region(&mut marks, region, parent(region)))?;
    marks.finish()
}

/// One point or outline; other labels are left alone.
fn add_region(marks: &mut Marks<'_>, region: &Region, parent: Option<&str>) -> Result<(), Error> {
    let outline = region.kind == "polygonlabels";
    let labels = if outline { &region.value.polygonlabels } else { &region.value.keypointlabels };
    let Some(label) = labels.first() else { return Ok(()) };
    let Some(part) = Part::of_labels(parent, label) else { return Ok(()) };
    if region.image_rotation != 0.0 {
        return Err(marks.bad("a picture that is not rotated", region.image_rotation.to_string()));
    }
    let size = [region.original_height, region.original_width];
    if size.contains(&0) {
        return Err(marks.bad("original_width and original_height", format!("none for {label}")));
    }
    if let Some(before) = marks.size.replace(size).filter(|before| *before != size) {
        let got = format!("{before:?} and {size:?}");
        return Err(marks.bad("one original_height and original_width", got));
    }
    let scale = |p: &(f64, f64)| {
        let (w, h) = (region.original_width as f64, region.original_height as f64);
        (p.0 * w / 100.0, p.1 * h / 100.0)
    };
    let value = &region.value;
    let points = match (outline, value.x, value.y) {
        (true, _, _) => value.points.iter().map(scale).collect(),
        (false, Some(x), Some(y)) => vec![scale(&(x, y))],
        _ => return Err(marks.bad("x and y", format!("neither for {label}"))),
    };
    marks.add(part, from_corner(points), outline)
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
