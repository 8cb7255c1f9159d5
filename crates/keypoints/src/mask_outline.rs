//! The outline of a mask of pixels.

use std::collections::BTreeMap;

use crate::polygon::polygon_area;

/// A corner of pixels, from the corner of the first pixel of all.
type Corner = (usize, usize);

/// The outline of the largest part of a mask, along the edges of its pixels, clockwise; measured
/// from the centre of the first pixel. Its area is the number of pixels within, holes filled.
/// `None` for an empty mask.
pub(crate) fn mask_outline(
    [height, width]: [usize; 2],
    inside: impl Fn(usize, usize) -> bool,
) -> Option<Vec<(f64, f64)>> {
    let mut edges = edges([height, width], inside);
    let mut best: Option<(f64, Vec<(f64, f64)>)> = None;
    while let Some(start) = edges.keys().next().copied() {
        let outline = follow(&mut edges, start);
        let area = polygon_area(&outline);
        if best.as_ref().is_none_or(|(most, _)| area > *most) {
            best = Some((area, outline));
        }
    }
    best.map(|(_, outline)| outline)
}

/// Where the border goes on from each of its corners; the inside is to the right.
fn edges(
    [height, width]: [usize; 2],
    inside: impl Fn(usize, usize) -> bool,
) -> BTreeMap<Corner, Vec<Corner>> {
    let mut edges: BTreeMap<Corner, Vec<Corner>> = BTreeMap::new();
    let mut add = |from, to| edges.entry(from).or_default().push(to);
    for y in 0..height {
        for x in (0..width).filter(|&x| inside(x, y)) {
            if y == 0 || !inside(x, y - 1) {
                add((x, y), (x + 1, y));
            }
            if x + 1 == width || !inside(x + 1, y) {
                add((x + 1, y), (x + 1, y + 1));
            }
            if y + 1 == height || !inside(x, y + 1) {
                add((x + 1, y + 1), (x, y + 1));
            }
            if x == 0 || !inside(x - 1, y) {
                add((x, y + 1), (x, y));
            }
        }
    }
    edges
}

/// Takes one closed line off the border, without the corners on straight stretches.
fn follow(edges: &mut BTreeMap<Corner, Vec<Corner>>, start: Corner) -> Vec<(f64, f64)> {
    let mut corners = Vec::new();
    let mut here = start;
    while let Some(to) = edges.get_mut(&here).and_then(Vec::pop) {
        if edges.get(&here).is_some_and(Vec::is_empty) {
            edges.remove(&here);
        }
        corners.push(here);
        here = to;
        if here == start {
            break;
        }
    }
    let n = corners.len();
    let straight = |i: usize| {
        let (a, b, c) = (corners[(i + n - 1) % n], corners[i], corners[(i + 1) % n]);
        (a.0 == b.0 && b.0 == c.0) || (a.1 == b.1 && b.1 == c.1)
    };
    let kept = (0..n).filter(|&i| !straight(i)).map(|i| corners[i]);
    kept.map(|(x, y)| (x as f64 - 0.5, y as f64 - 0.5)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polygon::{contains, polygon_centroid};
    use proptest::prelude::*;

    #[test]
    fn a_box_has_four_corners_and_the_larger_part_is_taken() {
        let two = |x: usize, y: usize| (y == 1 && x < 2) || ((3..6).contains(&x) && y >= 2);
        let outline = mask_outline([4, 6], two).unwrap();
        assert_eq!(outline, [(2.5, 1.5), (5.5, 1.5), (5.5, 3.5), (2.5, 3.5)]);
        assert_eq!(polygon_centroid(&outline), (4.0, 2.5));
        assert_eq!(mask_outline([3, 3], |_, _| false), None);
    }

    proptest! {
        /// Rows of runs without gaps, one below the other: connected and without holes.
        #[test]
        fn the_outline_holds_the_pixels_and_no_others(
            runs in proptest::collection::vec((0usize..4, 5usize..9), 1..8),
        ) {
            let inside = |x: usize, y: usize| (runs[y].0..runs[y].1).contains(&x);
            let outline = mask_outline([runs.len(), 9], inside).unwrap();
            let n = runs.iter().map(|(a, b)| b - a).sum::<usize>();
            prop_assert_eq!(polygon_area(&outline), n as f64);
            for (y, x) in (0..runs.len()).flat_map(|y| (0..9).map(move |x| (y, x))) {
                prop_assert_eq!(contains(&outline, (x as f64, y as f64)), inside(x, y));
            }
        }
    }
}
