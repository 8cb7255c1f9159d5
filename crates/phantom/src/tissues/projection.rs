//! From the subject to the film: a point source, a flat detector, the central ray along the
//! left-right axis.

/// Geometry of one exposure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Projection {
    /// Film pixels per mm in the mid-sagittal plane.
    pub(crate) scale: f64,
    /// Distance from the source to the mid-sagittal plane, mm.
    pub(crate) source_mm: f64,
    /// In-plane rotation of the subject on the film, radians.
    pub(crate) rotation: f64,
    /// The front of the subject is on the left.
    pub(crate) mirrored: bool,
    /// Sagittal point the central ray passes through, mm.
    pub(crate) ray: (f64, f64),
    /// Film pixel the central ray hits.
    pub(crate) centre: (f64, f64),
    /// Tangent of the angle by which the subject is turned about its long axis: how far forwards
    /// on the film a point moves per mm of `z`.
    pub(crate) turn: f64,
}

/// An object's own frame on the film: `(a, b)` mm in the object to `(column, row)` px.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    origin: (f64, f64),
    forward: [f64; 4],
    inverse: [f64; 4],
    /// How far the image of a point moves in the frame, mm per mm of `z`.
    pub(crate) shear: (f64, f64),
}

impl Projection {
    pub(crate) fn to_film(self, (x, y): (f64, f64)) -> (f64, f64) {
        let [a, b, c, d] = self.matrix();
        let (dx, dy) = (x - self.ray.0, y - self.ray.1);
        (self.centre.0 + a * dx + b * dy, self.centre.1 + c * dx + d * dy)
    }

    pub(crate) fn to_patient(self, (u, v): (f64, f64)) -> (f64, f64) {
        let [a, b, c, d] = invert(self.matrix());
        let (du, dv) = (u - self.centre.0, v - self.centre.1);
        (self.ray.0 + a * du + b * dv, self.ray.1 + c * du + d * dv)
    }

    fn matrix(&self) -> [f64; 4] {
        let (sin, cos) = self.rotation.sin_cos();
        let side = if self.mirrored { -1.0 } else { 1.0 };
        let k = self.scale;
        [k * cos * side, -k * sin, k * sin * side, k * cos]
    }

    /// How far the image of a sagittal point moves, mm per mm of `z` towards the source.
    pub(crate) fn divergence(&self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x - self.ray.0) / self.source_mm + self.turn, (y - self.ray.1) / self.source_mm)
    }

    /// The frame of an object at `origin` whose front points downwards by `tilt`; `turn` adds the
    /// object's own rotation to the shear (about its long axis, sideways).
    pub(crate) fn frame(&self, origin: (f64, f64), tilt: f64, turn: (f64, f64)) -> Frame {
        let (sin, cos) = tilt.sin_cos();
        let [a, b, c, d] = self.matrix();
        let forward = [a * cos + b * sin, b * cos - a * sin, c * cos + d * sin, d * cos - c * sin];
        let (sx, sy) = self.divergence(origin);
        let shear = (sx * cos + sy * sin + turn.0, sy * cos - sx * sin + turn.1);
        Frame { origin: self.to_film(origin), forward, inverse: invert(forward), shear }
    }
}

impl Frame {
    pub(crate) fn to_film(self, (a, b): (f64, f64)) -> (f64, f64) {
        let m = &self.forward;
        (self.origin.0 + m[0] * a + m[1] * b, self.origin.1 + m[2] * a + m[3] * b)
    }

    pub(crate) fn to_local(self, (u, v): (f64, f64)) -> (f64, f64) {
        let m = &self.inverse;
        let (du, dv) = (u - self.origin.0, v - self.origin.1);
        (m[0] * du + m[1] * dv, m[2] * du + m[3] * dv)
    }

    /// Change of the local coordinates from one column to the next.
    pub(crate) fn column_step(self) -> (f64, f64) {
        (self.inverse[0], self.inverse[2])
    }

    /// `[first column, first row, last column, last row]` that hold a local box.
    pub(crate) fn bounds(self, low: (f64, f64), high: (f64, f64)) -> [f64; 4] {
        let corners = [low, (low.0, high.1), (high.0, low.1), high].map(|p| self.to_film(p));
        let fold = |pick: fn(&(f64, f64)) -> f64, best: fn(f64, f64) -> f64| {
            corners.iter().map(pick).reduce(best).unwrap_or(0.0)
        };
        [
            fold(|p| p.0, f64::min),
            fold(|p| p.1, f64::min),
            fold(|p| p.0, f64::max),
            fold(|p| p.1, f64::max),
        ]
    }
}

fn invert([a, b, c, d]: [f64; 4]) -> [f64; 4] {
    let det = a * d - b * c;
    [d / det, -b / det, -c / det, a / det]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(mirrored: bool) -> Projection {
        Projection {
            scale: 1.6,
            source_mm: 1000.0,
            rotation: 0.05,
            mirrored,
            ray: (5.0, 12.0),
            centre: (208.0, 256.0),
            turn: 0.1,
        }
    }

    #[test]
    fn a_point_comes_back_from_the_film() {
        for mirrored in [false, true] {
            let projection = example(mirrored);
            let back = projection.to_patient(projection.to_film((31.0, -77.0)));
            assert!((back.0 - 31.0).abs() < 1e-9 && (back.1 + 77.0).abs() < 1e-9);
        }
    }

    #[test]
    fn mirroring_puts_the_front_on_the_left() {
        assert!(example(true).to_film((50.0, 12.0)).0 < example(true).to_film((0.0, 12.0)).0);
        assert!(example(false).to_film((50.0, 12.0)).0 > example(false).to_film((0.0, 12.0)).0);
    }

    #[test]
    fn an_objects_frame_agrees_with_the_projection() {
        let projection = example(true);
        let frame = projection.frame((20.0, 30.0), 0.4, (0.0, 0.0));
        let (a, b) = (7.0, -3.0);
        let patient = (
            20.0 + a * 0.4f64.cos() - b * 0.4f64.sin(),
            30.0 + a * 0.4f64.sin() + b * 0.4f64.cos(),
        );
        let (expected, got) = (projection.to_film(patient), frame.to_film((a, b)));
        assert!((expected.0 - got.0).abs() < 1e-9 && (expected.1 - got.1).abs() < 1e-9);
        let back = frame.to_local(got);
        assert!((back.0 - a).abs() < 1e-9 && (back.1 - b).abs() < 1e-9);
    }
}
