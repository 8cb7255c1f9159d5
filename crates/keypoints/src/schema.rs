//! The vertebra schema: five lumbar levels, one centre each.

use crate::Error;
use serde::{Deserialize, Serialize};

/// A lumbar vertebral level, from cranial to caudal. Closed by nature: these are the five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)] // the anatomical names are the documentation
pub enum Level {
    L1,
    L2,
    L3,
    L4,
    L5,
}

impl Level {
    /// All levels, cranial to caudal; the order of every array in this project.
    pub const ALL: [Self; 5] = [Self::L1, Self::L2, Self::L3, Self::L4, Self::L5];

    /// Position in [`Level::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// `"L1"` to `"L5"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["L1", "L2", "L3", "L4", "L5"][self.index()]
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Level {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| Error::UnknownLevel { text: text.to_owned() })
    }
}

/// The centre of a vertebral body: `(x right, y down)` in pixels of the original radiograph, the
/// centre of the first pixel being `(0, 0)`. A point has no more than these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Keypoint {
    /// Column, px.
    pub x: f64,
    /// Row, px.
    pub y: f64,
    /// Confidence in `[0, 1]` for a detection; 1 for an annotation.
    pub confidence: f64,
}

/// The centres of L1..L5 on one radiograph; every coordinate is finite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VertebraKeypoints {
    points: [Keypoint; 5],
}

impl VertebraKeypoints {
    /// Checks that every number is finite.
    ///
    /// # Errors
    /// [`Error::NotFinite`] with the level and the coordinate.
    pub fn new(points: [Keypoint; 5]) -> Result<Self, Error> {
        for (level, p) in Level::ALL.into_iter().zip(&points) {
            for (name, value) in [("x", p.x), ("y", p.y), ("confidence", p.confidence)] {
                if !value.is_finite() {
                    return Err(Error::NotFinite { level, name, value });
                }
            }
        }
        Ok(Self { points })
    }

    /// Annotated centres `(x, y)` in px of L1..L5, with confidence 1.
    ///
    /// # Errors
    /// As [`VertebraKeypoints::new`].
    pub fn from_xy(xy: [(f64, f64); 5]) -> Result<Self, Error> {
        Self::new(xy.map(|(x, y)| Keypoint { x, y, confidence: 1.0 }))
    }

    /// The centre of one level.
    #[must_use]
    pub fn get(&self, level: Level) -> Keypoint {
        self.points[level.index()]
    }

    /// All five, L1 first.
    #[must_use]
    pub fn points(&self) -> &[Keypoint; 5] {
        &self.points
    }

    /// The points moved by a map of the plane, such as that of a reduced film; confidences stay.
    ///
    /// # Errors
    /// As [`VertebraKeypoints::new`].
    pub fn mapped(&self, map: impl Fn((f64, f64)) -> (f64, f64)) -> Result<Self, Error> {
        Self::new(self.points.map(|p| {
            let (x, y) = map((p.x, p.y));
            Keypoint { x, y, ..p }
        }))
    }

    /// The confidence of the film: that of its least certain point.
    #[must_use]
    pub fn least_confidence(&self) -> f64 {
        self.points.iter().map(|p| p.confidence).fold(1.0, f64::min)
    }
}
