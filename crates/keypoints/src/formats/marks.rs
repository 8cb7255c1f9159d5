//! Points and outlines of one film, collected from the file of an annotation tool.

use crate::annotation::check_places;
use crate::{Error, FilmAnnotation, Level, VertebraAnnotation, VertebraKeypoints};
use std::path::Path;

/// What was annotated on one film, as it is collected.
pub(super) struct Marks<'a> {
    path: &'a Path,
    pub(super) name: String,
    pub(super) size: [usize; 2],
    points: [Option<(f64, f64)>; 5],
    polygons: [Option<Vec<(f64, f64)>>; 5],
}

impl<'a> Marks<'a> {
    pub(super) fn new(path: &'a Path, name: String, size: [usize; 2]) -> Self {
        Self { path, name, size, points: [None; 5], polygons: Default::default() }
    }

    /// Adds a mark, measured from the corner of the first pixel.
    pub(super) fn add(
        &mut self,
        level: Level,
        corners: Vec<(f64, f64)>,
        outline: bool,
    ) -> Result<(), Error> {
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

    /// The film, or nothing where nothing was annotated.
    pub(super) fn finish(self) -> Result<Option<FilmAnnotation>, Error> {
        let n = self.points.iter().flatten().count();
        if n == 0 && self.polygons.iter().all(Option::is_none) {
            return Ok(None);
        }
        let [Some(a), Some(b), Some(c), Some(d), Some(e)] = self.points else {
            return Err(self.bad("5 points L1 to L5", format!("{n} points")));
        };
        check_places(self.size, &[a, b, c, d, e])
            .map_err(|wrong| self.bad(&wrong.expected, wrong.got))?;
        let keypoints = VertebraKeypoints::from_xy([a, b, c, d, e])?;
        let outlines = Level::ALL.into_iter().zip(self.polygons);
        let vertebrae = outlines
            .filter(|(_, polygon)| polygon.is_some())
            .map(|(level, polygon)| VertebraAnnotation { level, six_points: None, polygon })
            .collect();
        Ok(Some(FilmAnnotation::new(self.name, self.size, keypoints, vertebrae)))
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
