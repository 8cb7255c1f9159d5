//! What a film may suffer beside its grey scale and blur: an oblique collimator blade, a lead
//! marker.

use rand::{Rng, RngExt};

/// Largest marker, as a fraction of the input's height, and the smallest over it.
const MARKER_SIDE: [f64; 2] = [0.03, 0.09];

/// An oblique blade: hides every pixel whose distance along a normal from the middle exceeds
/// `limit` px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wedge {
    normal: (f64, f64),
    limit: f64,
}

impl Wedge {
    /// Comes in from any direction and hides up to `amount` of the picture's extent along it.
    pub(crate) fn draw(amount: f64, [height, width]: [usize; 2], rng: &mut impl Rng) -> Self {
        let angle = std::f64::consts::TAU * rng.random::<f64>();
        let hidden = amount * rng.random::<f64>();
        let normal = (angle.cos(), angle.sin());
        let extent = 0.5 * (normal.0.abs() * width as f64 + normal.1.abs() * height as f64);
        Self { normal, limit: extent * (1.0 - 2.0 * hidden) }
    }

    pub(crate) fn hides(&self, (x, y): (f64, f64), [height, width]: [usize; 2]) -> bool {
        let middle = (0.5 * (width as f64 - 1.0), 0.5 * (height as f64 - 1.0));
        (x - middle.0) * self.normal.0 + (y - middle.1) * self.normal.1 > self.limit
    }

    pub(crate) fn shut(&self, pixels: &mut [f32], size: [usize; 2], dark: f32) {
        for (i, pixel) in pixels.iter_mut().enumerate() {
            if self.hides(((i % size[1]) as f64, (i / size[1]) as f64), size) {
                *pixel = dark;
            }
        }
    }
}

/// A bright letter: a random five by seven pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Marker {
    /// Top left corner, row and column.
    corner: [f64; 2],
    /// Side of one of its cells, px.
    cell: f64,
    cells: u64,
}

impl Marker {
    pub(crate) fn draw([height, width]: [usize; 2], rng: &mut impl Rng) -> Self {
        let [least, most] = MARKER_SIDE;
        let side = height as f64 * (least + (most - least) * rng.random::<f64>());
        let mut corner = |n: usize| n as f64 * rng.random::<f64>() - 0.5 * side;
        Self { corner: [corner(height), corner(width)], cell: side / 7.0, cells: rng.random() }
    }

    pub(crate) fn stamp(&self, pixels: &mut [f32], size: [usize; 2], bright: f32) {
        for row in 0..7 {
            for column in (0..5).filter(|c| self.cells >> (5 * row + c) & 1 == 1) {
                let at = [row, column].map(f64::from);
                self.fill(at, pixels, size, bright);
            }
        }
    }

    fn fill(&self, cell: [f64; 2], pixels: &mut [f32], size: [usize; 2], bright: f32) {
        let span = |axis: usize| {
            let start = self.corner[axis] + cell[axis] * self.cell;
            let clip = |v: f64| v.round().clamp(0.0, size[axis] as f64) as usize;
            clip(start)..clip(start + self.cell)
        };
        for row in span(0) {
            pixels[row * size[1]..][span(1)].fill(bright);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const SIZE: [usize; 2] = [48, 40];

    #[test]
    fn a_wedge_hides_no_more_than_its_share_of_the_extent() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut worst = 0.0_f64;
        for _ in 0..200 {
            let wedge = Wedge::draw(0.2, SIZE, &mut rng);
            let mut pixels = vec![1.0; 48 * 40];
            wedge.shut(&mut pixels, SIZE, -2.0);
            assert!(!wedge.hides((19.5, 23.5), SIZE));
            let hidden = pixels.iter().filter(|p| **p == -2.0).count();
            worst = worst.max(hidden as f64 / pixels.len() as f64);
        }
        assert!((0.1..0.21).contains(&worst), "{worst}");
    }

    #[test]
    fn a_marker_is_small_and_bright() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        for _ in 0..200 {
            let mut pixels = vec![0.0; 48 * 40];
            Marker::draw(SIZE, &mut rng).stamp(&mut pixels, SIZE, 5.0);
            let lit = pixels.iter().filter(|p| **p == 5.0).count();
            assert!(lit <= 35, "{lit}");
            assert!(pixels.iter().all(|p| *p == 0.0 || *p == 5.0));
        }
    }
}
