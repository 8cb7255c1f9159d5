//! One vertebral body in its own frame: `a` forwards, `b` downwards (caudal), mm, origin at the
//! middle of the body; `z` to the subject's left.

use serde::Serialize;
use vertebra_keypoints::VertebralHeights;

/// One end plate in the mid-sagittal plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EndPlate {
    /// `b` of the anterior corner, mm.
    pub anterior: f64,
    /// `b` of the posterior corner, mm.
    pub posterior: f64,
    /// How far the middle of the plate is sunk into the body below the line between the corners,
    /// mm.
    pub concavity: f64,
    /// Distance of the two corners along `a`, mm.
    pub length: f64,
}

/// A vertebral body: its place in the sagittal plane and its shape.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct VertebralBody {
    /// Centre `(x forwards, y downwards)` in the sagittal plane, mm.
    pub centre: (f64, f64),
    /// Angle by which the front of the body points downwards, radians.
    pub tilt: f64,
    /// Cranial end plate (its `b` values are negative).
    pub superior: EndPlate,
    /// Caudal end plate.
    pub inferior: EndPlate,
    /// Extent from left to right, mm.
    pub width: f64,
    /// How far the front and side walls are drawn in at mid-height, mm.
    pub waist: f64,
    /// Rotation about the long axis, radians.
    pub axial_rotation: f64,
    /// Sideways bending, radians.
    pub lateral_tilt: f64,
    /// Length of the bony lips at the front corners, mm.
    pub osteophyte: f64,
    /// Extra mineral at the end plates from degeneration or a healed crush, 0 (none) to about 1.
    pub sclerosis: f64,
}

impl EndPlate {
    /// `b` of the mid-sagittal end plate at `a`, the plate sinking towards `inward` (+1 for the
    /// superior plate, whose body lies at larger `b`; -1 for the inferior one).
    pub(crate) fn height_at(&self, a: f64, inward: f64) -> f64 {
        let s = (2.0 * a / self.length).clamp(-1.0, 1.0);
        self.rim_at(a) + inward * self.concavity * bowl(s)
    }

    pub(crate) fn rim_at(&self, a: f64) -> f64 {
        let s = 2.0 * a / self.length;
        0.5 * (self.anterior + self.posterior) + 0.5 * s * (self.anterior - self.posterior)
    }
}

/// Depth profile of an end plate along its length, 1 in the middle, 0 at the corners.
pub(crate) fn bowl(s: f64) -> f64 {
    let s2 = s * s;
    1.0 - s2 * s2.sqrt().sqrt() // |s|^2.5
}

impl VertebralBody {
    /// Mid-sagittal heights, mm.
    #[must_use]
    pub fn heights(&self) -> VertebralHeights {
        let (s, i) = (&self.superior, &self.inferior);
        let slant = 0.5 * (s.length - i.length);
        VertebralHeights {
            anterior: slant.hypot(i.anterior - s.anterior),
            middle: i.height_at(0.0, -1.0) - s.height_at(0.0, 1.0),
            posterior: slant.hypot(i.posterior - s.posterior),
        }
    }

    /// From the body's frame to the sagittal plane.
    #[must_use]
    pub fn to_patient(&self, (a, b): (f64, f64)) -> (f64, f64) {
        let (sin, cos) = self.tilt.sin_cos();
        (self.centre.0 + a * cos - b * sin, self.centre.1 + a * sin + b * cos)
    }

    /// Anterior, middle and posterior point of the superior, then of the inferior end plate, in
    /// the body's frame.
    #[must_use]
    pub fn six_points(&self) -> [(f64, f64); 6] {
        let row = |plate: &EndPlate, inward: f64| {
            let half = 0.5 * plate.length;
            [(half, plate.anterior), (0.0, plate.height_at(0.0, inward)), (-half, plate.posterior)]
        };
        let (s, i) = (row(&self.superior, 1.0), row(&self.inferior, -1.0));
        [s[0], s[1], s[2], i[0], i[1], i[2]]
    }

    /// Outline of the mid-sagittal section in the body's frame: along the superior plate from
    /// back to front, down the front, back along the inferior plate and up.
    #[must_use]
    pub fn outline(&self) -> Vec<(f64, f64)> {
        const STEPS: usize = 8;
        let plate = |plate: &EndPlate, inward: f64, k: usize| {
            let a = plate.length * (k as f64 / STEPS as f64 - 0.5);
            (a, plate.height_at(a, inward))
        };
        let wall = |from: (f64, f64), to: (f64, f64), k: usize, waist: f64| {
            let t = k as f64 / STEPS as f64;
            let inset = waist * (1.0 - (2.0 * t - 1.0).powi(2));
            (from.0 + t * (to.0 - from.0) + inset, from.1 + t * (to.1 - from.1))
        };
        let top = (0..=STEPS).map(|k| plate(&self.superior, 1.0, k));
        let bottom = (0..=STEPS).rev().map(|k| plate(&self.inferior, -1.0, k));
        let [sa, _, sp, ia, _, ip] = self.six_points();
        let front = (1..STEPS).map(|k| wall(sa, ia, k, -self.waist));
        let back = (1..STEPS).map(|k| wall(ip, sp, k, self.back_waist()));
        top.chain(front).chain(bottom).chain(back).collect()
    }

    /// How far the back wall is drawn in at mid-height, mm.
    pub(crate) fn back_waist(&self) -> f64 {
        0.45 * self.waist
    }

    /// Mean extent from back to front, mm.
    #[must_use]
    pub fn depth(&self) -> f64 {
        0.5 * (self.superior.length + self.inferior.length)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn example() -> VertebralBody {
        let plate =
            |anterior, posterior, length| EndPlate { anterior, posterior, concavity: 1.5, length };
        VertebralBody {
            centre: (10.0, 20.0),
            tilt: 0.3,
            superior: plate(-13.0, -13.5, 31.0),
            inferior: plate(13.0, 13.5, 32.0),
            width: 42.0,
            waist: 2.0,
            axial_rotation: 0.0,
            lateral_tilt: 0.0,
            osteophyte: 0.0,
            sclerosis: 0.0,
        }
    }

    #[test]
    fn heights_are_those_of_the_six_points() {
        let body = example();
        let p = body.six_points();
        let distance = |i: usize, j: usize| (p[i].0 - p[j].0).hypot(p[i].1 - p[j].1);
        let h = body.heights();
        assert!((h.anterior - distance(0, 3)).abs() < 1e-12);
        assert!((h.middle - distance(1, 4)).abs() < 1e-12 && (h.middle - 23.5).abs() < 1e-12);
        assert!((h.posterior - distance(2, 5)).abs() < 1e-12);
    }

    #[test]
    fn the_outline_passes_through_the_six_points_once() {
        let body = example();
        let outline = body.outline();
        for p in body.six_points() {
            let hits =
                outline.iter().filter(|q| (q.0 - p.0).abs() + (q.1 - p.1).abs() < 1e-9).count();
            assert_eq!(hits, 1, "{p:?}");
        }
    }

    #[test]
    fn the_front_of_a_tilted_body_lies_lower() {
        let body = example();
        assert!(body.to_patient((15.0, 0.0)).1 > body.to_patient((-15.0, 0.0)).1);
    }
}
