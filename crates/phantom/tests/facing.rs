//! The facing that `vertebra-radiograph` estimates from the picture and `vertebra-keypoints` from
//! the points, on films whose facing is known.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::PathBuf;
use vertebra_cohort::Sex;
use vertebra_phantom::{Anatomy, Exposure, PhantomFilm, render_film};
use vertebra_radiograph::{Facing, FacingEstimate, Radiograph, Spacing};

/// A phantom film and which way its subject faces. `varied`: not as a clinic takes it.
fn film(seed: u64, varied: bool) -> (PhantomFilm, Facing) {
    let size = [256, 208];
    let sex = if seed.is_multiple_of(3) { Sex::Male } else { Sex::Female };
    let (age, bmi) = (50.0 + (seed % 35) as f64, 20.0 + (seed % 13) as f64);
    let anatomy = Anatomy::sample(sex, age, bmi, (seed % 7) as f64 / 3.0 - 1.5, seed);
    let exposure = match varied {
        true => Exposure::sample_varied(&anatomy.spine, size, seed),
        false => Exposure::sample(size, seed),
    };
    (render_film(&anatomy, &exposure, "film", seed).unwrap(), exposure.facing)
}

/// The estimate from the picture for a phantom film, and whether it is right.
fn estimate(seed: u64, varied: bool) -> (FacingEstimate, bool) {
    let (film, facing) = film(seed, varied);
    let pixels = film.image.pixels.iter().map(|&p| f32::from(p) / 4095.0).collect();
    let film =
        Radiograph::new(film.image.height, film.image.width, pixels, Spacing::UNKNOWN).unwrap();
    let estimate = film.estimate_facing().unwrap();
    (estimate, estimate.facing == facing)
}

/// The weights were fitted to other seeds.
#[test]
fn the_facing_of_phantom_films_is_told() {
    for varied in [false, true] {
        let films: Vec<_> = (5000..5060).map(|seed| estimate(seed, varied)).collect();
        let right = films.iter().filter(|(_, right)| *right).count();
        assert!(right >= if varied { 40 } else { 57 }, "varied {varied}: {right} of 60");
        let sure = |film: &&(FacingEstimate, bool)| film.0.confidence > 0.97;
        let wrong = films.iter().filter(sure).filter(|(_, right)| !right).count();
        assert!(
            wrong <= if varied { 6 } else { 1 },
            "varied {varied}: {wrong} of 60 wrong although sure"
        );
    }
}

/// The points tell the side on nearly every film, also where the picture does not.
#[test]
fn the_points_tell_the_facing_of_phantom_films() {
    for varied in [false, true] {
        let right = |seed: &u64| {
            let (film, facing) = film(*seed, varied);
            let by_points = film.annotation.keypoints.facing(Some(film.spacing_mm));
            by_points.is_some_and(|by_points| by_points.facing == facing)
        };
        let n_right = (5000..5060).filter(right).count();
        assert!(n_right >= 59, "varied {varied}: {n_right} of 60");
    }
}

/// Fits the weights of `vertebra-radiograph`'s `facing.rs` by Newton's method and prints them:
/// `cargo test --release -p vertebra-phantom --test facing -- --ignored --nocapture`.
#[test]
#[ignore = "sixteen hundred films, for the weights in the code"]
fn weights() {
    let films: Vec<[f64; 3]> = (0..800)
        .flat_map(|seed| [false, true].map(|varied| estimate(seed, varied)))
        .map(|(estimate, right)| {
            // Turned so that the front is on the right.
            let on_the_right = (estimate.facing == Facing::Right) == right;
            estimate.evidence.map(|e| if on_the_right { e } else { -e })
        })
        .collect();
    let mut weights = [0.0; 3];
    for _ in 0..50 {
        let (mut gradient, mut hessian) = ([0.0; 3], [[0.0; 3]; 3]);
        for film in &films {
            let sum: f64 = film.iter().zip(&weights).map(|(e, w)| e * w).sum();
            let p = 1.0 / (1.0 + (-sum).exp());
            for i in 0..3 {
                gradient[i] += (1.0 - p) * film[i];
                for j in 0..3 {
                    hessian[i][j] += p * (1.0 - p) * film[i] * film[j];
                }
            }
        }
        let step = solve(hessian, gradient);
        (0..3).for_each(|i| weights[i] += step[i]);
    }
    println!("weights {weights:?}");
}

/// Gaussian elimination of a positive definite system.
fn solve(mut a: [[f64; 3]; 3], mut b: [f64; 3]) -> [f64; 3] {
    for k in 0..3 {
        for i in k + 1..3 {
            let factor = a[i][k] / a[k][k];
            (k..3).for_each(|j| a[i][j] -= factor * a[k][j]);
            b[i] -= factor * b[k];
        }
    }
    for k in (0..3).rev() {
        b[k] = (b[k] - (k + 1..3).map(|j| a[k][j] * b[j]).sum::<f64>()) / a[k][k];
    }
    b
}

/// Prints the table of the README:
/// `cargo test --release -p vertebra-phantom --test facing -- --ignored --nocapture`.
#[test]
#[ignore = "a thousand films, for the README"]
fn table() {
    for varied in [false, true] {
        let films: Vec<_> = (6000..6500).map(|seed| estimate(seed, varied)).collect();
        let share = |from: f64, to: f64| {
            let of = films.iter().filter(|f| (from..to).contains(&f.0.confidence));
            let (n, right) = of.fold((0, 0), |(n, r), f| (n + 1, r + usize::from(f.1)));
            format!("{right} of {n}")
        };
        println!("varied {varied}: all {}", share(0.0, 2.0));
        for (from, to) in [(0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.0)] {
            println!("  confidence {from} to {to}: {}", share(from, to));
        }
    }
}

/// Films projected from a real CT, where the data folder is beside the repository.
#[test]
fn the_facing_of_projected_films_is_told() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/drr");
    if !folder.is_dir() {
        println!("skipped: no ../shared");
        return;
    }
    for i in 1..=3 {
        let film = Radiograph::open(folder.join(format!("verse004_LA_{i}.png"))).unwrap();
        let estimate = film.estimate_facing().unwrap();
        assert_eq!(estimate.facing, Facing::Right);
        assert!(estimate.confidence > 0.9, "{estimate:?}");
    }
}
