//! Where the vertebral body is in the mask of a vertebra.

use vertebra_raster::Image;

/// Share of the greatest inscribed radius that still counts as the middle of the body.
const PLATEAU: f64 = 0.85;

/// Centre of gravity `(x, y)` px of a mask; `None` for an empty one.
///
/// For a mask of the body alone this is its centre. The centre of gravity of a whole vertebra lies
/// near its pedicles: see [`body_centre`].
#[must_use]
pub fn mask_centroid(mask: &Image) -> Option<(f64, f64)> {
    mean_place(mask.width, mask.pixels.iter().map(|v| f64::from(*v)))
}

/// Centre `(x, y)` px of the body in the mask (above 0.5 = inside) of a whole vertebra, seen from
/// the side with its front to the right or to the left; `None` for an empty mask.
///
/// The body is the bulk of what lies in front of the mask's centre of gravity: its centre is the
/// mean of the points there whose distance from the outline is at least 85 % of the greatest.
///
/// # Examples
/// ```
/// use vertebra_alignment::{Image, body_centre};
/// let mut mask = Image::zeros(60, 100); // a body of 30 x 30, and a thin process behind it
/// for (i, v) in mask.pixels.iter_mut().enumerate() {
///     let (x, y) = (i % 100, i / 100);
///     let body = (10..40).contains(&x) && (15..45).contains(&y);
///     *v = if body || (40..95).contains(&x) && (25..35).contains(&y) { 1.0 } else { 0.0 };
/// }
/// let (x, y) = body_centre(&mask, false).unwrap();
/// assert!((x - 24.5).abs() < 1.0 && (y - 29.5).abs() < 1.0);
/// ```
#[must_use]
pub fn body_centre(mask: &Image, faces_right: bool) -> Option<(f64, f64)> {
    let (middle, _) = mask_centroid(mask)?;
    let in_front = |x: usize| if faces_right { x as f64 > middle } else { (x as f64) < middle };
    let mut depth = distance_to_outside(mask);
    for (i, d) in depth.iter_mut().enumerate() {
        if !in_front(i % mask.width) {
            *d = 0.0;
        }
    }
    let limit = PLATEAU * depth.iter().copied().fold(0.0, f64::max);
    let deep = depth.iter().map(|d| f64::from(u8::from(*d > 0.0 && *d >= limit)));
    mean_place(mask.width, deep)
}

fn mean_place(width: usize, weights: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
    for (i, w) in weights.enumerate().filter(|(_, w)| *w > 0.0) {
        sum += w;
        x += w * (i % width) as f64;
        y += w * (i / width) as f64;
    }
    (sum > 0.0).then(|| (x / sum, y / sum))
}

/// Euclidean distance of each pixel to the nearest one outside, px; the picture's border counts as
/// outside. Along columns first, then the lower envelope of parabolas along rows (Felzenszwalb PF,
/// Huttenlocher DP, *Theory of Computing* 2012;8:415-428).
fn distance_to_outside(mask: &Image) -> Vec<f64> {
    let (h, w) = (mask.height, mask.width);
    let mut squared = vec![0.0; h * w];
    for x in 0..w {
        let column = (0..h).map(|y| mask.pixels[y * w + x] > 0.5);
        for (y, d) in distances_in_line(column).into_iter().enumerate() {
            squared[y * w + x] = d * d;
        }
    }
    for row in squared.chunks_exact_mut(w) {
        let padded: Vec<f64> =
            std::iter::once(0.0).chain(row.iter().copied()).chain(std::iter::once(0.0)).collect();
        row.copy_from_slice(&lower_envelope(&padded)[1..=w]);
    }
    squared.into_iter().map(f64::sqrt).collect()
}

/// Distance to the nearest `false`, or past either end.
fn distances_in_line(inside: impl Iterator<Item = bool>) -> Vec<f64> {
    let mut run = 0.0;
    let mut distances: Vec<f64> = inside
        .map(|inside| {
            run = if inside { run + 1.0 } else { 0.0 };
            run
        })
        .collect();
    run = 0.0;
    for d in distances.iter_mut().rev() {
        run = if *d > 0.0 { run + 1.0 } else { 0.0 };
        *d = d.min(run);
    }
    distances
}

/// `min over j of (i - j)² + heights[j]` for each `i`.
fn lower_envelope(heights: &[f64]) -> Vec<f64> {
    let crossing = |j: usize, k: usize| {
        let (a, b) = (j as f64, k as f64);
        ((heights[k] + b * b) - (heights[j] + a * a)) / (2.0 * (b - a))
    };
    let mut vertices: Vec<(usize, f64)> = vec![(0, f64::NEG_INFINITY)];
    for k in 1..heights.len() {
        let mut from = f64::NEG_INFINITY;
        while let Some(&(j, start)) = vertices.last() {
            from = crossing(j, k);
            if from > start {
                break;
            }
            vertices.pop();
        }
        vertices.push((k, if vertices.is_empty() { f64::NEG_INFINITY } else { from }));
    }
    let mut at = 0;
    (0..heights.len())
        .map(|i| {
            while at + 1 < vertices.len() && vertices[at + 1].1 < i as f64 {
                at += 1;
            }
            let j = vertices[at].0;
            (i as f64 - j as f64).powi(2) + heights[j]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn distances_are_those_of_the_definition(
            bits in proptest::collection::vec(0u8..8, 9 * 7), w in 7usize..=9,
        ) {
            let h = 63 / w;
            let pixels = bits[..h * w].iter().map(|b| f32::from(u8::from(*b > 0))).collect();
            let mask = Image { pixels, height: h, width: w };
            let outside = |x: isize, y: isize| {
                let on = x >= 0 && y >= 0 && x < w as isize && y < h as isize;
                !on || mask.pixels[y as usize * w + x as usize] == 0.0
            };
            for (i, got) in distance_to_outside(&mask).into_iter().enumerate() {
                let (x, y) = ((i % w) as isize, (i / w) as isize);
                let places = (-1..=h as isize).flat_map(|v| (-1..=w as isize).map(move |u| (u, v)));
                let nearest = places
                    .filter(|&(u, v)| outside(u, v))
                    .map(|(u, v)| (((u - x).pow(2) + (v - y).pow(2)) as f64).sqrt())
                    .fold(f64::INFINITY, f64::min);
                prop_assert!((got - nearest).abs() < 1e-9, "{i}: got {got}, expected {nearest}");
            }
        }
    }

    #[test]
    fn an_empty_mask_has_no_centre() {
        let empty = Image::zeros(4, 5);
        assert_eq!((mask_centroid(&empty), body_centre(&empty, true)), (None, None));
    }
}
