//! Affine maps of the plane between pixel coordinates.
//!
//! The convention of every coordinate in this crate: `(x right, y down)`, the centre of the first
//! pixel is `(0, 0)`. Resizing from `n` to `m` pixels therefore maps `x` to
//! `(x + 0.5) * m / n - 0.5`: edges meet edges, not centres.

use crate::Error;
use vertebra_alignment::Alignment;

/// `(x, y)` to `(a x + b y + c, d x + e y + f)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Affine {
    rows: [[f64; 3]; 2],
}

impl Affine {
    /// Resizing `[height, width]` to another size.
    pub(crate) fn resize(from: [usize; 2], to: [usize; 2]) -> Self {
        let axis = |n: usize, m: usize| m as f64 / n as f64;
        let (sy, sx) = (axis(from[0], to[0]), axis(from[1], to[1]));
        Self { rows: [[sx, 0.0, 0.5 * sx - 0.5], [0.0, sy, 0.5 * sy - 0.5]] }
    }

    /// Puts a picture of `from` pixels as large as possible into the middle of `to` pixels,
    /// keeping its proportions.
    pub(crate) fn letterbox(from: [usize; 2], to: [usize; 2]) -> Self {
        let [from_y, from_x] = from.map(|n| n as f64);
        let [to_y, to_x] = to.map(|n| n as f64);
        let scale = (to_y / from_y).min(to_x / from_x);
        let shift = |from: f64, to: f64| 0.5 * (to - 1.0) - scale * 0.5 * (from - 1.0);
        Self { rows: [[scale, 0.0, shift(from_x, to_x)], [0.0, scale, shift(from_y, to_y)]] }
    }

    /// Mirror of a picture this wide.
    pub(crate) fn mirror(width: usize) -> Self {
        Self { rows: [[-1.0, 0.0, width as f64 - 1.0], [0.0, 1.0, 0.0]] }
    }

    /// Rotation (radians, clockwise on the screen) and scaling about `centre`, then a shift in px.
    pub(crate) fn about(centre: (f64, f64), rotation: f64, scale: f64, shift: (f64, f64)) -> Self {
        let (sin, cos) = rotation.sin_cos();
        let (a, b) = (scale * cos, -scale * sin);
        let c = centre.0 - a * centre.0 - b * centre.1 + shift.0;
        let f = centre.1 + b * centre.0 - a * centre.1 + shift.1;
        Self { rows: [[a, b, c], [-b, a, f]] }
    }

    pub(crate) fn apply(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let row = |[a, b, c]: [f64; 3]| a * x + b * y + c;
        (row(self.rows[0]), row(self.rows[1]))
    }

    /// First `self`, then `next`.
    pub(crate) fn then(&self, next: &Self) -> Self {
        let [[a, b, c], [d, e, f]] = self.rows;
        let row = |[p, q, r]: [f64; 3]| [p * a + q * d, p * b + q * e, p * c + q * f + r];
        Self { rows: next.rows.map(row) }
    }

    /// The way back; the maps of this crate are never singular.
    pub(crate) fn inverse(&self) -> Self {
        let [[a, b, c], [d, e, f]] = self.rows;
        let det = a * e - b * d;
        let (ia, ib, id, ie) = (e / det, -b / det, -d / det, a / det);
        Self { rows: [[ia, ib, -(ia * c + ib * f)], [id, ie, -(id * c + ie * f)]] }
    }

    /// As the alignment crate takes it.
    pub(crate) fn alignment(&self) -> Result<Alignment, Error> {
        Ok(Alignment::new(self.rows, None)?)
    }

    /// Steps in the target for one px in x and in y of the source.
    #[cfg(test)]
    pub(crate) fn steps(&self) -> [(f64, f64); 2] {
        let [[a, b, _], [d, e, _]] = self.rows;
        [(a, d), (b, e)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: (f64, f64), b: (f64, f64)) -> bool {
        (a.0 - b.0).hypot(a.1 - b.1) < 1e-9
    }

    #[test]
    fn resizing_maps_edges_to_edges() {
        let half = Affine::resize([100, 40], [50, 10]);
        assert!(close(half.apply((-0.5, -0.5)), (-0.5, -0.5)));
        assert!(close(half.apply((39.5, 99.5)), (9.5, 49.5)));
    }

    #[test]
    fn letterbox_keeps_proportions_and_centres() {
        let to = Affine::letterbox([200, 100], [96, 64]);
        assert!(close(to.apply((49.5, 99.5)), (31.5, 47.5)));
        assert!(close(to.apply((49.5, -0.5)), (31.5, -0.5)));
        assert!(close(to.apply((-0.5, 99.5)), (31.5 - 24.0, 47.5)));
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_identity(
            x in -500.0..500.0, y in -500.0..500.0, angle in -3.0..3.0, scale in 0.2..4.0,
            shift in -50.0..50.0,
        ) {
            let map = Affine::resize([300, 200], [120, 96])
                .then(&Affine::about((40.0, 50.0), angle, scale, (shift, -shift)))
                .then(&Affine::mirror(96));
            prop_assert!(close(map.inverse().apply(map.apply((x, y))), (x, y)));
        }
    }
}
