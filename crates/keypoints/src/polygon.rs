//! Plane geometry of outlines.

/// Area inside a simple closed polygon, px².
pub(crate) fn polygon_area(polygon: &[(f64, f64)]) -> f64 {
    let next = polygon.iter().cycle().skip(1);
    let twice: f64 = polygon.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
    twice.abs() / 2.0
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
    fn the_notch_of_an_l_shape_is_outside() {
        assert!(contains(&L_SHAPE, (0.5, 2.0)) && contains(&L_SHAPE, (3.0, 0.5)));
        assert!(!contains(&L_SHAPE, (3.0, 2.0)) && !contains(&L_SHAPE, (-1.0, 0.5)));
    }
}
