//! The XML of the annotation tool CVAT.
//!
//! It measures from the outer corner of the first pixel; half a pixel is taken off, so that the
//! centre of the first pixel is `(0, 0)` here. Points and outlines are labelled `L1` to `L5`, the
//! six points of a vertebra `L1_AS` and so on; other labels are left alone.

use super::label::Part;
use super::marks::{Marks, from_corner};
use super::text;
use crate::{AnnotationSet, Error, FilmAnnotation};
use std::path::Path;

impl AnnotationSet {
    /// Reads the XML of CVAT's export "CVAT for images 1.1"
    /// (<https://docs.cvat.ai/docs/manual/advanced/xml_format/>): five points per image, single or
    /// in a skeleton, polygons, and skeletons with the six points of a vertebra: `L1_AS`, `L1_MS`,
    /// `L1_PS`, `L1_AI`, `L1_MI`, `L1_PI`, or in a skeleton called `L1` without the level.
    ///
    /// Images without annotations are left out.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Malformed`], [`Error::BadAnnotation`] for an image with other than
    /// five points, a level annotated twice, a point outside the film or a value that is not a
    /// number.
    pub fn read_cvat(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::from_cvat(&text(path)?, path)
    }

    /// As [`AnnotationSet::read_cvat`], from text; `path` is what errors name.
    ///
    /// # Errors
    /// As there.
    pub fn from_cvat(xml: &str, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let document =
            roxmltree::Document::parse(xml).map_err(|e| Error::malformed(path, "CVAT XML", e))?;
        let mut films = Vec::new();
        for image in document.descendants().filter(|n| n.has_tag_name("image")) {
            films.extend(cvat_image(path, image)?);
        }
        Self::of_films(films, path)
    }
}

fn cvat_image(
    path: &Path,
    image: roxmltree::Node<'_, '_>,
) -> Result<Option<FilmAnnotation>, Error> {
    let name = image.attribute("name").unwrap_or_default().to_owned();
    if name.is_empty() {
        let id = image.attribute("id").unwrap_or("unknown");
        let marks = Marks::new(path, format!("id {id}"), None);
        return Err(marks.bad("a name of the image", "none".to_owned()));
    }
    let side = |side: &str| image.attribute(side).and_then(|v| v.parse::<usize>().ok());
    let mut marks = Marks::new(path, name, None);
    let (Some(height), Some(width)) = (side("height"), side("width")) else {
        return Err(marks.bad("width and height of the image", "none".to_owned()));
    };
    marks.size = Some([height, width]);
    for shape in image.descendants() {
        let outline = shape.has_tag_name("polygon");
        let marked = outline || shape.has_tag_name("points");
        let label = shape.attribute("label").unwrap_or_default();
        let group = shape.parent().and_then(|parent| parent.attribute("label"));
        let part = Part::of_labels(group, label);
        let (true, Some(part)) = (marked && shape.attribute("outside") != Some("1"), part) else {
            continue;
        };
        let list = shape.attribute("points").unwrap_or_default();
        let Some(points) = list.split(';').map(cvat_point).collect::<Option<Vec<_>>>() else {
            return Err(marks.bad("points \"x,y;x,y\"", format!("\"{list}\" for {label}")));
        };
        marks.add(part, from_corner(points), outline)?;
    }
    marks.finish()
}

fn cvat_point(text: &str) -> Option<(f64, f64)> {
    let (x, y) = text.split_once(',')?;
    Some((x.trim().parse().ok()?, y.trim().parse().ok()?))
}
