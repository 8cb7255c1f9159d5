//! What a reader marked on films.

use crate::polygon::{bounds, polygon_area};
use crate::{Level, SixPoints, VertebraKeypoints};

/// One vertebra on one film.
#[derive(Debug, Clone, PartialEq)]
pub struct VertebraAnnotation {
    /// Which vertebra.
    pub level: Level,
    /// Its morphometric points, where they were marked.
    pub six_points: Option<SixPoints>,
    /// Its outline, `(x, y)` px, where it was drawn.
    pub polygon: Option<Vec<(f64, f64)>>,
}

/// One film: five centres, and whatever else was marked.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmAnnotation {
    /// Path of the film relative to the folder of the annotation file.
    pub file_name: String,
    /// Rows of the film.
    pub height: usize,
    /// Columns of the film.
    pub width: usize,
    /// Centres of L1..L5.
    pub keypoints: VertebraKeypoints,
    /// `[x, y, width, height]` px of the lumbar spine.
    pub bbox: [f64; 4],
    /// Area of the lumbar spine in px², the scale of the object keypoint similarity.
    pub area: f64,
    /// Outlines and morphometric points, at most one entry per level.
    pub vertebrae: Vec<VertebraAnnotation>,
}

/// The annotations of a folder of films; see [`AnnotationSet::read`] for the file format.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AnnotationSet {
    /// At most one entry per film.
    pub films: Vec<FilmAnnotation>,
}

impl FilmAnnotation {
    /// An annotation whose bounding box and area follow from what was marked.
    ///
    /// The box holds all outlines and centres; without outlines, the centres with a margin of half
    /// the mean distance of neighbours. The area is the sum of the five outlines' areas, or without
    /// all five the area of the box.
    #[must_use]
    pub fn new(
        file_name: impl Into<String>,
        [height, width]: [usize; 2],
        keypoints: VertebraKeypoints,
        vertebrae: Vec<VertebraAnnotation>,
    ) -> Self {
        let bbox = default_bbox(&keypoints, &vertebrae);
        let area = default_area(&vertebrae).unwrap_or(bbox[2] * bbox[3]);
        Self { file_name: file_name.into(), height, width, keypoints, bbox, area, vertebrae }
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
    /// The annotation of one film.
    #[must_use]
    pub fn get(&self, file_name: &str) -> Option<&FilmAnnotation> {
        self.films.iter().find(|film| film.file_name == file_name)
    }
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
