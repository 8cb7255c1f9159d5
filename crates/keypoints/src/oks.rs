//! Object keypoint similarity, and average precision by it.
//!
//! `OKS = mean over the five levels of exp(-d_i² / (2 area k_i²))`, `k_i = 2 sigma_i`, with `d_i`
//! the distance in px between the annotated and the detected centre and `area` the squared scale of
//! the object in px² (<https://cocodataset.org/#keypoints-eval>; Ronchi MR, Perona P, ICCV 2017).
//! Average precision and recall are those of pycocotools 2.0.11 (`COCOeval`, `keypoints`, area
//! range "all", 20 detections per film), to 1e-12; `testdata/oks_golden.py` writes the golden file.
//!
//! An OKS means nothing without its sigmas and its area, so [`ApReport`] carries and prints both.
//! The defaults here: `sigma = 0.05` for every level, and an area of a quarter of the squared L1-L5
//! distance ([`AreaDefinition::SpineLength`]), which is about the area of the five bodies and does
//! not depend on how anyone draws outlines. For a spine of 140 mm from L1 to L5 the scale is then
//! 70 mm, and an error of all points by 2.2, 5.3 and 8.2 mm gives an OKS of 0.95, 0.75 and 0.50.
//! With `sigma = 1 / 5`, a common fallback for five points, they would be 9.0, 21 and 33 mm.

use crate::{Error, FilmAnnotation, Level, VertebraKeypoints};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Detections per film beyond this many, by decreasing score, are not counted.
const MAX_DETECTIONS: usize = 20;
const N_THRESHOLDS: usize = 10;
const N_RECALLS: usize = 101;

/// Which area scales the similarity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum AreaDefinition {
    /// A quarter of the squared distance between L1 and L5.
    #[default]
    SpineLength,
    /// The `area` of the annotation, as pycocotools uses it.
    Annotated,
    /// Width times height of the annotation's `bbox`.
    BoundingBox,
}

/// What a similarity is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OksOptions {
    /// Per level, `k / 2`: the tolerated error relative to the square root of the area.
    pub sigmas: [f64; 5],
    /// The area.
    pub area: AreaDefinition,
}

impl Default for OksOptions {
    fn default() -> Self {
        Self { sigmas: [0.05; 5], area: AreaDefinition::SpineLength }
    }
}

impl fmt::Display for AreaDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SpineLength => "(L1-L5 distance)²/4",
            Self::Annotated => "annotated",
            Self::BoundingBox => "bounding box",
        })
    }
}

impl fmt::Display for OksOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all_equal = self.sigmas.iter().all(|s| *s == self.sigmas[0]);
        let n_shown = if all_equal { 1 } else { 5 };
        let sigmas: Vec<String> = self.sigmas[..n_shown].iter().map(f64::to_string).collect();
        write!(f, "OKS sigma {}, area {}", sigmas.join("/"), self.area)
    }
}

/// The annotated centres of one film and the area, px², that scales errors on it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SpineTruth {
    /// Annotated centres, px.
    pub keypoints: VertebraKeypoints,
    /// Area, px².
    pub area: f64,
}

/// One detected spine.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// Detected centres, px.
    pub keypoints: VertebraKeypoints,
    /// Ranks detections of all films; higher is surer.
    pub score: f64,
}

impl Detection {
    /// A detection scored by the mean confidence of its five points.
    #[must_use]
    pub fn new(keypoints: VertebraKeypoints) -> Self {
        let score = keypoints.points().iter().map(|p| p.confidence).sum::<f64>() / 5.0;
        Self { keypoints, score }
    }

    /// With another score.
    #[must_use]
    pub fn with_score(self, score: f64) -> Self {
        Self { score, ..self }
    }
}

/// One film: its truth, `None` where it shows no lumbar spine, and what was detected on it.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
#[allow(missing_docs)] // the sentence above
pub struct EvaluatedFilm {
    pub truth: Option<SpineTruth>,
    pub detections: Vec<Detection>,
}

impl EvaluatedFilm {
    /// The truth of a film and what was detected on it.
    #[must_use]
    pub fn new(truth: Option<SpineTruth>, detections: Vec<Detection>) -> Self {
        Self { truth, detections }
    }
}

/// Average precision and recall over films; its `Display` states sigmas and area.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only `average_precision` makes one
pub struct ApReport {
    /// Mean over the ten OKS thresholds 0.50, 0.55, .. 0.95.
    pub ap: f64,
    /// At 0.50.
    pub ap50: f64,
    /// At 0.75.
    pub ap75: f64,
    /// Mean over the ten thresholds of the recall.
    pub ar: f64,
    /// Precision, averaged over 101 recalls, per threshold.
    pub ap_at: [f64; N_THRESHOLDS],
    /// Recall per threshold.
    pub recall_at: [f64; N_THRESHOLDS],
    /// Films with a spine.
    pub n_spines: usize,
    /// Detections counted.
    pub n_detections: usize,
    /// Sigmas and area.
    pub options: OksOptions,
}

impl fmt::Display for ApReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ap, ap50, ap75, ar, n_spines, options, .. } = self;
        write!(f, "AP {ap:.3}, AP50 {ap50:.3}, AP75 {ap75:.3}, AR {ar:.3} ")?;
        write!(f, "on {n_spines} spines ({options})")
    }
}

impl OksOptions {
    /// With the tolerated error of each level, relative to the square root of the area.
    #[must_use]
    pub fn with_sigmas(self, sigmas: [f64; 5]) -> Self {
        Self { sigmas, ..self }
    }

    /// With another definition of the area.
    #[must_use]
    pub fn with_area(self, area: AreaDefinition) -> Self {
        Self { area, ..self }
    }

    /// The truth of one film with the area that these options define.
    #[must_use]
    pub fn truth(&self, film: &FilmAnnotation) -> SpineTruth {
        let area = match self.area {
            AreaDefinition::SpineLength => spine_area(&film.keypoints),
            AreaDefinition::Annotated => film.area,
            AreaDefinition::BoundingBox => film.bbox[2] * film.bbox[3],
        };
        SpineTruth { keypoints: film.keypoints, area }
    }

    fn check(&self) -> Result<(), Error> {
        match self.sigmas.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
            Some(sigma) => Err(Error::setting("sigmas", "positive numbers", sigma)),
            None => Ok(()),
        }
    }
}

impl SpineTruth {
    /// Annotated centres, px, and the area, px².
    #[must_use]
    pub fn new(keypoints: VertebraKeypoints, area: f64) -> Self {
        Self { keypoints, area }
    }

    /// The area of [`AreaDefinition::SpineLength`].
    #[must_use]
    pub fn from_keypoints(keypoints: VertebraKeypoints) -> Self {
        Self { keypoints, area: spine_area(&keypoints) }
    }
}

fn spine_area(keypoints: &VertebraKeypoints) -> f64 {
    let (a, b) = (keypoints.get(Level::L1), keypoints.get(Level::L5));
    ((a.x - b.x).powi(2) + (a.y - b.y).powi(2)) / 4.0
}

/// Object keypoint similarity in `[0, 1]`.
///
/// # Errors
/// [`Error::OutOfDomain`] for a sigma that is not positive or an area that is negative.
///
/// # Examples
/// ```
/// use vertebra_keypoints::{OksOptions, SpineTruth, VertebraKeypoints, oks};
/// let at = |dx: f64| VertebraKeypoints::from_xy([0., 35., 70., 105., 140.].map(|y| (dx, y)));
/// let similarity = oks(&OksOptions::default(), &SpineTruth::from_keypoints(at(0.0)?), &at(2.2)?)?;
/// assert!((similarity - 0.952).abs() < 1e-3);
/// # Ok::<(), vertebra_keypoints::Error>(())
/// ```
pub fn oks(
    options: &OksOptions,
    truth: &SpineTruth,
    detected: &VertebraKeypoints,
) -> Result<f64, Error> {
    options.check()?;
    if !(truth.area.is_finite() && truth.area >= 0.0) {
        let (name, expected) = ("area", "a number of px² from 0");
        return Err(Error::InvalidValue { name, expected, got: truth.area });
    }
    let pairs = truth.keypoints.points().iter().zip(detected.points());
    let terms = pairs.zip(options.sigmas).map(|((t, d), sigma)| {
        let squared = (d.x - t.x).powi(2) + (d.y - t.y).powi(2);
        // As pycocotools: an area of zero is taken as 2.2e-16.
        (-(squared / (sigma * 2.0).powi(2) / (truth.area + f64::EPSILON) / 2.0)).exp()
    });
    Ok(terms.sum::<f64>() / 5.0)
}

/// Average precision and recall of detected spines.
///
/// # Errors
/// [`Error::Undefined`] if no film shows a spine; [`Error::OutOfDomain`] as [`oks`], or for a score
/// that is NaN.
///
/// # Examples
/// ```
/// use vertebra_keypoints::{Detection, EvaluatedFilm, OksOptions, SpineTruth, VertebraKeypoints};
/// use vertebra_keypoints::average_precision;
/// let at = |dx: f64| VertebraKeypoints::from_xy([0., 35., 70., 105., 140.].map(|y| (dx, y)));
/// let film = |dx: f64| -> Result<_, vertebra_keypoints::Error> {
///     let truth = Some(SpineTruth::from_keypoints(at(0.0)?));
///     Ok(EvaluatedFilm::new(truth, vec![Detection::new(at(dx)?)]))
/// };
/// let report = average_precision(&OksOptions::default(), &[film(0.5)?, film(1.0)?])?;
/// let line = report.to_string();
/// assert!(line.starts_with("AP 1.000, AP50 1.000, AP75 1.000, AR 1.000 on 2 spines"));
/// # Ok::<(), vertebra_keypoints::Error>(())
/// ```
pub fn average_precision(options: &OksOptions, films: &[EvaluatedFilm]) -> Result<ApReport, Error> {
    options.check()?;
    let n_spines = films.iter().filter(|film| film.truth.is_some()).count();
    if n_spines == 0 {
        let (statistic, needs) = ("average precision", "a film with a spine");
        return Err(Error::Undefined { statistic, needs });
    }
    let mut ranked = Vec::new();
    for film in films {
        ranked.extend(ranked_similarities(options, film)?);
    }
    // Stable, so that equal scores keep the order of the films.
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    let ap_at = std::array::from_fn(|t| precision(&ranked, t, n_spines));
    let recall_at = std::array::from_fn(|t| {
        ranked.iter().filter(|d| d.matches[t]).count() as f64 / n_spines as f64
    });
    let mean = |v: [f64; N_THRESHOLDS]| v.iter().sum::<f64>() / N_THRESHOLDS as f64;
    Ok(ApReport {
        ap: mean(ap_at),
        ap50: ap_at[0],
        ap75: ap_at[5],
        ar: mean(recall_at),
        ap_at,
        recall_at,
        n_spines,
        n_detections: ranked.len(),
        options: *options,
    })
}

struct Ranked {
    score: f64,
    /// Per threshold, whether this detection is the one matched to its film's spine.
    matches: [bool; N_THRESHOLDS],
}

/// Detections of one film by decreasing score; the first whose similarity reaches a threshold
/// takes the film's only spine.
fn ranked_similarities(options: &OksOptions, film: &EvaluatedFilm) -> Result<Vec<Ranked>, Error> {
    if let Some(index) = film.detections.iter().position(|d| d.score.is_nan()) {
        let (name, value) = ("score", film.detections[index].score);
        return Err(Error::OutOfDomain { name, index, value, expected: "a number" });
    }
    let mut detections: Vec<&Detection> = film.detections.iter().collect();
    detections.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut taken = [film.truth.is_none(); N_THRESHOLDS];
    let mut ranked = Vec::new();
    for detection in detections.into_iter().take(MAX_DETECTIONS) {
        let similarity = match &film.truth {
            Some(truth) => oks(options, truth, &detection.keypoints)?,
            None => 0.0,
        };
        let matches = std::array::from_fn(|t| {
            let hit = !taken[t] && similarity >= threshold(t);
            taken[t] |= hit;
            hit
        });
        ranked.push(Ranked { score: detection.score, matches });
    }
    Ok(ranked)
}

/// numpy's `linspace(0.5, 0.95, 10)`, bit by bit.
fn threshold(t: usize) -> f64 {
    if t + 1 == N_THRESHOLDS { 0.95 } else { t as f64 * ((0.95 - 0.5) / 9.0) + 0.5 }
}

/// numpy's `linspace(0, 1, 101)`, bit by bit.
fn recall_level(r: usize) -> f64 {
    if r + 1 == N_RECALLS { 1.0 } else { r as f64 * 0.01 }
}

/// Mean over 101 recalls of the greatest precision at that recall or a higher one.
fn precision(ranked: &[Ranked], t: usize, n_spines: usize) -> f64 {
    let (mut recalls, mut precisions) = (Vec::new(), Vec::new());
    let (mut hits, mut misses) = (0.0, 0.0);
    for detection in ranked {
        if detection.matches[t] {
            hits += 1.0
        } else {
            misses += 1.0
        }
        recalls.push(hits / n_spines as f64);
        precisions.push(hits / (misses + hits + f64::EPSILON));
    }
    for i in (1..precisions.len()).rev() {
        precisions[i - 1] = f64::max(precisions[i - 1], precisions[i]);
    }
    let at = |r: usize| {
        let first = recalls.partition_point(|recall| *recall < recall_level(r));
        precisions.get(first).copied().unwrap_or(0.0)
    };
    (0..N_RECALLS).map(at).sum::<f64>() / N_RECALLS as f64
}
