//! Plane geometry of outlines.

/// Area inside a simple closed polygon, px².
pub(crate) fn polygon_area(polygon: &[(f64, f64)]) -> f64 {
    let next = polygon.iter().cycle().skip(1);
    let twice: f64 = polygon.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
    twice.abs() / 2.0
}

/// Centre of gravity of the inside of a simple closed polygon; of its corners where it has no
/// inside.
pub(crate) fn polygon_centroid(polygon: &[(f64, f64)]) -> (f64, f64) {
    let n = polygon.len() as f64;
    let sum = polygon.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
    let (mx, my) = (sum.0 / n, sum.1 / n);
    // About the mean of the corners, so that large coordinates cost no digits.
    let at = |p: &(f64, f64)| (p.0 - mx, p.1 - my);
    let next = polygon.iter().cycle().skip(1);
    let (mut twice, mut x, mut y) = (0.0, 0.0, 0.0);
    for ((ax, ay), (bx, by)) in polygon.iter().map(at).zip(next.map(at)) {
        let cross = ax * by - bx * ay;
        twice += cross;
        x += (ax + bx) * cross;
        y += (ay + by) * cross;
    }
    match twice == 0.0 {
        true => (mx, my),
        false => (mx + x / (3.0 * twice), my + y / (3.0 * twice)),
    }
}

/// `[min x, min y, max x, max y]`.
pub(crate) fn bounds(points: &[(f64, f64)]) -> [f64; 4] {
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    points.iter().fold(start, |b, p| [b[0].min(p.0), b[1].min(p.1), b[2].max(p.0), b[3].max(p.1)])
}

/// Even-odd rule.
pub(crate) fn contains(polygon: &[(f64, f64)], (x, y): (f64, f64)) -> bool {
    let next = polygon.iter().cycle().skip(1);
    polygon
        .iter()
        .zip(next)
        .filter(|(a, b)| (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0))
        .count()
        % 2
        == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const L_SHAPE: [(f64, f64); 6] =
        [(0.0, 0.0), (4.0, 0.0), (4.0, 1.0), (1.0, 1.0), (1.0, 3.0), (0.0, 3.0)];

    #[test]
    fn area_of_an_l_shape_in_both_senses() {
        let reversed: Vec<_> = L_SHAPE.iter().rev().copied().collect();
        assert_eq!((polygon_area(&L_SHAPE), polygon_area(&reversed)), (6.0, 6.0));
    }

    #[test]
    fn the_centroid_of_an_l_shape_is_that_of_its_two_bars() {
        // 4 x 1 at (2, 0.5) and 1 x 2 at (0.5, 2).
        let expected = ((4.0 * 2.0 + 2.0 * 0.5) / 6.0, (4.0 * 0.5 + 2.0 * 2.0) / 6.0);
        let far: Vec<_> = L_SHAPE.iter().rev().map(|p| (p.0 + 1e6, p.1)).collect();
        for (polygon, shift) in [(&L_SHAPE[..], 0.0), (&far[..], 1e6)] {
            let (x, y) = polygon_centroid(polygon);
            assert!((x - shift - expected.0).abs() < 1e-9 && (y - expected.1).abs() < 1e-9);
        }
        assert_eq!(polygon_centroid(&[(1.0, 1.0), (3.0, 1.0), (2.0, 1.0)]), (2.0, 1.0));
    }

    #[test]
    fn the_notch_of_an_l_shape_is_outside() {
        assert!(contains(&L_SHAPE, (0.5, 2.0)) && contains(&L_SHAPE, (3.0, 0.5)));
        assert!(!contains(&L_SHAPE, (3.0, 2.0)) && !contains(&L_SHAPE, (-1.0, 0.5)));
    }
}
