//! COCO keypoints JSON, the annotation file of this project.
//!
//! Format: <https://cocodataset.org/#format-data> (keypoint detection), with one category whose
//! keypoints are `L1` to `L5`; the name is `lumbar_spine`, or any where it is the only such one.
//! `segmentation` lists the outlines, as any tool writes them. The extension `vertebrae` says which
//! outline belongs to which level and carries the six morphometric points: `[{"level": "L1",
//! "points": [[x, y], ..6], "polygon": [x, y, x, y, ..]}]`. In a file without it each outline goes
//! to the level whose centre it contains.
//!
//! Files with an annotation for each vertebra are read too: categories `L1` to `L5` with an outline
//! or a run-length mask, or with keypoints `AS`, `MS`, `PS`, `AI`, `MI`, `PI`.
//!
//! Coordinates are kept as they stand in the file; this project reads them as pixel centres
//! (the centre of the first pixel is `(0, 0)`).

use super::coco_bodies::{self, has_bodies};
use super::coco_file::{Annotation, Category, File, Image, Segmentation, Vertebra, nan_to_null};
use super::coco_reader::{CATEGORY, Reader, spine};
use super::written;
use crate::{AnnotationSet, Error, FilmAnnotation, Level};
use std::collections::HashSet;
use std::path::Path;

impl AnnotationSet {
    /// Reads COCO keypoints JSON from text; `path` is what errors name.
    ///
    /// Images without an annotation of the spine and annotations of other categories are left out;
    /// the category may list its keypoints in any order, and others beside L1..L5. A missing `bbox`
    /// or `area` is computed as [`FilmAnnotation::new`] does. Where each vertebra has an annotation
    /// of its own, its centre is that of its six points, or of its outline or mask, which should be
    /// that of its body.
    ///
    /// # Errors
    /// [`Error::Malformed`], with line and column; [`Error::BadAnnotation`] for a film with other
    /// than five points, with a number that is missing or not finite, a point outside the film, L5
    /// not below L1, six points that are not six, an unknown level, or two annotations.
    pub fn from_coco(text: &str, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let file: File = serde_json::from_str(&nan_to_null(text))
            .map_err(|source| Error::malformed(path, "COCO keypoints JSON", source))?;
        let has_levels = spine(&file.categories).is_some_and(|c| c.keypoints.iter().any(is_level));
        if !has_levels && has_bodies(&file) {
            return Self::of_films(coco_bodies::films(path, &file)?, path);
        }
        let reader = Reader::new(path, &file)?;
        let mut seen = HashSet::new();
        let mut films = Vec::new();
        for annotation in &file.annotations {
            let Some(order) = reader.order.get(&annotation.category_id) else { continue };
            let image = reader.image(annotation)?;
            if !seen.insert(image.id) {
                return Err(reader.bad(image, "one lumbar_spine annotation", "a second one"));
            }
            films.push(reader.film(image, annotation, order)?);
        }
        Self::of_films(films, path)
    }

    /// Writes COCO keypoints JSON, whole or not at all; what was written reads back equal.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let text = self
            .to_coco()
            .map_err(|source| Error::Io { path: path.to_owned(), source: source.into() })?;
        written(path, &text)
    }

    pub(crate) fn to_coco(&self) -> Result<String, serde_json::Error> {
        let images = (1..).zip(&self.films).map(|(id, film)| Image {
            id,
            file_name: film.file_name.clone(),
            height: film.size.map(|[height, _]| height),
            width: film.size.map(|[_, width]| width),
        });
        let category = Category {
            id: 1,
            name: CATEGORY.to_owned(),
            keypoints: Level::ALL.map(|l| l.name().to_owned()).to_vec(),
            skeleton: vec![[1, 2], [2, 3], [3, 4], [4, 5]],
        };
        serde_json::to_string(&File {
            info: serde_json::Map::new(),
            images: images.collect(),
            categories: vec![category],
            annotations: (1..).zip(&self.films).map(|(id, film)| annotation(id, film)).collect(),
        })
    }
}

fn is_level(name: &String) -> bool {
    Level::ALL.iter().any(|level| level.name() == name)
}

fn annotation(id: i64, film: &FilmAnnotation) -> Annotation {
    let keypoints = film.keypoints.points().iter().flat_map(|p| [p.x, p.y, 2.0]);
    let flat = |polygon: &Vec<(f64, f64)>| polygon.iter().flat_map(|p| [p.0, p.1]).collect();
    let vertebrae: Vec<Vertebra> = film
        .vertebrae
        .iter()
        .map(|v| Vertebra {
            level: v.level.name().to_owned(),
            points: v.six_points.map(|s| s.to_array().map(|p| [p.0, p.1]).to_vec()),
            polygon: v.polygon.as_ref().map(flat),
        })
        .collect();
    Annotation {
        id,
        image_id: id,
        category_id: 1,
        keypoints: keypoints.map(Some).collect(),
        num_keypoints: 5,
        bbox: Some(film.bbox),
        area: Some(film.area),
        iscrowd: 0,
        segmentation: Segmentation::Polygons(
            vertebrae.iter().filter_map(|v| v.polygon.clone()).collect(),
        ),
        vertebrae,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SixPoints, VertebraAnnotation, VertebraKeypoints};
    use serde_json::{Value, json};

    fn film() -> FilmAnnotation {
        let xy = [(50.0, 20.25), (52.0, 60.5), (55.0, 101.1), (54.0, 140.0), (49.0, 181.3)];
        let outline = |(x, y): (f64, f64)| {
            vec![(x - 20., y - 15.), (x + 20., y - 15.), (x + 20., y + 15.1), (x - 20., y + 15.)]
        };
        let six = |(x, y): (f64, f64)| {
            let at = |column: f64, row: f64| (x + 20.0 * column, y + 15.0 * row);
            let superior = [-1.0, 0.0, 1.0].map(|c| at(c, -1.0));
            let inferior = [-1.0, 0.0, 1.0].map(|c| at(c, 1.0));
            let ([a, b, c], [d, e, f]) = (superior, inferior);
            SixPoints::from([a, b, c, d, e, f])
        };
        let vertebrae = Level::ALL.map(|level| VertebraAnnotation {
            level,
            six_points: (level != Level::L3).then(|| six(xy[level.index()])),
            polygon: (level != Level::L2).then(|| outline(xy[level.index()])),
        });
        let keypoints = VertebraKeypoints::from_xy(xy).unwrap();
        FilmAnnotation::new("a/film \"NaN\".png", [200, 120], keypoints, vertebrae.to_vec())
    }

    fn value() -> Value {
        serde_json::from_str(&AnnotationSet { films: vec![film()] }.to_coco().unwrap()).unwrap()
    }

    fn error_of(value: &Value) -> String {
        AnnotationSet::from_coco(&value.to_string(), "annotations.json").unwrap_err().to_string()
    }

    #[test]
    fn written_file_reads_back_equal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("annotations.json");
        let set = AnnotationSet { films: vec![film()] };
        set.write(&path).unwrap();
        assert_eq!(AnnotationSet::read(&path).unwrap(), set);
        assert!(set.get("a/film \"NaN\".png").is_some() && set.get("b.png").is_none());
    }

    #[test]
    fn four_points_are_an_error_that_names_file_and_image() {
        let mut four = value();
        four["annotations"][0]["keypoints"].as_array_mut().unwrap().truncate(12);
        let text = error_of(&four);
        assert!(text.starts_with("annotations.json: image \"a/film \"NaN\".png\""), "{text}");
        assert!(
            text.contains("expected 5 points") && text.contains("got 4 points (12 numbers)"),
            "{text}"
        );
        let mut unmarked = value();
        unmarked["annotations"][0]["keypoints"][5] = json!(0);
        assert!(error_of(&unmarked).contains("got 4 points (15 numbers)"));
    }

    #[test]
    fn python_nan_is_an_error_that_names_the_level() {
        let text = value().to_string().replace("101.1,", "NaN,");
        assert!(text.contains(",NaN,"));
        let error = AnnotationSet::from_coco(&text, "a.json").unwrap_err().to_string();
        assert!(error.contains("NaN or null in L3"), "{error}");
    }

    #[test]
    fn a_point_outside_the_film_is_an_error() {
        let mut outside = value();
        outside["annotations"][0]["keypoints"][13] = json!(199.6);
        assert!(error_of(&outside).contains("L5 at x = 49, y = 199.6"));
    }

    #[test]
    fn other_faults_are_named() {
        type Edit = fn(&mut Value);
        let cases: [(Edit, &str); 8] = [
            (|v| v["annotations"][0]["image_id"] = json!(7), "image_id 7 in annotation 1"),
            (|v| v["categories"] = json!([{"id": 1, "name": "person"}]), "got person"),
            (|v| v["categories"][0]["keypoints"][4] = json!("S1"), "L1, L2, L3, L4, S1"),
            (|v| v["annotations"][0]["area"] = json!(0.0), "positive area, got 0"),
            (|v| v["annotations"][0]["vertebrae"][0]["level"] = json!("T12"), "got T12"),
            (|v| v["annotations"][0]["vertebrae"][0]["level"] = json!("L5"), "L5 twice"),
            (|v| v["annotations"][0]["vertebrae"][0]["polygon"] = json!([1., 2.]), "2 numbers"),
            (|v| v["annotations"][0]["vertebrae"][0]["points"] = json!([[1., 2.]]), "1 for L1"),
        ];
        for (edit, expected) in cases {
            let mut v = value();
            edit(&mut v);
            let text = error_of(&v);
            assert!(text.contains(expected), "{text} lacks {expected}");
        }
        let mut twice = value();
        let copy = twice["annotations"][0].clone();
        twice["annotations"].as_array_mut().unwrap().push(copy);
        assert!(error_of(&twice).contains("a second one"));
    }

    #[test]
    fn the_only_category_with_keypoints_may_have_any_name() {
        let mut other = value();
        other["categories"][0]["name"] = json!("Wirbelsaeule");
        other["categories"].as_array_mut().unwrap().push(json!({"id": 2, "name": "plate"}));
        let set = AnnotationSet::from_coco(&other.to_string(), "a.json").unwrap();
        assert_eq!(set.films, [film()]);
        other["categories"][1]["keypoints"] = json!(["a", "b"]);
        assert_eq!(AnnotationSet::from_coco(&other.to_string(), "a.json").unwrap().films, [film()]);
    }

    #[test]
    fn a_truncated_file_is_malformed_with_its_line() {
        let text = value().to_string();
        let error = AnnotationSet::from_coco(&text[..200], "cut.json").unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }) && error.to_string().contains("line 1"));
    }

    #[test]
    fn a_plain_coco_file_gets_its_levels_by_centre_and_its_order_by_name() {
        let mut plain = value();
        plain["categories"][0]["keypoints"] = json!(["T12", "L5", "L4", "L3", "L2", "L1"]);
        let given = film();
        let reversed = given.keypoints.points().iter().rev().flat_map(|p| [p.x, p.y, 2.0]);
        let numbers: Vec<f64> = [0.0; 3].into_iter().chain(reversed).collect();
        let annotation = plain["annotations"][0].as_object_mut().unwrap();
        annotation["keypoints"] = json!(numbers);
        for name in ["vertebrae", "bbox", "area"] {
            annotation.remove(name);
        }
        annotation["segmentation"].as_array_mut().unwrap().reverse();
        let set = AnnotationSet::from_coco(&plain.to_string(), "plain.json").unwrap();
        assert_eq!(set.films[0].keypoints, given.keypoints);
        assert_eq!(set.films[0].polygons(), given.polygons());
        assert_eq!(set.films[0].bbox, given.bbox);
    }
}
