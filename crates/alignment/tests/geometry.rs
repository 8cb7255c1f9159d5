//! Points and pictures through the transform: places, inverses, and input that has none.

#![allow(clippy::unwrap_used)] // helpers of tests

use proptest::prelude::*;
use proptest::test_runner::Config;
use vertebra_alignment::{Alignment, AlignmentMode, AlignmentOptions, Error, Film, Image};
use vertebra_alignment::{Filter, ResampleOptions};
use vertebra_keypoints::{Level, VertebraKeypoints, mean_level_places};

const SPINE: [(f64, f64); 5] =
    [(400.0, 300.0), (430.0, 470.0), (452.0, 650.0), (455.0, 835.0), (415.0, 1010.0)];

fn keypoints(xy: [(f64, f64); 5]) -> VertebraKeypoints {
    VertebraKeypoints::from_xy(xy).unwrap()
}

fn assert_point(got: (f64, f64), expected: (f64, f64), tolerance: f64) {
    let error = (got.0 - expected.0).hypot(got.1 - expected.1);
    assert!(error <= tolerance, "got {got:?}, expected {expected:?}");
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn points_return_from_any_frame(
        dx in -150.0..150.0f64, dy in -90.0..90.0f64, row in 0.05..0.5f64, ratio in 0.5..2.0f64,
        x in 0.0..2000.0f64, y in 0.0..2000.0f64, flip: bool, rigid: bool, known: bool,
    ) {
        let mut xy = SPINE;
        xy[4] = (xy[4].0 + dx, xy[4].1 + dy);
        let known = known || rigid;
        let spacing = known.then_some([row, row * ratio]);
        let mode = if rigid { AlignmentMode::Rigid } else { AlignmentMode::Similarity };
        let options = AlignmentOptions::default().with_flip(flip).with_mode(mode);
        let alignment = options.align(&keypoints(xy), spacing).unwrap();
        let back = alignment.to_original(alignment.to_canonical((x, y)));
        prop_assert!((back.0 - x).hypot(back.1 - y) < 1e-6);
        let there = alignment.inverse().to_original((x, y));
        let (u, v) = alignment.to_canonical((x, y));
        prop_assert!((there.0 - u).hypot(there.1 - v) < 1e-6);
        prop_assert_eq!(alignment.flipped(), flip);
        let json = serde_json::to_string(&alignment).unwrap();
        prop_assert_eq!(serde_json::from_str::<Alignment>(&json).unwrap(), alignment);
    }

    #[test]
    fn similarity_puts_both_anchors_where_it_says(
        size in 32usize..600, margin in 0.0..2.0f64, flip: bool, spacing in 0.1..0.3f64,
    ) {
        let options =
            AlignmentOptions::default().with_size(size).with_margin(margin).with_flip(flip);
        for (anchors, n) in [([Level::L1, Level::L5], 4.0), ([Level::L1, Level::L4], 3.0)] {
            let alignment = options
                .with_anchors(anchors)
                .align(&keypoints(SPINE), Some([spacing, spacing * 1.2]))
                .unwrap();
            let share = margin / (n + 2.0 * margin);
            let side = size as f64;
            let middle = (side - 1.0) / 2.0;
            let [a, b] = anchors.map(|l| alignment.to_canonical(SPINE[l.index()]));
            prop_assert!((a.0 - middle).hypot(a.1 - (share * side - 0.5)) < 1e-6);
            prop_assert!((b.0 - middle).hypot(b.1 - ((1.0 - share) * side - 0.5)) < 1e-6);
        }
    }

    #[test]
    fn lengths_in_mm_are_those_of_the_film(
        a in 0usize..5, b in 0usize..5, row in 0.1..0.3f64, col in 0.1..0.3f64, rigid: bool,
    ) {
        let mode = if rigid { AlignmentMode::Rigid } else { AlignmentMode::Similarity };
        let options = AlignmentOptions::default().with_mode(mode).with_extent_mm(192.0);
        let alignment = options.align(&keypoints(SPINE), Some([row, col])).unwrap();
        let mm = alignment.mm_per_px().unwrap();
        if rigid {
            prop_assert!((mm - 0.5).abs() < 1e-9);
        }
        let (p, q) = (alignment.to_canonical(SPINE[a]), alignment.to_canonical(SPINE[b]));
        let canonical = mm * (p.0 - q.0).hypot(p.1 - q.1);
        let (dx, dy) = (SPINE[a].0 - SPINE[b].0, SPINE[a].1 - SPINE[b].1);
        prop_assert!((canonical - (dx * col).hypot(dy * row)).abs() < 1e-6);
    }
}

#[test]
fn rigid_centres_the_midpoint_of_the_axis() {
    let options = AlignmentOptions::default().with_mode(AlignmentMode::Rigid);
    let alignment = options.align(&keypoints(SPINE), Some([0.2, 0.2])).unwrap();
    assert_point(alignment.to_canonical((407.5, 655.0)), (191.5, 191.5), 1e-9);
    let (upper, lower) = (alignment.to_canonical(SPINE[0]), alignment.to_canonical(SPINE[4]));
    assert!((upper.0 - 191.5).abs() < 1e-9 && (lower.0 - 191.5).abs() < 1e-9);
}

#[test]
fn least_squares_equals_similarity_on_the_mean_line_and_damps_an_outlier() {
    let mean = mean_level_places().map(|t| (300.0 + 50.0 * t, 200.0 + 700.0 * t));
    let two_point = AlignmentOptions::default();
    let fitted = two_point.with_mode(AlignmentMode::LeastSquares);
    let frame = |options: &AlignmentOptions, xy| options.align(&keypoints(xy), None).unwrap();
    for options in [two_point, fitted] {
        for p in mean {
            let expected = frame(&two_point, mean).to_canonical(p);
            assert_point(frame(&options, mean).to_canonical(p), expected, 1e-3);
        }
    }
    let mut off = mean;
    off[4].0 += 40.0;
    let turned = |options| frame(&options, off).rotation() - frame(&options, mean).rotation();
    assert!(turned(fitted).abs() < 0.85 * turned(two_point).abs());
}

#[test]
fn least_squares_is_no_worse_than_its_neighbours() {
    // The definition: no other line through the plane fits the centres better.
    let options = AlignmentOptions::default().with_mode(AlignmentMode::LeastSquares);
    let alignment = options.align(&keypoints(SPINE), None).unwrap();
    let share = 0.75 / 5.5;
    let end =
        |t: f64| alignment.to_original((191.5, 384.0 * (share + t * (1.0 - 2.0 * share)) - 0.5));
    let places = mean_level_places();
    let cost = |a: (f64, f64), b: (f64, f64)| -> f64 {
        let at = |t: f64| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
        let squared = |p: (f64, f64), q: (f64, f64)| (p.0 - q.0).powi(2) + (p.1 - q.1).powi(2);
        places.iter().zip(SPINE).map(|(t, p)| squared(at(*t), p)).sum()
    };
    let (a, b) = (end(0.0), end(1.0));
    for (dx, dy) in [(0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5)] {
        assert!(cost(a, b) < cost((a.0 + dx, a.1 + dy), b));
        assert!(cost(a, b) < cost(a, (b.0 + dx, b.1 + dy)));
    }
}

#[test]
fn rotation_is_clockwise_and_scale_is_canonical_per_original() {
    // The axis leans 45 degrees to the right going down: turning clockwise makes it upright.
    let leaning = [100.0, 200.0, 300.0, 400.0, 500.0].map(|v| (v, v));
    for flip in [false, true] {
        let options = AlignmentOptions::default().with_margin(0.0).with_flip(flip);
        let alignment = options.align(&keypoints(leaning), None).unwrap();
        assert!((alignment.rotation().to_degrees() - 45.0).abs() < 1e-9);
        assert!((alignment.scale() - 384.0 / (400.0 * 2.0_f64.sqrt())).abs() < 1e-9);
        assert_eq!(alignment.mm_per_px(), None);
        // What was up and right of the axis is right of it, or left when flipped.
        let side = alignment.to_canonical((400.0, 200.0)).0 - 191.5;
        assert!(if flip { side < -50.0 } else { side > 50.0 });
    }
}

#[test]
fn keypoints_without_an_axis_are_errors() {
    let options = AlignmentOptions::default();
    let mut same = SPINE;
    same[4] = (400.5, 300.5);
    let error = options.align(&keypoints(same), None).unwrap_err();
    assert!(
        matches!(error, Error::CoincidentKeypoints { upper: Level::L1, lower: Level::L5, distance_px: d } if d < 1.0)
    );
    let mut upside_down = SPINE;
    upside_down.reverse();
    let error = options.align(&keypoints(upside_down), None).unwrap_err();
    assert_eq!(error.to_string(), "L5 (y = 300.0) must lie below L1 (y = 1010.0) on the film");
}

#[test]
fn settings_and_transforms_without_meaning_are_errors() {
    let spine = keypoints(SPINE);
    let options = AlignmentOptions::default();
    let rigid = options.with_mode(AlignmentMode::Rigid);
    assert_eq!(rigid.align(&spine, None), Err(Error::MissingSpacing));
    for bad in [
        options.with_size(0),
        options.with_size(20_000),
        options.with_margin(-0.1),
        options.with_margin(f64::NAN),
        rigid.with_extent_mm(0.0),
        options.with_anchors([Level::L5, Level::L1]),
    ] {
        assert!(matches!(bad.align(&spine, Some([0.2, 0.2])), Err(Error::InvalidSetting { .. })));
    }
    assert!(matches!(options.align(&spine, Some([0.2, 0.0])), Err(Error::InvalidValue { .. })));
    let flat = [[1.0, 2.0, 0.0], [2.0, 4.0, 0.0]];
    let error = Alignment::new(flat, None).unwrap_err().to_string();
    assert!(error.ends_with("has no inverse"), "{error}");
    let json = r#"{"matrix": [[1, 2, 0], [2, 4, 0]], "spacing_mm": null}"#;
    assert!(
        serde_json::from_str::<Alignment>(json).unwrap_err().to_string().contains("no inverse")
    );
}

/// A picture whose grey value is the column, or the row: what it shows says where it was read.
fn ramp(height: usize, width: usize, of: fn(usize, usize) -> usize) -> Image {
    let pixels = (0..height * width).map(|i| of(i % width, i / width) as f32).collect();
    Image { pixels, height, width }
}

#[test]
fn pictures_are_read_within_a_hundredth_of_the_coarser_pixel() {
    let (height, width) = (900, 700);
    let xs = ramp(height, width, |x, _| x);
    let ys = ramp(height, width, |_, y| y);
    for scale in [0.15, 0.4, 0.9, 1.0, 2.5] {
        for angle in [0.0, 0.3, -1.2_f64] {
            let (sin, cos) = (scale * angle.sin(), scale * angle.cos());
            let offset = |a: f64, b: f64| 31.3 - a * 350.0 - b * 450.0;
            let matrix = [[cos, -sin, offset(cos, -sin)], [sin, cos, offset(sin, cos)]];
            let alignment = Alignment::new(matrix, None).unwrap();
            // Lanczos kernels do not reproduce a ramp exactly.
            for (filter, tolerance) in [(Filter::Bilinear, 0.01), (Filter::Lanczos, 0.03)] {
                let tolerance = tolerance / scale.min(1.0);
                let options = ResampleOptions::default().with_filter(filter);
                let [u, v] = [&xs, &ys].map(|film| {
                    options.resample(&film.as_film(), alignment.affine(), 64, 60).unwrap()
                });
                for (i, (x, y)) in u.pixels.iter().zip(&v.pixels).enumerate() {
                    let at = alignment.to_original(((i % 60) as f64, (i / 60) as f64));
                    // Farther from the border than the filter reaches.
                    let reach = 4.0 / scale.min(1.0);
                    let inside = |v: f64, n: usize| v > reach && v < n as f64 - 1.0 - reach;
                    if inside(at.0, width) && inside(at.1, height) {
                        assert_point((f64::from(*x), f64::from(*y)), at, tolerance);
                    }
                }
            }
        }
    }
}

#[test]
fn a_spot_keeps_its_place_there_and_back() {
    let (height, width) = (600, 500);
    let spot = (261.3, 317.8);
    let heat = |x: f64, y: f64| (-((x - spot.0).powi(2) + (y - spot.1).powi(2)) / 128.0).exp();
    let at = |i: usize| heat((i % width) as f64, (i / width) as f64) as f32;
    let film = Image { pixels: (0..height * width).map(at).collect(), height, width };
    let spine = [100.0, 200.0, 300.0, 400.0, 500.0].map(|y| (200.0 + y / 5.0, y));
    let options = AlignmentOptions::default().with_flip(true);
    let alignment = options.align(&keypoints(spine), None).unwrap();
    let resampling = ResampleOptions::default();
    let there = resampling.resample(&film.as_film(), alignment.affine(), 384, 384).unwrap();
    assert_point(centre(&there), alignment.to_canonical(spot), 0.01);
    let back = alignment.inverse();
    let again = resampling.resample(&there.as_film(), back.affine(), height, width).unwrap();
    assert_point(centre(&again), spot, 0.01);
}

fn centre(image: &Image) -> (f64, f64) {
    vertebra_alignment::mask_centroid(image).unwrap()
}

#[test]
fn a_film_with_the_wrong_number_of_pixels_is_an_error() {
    let film = Film { pixels: &[0.0; 11], height: 3, width: 4, spacing_mm: None };
    let same = Alignment::new([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], None).unwrap();
    let error = vertebra_alignment::resample(&film, same.affine(), 2, 2).unwrap_err();
    assert_eq!(error.to_string(), "a film of 3 x 4 px has 12 pixels, got 11");
}
