//! The six morphometric points of a vertebral body on a lateral film.
//!
//! Points and heights as in quantitative morphometry: Genant HK, Wu CY, van Kuijk C, Nevitt MC,
//! *J Bone Miner Res* 1993;8(9):1137-1148.

use serde::{Deserialize, Serialize};

/// Corners and end-plate midpoints of one vertebral body, `(x, y)` in px of the original film.
/// Closed: morphometry knows these six.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[(f64, f64); 6]", into = "[(f64, f64); 6]")]
#[allow(missing_docs)] // the anatomical names are the documentation
pub struct SixPoints {
    pub anterior_superior: (f64, f64),
    pub mid_superior: (f64, f64),
    pub posterior_superior: (f64, f64),
    pub anterior_inferior: (f64, f64),
    pub mid_inferior: (f64, f64),
    pub posterior_inferior: (f64, f64),
}

/// Heights of one vertebral body in mm. Closed: morphometry knows these three.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are the documentation
pub struct VertebralHeights {
    pub anterior: f64,
    pub middle: f64,
    pub posterior: f64,
}

impl SixPoints {
    /// The points in the order of the annotation file: anterior, middle, posterior of the superior
    /// end plate, then of the inferior one.
    #[must_use]
    pub fn to_array(self) -> [(f64, f64); 6] {
        [
            self.anterior_superior,
            self.mid_superior,
            self.posterior_superior,
            self.anterior_inferior,
            self.mid_inferior,
            self.posterior_inferior,
        ]
    }

    /// Distances between the superior and the inferior point of each pair, in mm.
    ///
    /// # Examples
    /// ```
    /// # use vertebra_keypoints::SixPoints;
    /// let points = [(0., 8.), (20., 4.), (40., 0.), (0., 28.), (20., 29.), (40., 30.)];
    /// let wedge = SixPoints::from(points);
    /// let heights = wedge.heights([1.0, 0.5]);
    /// assert_eq!((heights.anterior, heights.middle, heights.posterior), (20.0, 25.0, 30.0));
    /// ```
    #[must_use]
    pub fn heights(&self, spacing_mm: [f64; 2]) -> VertebralHeights {
        let distance = |a: (f64, f64), b: (f64, f64)| {
            ((a.0 - b.0) * spacing_mm[1]).hypot((a.1 - b.1) * spacing_mm[0])
        };
        VertebralHeights {
            anterior: distance(self.anterior_superior, self.anterior_inferior),
            middle: distance(self.mid_superior, self.mid_inferior),
            posterior: distance(self.posterior_superior, self.posterior_inferior),
        }
    }

    /// Whether each superior point lies above its inferior one, as on a film of a person who stands
    /// or lies with the head to its top.
    #[must_use]
    pub fn is_upright(&self) -> bool {
        let [a, b, c, d, e, f] = self.to_array();
        [(a, d), (b, e), (c, f)].iter().all(|(superior, inferior)| superior.1 < inferior.1)
    }

    /// Mean of the four corners: the centre of the body.
    #[must_use]
    pub fn centre(&self) -> (f64, f64) {
        let corners = [
            self.anterior_superior,
            self.posterior_superior,
            self.anterior_inferior,
            self.posterior_inferior,
        ];
        let sum = corners.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
        (sum.0 / 4.0, sum.1 / 4.0)
    }
}

impl From<[(f64, f64); 6]> for SixPoints {
    fn from(p: [(f64, f64); 6]) -> Self {
        Self {
            anterior_superior: p[0],
            mid_superior: p[1],
            posterior_superior: p[2],
            anterior_inferior: p[3],
            mid_inferior: p[4],
            posterior_inferior: p[5],
        }
    }
}

impl From<SixPoints> for [(f64, f64); 6] {
    fn from(points: SixPoints) -> Self {
        points.to_array()
    }
}
