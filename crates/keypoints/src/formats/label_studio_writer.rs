//! Annotations as the JSON of Label Studio, to be imported and corrected.

use super::label::six_label;
use super::written;
use crate::{AnnotationSet, Error, FilmAnnotation, Level};
use serde_json::{Value, json};
use std::path::Path;

/// Width of a point on the screen, per cent of the picture.
const POINT_WIDTH: f64 = 0.5;

impl AnnotationSet {
    /// Writes tasks of Label Studio with their annotations, whole or not at all;
    /// [`AnnotationSet::read`] gives them back to a billionth of a pixel, but for boxes and areas,
    /// which it computes.
    ///
    /// Points are labelled `L1` to `L5`, and `L1_AS` to `L5_PI` where there are six of a vertebra;
    /// polygons `L1` to `L5`. Films are addressed as files of a local storage,
    /// `/data/local-files/?d=` and the path.
    ///
    /// # Errors
    /// [`Error::Undefined`] for a film of unknown size, in per cent of which places are given;
    /// [`Error::Io`].
    pub fn write_label_studio(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let tasks: Result<Vec<Value>, Error> =
            (1..).zip(&self.films).map(|(id, film)| task(id, film)).collect();
        written(path.as_ref(), &Value::Array(tasks?).to_string())
    }
}

fn task(id: usize, film: &FilmAnnotation) -> Result<Value, Error> {
    let size = film.known_size()?;
    let mut result = Vec::new();
    for level in Level::ALL {
        let point = film.keypoints.get(level);
        result.push(point_region(level.name(), (point.x, point.y), size));
    }
    for vertebra in &film.vertebrae {
        let level = vertebra.level;
        for (i, point) in vertebra.six_points.iter().flat_map(|six| (0..).zip(six.to_array())) {
            result.push(point_region(&six_label(level, i), point, size));
        }
        if let Some(polygon) = &vertebra.polygon {
            let points: Vec<[f64; 2]> = polygon.iter().map(|p| per_cent(*p, size)).collect();
            let value = json!({"points": points, "closed": true, "polygonlabels": [level.name()]});
            result.push(region(("polygonlabels", "outlines"), size, value));
        }
    }
    for (i, region) in result.iter_mut().enumerate() {
        region["id"] = json!(format!("{id}-{i}"));
    }
    let image = format!("/data/local-files/?d={}", film.file_name);
    Ok(json!({"id": id, "data": {"image": image}, "annotations": [{"result": result}]}))
}

fn point_region(label: &str, point: (f64, f64), size: [usize; 2]) -> Value {
    let [x, y] = per_cent(point, size);
    let value = json!({"x": x, "y": y, "width": POINT_WIDTH, "keypointlabels": [label]});
    region(("keypointlabels", "points"), size, value)
}

fn region((kind, from): (&str, &str), [height, width]: [usize; 2], value: Value) -> Value {
    json!({
        "type": kind, "from_name": from, "to_name": "image", "original_width": width,
        "original_height": height, "image_rotation": 0, "value": value
    })
}

/// From the outer corner of the first pixel, in per cent of the picture.
fn per_cent((x, y): (f64, f64), [height, width]: [usize; 2]) -> [f64; 2] {
    [(x + 0.5) / width as f64 * 100.0, (y + 0.5) / height as f64 * 100.0]
}
