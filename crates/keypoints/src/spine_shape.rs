//! The shape of a lumbar spine on a lateral film, whatever its place, size and rotation.

use crate::{Error, VertebraKeypoints};
use serde::{Deserialize, Serialize};

/// Distances and bends of the chain L1..L5.
///
/// With three of the four relative distances and the three bends it is complete: two spines of
/// equal shape differ by a similarity only.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only `SpineShape::new` makes one
pub struct SpineShape {
    /// Sum of the four distances, in mm where a spacing was given, else in px.
    pub length: f64,
    /// Distances L1-L2, L2-L3, L3-L4, L4-L5 over their mean.
    pub relative_distance: [f64; 4],
    /// By how many degrees the chain turns clockwise (as seen on the film, going down) at L2, L3
    /// and L4; lordosis is positive where the subject faces right.
    pub bend_degrees: [f64; 3],
}

impl SpineShape {
    /// Measures a spine; `spacing_mm` is `[row, col]`.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] if two neighbours lie on the same spot, which leaves no direction.
    pub fn new(keypoints: &VertebraKeypoints, spacing_mm: Option<[f64; 2]>) -> Result<Self, Error> {
        let [row, col] = spacing_mm.unwrap_or([1.0, 1.0]);
        let points = keypoints.points().map(|p| (p.x * col, p.y * row));
        let steps: [(f64, f64); 4] =
            std::array::from_fn(|i| (points[i + 1].0 - points[i].0, points[i + 1].1 - points[i].1));
        let distances = steps.map(|s| s.0.hypot(s.1));
        if let Some(got) = distances.into_iter().find(|d| !(d.is_finite() && *d > 0.0)) {
            let (name, expected) = ("distance of neighbours", "a positive number");
            return Err(Error::InvalidValue { name, expected, got });
        }
        let length: f64 = distances.iter().sum();
        let bend_degrees = std::array::from_fn(|i| {
            let (a, b) = (steps[i], steps[i + 1]);
            (a.0 * b.1 - a.1 * b.0).atan2(a.0 * b.0 + a.1 * b.1).to_degrees()
        });
        Ok(Self { length, relative_distance: distances.map(|d| 4.0 * d / length), bend_degrees })
    }

    /// The same spine seen from the other side.
    #[must_use]
    pub fn mirrored(self) -> Self {
        Self { bend_degrees: self.bend_degrees.map(|b| -b), ..self }
    }

    /// The six independent numbers: three relative distances, three bends.
    pub(crate) fn vector(&self) -> [f64; 6] {
        let ([a, b, c, _], [d, e, f]) = (self.relative_distance, self.bend_degrees);
        [a, b, c, d, e, f]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPINE: [(f64, f64); 5] =
        [(10.0, 5.0), (14.0, 39.0), (19.0, 75.0), (18.0, 112.0), (9.0, 147.0)];

    fn shape(xy: [(f64, f64); 5], spacing: Option<[f64; 2]>) -> SpineShape {
        SpineShape::new(&VertebraKeypoints::from_xy(xy).unwrap(), spacing).unwrap()
    }

    proptest! {
        #[test]
        fn a_similarity_changes_only_the_length(
            angle in -3.0..3.0f64, scale in 0.1..10.0f64, dx in -500.0..500.0f64, dy in -500.0..500.0f64,
        ) {
            let (sin, cos) = angle.sin_cos();
            let moved = SPINE.map(|(x, y)| {
                (scale * (cos * x - sin * y) + dx, scale * (sin * x + cos * y) + dy)
            });
            let (a, b) = (shape(SPINE, None), shape(moved, None));
            for (x, y) in a.vector().iter().zip(b.vector()) {
                prop_assert!((x - y).abs() < 1e-9, "{x} {y}");
            }
            prop_assert!((b.length / a.length / scale - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_mirrored_film_gives_the_mirrored_shape_and_spacing_counts() {
        let (a, b) = (shape(SPINE, None), shape(SPINE.map(|(x, y)| (-x, y)), None));
        for (x, y) in a.mirrored().vector().iter().zip(b.vector()) {
            assert!((x - y).abs() < 1e-9);
        }
        let stretched = shape(SPINE.map(|(x, y)| (2.0 * x, 4.0 * y)), Some([0.5, 1.0]));
        assert!((stretched.length - 2.0 * a.length).abs() < 1e-9);
        assert!((stretched.bend_degrees[2] - a.bend_degrees[2]).abs() < 1e-9);
    }

    #[test]
    fn a_right_angle_to_the_left_of_the_film_is_clockwise() {
        let chain = [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (0.0, 3.0), (-1.0, 3.0)];
        let bends = shape(chain, None).bend_degrees;
        assert!((bends[2] - 90.0).abs() < 1e-9 && bends[0] == 0.0);
    }

    #[test]
    fn coincident_neighbours_have_no_shape() {
        let mut xy = SPINE;
        xy[2] = xy[1];
        let keypoints = VertebraKeypoints::from_xy(xy).unwrap();
        assert!(matches!(SpineShape::new(&keypoints, None), Err(Error::InvalidValue { .. })));
    }
}
