//! Affine maps of the plane between pixel coordinates.
//!
//! Coordinates are `(x right, y down)` in px with the centre of the first pixel at `(0, 0)`.
//! Resizing from `n` to `m` pixels therefore maps `x` to `(x + 0.5) m / n - 0.5`: edges meet edges,
//! not centres. [`resized`] and [`original`] are the only places where this is written.

use crate::Error;
use serde::{Deserialize, Serialize};

/// A coordinate after resizing by `scale` target px per source px, edges on edges.
///
/// # Examples
/// ```
/// use vertebra_raster::resized;
/// // The left edge stays, and two pixels become one: its centre lies between theirs.
/// assert_eq!((resized(-0.5, 0.5), resized(0.5, 0.5)), (-0.5, 0.0));
/// ```
#[must_use]
pub fn resized(coordinate: f64, scale: f64) -> f64 {
    (coordinate + 0.5) * scale - 0.5
}

/// The coordinate before [`resized`].
#[must_use]
pub fn original(coordinate: f64, scale: f64) -> f64 {
    (coordinate + 0.5) / scale - 0.5
}

/// An invertible affine map `(x, y)` to `(a x + b y + tx, c x + d y + ty)`.
///
/// It serialises as its matrix `[[a, b, tx], [c, d, ty]]`.
///
/// # Examples
/// ```
/// use vertebra_raster::Affine;
/// let half = Affine::resize([100, 40], [50, 20]);
/// let both = half.then(&Affine::mirror(20));
/// assert_eq!(both.apply((-0.5, 99.5)), (19.5, 49.5));
/// assert_eq!(both.inverse().apply((19.5, 49.5)), (-0.5, 99.5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[[f64; 3]; 2]", into = "[[f64; 3]; 2]")]
pub struct Affine {
    matrix: [[f64; 3]; 2],
    inverse: [[f64; 3]; 2],
}

impl Affine {
    /// The map with this matrix.
    ///
    /// # Errors
    /// [`Error::NotInvertible`].
    pub fn new(matrix: [[f64; 3]; 2]) -> Result<Self, Error> {
        let made = Self::of(matrix);
        let finite = made.inverse.iter().flatten().all(|v| v.is_finite());
        finite.then_some(made).ok_or(Error::NotInvertible { matrix })
    }

    /// Without a look at whether there is an inverse.
    fn of(matrix: [[f64; 3]; 2]) -> Self {
        Self { matrix, inverse: invert(&matrix) }
    }

    /// Scaling by target px per source px along `[row, column]`, edges on edges: see [`resized`].
    ///
    /// # Errors
    /// [`Error::NotInvertible`] for a scale of 0 or one that is not finite.
    pub fn scale([row, column]: [f64; 2]) -> Result<Self, Error> {
        Self::new([[column, 0.0, resized(0.0, column)], [0.0, row, resized(0.0, row)]])
    }

    /// Resizing `[height, width]` to another size, edges on edges. A size of 0 counts as 1.
    #[must_use]
    pub fn resize(from: [usize; 2], to: [usize; 2]) -> Self {
        let axis = |i: usize| to[i].max(1) as f64 / from[i].max(1) as f64;
        let (row, column) = (axis(0), axis(1));
        Self::of([[column, 0.0, resized(0.0, column)], [0.0, row, resized(0.0, row)]])
    }

    /// Puts a picture of `from` `[height, width]` px as large as possible into the middle of one of
    /// `to` px, keeping its proportions. A size of 0 counts as 1.
    #[must_use]
    pub fn letterbox(from: [usize; 2], to: [usize; 2]) -> Self {
        let [from_y, from_x] = from.map(|n| n.max(1) as f64);
        let [to_y, to_x] = to.map(|n| n.max(1) as f64);
        let scale = (to_y / from_y).min(to_x / from_x);
        let shift = |from: f64, to: f64| 0.5 * (to - 1.0) - scale * 0.5 * (from - 1.0);
        Self::of([[scale, 0.0, shift(from_x, to_x)], [0.0, scale, shift(from_y, to_y)]])
    }

    /// Mirror image of a picture this wide.
    #[must_use]
    pub fn mirror(width: usize) -> Self {
        Self::of([[-1.0, 0.0, width as f64 - 1.0], [0.0, 1.0, 0.0]])
    }

    /// Rotation (radians, clockwise on the screen) and scaling about `centre`, then a shift in px.
    /// The scale must not be 0: the numbers of the inverse would not be finite.
    pub fn about(centre: (f64, f64), rotation: f64, scale: f64, shift: (f64, f64)) -> Self {
        let (sin, cos) = rotation.sin_cos();
        let (a, b) = (scale * cos, -scale * sin);
        let tx = centre.0 - a * centre.0 - b * centre.1 + shift.0;
        let ty = centre.1 + b * centre.0 - a * centre.1 + shift.1;
        Self::of([[a, b, tx], [-b, a, ty]])
    }

    /// Where a point of the source lies in the target.
    #[must_use]
    pub fn apply(&self, point: (f64, f64)) -> (f64, f64) {
        apply(&self.matrix, point)
    }

    /// Where a point of the target lies in the source: [`apply`](Self::apply) of the inverse.
    #[must_use]
    pub fn apply_inverse(&self, point: (f64, f64)) -> (f64, f64) {
        apply(&self.inverse, point)
    }

    /// First `self`, then `next`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let [[a, b, tx], [c, d, ty]] = self.matrix;
        let row = |[p, q, r]: [f64; 3]| [p * a + q * c, p * b + q * d, p * tx + q * ty + r];
        Self::of(next.matrix.map(row))
    }

    /// The map from the target back to the source.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self { matrix: self.inverse, inverse: self.matrix }
    }

    /// The matrix `[[a, b, tx], [c, d, ty]]`.
    #[must_use]
    pub fn matrix(&self) -> [[f64; 3]; 2] {
        self.matrix
    }

    /// Signed area of the image of a square of 1 px: negative where left and right are exchanged.
    #[must_use]
    pub fn determinant(&self) -> f64 {
        determinant(&self.matrix)
    }

    pub(crate) fn inverse_matrix(&self) -> &[[f64; 3]; 2] {
        &self.inverse
    }
}

impl TryFrom<[[f64; 3]; 2]> for Affine {
    type Error = Error;

    fn try_from(matrix: [[f64; 3]; 2]) -> Result<Self, Error> {
        Self::new(matrix)
    }
}

impl From<Affine> for [[f64; 3]; 2] {
    fn from(map: Affine) -> Self {
        map.matrix
    }
}

fn apply(m: &[[f64; 3]; 2], (x, y): (f64, f64)) -> (f64, f64) {
    (m[0][0] * x + m[0][1] * y + m[0][2], m[1][0] * x + m[1][1] * y + m[1][2])
}

fn determinant(m: &[[f64; 3]; 2]) -> f64 {
    m[0][0] * m[1][1] - m[0][1] * m[1][0]
}

/// Not finite where there is no inverse.
fn invert(m: &[[f64; 3]; 2]) -> [[f64; 3]; 2] {
    let det = determinant(m);
    let [[a, b, tx], [c, d, ty]] = *m;
    [[d / det, -b / det, (b * ty - d * tx) / det], [-c / det, a / det, (c * tx - a * ty) / det]]
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
        assert_eq!(Affine::scale([0.5, 0.25]), Ok(half));
    }

    #[test]
    fn letterbox_keeps_proportions_and_centres() {
        let to = Affine::letterbox([200, 100], [96, 64]);
        assert!(close(to.apply((49.5, 99.5)), (31.5, 47.5)));
        assert!(close(to.apply((49.5, -0.5)), (31.5, -0.5)));
        assert!(close(to.apply((-0.5, 99.5)), (31.5 - 24.0, 47.5)));
    }

    #[test]
    fn a_map_onto_a_line_is_an_error_and_a_map_serialises_as_its_matrix() {
        let matrix = [[1.0, 2.0, 0.0], [2.0, 4.0, 0.0]];
        assert_eq!(Affine::new(matrix), Err(Error::NotInvertible { matrix }));
        assert!(Affine::scale([0.0, 1.0]).is_err() && Affine::scale([1.0, f64::NAN]).is_err());
        let text = serde_json::to_string(&Affine::mirror(3)).unwrap();
        assert_eq!(text, "[[-1.0,0.0,2.0],[0.0,1.0,0.0]]");
        assert_eq!(serde_json::from_str::<Affine>(&text).unwrap(), Affine::mirror(3));
        assert!(serde_json::from_str::<Affine>("[[0,0,0],[0,0,0]]").is_err());
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
            prop_assert!(close(map.apply_inverse(map.apply((x, y))), (x, y)));
        }
    }
}
