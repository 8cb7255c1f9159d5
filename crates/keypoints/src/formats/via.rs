//! The JSON of the VGG Image Annotator (VIA 1 and 2).
//!
//! It measures from the outer corner of the first pixel; half a pixel is taken off, so that the
//! centre of the first pixel is `(0, 0)` here. Its files do not state the size of films.

use super::label::Part;
use super::marks::{Marks, from_corner};
use crate::{AnnotationSet, Error, FilmAnnotation};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;

impl AnnotationSet {
    /// Reads a project or an annotation export of VIA
    /// (<https://www.robots.ox.ac.uk/~vgg/software/via/>): polygons, rectangles and points whose
    /// region attributes name a vertebra or one of its points, whatever the attribute is called.
    ///
    /// Films without such regions are left out. A vertebra without a point has the centre of its
    /// outline, which should be that of its body.
    ///
    /// # Errors
    /// [`Error::Malformed`]; [`Error::BadAnnotation`] for a film with other than five vertebrae, a
    /// level annotated twice or a value that is not a number.
    pub fn from_via(json: &str, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let malformed = |e| Error::malformed(path, "VIA JSON", e);
        let mut file: Map<String, Value> = serde_json::from_str(json).map_err(malformed)?;
        let films = match file.remove("_via_img_metadata") {
            Some(films) => films,
            None => Value::Object(file),
        };
        let films: Map<String, Value> = serde_json::from_value(films).map_err(malformed)?;
        let mut read = Vec::new();
        for film in films.into_iter().map(|(_, film)| film) {
            let film: Film = serde_json::from_value(film).map_err(malformed)?;
            read.extend(self::film(path, film)?);
        }
        Self::of_films(read, path)
    }
}

#[derive(Deserialize)]
struct Film {
    filename: String,
    #[serde(default)]
    regions: Regions,
}

/// A list in VIA 2, numbered in VIA 1.
#[derive(Deserialize)]
#[serde(untagged)]
enum Regions {
    List(Vec<Region>),
    Numbered(Map<String, Value>),
}

impl Default for Regions {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

#[derive(Deserialize)]
struct Region {
    shape_attributes: Shape,
    #[serde(default)]
    region_attributes: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
enum Shape {
    Polygon {
        all_points_x: Vec<f64>,
        all_points_y: Vec<f64>,
    },
    Rect {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
    },
    Point {
        cx: f64,
        cy: f64,
    },
    #[serde(other)]
    Other,
}

fn film(path: &Path, film: Film) -> Result<Option<FilmAnnotation>, Error> {
    let malformed = |e| Error::malformed(path, "VIA JSON", e);
    let regions = match film.regions {
        Regions::List(list) => list,
        Regions::Numbered(map) => {
            let regions = map.into_iter().map(|(_, region)| serde_json::from_value(region));
            regions.collect::<Result<_, _>>().map_err(malformed)?
        }
    };
    let mut marks = Marks::new(path, film.filename, None);
    for Region { shape_attributes, region_attributes } in regions {
        let Some(part) = region_attributes.values().find_map(part) else { continue };
        let (points, outline) = match shape_attributes {
            Shape::Polygon { all_points_x: xs, all_points_y: ys } => {
                (xs.into_iter().zip(ys).collect(), true)
            }
            Shape::Rect { x, y, width, height } => {
                let (right, bottom) = (x + width, y + height);
                (vec![(x, y), (right, y), (right, bottom), (x, bottom)], true)
            }
            Shape::Point { cx, cy } => (vec![(cx, cy)], false),
            Shape::Other => continue,
        };
        marks.add(part, from_corner(points), outline)?;
    }
    marks.finish()
}

/// A text, or the one box of several that is ticked.
fn part(attribute: &Value) -> Option<Part> {
    match attribute {
        Value::String(label) => Part::of_label(label),
        Value::Object(ticked) => ticked
            .iter()
            .find(|(_, value)| **value == Value::Bool(true))
            .and_then(|(label, _)| Part::of_label(label)),
        _ => None,
    }
}
