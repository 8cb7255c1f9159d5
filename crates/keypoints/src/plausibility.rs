//! Whether five points can be L1 to L5.
//!
//! Shapes ([`SpineShape`]) are compared with those of real spines: normal distributions fitted to
//! the body centres, projected on the sagittal plane, of the training part of the VID data set (CT
//! scans with every vertebra annotated; ImFusionGmbH/VID-vertebra-identification-dataset, CC BY-SA
//! 4.0): 1,729 spines L1-L5, and, for labels that are off, 1,763 of T12-L4, 1,712 of T11-L3 and 46
//! of L2-L6 in subjects with six lumbar vertebrae. The test
//! `committed_distributions_are_those_of_the_training_scans` derives every number. The subjects lay
//! on their backs; a spine stands a little more curved.
//!
//! Nothing here changes or hides a detection: it returns what is odd about it.

use crate::population::{L1_L5, L2_L6, ONE_PERCENT, T11_L3, T12_L4};
use crate::{Level, SpineShape, VertebraKeypoints};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Spines with six lumbar vertebrae per spine with L1-L5, among those of the data set.
const SIXTH_LUMBAR: f64 = 46.0 / 1729.0;

/// Limits beyond which a spine is flagged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlausibilityLimits {
    /// Greatest squared Mahalanobis distance of the shape.
    pub shape: f64,
    /// Greatest absolute standardised difference of one distance or bend.
    pub z: f64,
    /// Greatest log likelihood ratio of labels that are off by one or two levels.
    pub shift: f64,
    /// Least and greatest length L1-L5 along the centres, mm on the film.
    pub length_mm: [f64; 2],
    /// Least confidence of a point.
    pub confidence: f64,
}

impl Default for PlausibilityLimits {
    /// [`PlausibilityLimits::ONE_PERCENT`].
    fn default() -> Self {
        Self::ONE_PERCENT
    }
}

impl PlausibilityLimits {
    /// Limits of shape, z and shift that together flag 1 % of the spines they were derived from;
    /// length within 4 SD of the mean and the upper limit for magnification up to 1.3; confidence
    /// 0.2.
    pub const ONE_PERCENT: Self = ONE_PERCENT;
    /// The same for 5 %: finds more labels that are off.
    pub const FIVE_PERCENT: Self = crate::population::FIVE_PERCENT;

    /// With the greatest squared Mahalanobis distance of the shape.
    #[must_use]
    pub fn with_shape(self, shape: f64) -> Self {
        Self { shape, ..self }
    }

    /// With the greatest absolute standardised difference of one distance or bend.
    #[must_use]
    pub fn with_z(self, z: f64) -> Self {
        Self { z, ..self }
    }

    /// With the greatest log likelihood ratio of labels that are off by one or two levels.
    #[must_use]
    pub fn with_shift(self, shift: f64) -> Self {
        Self { shift, ..self }
    }

    /// With the least and the greatest length L1-L5 along the centres, mm on the film.
    #[must_use]
    pub fn with_length_mm(self, length_mm: [f64; 2]) -> Self {
        Self { length_mm, ..self }
    }

    /// With the least confidence of a point.
    #[must_use]
    pub fn with_confidence(self, confidence: f64) -> Self {
        Self { confidence, ..self }
    }
}

/// One thing that is odd about a detection; `Display` says it in words.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Implausibility {
    /// A caudal vertebra does not lie below its cranial neighbour.
    Order {
        /// The cranial one.
        upper: Level,
        /// The caudal one.
        lower: Level,
    },
    /// The distance of two neighbours, relative to the mean of the four.
    Distance {
        /// The cranial one.
        upper: Level,
        /// The caudal one.
        lower: Level,
        /// Over the mean distance.
        relative: f64,
        /// Standardised difference from real spines.
        z: f64,
    },
    /// The bend at one vertebra.
    Curvature {
        /// Where.
        level: Level,
        /// Bend, lordosis positive, for the side the subject more likely faces.
        degrees: f64,
        /// Standardised difference from real spines.
        z: f64,
    },
    /// The shape as a whole.
    Shape {
        /// Squared Mahalanobis distance (6 degrees of freedom).
        squared_distance: f64,
    },
    /// The labels are more likely off by one or two levels.
    LevelShift {
        /// What the points more likely are.
        likelier: ShiftedLabels,
        /// Logarithm of the likelihood ratio.
        log_ratio: f64,
    },
    /// The length from L1 to L5.
    Length {
        /// Along the centres, mm on the film.
        mm: f64,
    },
    /// A point the detector is not sure of.
    Confidence {
        /// Which.
        level: Level,
        /// Its confidence.
        confidence: f64,
    },
}

/// Five neighbours that are not L1 to L5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ShiftedLabels {
    /// Labels are one level too low.
    T12ToL4,
    /// Labels are two levels too low.
    T11ToL3,
    /// Labels are one level too high, in a spine of six lumbar vertebrae.
    L2ToL6,
}

/// How a shape compares with real spines.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only `ShapeScore::new` makes one
pub struct ShapeScore {
    /// The shape, mirrored if that makes it likelier, so that lordosis is positive.
    pub shape: SpineShape,
    /// Squared Mahalanobis distance from L1-L5.
    pub squared_distance: f64,
    /// Standardised differences: L1-L2, L2-L3, L3-L4, bends at L2, L3, L4.
    pub z: [f64; 6],
    /// The likelier of the shifted labels.
    pub likelier: ShiftedLabels,
    /// Log likelihood ratio of those against L1-L5; for L2-L6, times how rare a sixth lumbar
    /// vertebra is.
    pub shift_log_ratio: f64,
}

impl ShapeScore {
    /// Compares a shape, seen from either side.
    #[must_use]
    pub fn new(shape: &SpineShape) -> Self {
        let sides = [*shape, shape.mirrored()];
        let best = |model: &crate::gaussian::Gaussian| {
            let scored = sides.map(|s| (s, model.distance_and_log_density(&s.vector())));
            if scored[1].1.1 > scored[0].1.1 { scored[1] } else { scored[0] }
        };
        let (shape, (squared_distance, here)) = best(&L1_L5);
        let rare = f64::ln(SIXTH_LUMBAR);
        let mut likelier = ShiftedLabels::T12ToL4;
        let mut there = best(&T12_L4).1.1;
        let others =
            [(ShiftedLabels::T11ToL3, &T11_L3, 0.0), (ShiftedLabels::L2ToL6, &L2_L6, rare)];
        for (labels, model, prior) in others {
            let log_density = best(model).1.1 + prior;
            if log_density > there {
                (likelier, there) = (labels, log_density);
            }
        }
        let vector = shape.vector();
        let z = std::array::from_fn(|i| L1_L5.z(&vector, i));
        Self { shape, squared_distance, z, likelier, shift_log_ratio: there - here }
    }

    /// The greatest absolute standardised difference.
    #[must_use]
    pub fn greatest_z(&self) -> f64 {
        self.z.iter().map(|z| z.abs()).fold(0.0, f64::max)
    }
}

/// Mean places of L1..L5 along the chain of centres in real spines, L1 = 0 and L5 = 1.
///
/// # Examples
/// ```
/// let places = vertebra_keypoints::mean_level_places();
/// assert!(places[0] == 0.0 && (places[1] - 0.241).abs() < 1e-3 && places[4] == 1.0);
/// ```
#[must_use]
pub fn mean_level_places() -> [f64; 5] {
    let [a, b, c, ..] = L1_L5.mean;
    [0.0, a / 4.0, (a + b) / 4.0, (a + b + c) / 4.0, 1.0]
}

/// Everything odd about five points; empty for a plausible spine.
///
/// `spacing_mm` is `[row, col]`; without it the length is not judged.
///
/// # Examples
/// ```
/// use vertebra_keypoints::{Implausibility, PlausibilityLimits, VertebraKeypoints};
/// use vertebra_keypoints::check_plausibility;
/// let limits = PlausibilityLimits::default();
/// let spine = [(60., 10.), (63., 45.), (67., 81.), (69., 118.), (63., 155.)];
/// let good = VertebraKeypoints::from_xy(spine)?;
/// assert!(check_plausibility(&good, Some([1.0, 1.0]), &limits).is_empty());
/// // L3 missed: T12, L1, L2, L4 and L5 were found.
/// let gap = [(60., -24.), (60., 10.), (63., 45.), (69., 118.), (63., 155.)];
/// let odd = check_plausibility(&VertebraKeypoints::from_xy(gap)?, None, &limits);
/// assert!(odd.iter().any(|o| matches!(o, Implausibility::Distance { .. })));
/// # Ok::<(), vertebra_keypoints::Error>(())
/// ```
#[must_use]
pub fn check_plausibility(
    keypoints: &VertebraKeypoints,
    spacing_mm: Option<[f64; 2]>,
    limits: &PlausibilityLimits,
) -> Vec<Implausibility> {
    let mut found = Vec::new();
    for (level, point) in Level::ALL.into_iter().zip(keypoints.points()) {
        if point.confidence < limits.confidence {
            found.push(Implausibility::Confidence { level, confidence: point.confidence });
        }
    }
    for (upper, lower) in neighbours() {
        if keypoints.get(lower).y <= keypoints.get(upper).y {
            found.push(Implausibility::Order { upper, lower });
        }
    }
    // Where neighbours coincide the order is already odd, and there is no shape to judge.
    if let Ok(shape) = SpineShape::new(keypoints, spacing_mm) {
        let [least, greatest] = limits.length_mm;
        if spacing_mm.is_some() && !(least..=greatest).contains(&shape.length) {
            found.push(Implausibility::Length { mm: shape.length });
        }
        judge_shape(&ShapeScore::new(&shape), limits, &mut found);
    }
    found
}

fn judge_shape(score: &ShapeScore, limits: &PlausibilityLimits, found: &mut Vec<Implausibility>) {
    let far = |i: usize| score.z[i].abs() > limits.z;
    for (i, (upper, lower)) in neighbours().enumerate().take(3).filter(|(i, _)| far(*i)) {
        let relative = score.shape.relative_distance[i];
        found.push(Implausibility::Distance { upper, lower, relative, z: score.z[i] });
    }
    for (i, level) in Level::ALL[1..4].iter().copied().enumerate().filter(|(i, _)| far(i + 3)) {
        let degrees = score.shape.bend_degrees[i];
        found.push(Implausibility::Curvature { level, degrees, z: score.z[i + 3] });
    }
    if score.squared_distance > limits.shape {
        found.push(Implausibility::Shape { squared_distance: score.squared_distance });
    }
    if score.shift_log_ratio > limits.shift {
        let (likelier, log_ratio) = (score.likelier, score.shift_log_ratio);
        found.push(Implausibility::LevelShift { likelier, log_ratio });
    }
}

fn neighbours() -> impl Iterator<Item = (Level, Level)> {
    Level::ALL.windows(2).map(|pair| (pair[0], pair[1]))
}

impl fmt::Display for ShiftedLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::T12ToL4 => "T12-L4",
            Self::T11ToL3 => "T11-L3",
            Self::L2ToL6 => "L2-L6",
        })
    }
}

impl fmt::Display for Implausibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { upper, lower } => write!(f, "{lower} does not lie below {upper}"),
            Self::Distance { upper, lower, relative, z } => write!(
                f,
                "{upper}-{lower} is {relative:.2} of the mean distance ({z:+.1} SD from real spines)"
            ),
            Self::Curvature { level, degrees, z } => write!(
                f,
                "the spine bends by {degrees:.0} degrees at {level} ({z:+.1} SD from real spines)"
            ),
            Self::Shape { squared_distance } => write!(
                f,
                "the shape is unlike real spines (squared Mahalanobis distance {squared_distance:.0})"
            ),
            Self::LevelShift { likelier, log_ratio } => {
                write!(f, "the points are more likely {likelier} (log ratio {log_ratio:.1})")
            }
            Self::Length { mm } => write!(f, "L1-L5 is {mm:.0} mm long"),
            Self::Confidence { level, confidence } => {
                write!(f, "{level} was found with a confidence of {confidence:.2} only")
            }
        }
    }
}
