//! Which part of each pixel lies inside an outline.
//!
//! Exact area coverage by accumulating, row by row, the signed area to the right of each edge.

/// What sums of signed areas may leave where nothing is covered.
const ROUNDING: f64 = 1e-9;

/// Coverage `[height, width]` in `[0, 1]` of a closed polygon `(x, y)` px; a pixel reaches half a
/// pixel around its centre. The sense of the polygon does not matter.
///
/// # Examples
/// ```
/// let square = [(0.0, 0.0), (1.5, 0.0), (1.5, 0.5), (0.0, 0.5)];
/// assert_eq!(vertebra_raster::polygon_coverage(&square, 1, 3), [0.25, 0.5, 0.0]);
/// ```
#[must_use]
pub fn polygon_coverage(polygon: &[(f64, f64)], height: usize, width: usize) -> Vec<f32> {
    // One more column takes what lies right of the picture.
    let mut sums = vec![0.0_f64; height * (width + 1)];
    let corner = |p: &(f64, f64)| (p.0 + 0.5, p.1 + 0.5);
    for (a, b) in polygon.iter().zip(polygon.iter().cycle().skip(1)) {
        add_edge(&mut sums, [height, width], corner(a), corner(b));
    }
    let mut coverage = Vec::with_capacity(height * width);
    for row in sums.chunks_exact(width + 1) {
        let mut total = 0.0;
        coverage.extend(row[..width].iter().map(|v| {
            total += v;
            let share = total.abs().min(1.0);
            if share < ROUNDING { 0.0 } else { share as f32 }
        }));
    }
    coverage
}

/// Splits an edge where it leaves the picture sideways, so that each piece can be clamped exactly.
fn add_edge(sums: &mut [f64], size: [usize; 2], a: (f64, f64), b: (f64, f64)) {
    let mut cuts = [0.0, 1.0, 1.0, 1.0];
    for (cut, x) in cuts[1..3].iter_mut().zip([0.0, size[1] as f64]) {
        let t = (x - a.0) / (b.0 - a.0);
        if t > 0.0 && t < 1.0 {
            *cut = t;
        }
    }
    cuts.sort_by(f64::total_cmp);
    let at = |t: f64| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
    for pair in cuts.windows(2).filter(|p| p[0] < p[1]) {
        add_piece(sums, size, at(pair[0]), at(pair[1]));
    }
}

fn add_piece(sums: &mut [f64], [height, width]: [usize; 2], a: (f64, f64), b: (f64, f64)) {
    if a.1 == b.1 {
        return;
    }
    let (sign, top, bottom) = if a.1 < b.1 { (1.0, a, b) } else { (-1.0, b, a) };
    let slope = (bottom.0 - top.0) / (bottom.1 - top.1);
    let x_at = |y: f64| (top.0 + (y - top.1) * slope).clamp(0.0, width as f64);
    let first = top.1.max(0.0);
    let last = bottom.1.min(height as f64);
    let mut y = first;
    while y < last {
        let row = y.floor();
        let next = (row + 1.0).min(last);
        let line = &mut sums[row as usize * (width + 1)..][..width + 1];
        add_row(line, x_at(y), x_at(next), sign * (next - y));
        y = next;
    }
}

/// An edge piece within one row, from `x0` to `x1`, of signed height `dy`.
fn add_row(line: &mut [f64], x0: f64, x1: f64, dy: f64) {
    let (left, right) = (x0.min(x1), x0.max(x1));
    let last = line.len() - 1;
    let (first, end) = ((left as usize).min(last), (right.ceil() as usize).max(left as usize + 1));
    let run = right - left;
    for column in first..end.min(last + 1) {
        let (c0, c1) = (left.max(column as f64), right.min(column as f64 + 1.0));
        let share = if run > 0.0 { (c1 - c0) / run } else { 1.0 };
        let inside = column as f64 + 1.0 - (c0 + c1) / 2.0;
        line[column] += dy * share * inside;
        if column < last {
            line[column + 1] += dy * share * (1.0 - inside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The obvious way: count sub-pixel points by the even-odd rule.
    fn counted(polygon: &[(f64, f64)], height: usize, width: usize, n: usize) -> Vec<f32> {
        let inside = |x: f64, y: f64| {
            let edges = polygon.iter().zip(polygon.iter().cycle().skip(1));
            let crossings = edges.filter(|(a, b)| {
                (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0)
            });
            crossings.count() % 2 == 1
        };
        let step = |i: usize| (i as f64 + 0.5) / n as f64 - 0.5;
        let mut coverage = Vec::new();
        for (row, column) in (0..height).flat_map(|r| (0..width).map(move |c| (r, c))) {
            let points = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
            let hits =
                points.filter(|&(i, j)| inside(column as f64 + step(i), row as f64 + step(j)));
            coverage.push(hits.count() as f32 / (n * n) as f32);
        }
        coverage
    }

    fn assert_close(polygon: &[(f64, f64)]) {
        let exact = polygon_coverage(polygon, 9, 11);
        for (i, (got, want)) in exact.iter().zip(counted(polygon, 9, 11, 100)).enumerate() {
            assert!((got - want).abs() < 0.02, "pixel {i}: got {got}, expected {want}");
        }
    }

    #[test]
    fn agrees_with_counting_inside_and_across_every_border() {
        let quad = [(2.2, 1.1), (8.7, 2.4), (7.9, 6.6), (1.4, 6.0)];
        assert_close(&quad);
        assert_close(&[(2.0, 1.0), (8.5, 2.0), (5.0, 3.3), (8.0, 7.0), (1.5, 6.5)]);
        for (dx, dy) in [(-4.0, 0.0), (5.3, 0.0), (0.0, -3.7), (0.0, 4.1), (-3.0, -3.0), (4.0, 4.0)]
        {
            assert_close(&quad.map(|p| (p.0 + dx, p.1 + dy)));
        }
    }

    #[test]
    fn whole_pixels_are_covered_wholly_and_sense_does_not_matter() {
        let square = [(1.5, 1.5), (4.5, 1.5), (4.5, 3.5), (1.5, 3.5)];
        let reversed: Vec<_> = square.iter().rev().copied().collect();
        let coverage = polygon_coverage(&square, 6, 7);
        assert_eq!(coverage, polygon_coverage(&reversed, 6, 7));
        assert_eq!(coverage.iter().sum::<f32>(), 6.0);
        assert_eq!((coverage[2 * 7 + 2], coverage[7 + 2]), (1.0, 0.0));
    }

    #[test]
    fn area_is_kept() {
        let triangle = [(1.3, 0.7), (9.1, 3.2), (3.3, 7.9)];
        let area: f64 = polygon_coverage(&triangle, 9, 11).iter().map(|&v| f64::from(v)).sum();
        let expected = ((9.1 - 1.3) * (7.9 - 0.7) - (3.3 - 1.3) * (3.2 - 0.7)) / 2.0;
        assert!((area - expected).abs() < 1e-5, "got {area}, expected {expected}");
    }
}
