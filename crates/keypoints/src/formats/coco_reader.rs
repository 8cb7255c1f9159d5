//! From the parts of a COCO keypoints file to annotated films.

use super::coco_file::{Annotation, Category, File, Image, Segmentation, Vertebra};
use crate::annotation::{check_places, default_area, default_bbox};
use crate::polygon::contains;
use crate::{Error, FilmAnnotation, Level, SixPoints, VertebraAnnotation, VertebraKeypoints};
use std::collections::HashMap;
use std::path::Path;

/// Name of the category this crate writes, and prefers where a file has several.
pub(super) const CATEGORY: &str = "lumbar_spine";

/// What is needed to turn one annotation into a film, and to name it in an error.
pub(super) struct Reader<'a> {
    path: &'a Path,
    images: HashMap<i64, &'a Image>,
    /// Per lumbar category id: where each level stands in its keypoint list.
    pub(super) order: HashMap<i64, [usize; 5]>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(path: &'a Path, file: &'a File) -> Result<Self, Error> {
        let mut reader = Self { path, images: HashMap::new(), order: HashMap::new() };
        for image in &file.images {
            if reader.images.insert(image.id, image).is_some() {
                return Err(reader.bad(image, "an image id of its own", &image.id.to_string()));
            }
        }
        let spine = spine(&file.categories).ok_or_else(|| {
            let names: Vec<&str> = file.categories.iter().map(|c| c.name.as_str()).collect();
            let got = if names.is_empty() { "no category".to_owned() } else { names.join(", ") };
            reader.bad_file("a category named lumbar_spine, or one with keypoints", &got)
        })?;
        reader.order.insert(spine.id, reader.keypoint_order(spine)?);
        Ok(reader)
    }

    fn keypoint_order(&self, category: &Category) -> Result<[usize; 5], Error> {
        let mut order = [0; 5];
        for level in Level::ALL {
            let position = category.keypoints.iter().position(|name| name == level.name());
            order[level.index()] = position.ok_or_else(|| {
                let got = category.keypoints.join(", ");
                let name = &category.name;
                self.bad_file(&format!("keypoints L1, L2, L3, L4, L5 in category {name}"), &got)
            })?;
        }
        Ok(order)
    }

    pub(super) fn image(&self, annotation: &Annotation) -> Result<&'a Image, Error> {
        self.images.get(&annotation.image_id).copied().ok_or_else(|| {
            let got = format!("image_id {} in annotation {}", annotation.image_id, annotation.id);
            self.bad_file("the id of a listed image", &got)
        })
    }

    pub(super) fn film(
        &self,
        image: &Image,
        annotation: &Annotation,
        order: &[usize; 5],
    ) -> Result<FilmAnnotation, Error> {
        let keypoints = self.keypoints(image, &annotation.keypoints, order)?;
        let mut vertebrae = Vec::new();
        for vertebra in &annotation.vertebrae {
            vertebrae.push(self.vertebra(image, vertebra)?);
        }
        if let (true, Segmentation::Polygons(list)) =
            (annotation.vertebrae.is_empty(), &annotation.segmentation)
        {
            let polygons: Result<Vec<_>, _> = list.iter().map(|p| self.polygon(image, p)).collect();
            vertebrae = assign_by_centre(&keypoints, &polygons?);
        }
        if let Some(v) = (1..vertebrae.len())
            .find(|&i| vertebrae[..i].iter().any(|v| v.level == vertebrae[i].level))
        {
            let got = format!("{} twice", vertebrae[v].level);
            return Err(self.bad(image, "each level once under vertebrae", &got));
        }
        let bbox = annotation.bbox.unwrap_or_else(|| default_bbox(&keypoints, &vertebrae));
        let area = annotation.area.or_else(|| default_area(&vertebrae));
        let area = area.unwrap_or(bbox[2] * bbox[3]);
        if !(area.is_finite() && area > 0.0) {
            return Err(self.bad(image, "a positive area", &area.to_string()));
        }
        let (file_name, size) = (image.file_name.clone(), image.size());
        Ok(FilmAnnotation { file_name, size, keypoints, bbox, area, vertebrae })
    }

    fn keypoints(
        &self,
        image: &Image,
        numbers: &[Option<f64>],
        order: &[usize; 5],
    ) -> Result<VertebraKeypoints, Error> {
        let triples: Vec<&[Option<f64>]> = numbers.chunks(3).collect();
        let annotated =
            |&k: &usize| triples.get(k).is_some_and(|t| t.len() == 3 && t[2] != Some(0.0));
        let n_annotated = order.iter().filter(|k| annotated(k)).count();
        if n_annotated != 5 || !numbers.len().is_multiple_of(3) {
            let got = format!("{n_annotated} points ({} numbers)", numbers.len());
            return Err(self.bad(image, "5 points (x, y, visibility)", &got));
        }
        let mut xy = [(0.0, 0.0); 5];
        for level in Level::ALL {
            let triple = triples[order[level.index()]];
            let (Some(x), Some(y), Some(_)) = (triple[0], triple[1], triple[2]) else {
                return Err(self.bad(image, "numbers", &format!("NaN or null in {level}")));
            };
            xy[level.index()] = (x, y);
        }
        check_places(image.size(), &xy)
            .map_err(|wrong| self.bad(image, &wrong.expected, &wrong.got))?;
        VertebraKeypoints::from_xy(xy)
    }

    fn vertebra(&self, image: &Image, vertebra: &Vertebra) -> Result<VertebraAnnotation, Error> {
        let level: Level = vertebra
            .level
            .parse()
            .map_err(|_| self.bad(image, "level L1..L5 under vertebrae", &vertebra.level))?;
        let six_points = match &vertebra.points {
            None => None,
            Some(points) => {
                let six: [[f64; 2]; 6] = points.as_slice().try_into().map_err(|_| {
                    let got = format!("{} for {level}", points.len());
                    self.bad(image, "6 morphometric points", &got)
                })?;
                Some(SixPoints::from(six.map(|p| (p[0], p[1]))))
            }
        };
        let polygon = vertebra.polygon.as_ref().map(|p| self.polygon(image, p)).transpose()?;
        Ok(VertebraAnnotation { level, six_points, polygon })
    }

    fn polygon(&self, image: &Image, flat: &[f64]) -> Result<Vec<(f64, f64)>, Error> {
        if flat.len() < 6 || !flat.len().is_multiple_of(2) {
            let got = format!("{} numbers", flat.len());
            return Err(self.bad(image, "an outline of at least 3 points x, y", &got));
        }
        Ok(flat.chunks_exact(2).map(|p| (p[0], p[1])).collect())
    }

    pub(super) fn bad(&self, image: &Image, expected: &str, got: &str) -> Error {
        Error::BadAnnotation {
            path: self.path.to_owned(),
            image: image.file_name.clone(),
            expected: expected.to_owned(),
            got: got.to_owned(),
        }
    }

    fn bad_file(&self, expected: &str, got: &str) -> Error {
        Error::malformed(self.path, expected, got)
    }
}

/// The category of spines: that of the name, else the only one with keypoints, else the only one
/// with keypoints of L1 to L5.
pub(super) fn spine(categories: &[Category]) -> Option<&Category> {
    let only = |suits: &dyn Fn(&&Category) -> bool| {
        let mut found = categories.iter().filter(suits);
        found.next().filter(|_| found.next().is_none())
    };
    let named = categories.iter().find(|c| c.name == CATEGORY);
    let levels =
        |c: &&Category| Level::ALL.iter().all(|l| c.keypoints.iter().any(|k| k == l.name()));
    named.or_else(|| only(&|c| !c.keypoints.is_empty())).or_else(|| only(&levels))
}

fn assign_by_centre(
    keypoints: &VertebraKeypoints,
    polygons: &[Vec<(f64, f64)>],
) -> Vec<VertebraAnnotation> {
    let outline_at = |level: Level| {
        let centre = keypoints.get(level);
        polygons.iter().find(|p| contains(p, (centre.x, centre.y))).cloned()
    };
    Level::ALL
        .into_iter()
        .filter_map(|level| {
            let polygon = Some(outline_at(level)?);
            Some(VertebraAnnotation { level, six_points: None, polygon })
        })
        .collect()
}
