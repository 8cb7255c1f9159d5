//! Reducing a film with a prefilter, and warping the reduced film.

use crate::affine::Affine;

/// A grey picture, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) pixels: Vec<f32>,
    pub(crate) height: usize,
    pub(crate) width: usize,
}

impl Picture {
    fn row(&self, y: usize) -> &[f32] {
        &self.pixels[y * self.width..(y + 1) * self.width]
    }
}

/// For each target pixel of one axis: the first source pixel and normalised weights of a triangle
/// as wide as two target pixels (the antialiased bilinear filter of picture libraries).
fn triangle_weights(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = from as f64 / to as f64;
    let radius = scale.max(1.0);
    let weights_at = |i: usize| {
        let centre = (i as f64 + 0.5) * scale - 0.5;
        let first = (centre - radius).ceil().max(0.0) as usize;
        let last = ((centre + radius).floor() as usize).min(from - 1);
        let weight = |j: usize| (1.0 - (j as f64 - centre).abs() / radius).max(0.0);
        let sum: f64 = (first..=last).map(weight).sum();
        (first, (first..=last).map(|j| (weight(j) / sum) as f32).collect())
    };
    (0..to).map(weights_at).collect()
}

/// Resizes to `[height, width]` without aliasing; edges meet edges.
pub(crate) fn resize(source: &[f32], from: [usize; 2], to: [usize; 2]) -> Picture {
    let columns = triangle_weights(from[1], to[1]);
    let mut narrow = vec![0.0_f32; from[0] * to[1]];
    for (row, out) in source.chunks_exact(from[1]).zip(narrow.chunks_exact_mut(to[1])) {
        for (value, (first, weights)) in out.iter_mut().zip(&columns) {
            *value = row[*first..].iter().zip(weights).map(|(p, w)| p * w).sum();
        }
    }
    let mut pixels = vec![0.0_f32; to[0] * to[1]];
    let rows = triangle_weights(from[0], to[0]);
    for (out, (first, weights)) in pixels.chunks_exact_mut(to[1]).zip(&rows) {
        for (k, weight) in weights.iter().enumerate() {
            let row = &narrow[(first + k) * to[1]..(first + k + 1) * to[1]];
            out.iter_mut().zip(row).for_each(|(o, p)| *o += p * weight);
        }
    }
    Picture { pixels, height: to[0], width: to[1] }
}

/// Fills `[height, width]` px from `source`, to whose px `to_source` leads; bilinear, 0 outside.
pub(crate) fn warp(source: &Picture, to_source: &Affine, size: [usize; 2]) -> Vec<f32> {
    let [(dx, dy), _] = to_source.steps();
    let mut out = Vec::with_capacity(size[0] * size[1]);
    for row in 0..size[0] {
        let (x0, y0) = to_source.apply((0.0, row as f64));
        for column in 0..size[1] {
            let t = column as f64;
            out.push(bilinear(source, x0 + t * dx, y0 + t * dy));
        }
    }
    out
}

fn bilinear(source: &Picture, x: f64, y: f64) -> f32 {
    let (floor_x, floor_y) = (x.floor(), y.floor());
    if floor_x < -1.0 || floor_y < -1.0 {
        return 0.0;
    }
    let (right, below) = ((x - floor_x) as f32, (y - floor_y) as f32);
    let (column, row) = (floor_x as isize, floor_y as isize);
    let at = |r: isize, c: isize| {
        let inside = r >= 0 && c >= 0 && r < source.height as isize && c < source.width as isize;
        if inside { source.row(r as usize)[c as usize] } else { 0.0 }
    };
    let top = at(row, column) * (1.0 - right) + at(row, column + 1) * right;
    let bottom = at(row + 1, column) * (1.0 - right) + at(row + 1, column + 1) * right;
    top * (1.0 - below) + bottom * below
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Gaussian spot at a sub-pixel place.
    fn spot(size: [usize; 2], (x, y): (f64, f64), sigma: f64) -> Picture {
        let pixels = (0..size[0] * size[1])
            .map(|i| {
                let (c, r) = ((i % size[1]) as f64, (i / size[1]) as f64);
                (-((c - x).powi(2) + (r - y).powi(2)) / (2.0 * sigma * sigma)).exp() as f32
            })
            .collect();
        Picture { pixels, height: size[0], width: size[1] }
    }

    fn centre_of_mass(picture: &Picture) -> (f64, f64) {
        let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
        for (i, &p) in picture.pixels.iter().enumerate() {
            sum += f64::from(p);
            x += f64::from(p) * (i % picture.width) as f64;
            y += f64::from(p) * (i / picture.width) as f64;
        }
        (x / sum, y / sum)
    }

    #[test]
    fn a_spot_stays_where_the_affine_map_says() {
        let source = spot([180, 140], (61.3, 87.8), 6.0);
        let small = resize(&source.pixels, [180, 140], [75, 60]);
        let expected = Affine::resize([180, 140], [75, 60]).apply((61.3, 87.8));
        let got = centre_of_mass(&small);
        let error = (got.0 - expected.0).hypot(got.1 - expected.1);
        assert!(error < 1e-3, "resize: {got:?}, expected {expected:?}");

        let map = Affine::about((30.0, 37.0), 0.3, 1.2, (2.2, -1.7)).then(&Affine::mirror(64));
        let expected = map.apply(got);
        let pixels = warp(&small, &map.inverse(), [80, 64]);
        let got = centre_of_mass(&Picture { pixels, height: 80, width: 64 });
        let error = (got.0 - expected.0).hypot(got.1 - expected.1);
        assert!(error < 1e-3, "warp: {got:?}, expected {expected:?}");
    }

    #[test]
    fn stripes_finer_than_the_target_become_grey() {
        let stripes: Vec<f32> = (0..120 * 120).map(|i| (i % 120 % 2) as f32).collect();
        let small = resize(&stripes, [120, 120], [24, 24]);
        // The triangles are cut off at the borders.
        let inside = small.pixels.iter().enumerate().filter(|(i, _)| (1..23).contains(&(i % 24)));
        let worst = inside.map(|(_, p)| (p - 0.5).abs()).fold(0.0, f32::max);
        assert!(worst < 0.03, "{worst}");
    }

    #[test]
    fn a_constant_stays_constant_and_outside_is_zero() {
        let small = resize(&[2.0; 70], [10, 7], [23, 3]);
        assert!(small.pixels.iter().all(|p| (p - 2.0).abs() < 1e-5));
        let moved = Affine::about((0.0, 0.0), 0.0, 1.0, (100.0, 0.0));
        assert!(warp(&small, &moved, [4, 4]).iter().all(|&p| p == 0.0));
    }
}
