//! What a person annotated on films.

use crate::polygon::{bounds, polygon_area};
use crate::{Error, Level, SixPoints, VertebraKeypoints};
use std::collections::HashSet;
use std::path::Path;

/// One vertebra on one film.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct VertebraAnnotation {
    /// Which vertebra.
    pub level: Level,
    /// Its morphometric points, where they were annotated.
    pub six_points: Option<SixPoints>,
    /// Its outline, `(x, y)` px, where it was drawn.
    pub polygon: Option<Vec<(f64, f64)>>,
}

/// One film: five centres, and whatever else was annotated.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FilmAnnotation {
    /// Path of the film relative to the folder of the annotation file.
    pub file_name: String,
    /// `[rows, columns]` of the film; `None` where the file does not say it.
    pub size: Option<[usize; 2]>,
    /// Centres of L1..L5.
    pub keypoints: VertebraKeypoints,
    /// `[x, y, width, height]` px of the lumbar spine.
    pub bbox: [f64; 4],
    /// Area of the lumbar spine in px², the scale of the object keypoint similarity.
    pub area: f64,
    /// Outlines and morphometric points, at most one entry per level.
    pub vertebrae: Vec<VertebraAnnotation>,
}

/// The annotations of a folder of films; see [`AnnotationSet::read`] for the file formats.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct AnnotationSet {
    /// At most one entry per film.
    pub films: Vec<FilmAnnotation>,
}

impl VertebraAnnotation {
    /// A vertebra with neither points nor outline.
    #[must_use]
    pub fn new(level: Level) -> Self {
        Self { level, six_points: None, polygon: None }
    }

    /// With its morphometric points.
    #[must_use]
    pub fn with_six_points(self, six_points: SixPoints) -> Self {
        Self { six_points: Some(six_points), ..self }
    }

    /// With its outline, `(x, y)` px.
    #[must_use]
    pub fn with_polygon(self, polygon: Vec<(f64, f64)>) -> Self {
        Self { polygon: Some(polygon), ..self }
    }
}

impl FilmAnnotation {
    /// An annotation whose bounding box and area follow from what was annotated.
    ///
    /// The box holds all outlines and centres; without outlines, the centres with a margin of half
    /// the mean distance of neighbours. The area is the sum of the five outlines' areas, or without
    /// all five the area of the box.
    #[must_use]
    pub fn new(
        file_name: impl Into<String>,
        size: impl Into<Option<[usize; 2]>>,
        keypoints: VertebraKeypoints,
        vertebrae: Vec<VertebraAnnotation>,
    ) -> Self {
        let bbox = default_bbox(&keypoints, &vertebrae);
        let area = default_area(&vertebrae).unwrap_or(bbox[2] * bbox[3]);
        let (file_name, size) = (file_name.into(), size.into());
        Self { file_name, size, keypoints, bbox, area, vertebrae }
    }

    /// What would keep these centres from being read again: a point outside the film, or L5 above
    /// L1; `None` where nothing would.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let xy = self.keypoints.points().map(|p| (p.x, p.y));
        let Misplaced { expected, got } = check_places(self.size, &xy).err()?;
        Some(format!("expected {expected}, got {got}"))
    }

    /// The size, for files that have to state it.
    pub(crate) fn known_size(&self) -> Result<[usize; 2], Error> {
        let statistic = "a place in the file of this annotation tool";
        self.size.ok_or(Error::Undefined { statistic, needs: "the size of the film" })
    }

    /// The entry of one level.
    #[must_use]
    pub fn vertebra(&self, level: Level) -> Option<&VertebraAnnotation> {
        self.vertebrae.iter().find(|v| v.level == level)
    }

    /// The five outlines in the order of [`Level::ALL`].
    #[must_use]
    pub fn polygons(&self) -> [Option<Vec<(f64, f64)>>; 5] {
        Level::ALL.map(|level| self.vertebra(level).and_then(|v| v.polygon.clone()))
    }
}

impl AnnotationSet {
    /// The annotations of these films, at most one for each.
    #[must_use]
    pub fn new(films: Vec<FilmAnnotation>) -> Self {
        Self { films }
    }

    /// Films read from `path`, none of them twice.
    pub(crate) fn of_films(films: Vec<FilmAnnotation>, path: &Path) -> Result<Self, Error> {
        let mut seen = HashSet::new();
        match films.iter().find(|film| !seen.insert(&film.file_name)) {
            None => Ok(Self { films }),
            Some(film) => Err(Error::BadAnnotation {
                path: path.to_owned(),
                image: film.file_name.clone(),
                expected: "each film once".to_owned(),
                got: "a second entry".to_owned(),
            }),
        }
    }

    /// The annotation of one film.
    #[must_use]
    pub fn get(&self, file_name: &str) -> Option<&FilmAnnotation> {
        self.films.iter().find(|film| film.file_name == file_name)
    }
}

/// What is wrong with annotated points: what was expected, and what came.
pub(crate) struct Misplaced {
    pub(crate) expected: String,
    pub(crate) got: String,
}

/// Checks that five points lie on their film of `[height, width]` px, where that is known, L1 above
/// L5.
pub(crate) fn check_places(
    size: Option<[usize; 2]>,
    xy: &[(f64, f64); 5],
) -> Result<(), Misplaced> {
    let inside = |v: f64, n: usize| (-0.5..=n as f64 - 0.5).contains(&v);
    for (level, (x, y)) in Level::ALL.into_iter().zip(xy) {
        let Some([height, width]) = size else { break };
        if !(inside(*x, width) && inside(*y, height)) {
            let expected = format!("points on the film of {height} x {width}");
            return Err(Misplaced { expected, got: format!("{level} at x = {x}, y = {y}") });
        }
    }
    let (top, bottom) = (xy[0].1, xy[4].1);
    if bottom <= top {
        let got = format!("L1 at y = {top}, L5 at y = {bottom}");
        return Err(Misplaced { expected: "L5 below L1".to_owned(), got });
    }
    Ok(())
}

pub(crate) fn default_bbox(
    keypoints: &VertebraKeypoints,
    vertebrae: &[VertebraAnnotation],
) -> [f64; 4] {
    let centres: Vec<(f64, f64)> = keypoints.points().iter().map(|p| (p.x, p.y)).collect();
    let outlines = vertebrae.iter().filter_map(|v| v.polygon.as_ref()).flatten().copied();
    let all: Vec<(f64, f64)> = centres.iter().copied().chain(outlines).collect();
    let [x0, y0, x1, y1] = bounds(&all);
    let margin = if all.len() > centres.len() { 0.0 } else { mean_spacing(&centres) / 2.0 };
    [x0 - margin, y0 - margin, x1 - x0 + 2.0 * margin, y1 - y0 + 2.0 * margin]
}

pub(crate) fn default_area(vertebrae: &[VertebraAnnotation]) -> Option<f64> {
    Level::ALL
        .iter()
        .map(|&level| {
            let vertebra = vertebrae.iter().find(|v| v.level == level)?;
            vertebra.polygon.as_deref().map(polygon_area)
        })
        .sum()
}

fn mean_spacing(centres: &[(f64, f64)]) -> f64 {
    let steps = centres.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1));
    steps.sum::<f64>() / (centres.len() - 1) as f64
}
