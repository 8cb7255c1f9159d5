//! Annotations as the XML of CVAT, to be loaded into a task ("CVAT for images 1.1") and corrected.

use super::label::six_label;
use super::written;
use crate::{AnnotationSet, Error, FilmAnnotation, Level};
use std::fmt::Write;
use std::path::Path;

impl AnnotationSet {
    /// Writes the XML of CVAT, whole or not at all; [`AnnotationSet::read`] gives it back, but for
    /// boxes and areas, which it computes.
    ///
    /// A film has a skeleton `lumbar_spine` of the points `L1` to `L5`, one `L1_six` of `L1_AS` to
    /// `L1_PI` for a vertebra with its six points, and polygons `L1` to `L5`. Places are measured
    /// from the outer corner of the first pixel, as CVAT does.
    ///
    /// # Errors
    /// [`Error::Undefined`] for a film of unknown size, which CVAT's file has to state;
    /// [`Error::Io`].
    pub fn write_cvat(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let mut xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n".to_owned();
        xml.push_str("  <version>1.1</version>\n");
        for (id, film) in self.films.iter().enumerate() {
            xml.push_str(&image(id, film)?);
        }
        xml.push_str("</annotations>\n");
        written(path.as_ref(), &xml)
    }
}

fn image(id: usize, film: &FilmAnnotation) -> Result<String, Error> {
    let [height, width] = film.known_size()?;
    let name = escaped(&film.file_name);
    let mut xml =
        format!("  <image id=\"{id}\" name=\"{name}\" width=\"{width}\" height=\"{height}\">\n");
    let centres = Level::ALL.map(|level| {
        let point = film.keypoints.get(level);
        (level.name().to_owned(), (point.x, point.y))
    });
    xml.push_str(&skeleton("lumbar_spine", &centres));
    for vertebra in &film.vertebrae {
        let level = vertebra.level;
        if let Some(six) = vertebra.six_points {
            let points = (0..).zip(six.to_array()).map(|(i, p)| (six_label(level, i), p));
            xml.push_str(&skeleton(&format!("{level}_six"), &points.collect::<Vec<_>>()));
        }
        if let Some(polygon) = &vertebra.polygon {
            let points: Vec<String> = polygon.iter().map(|p| place(*p)).collect();
            let points = points.join(";");
            // Writing to a String cannot fail.
            let _ = writeln!(
                xml,
                "    <polygon label=\"{level}\" source=\"auto\" occluded=\"0\" points=\"{points}\" \
                 z_order=\"0\"></polygon>"
            );
        }
    }
    xml.push_str("  </image>\n");
    Ok(xml)
}

fn skeleton(label: &str, points: &[(String, (f64, f64))]) -> String {
    let mut xml = format!("    <skeleton label=\"{label}\" source=\"auto\" z_order=\"0\">\n");
    for (label, point) in points {
        let place = place(*point);
        let _ = writeln!(
            xml,
            "      <points label=\"{label}\" source=\"auto\" outside=\"0\" occluded=\"0\" \
             points=\"{place}\"></points>"
        );
    }
    xml.push_str("    </skeleton>\n");
    xml
}

/// From the outer corner of the first pixel.
fn place((x, y): (f64, f64)) -> String {
    format!("{},{}", x + 0.5, y + 0.5)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
