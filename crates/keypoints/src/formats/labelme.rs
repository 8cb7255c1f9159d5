//! The JSON files of LabelMe, one for each film.
//!
//! It measures from the outer corner of the first pixel; half a pixel is taken off, so that the
//! centre of the first pixel is `(0, 0)` here.

use super::label::Part;
use super::marks::{Marks, from_corner};
use super::text;
use crate::{AnnotationSet, Error};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    shapes: Vec<Shape>,
    image_path: String,
    image_height: Option<usize>,
    image_width: Option<usize>,
}

#[derive(Deserialize)]
struct Shape {
    label: String,
    points: Vec<(f64, f64)>,
    #[serde(default)]
    shape_type: String,
}

impl AnnotationSet {
    /// Reads the file that LabelMe (<https://github.com/wkentaro/labelme>) writes for one film:
    /// polygons, rectangles and points labelled as a vertebra or one of its points. The film is
    /// named by `imagePath`.
    ///
    /// A vertebra without a point has the centre of its outline, which should be that of its body.
    ///
    /// # Errors
    /// [`Error::Malformed`]; [`Error::BadAnnotation`] for other than five vertebrae, a level
    /// annotated twice, a point outside the film or a value that is not a number.
    pub fn from_labelme(json: &str, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let file: File =
            serde_json::from_str(json).map_err(|e| Error::malformed(path, "LabelMe JSON", e))?;
        let size = file.image_height.zip(file.image_width).map(|(h, w)| [h, w]);
        let mut marks = Marks::new(path, file.image_path.replace('\\', "/"), size);
        for Shape { label, points, shape_type } in file.shapes {
            let Some(part) = Part::of_label(&label) else { continue };
            let (points, outline) = match (shape_type.as_str(), &points[..]) {
                ("polygon" | "", _) => (points, true),
                ("rectangle", &[(a, b), (c, d)]) => (vec![(a, b), (c, b), (c, d), (a, d)], true),
                ("point", _) => (points, false),
                _ => continue,
            };
            marks.add(part, from_corner(points), outline)?;
        }
        Self::of_films(marks.finish()?.into_iter().collect(), path)
    }
}

/// The LabelMe files of a folder, which name films from there; the set names them from the folder
/// above it, as one annotation file in the folder's place would.
pub(super) fn folder(path: &Path) -> Result<AnnotationSet, Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(io)? {
        files.push(entry.map_err(io)?.path());
    }
    files.retain(|file| file.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")));
    files.sort();
    if files.is_empty() {
        return Err(Error::malformed(path, "a folder of LabelMe files (.json)", "none"));
    }
    let folder = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut films = Vec::new();
    for file in files {
        for mut film in AnnotationSet::from_labelme(&text(&file)?, &file)?.films {
            film.file_name = tidied(&format!("{folder}/{}", film.file_name));
            films.push(film);
        }
    }
    AnnotationSet::of_films(films, path)
}

/// A path without `.`, and without `..` after a name.
fn tidied(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| *part != "." && !part.is_empty()) {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => _ = parts.pop(),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
