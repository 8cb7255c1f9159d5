//! Marks of the annotation tools CVAT and Label Studio.
//!
//! Both measure from the outer corner of the first pixel; half a pixel is taken off, so that the
//! centre of the first pixel is `(0, 0)` here. In either, points and outlines are labelled `L1` to
//! `L5`; other labels are left alone.

use crate::annotation::check_places;
use crate::{AnnotationSet, Error, FilmAnnotation, Level, VertebraAnnotation, VertebraKeypoints};
use serde::Deserialize;
use std::path::Path;

impl AnnotationSet {
    /// Reads the XML of CVAT's export "CVAT for images 1.1"
    /// (<https://docs.cvat.ai/docs/manual/advanced/xml_format/>): five points per image, single or
    /// in a skeleton, and polygons where there are any.
    ///
    /// Images without marks are left out.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Malformed`], [`Error::BadAnnotation`] for an image with other than
    /// five points, a level marked twice, a point outside the film or a number that is none.
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
        let document = roxmltree::Document::parse(xml)
            .map_err(|e| malformed(path, "CVAT XML", Box::new(e)))?;
        let mut films = Vec::new();
        for image in document.descendants().filter(|n| n.has_tag_name("image")) {
            films.extend(cvat_image(path, image)?);
        }
        Self::of_films(films, path)
    }

    /// Reads Label Studio's JSON export (<https://labelstud.io/guide/task_format>): `KeyPointLabels`
    /// and `PolygonLabels`.
    ///
    /// The film is named by `data.image`: what follows `?d=` for local files, else the last part of
    /// the address without the eight digits that an upload puts before it. Tasks without marks and
    /// cancelled annotations are left out.
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
            .map_err(|e| malformed(path, "Label Studio JSON", Box::new(e)))?;
        let films: Result<Vec<_>, _> =
            tasks.iter().map(|task| label_studio_task(path, task)).collect();
        Self::of_films(films?.into_iter().flatten().collect(), path)
    }
}

/// What was marked on one film, as it is collected.
struct Marks<'a> {
    path: &'a Path,
    name: String,
    size: [usize; 2],
    points: [Option<(f64, f64)>; 5],
    polygons: [Option<Vec<(f64, f64)>>; 5],
}

impl<'a> Marks<'a> {
    fn new(path: &'a Path, name: String, size: [usize; 2]) -> Self {
        Self { path, name, size, points: [None; 5], polygons: Default::default() }
    }

    /// Adds a mark, measured from the corner of the first pixel.
    fn add(&mut self, level: Level, corners: Vec<(f64, f64)>, outline: bool) -> Result<(), Error> {
        let mut points: Vec<(f64, f64)> = corners.iter().map(|p| (p.0 - 0.5, p.1 - 0.5)).collect();
        if points.iter().any(|p| !(p.0.is_finite() && p.1.is_finite())) {
            return Err(self.bad("numbers", format!("NaN in {level}")));
        }
        let i = level.index();
        let taken = if outline { self.polygons[i].is_some() } else { self.points[i].is_some() };
        if taken {
            return Err(self.bad("each level once", format!("{level} twice")));
        }
        if outline {
            if points.len() < 3 {
                let got = format!("{} for {level}", points.len());
                return Err(self.bad("an outline of at least 3 points", got));
            }
            self.polygons[i] = Some(points);
        } else {
            if points.len() != 1 {
                return Err(self.bad("one point", format!("{} for {level}", points.len())));
            }
            self.points[i] = points.pop();
        }
        Ok(())
    }

    /// The film, or nothing where nothing was marked.
    fn finish(self) -> Result<Option<FilmAnnotation>, Error> {
        let n = self.points.iter().flatten().count();
        if n == 0 && self.polygons.iter().all(Option::is_none) {
            return Ok(None);
        }
        let [Some(a), Some(b), Some(c), Some(d), Some(e)] = self.points else {
            return Err(self.bad("5 points L1 to L5", format!("{n} points")));
        };
        check_places(self.size, &[a, b, c, d, e])
            .map_err(|fault| self.bad(&fault.expected, fault.got))?;
        let keypoints = VertebraKeypoints::from_xy([a, b, c, d, e])?;
        let outlines = Level::ALL.into_iter().zip(self.polygons);
        let vertebrae = outlines
            .filter(|(_, polygon)| polygon.is_some())
            .map(|(level, polygon)| VertebraAnnotation { level, six_points: None, polygon })
            .collect();
        Ok(Some(FilmAnnotation::new(self.name, self.size, keypoints, vertebrae)))
    }

    fn bad(&self, expected: &str, got: String) -> Error {
        Error::BadAnnotation {
            path: self.path.to_owned(),
            image: self.name.clone(),
            expected: expected.to_owned(),
            got,
        }
    }
}

fn cvat_image(
    path: &Path,
    image: roxmltree::Node<'_, '_>,
) -> Result<Option<FilmAnnotation>, Error> {
    let name = image.attribute("name").unwrap_or_default().to_owned();
    if name.is_empty() {
        let id = image.attribute("id").unwrap_or("unknown");
        let marks = Marks::new(path, format!("id {id}"), [0, 0]);
        return Err(marks.bad("a name of the image", "none".to_owned()));
    }
    let side = |side: &str| image.attribute(side).and_then(|v| v.parse::<usize>().ok());
    let mut marks = Marks::new(path, name, [0, 0]);
    let (Some(height), Some(width)) = (side("height"), side("width")) else {
        return Err(marks.bad("width and height of the image", "none".to_owned()));
    };
    marks.size = [height, width];
    for shape in image.descendants() {
        let outline = shape.has_tag_name("polygon");
        let marked = outline || shape.has_tag_name("points");
        let level = shape.attribute("label").and_then(|label| label.parse::<Level>().ok());
        let (true, Some(level)) = (marked && shape.attribute("outside") != Some("1"), level) else {
            continue;
        };
        let list = shape.attribute("points").unwrap_or_default();
        let Some(points) = list.split(';').map(cvat_point).collect::<Option<Vec<_>>>() else {
            return Err(marks.bad("points \"x,y;x,y\"", format!("\"{list}\" for {level}")));
        };
        marks.add(level, points, outline)?;
    }
    marks.finish()
}

fn cvat_point(text: &str) -> Option<(f64, f64)> {
    let (x, y) = text.split_once(',')?;
    Some((x.trim().parse().ok()?, y.trim().parse().ok()?))
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
    for region in &annotation.result {
        let outline = region.kind == "polygonlabels";
        let labels =
            if outline { &region.value.polygonlabels } else { &region.value.keypointlabels };
        let Some(level) = labels.first().and_then(|l| l.parse::<Level>().ok()) else { continue };
        if region.image_rotation != 0.0 {
            return Err(
                marks.bad("a picture that is not rotated", region.image_rotation.to_string())
            );
        }
        let size = [region.original_height, region.original_width];
        if size.contains(&0) {
            return Err(
                marks.bad("original_width and original_height", format!("none for {level}"))
            );
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
        marks.add(level, points, outline)?;
    }
    marks.finish()
}

fn label_studio_name(image: &str) -> String {
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

fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}

fn malformed(
    path: &Path,
    expected: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
) -> Error {
    Error::Malformed { path: path.to_owned(), expected, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CVAT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<image id="0" name="a/film.png" width="300" height="400">
  <skeleton label="lumbar_spine" source="manual" z_order="0">
    <points label="L5" source="manual" outside="0" occluded="0" points="136.50,370.25"></points>
    <points label="L4" source="manual" outside="0" occluded="0" points="148.50,296.50"></points>
    <points label="L3" source="manual" outside="0" occluded="1" points="144.50,222.50"></points>
    <points label="L2" source="manual" outside="0" occluded="0" points="136.50,150.50"></points>
    <points label="L1" source="manual" outside="0" occluded="0" points="130.50,80.50"></points>
    <points label="S1" source="manual" outside="1" occluded="0" points="0.00,0.00"></points>
  </skeleton>
  <polygon label="L2" source="manual" occluded="0" points="116.5,135.5;156.5,135.5;156.5,165.5"></polygon>
  <box label="plate" occluded="0" xtl="1" ytl="1" xbr="5" ybr="5"></box>
</image>
<image id="1" name="unmarked.png" width="300" height="400"></image>
</annotations>"#;

    fn label_studio() -> serde_json::Value {
        let region = |label: &str, x: f64, y: f64| {
            serde_json::json!({
                "type": "keypointlabels", "original_width": 200, "original_height": 400,
                "image_rotation": 0, "from_name": "kp", "to_name": "image",
                "value": {"x": x, "y": y, "width": 0.4, "keypointlabels": [label]}
            })
        };
        let mut result: Vec<_> = (1..=5)
            .map(|i| region(&format!("L{i}"), 40.0 + f64::from(i), 15.0 * f64::from(i)))
            .collect();
        result.push(serde_json::json!({
            "type": "polygonlabels", "original_width": 200, "original_height": 400,
            "image_rotation": 0,
            "value": {"points": [[40.0, 10.0], [50.0, 10.0], [50.0, 20.0]], "polygonlabels": ["L1"]}
        }));
        serde_json::json!([
            {"id": 1, "data": {"image": "/data/upload/1/1a2b3c4d-film-7.png"},
             "annotations": [{"was_cancelled": true, "result": []}, {"result": result}]},
            {"id": 2, "data": {"image": "/data/local-files/?d=films/x.png"}, "annotations": []}
        ])
    }

    #[test]
    fn a_cvat_skeleton_and_its_outline_are_read_at_pixel_centres() {
        let set = AnnotationSet::from_cvat(CVAT, "annotations.xml").unwrap();
        assert_eq!(set.films.len(), 1);
        let film = set.get("a/film.png").unwrap();
        assert_eq!((film.height, film.width), (400, 300));
        let expected = [(130., 80.), (136., 150.), (144., 222.), (148., 296.), (136., 369.75)];
        assert_eq!(film.keypoints, VertebraKeypoints::from_xy(expected).unwrap());
        let outline = film.vertebra(Level::L2).unwrap().polygon.clone().unwrap();
        assert_eq!(outline, vec![(116.0, 135.0), (156.0, 135.0), (156.0, 165.0)]);
    }

    #[test]
    fn label_studio_per_cents_are_read_at_pixel_centres() {
        let set =
            AnnotationSet::from_label_studio(&label_studio().to_string(), "export.json").unwrap();
        assert_eq!(set.films.len(), 1);
        let film = set.get("film-7.png").unwrap();
        let l3 = film.keypoints.get(Level::L3);
        assert!((l3.x - 85.5).abs() < 1e-9 && (l3.y - 179.5).abs() < 1e-9);
        assert_eq!(film.vertebra(Level::L1).unwrap().polygon.as_ref().unwrap()[2], (99.5, 79.5));
        assert_eq!(label_studio_name("/data/local-files/?d=films/x.png"), "films/x.png");
        assert_eq!(label_studio_name("http://host/film.png"), "film.png");
    }

    #[test]
    fn a_file_is_read_by_what_it_is_and_found_in_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (json, xml) =
            (folder.path().join("annotations.json"), folder.path().join("annotations.xml"));
        std::fs::write(&xml, format!("\u{feff}{CVAT}")).unwrap();
        assert_eq!(AnnotationSet::file_in(folder.path()), xml);
        let cvat = AnnotationSet::read(&xml).unwrap();
        assert_eq!(cvat, AnnotationSet::from_cvat(CVAT, "a.xml").unwrap());
        std::fs::write(&json, label_studio().to_string()).unwrap();
        assert_eq!(AnnotationSet::file_in(folder.path()), json);
        assert!(AnnotationSet::read(&json).unwrap().get("film-7.png").is_some());
        cvat.write(&json).unwrap();
        assert_eq!(AnnotationSet::read(&json).unwrap(), cvat);
    }

    #[test]
    fn faults_name_file_image_and_what_came() {
        let cvat = |from: &str, to: &str| {
            AnnotationSet::from_cvat(&CVAT.replace(from, to), "a.xml").unwrap_err().to_string()
        };
        let four = cvat("label=\"L3\"", "label=\"T12\"");
        assert_eq!(four, "a.xml: image \"a/film.png\": expected 5 points L1 to L5, got 4 points");
        assert!(cvat("label=\"L3\"", "label=\"L4\"").contains("got L4 twice"));
        assert!(cvat("144.50,222.50", "x").contains("got \"x\" for L3"));
        assert!(cvat("144.50,222.50", "NaN,1").contains("NaN in L3"));
        assert!(cvat("144.50,222.50", "144,500").contains("L3 at x = 143.5, y = 499.5"));
        assert!(cvat("name=\"a/film.png\" ", "").contains("image \"id 0\": expected a name"));
        assert!(cvat("unmarked.png\" width=\"300\" height=\"400\">", "u\">").contains("\"u\""));
        let upside_down = cvat("136.50,370.25", "136.5,60.5");
        assert!(upside_down.contains("expected L5 below L1, got L1 at y = 80, L5 at y = 60"));
        let image = CVAT.split_inclusive("</image>").next().unwrap().split_once("<image").unwrap();
        let twice = CVAT.replacen("<image", &format!("<image{}<image", image.1), 1);
        let twice = AnnotationSet::from_cvat(&twice, "a.xml").unwrap_err().to_string();
        assert!(twice.contains("expected each film once"), "{twice}");
        assert!(cvat("width=\"300\" ", "").contains("expected width and height"));
        assert!(cvat("</annotations>", "").contains("expected CVAT XML"));

        let studio = |edit: fn(&mut serde_json::Value)| {
            let mut value = label_studio();
            edit(&mut value);
            AnnotationSet::from_label_studio(&value.to_string(), "e.json").unwrap_err().to_string()
        };
        let rotated = studio(|v| v[0]["annotations"][1]["result"][2]["image_rotation"] = 90.into());
        assert!(
            rotated.contains("image \"film-7.png\"") && rotated.contains("got 90"),
            "{rotated}"
        );
        let four = studio(|v| {
            v[0]["annotations"][1]["result"].as_array_mut().unwrap().remove(0);
        });
        assert!(four.contains("got 4 points"), "{four}");
        let two = studio(|v| v[0]["annotations"][0] = v[0]["annotations"][1].clone());
        assert!(two.contains("more than one"), "{two}");
        let nameless = studio(|v| v[0]["data"] = serde_json::json!({"img": "x.png"}));
        assert!(nameless.contains("image \"task 1\": expected the film's address in data.image"));
        let unsized_ = studio(|v| {
            let region = v[0]["annotations"][1]["result"][3].as_object_mut().unwrap();
            region.remove("original_width");
        });
        assert!(unsized_.contains("original_height, got none for L4"), "{unsized_}");
        let torn = studio(|v| v[0]["annotations"][1]["result"][3]["original_width"] = 201.into());
        assert!(torn.contains("[400, 200] and [400, 201]"), "{torn}");
        let placeless = studio(|v| {
            let region = &mut v[0]["annotations"][1]["result"][3]["value"];
            region.as_object_mut().unwrap().remove("x");
        });
        assert!(placeless.contains("expected x and y, got neither for L4"), "{placeless}");
        assert!(studio(|v| *v = 3.into()).contains("expected Label Studio JSON"));
        let flat = studio(|v| {
            *v = serde_json::json!([{"id": 7, "image": "/data/upload/1/1a2b3c4d-film-7.png", "kp": []}]);
        });
        assert!(flat.contains("image \"task 7\": expected annotations of the task"), "{flat}");
        assert!(flat.contains("JSON-MIN"), "{flat}");
    }
}
