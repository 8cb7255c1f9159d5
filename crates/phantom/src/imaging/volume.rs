//! The part of a subject that a projected CT volume holds.

use crate::tissues::canvas::Canvas;
use crate::tissues::projection::Projection;
use serde::Serialize;

/// The box of a subject that a projected CT volume holds, mm from the centre of L3. A box has no
/// more sides than these.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Volume {
    /// To the left and to the right of the mid-sagittal plane.
    pub half_width: f64,
    /// In front of L3.
    pub front: f64,
    /// Behind L3.
    pub back: f64,
    /// Above L3.
    pub above: f64,
    /// Below L3.
    pub below: f64,
}

impl Volume {
    /// Blackens what the box does not hold; its sides are smeared as the rays diverge through it.
    pub(crate) fn cut(&self, canvas: &mut Canvas, projection: &Projection) {
        let side = |distance: f64, divergence: f64| {
            let smear = (2.0 * self.half_width * divergence.abs()).max(1.0 / projection.scale);
            (0.5 + distance / smear).clamp(0.0, 1.0)
        };
        let width = canvas.width;
        for (row, line) in canvas.exponent.chunks_exact_mut(width).enumerate() {
            for (column, value) in line.iter_mut().enumerate() {
                let (x, y) = projection.to_patient((column as f64, row as f64));
                let (across, along) = projection.divergence((x, y));
                let kept = side(self.front - x, across)
                    * side(x + self.back, across)
                    * side(y + self.above, along)
                    * side(self.below - y, along);
                *value *= kept as f32;
            }
        }
    }
}
