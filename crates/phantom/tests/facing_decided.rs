//! What `vertebra_keypoints::facing` decides from points with errors and the picture, on films
//! whose facing is known.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use vertebra_cohort::Sex;
use vertebra_keypoints::{FacingSource, VertebraKeypoints, facing};
use vertebra_phantom::{Anatomy, Exposure, render_film};
use vertebra_radiograph::{Facing, Radiograph, Spacing};
use vertebra_run::Seed;

/// One film: the true side, the points with an error of this many mm in every coordinate, and the
/// picture's log odds.
struct Seen {
    truth: Facing,
    points: VertebraKeypoints,
    spacing_mm: [f64; 2],
    picture: f64,
}

fn film(seed: u64, error_mm: f64) -> Seen {
    let sex = if seed.is_multiple_of(3) { Sex::Male } else { Sex::Female };
    let (age, bmi) = (50.0 + (seed % 35) as f64, 20.0 + (seed % 13) as f64);
    let anatomy = Anatomy::sample(sex, age, bmi, (seed % 7) as f64 / 3.0 - 1.5, seed);
    let exposure = Exposure::sample([256, 208], seed);
    let film = render_film(&anatomy, &exposure, "film", seed).unwrap();
    let mut draw = 0;
    let mut normal = || {
        // The sum of twelve uniform numbers, less its mean.
        let sum: f64 = (0..12).map(|_| uniform(seed, &mut draw)).sum();
        error_mm * (sum - 6.0)
    };
    let [row, col] = film.spacing_mm;
    let points = film.annotation.keypoints;
    let xy = points.points().map(|p| (p.x + normal() / col, p.y + normal() / row));
    let points = VertebraKeypoints::from_xy(xy);
    let pixels = film.image.pixels.iter().map(|&p| f32::from(p) / 4095.0).collect();
    let [height, width] = film.image.size();
    let radiograph = Radiograph::new(height, width, pixels, Spacing::UNKNOWN).unwrap();
    let picture = radiograph.estimate_facing().unwrap().log_odds_right();
    Seen { truth: exposure.facing, points: points.unwrap(), spacing_mm: film.spacing_mm, picture }
}

fn uniform(seed: u64, draw: &mut u64) -> f64 {
    *draw += 1;
    Seed::new(seed).at(&[*draw]).value() as f64 / u64::MAX as f64
}

/// Films on which the points alone, and points and picture, are right.
fn right(seeds: std::ops::Range<u64>, error_mm: f64) -> [usize; 2] {
    let mut right = [0; 2];
    for seen in seeds.map(|seed| film(seed, error_mm)) {
        for (right, picture) in right.iter_mut().zip([None, Some(seen.picture)]) {
            let decided = facing(None, &seen.points, Some(seen.spacing_mm), || picture).unwrap();
            *right += usize::from(decided.facing == seen.truth);
            assert!(decided.probability >= 0.5 && decided.by != FacingSource::Stated);
        }
    }
    right
}

#[test]
fn the_picture_helps_where_points_are_far_off() {
    let [points, both] = right(7000..7100, 4.0);
    assert!(both >= points && both >= 95, "points alone {points}, with the picture {both} of 100");
}

/// Prints the table of docs/VERDICT.md:
/// `cargo test --release -p vertebra-phantom --test facing_decided -- --ignored --nocapture`.
#[test]
#[ignore = "two thousand films, for docs/VERDICT.md"]
fn table() {
    for error_mm in [1.0, 2.0, 3.0, 4.0] {
        let [points, both] = right(6000..6500, error_mm);
        println!("{error_mm} mm: points alone {points}, with the picture {both} of 500");
    }
}
