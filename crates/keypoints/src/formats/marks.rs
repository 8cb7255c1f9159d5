//! Points and outlines of one film, collected from the file of an annotation tool.

use super::label::{Part, SUFFIXES};
use crate::annotation::check_places;
use crate::polygon::polygon_centroid;
use crate::{Error, FilmAnnotation, Level, SixPoints, VertebraAnnotation, VertebraKeypoints};
use std::path::Path;

/// Where the corners of a body are among its six points.
const CORNERS: [usize; 4] = [0, 2, 5, 3];

/// What was annotated on one film, as it is collected.
pub(super) struct Marks<'a> {
    path: &'a Path,
    pub(super) name: String,
    /// Where the file states it.
    pub(super) size: Option<[usize; 2]>,
    centres: [Option<(f64, f64)>; 5],
    six: [[Option<(f64, f64)>; 6]; 5],
    polygons: [Option<Vec<(f64, f64)>>; 5],
}

/// Points of tools that measure from the outer corner of the first pixel, measured from its centre.
pub(super) fn from_corner(points: impl IntoIterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    points.into_iter().map(|(x, y)| (x - 0.5, y - 0.5)).collect()
}

impl<'a> Marks<'a> {
    pub(super) fn new(path: &'a Path, name: String, size: Option<[usize; 2]>) -> Self {
        let (centres, six, polygons) = ([None; 5], [[None; 6]; 5], Default::default());
        Self { path, name, size, centres, six, polygons }
    }

    /// Adds an outline, or else one point.
    pub(super) fn add(
        &mut self,
        part: Part,
        points: Vec<(f64, f64)>,
        outline: bool,
    ) -> Result<(), Error> {
        let name = match part {
            Part::Body(level) => level.name().to_owned(),
            Part::Point(level, i) => format!("{level}_{}", SUFFIXES[i]),
        };
        if points.iter().any(|p| !(p.0.is_finite() && p.1.is_finite())) {
            return Err(self.bad("numbers", format!("NaN in {name}")));
        }
        match (part, outline) {
            (Part::Body(level), true) => self.add_outline(level, points),
            (part, _) => self.add_point(part, &name, &points),
        }
    }

    fn add_outline(&mut self, level: Level, points: Vec<(f64, f64)>) -> Result<(), Error> {
        if points.len() < 3 {
            let got = format!("{} for {level}", points.len());
            return Err(self.bad("an outline of at least 3 points", got));
        }
        if self.polygons[level.index()].replace(points).is_some() {
            return Err(self.bad("each level once", format!("{level} twice")));
        }
        Ok(())
    }

    fn add_point(&mut self, part: Part, name: &str, points: &[(f64, f64)]) -> Result<(), Error> {
        let [point] = points else {
            return Err(self.bad("one point", format!("{} for {name}", points.len())));
        };
        let place = match part {
            Part::Body(level) => &mut self.centres[level.index()],
            Part::Point(level, i) => &mut self.six[level.index()][i],
        };
        match place.replace(*point) {
            None => Ok(()),
            Some(_) => Err(self.bad("each level once", format!("{name} twice"))),
        }
    }

    /// The film, or nothing where nothing was annotated. The centre of a vertebra without one is
    /// that of its six points; on a film without any, that of its outline.
    pub(super) fn finish(mut self) -> Result<Option<FilmAnnotation>, Error> {
        let mut vertebrae = Vec::new();
        let by_outlines = self.centres.iter().all(Option::is_none);
        for level in Level::ALL {
            vertebrae.extend(self.vertebra(level, by_outlines)?);
        }
        let n = self.centres.iter().flatten().count();
        if n == 0 && vertebrae.is_empty() {
            return Ok(None);
        }
        let [Some(a), Some(b), Some(c), Some(d), Some(e)] = self.centres else {
            return Err(self.bad("5 points L1 to L5", format!("{n} points")));
        };
        check_places(self.size, &[a, b, c, d, e])
            .map_err(|wrong| self.bad(&wrong.expected, wrong.got))?;
        let keypoints = VertebraKeypoints::from_xy([a, b, c, d, e])?;
        Ok(Some(FilmAnnotation::new(self.name, self.size, keypoints, vertebrae)))
    }

    /// What is known of a vertebra beside its centre, which is completed.
    fn vertebra(
        &mut self,
        level: Level,
        by_outline: bool,
    ) -> Result<Option<VertebraAnnotation>, Error> {
        let i = level.index();
        let six_points = self.six_points(level)?;
        let corners: Option<Vec<_>> = CORNERS.iter().map(|&k| self.six[i][k]).collect();
        let polygon = self.polygons[i].take().or(corners.filter(|_| six_points.is_none()));
        let of_outline = || polygon.as_deref().filter(|_| by_outline).map(polygon_centroid);
        let centre = six_points.map(|six| six.centre()).or_else(of_outline);
        self.centres[i] = self.centres[i].or(centre);
        let any = six_points.is_some() || polygon.is_some();
        Ok(any.then_some(VertebraAnnotation { level, six_points, polygon }))
    }

    /// All six points of a vertebra, or none; the four corners alone count as an outline.
    fn six_points(&self, level: Level) -> Result<Option<SixPoints>, Error> {
        let points = &self.six[level.index()];
        let absent = (0..6).filter(|k| points[*k].is_none());
        let absent: Vec<&str> = absent.map(|k| SUFFIXES[k]).collect();
        if absent.len() == 6 || absent == ["MS", "MI"] {
            return Ok(None);
        }
        let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] = *points else {
            let expected = format!("the points {} of {level}", SUFFIXES.join(", "));
            return Err(self.bad(&expected, format!("no {}", absent.join(", "))));
        };
        let six = SixPoints::from([a, b, c, d, e, f]);
        match six.is_upright() {
            true => Ok(Some(six)),
            false => {
                let expected = format!("the superior points of {level} above its inferior ones");
                Err(self.bad(&expected, "them below".to_owned()))
            }
        }
    }

    pub(super) fn bad(&self, expected: &str, got: String) -> Error {
        Error::BadAnnotation {
            path: self.path.to_owned(),
            image: self.name.clone(),
            expected: expected.to_owned(),
            got,
        }
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
