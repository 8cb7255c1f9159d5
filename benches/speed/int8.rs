//! What products of 8-bit integers cost a detector: `cargo bench --workspace --bench speed_int8 --
//! [films] [FOLDER of a detector]`, the one that comes with the project by default.
//!
//! Varied phantom films, their true points known, are read with products of floats and of 8-bit
//! integers.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use burn::tensor::Device;
use rayon::prelude::*;
use std::path::Path;
use std::time::Instant;
use vertebra_benches::arguments;
use vertebra_hrnet::{FilmSample, KeypointDetector, SpineFinding};
use vertebra_keypoints::{
    Detection, EvaluatedFilm, LocatedFilm, OksOptions, SpineTruth, VertebraKeypoints,
    average_precision, radial_errors_mm,
};
use vertebra_phantom::sample_training_film;

const SIZE: [usize; 2] = [384, 320];
const SEED: u64 = 9_000_000;

fn main() {
    let arguments = arguments();
    let films = arguments.first().map_or(200, |n| n.parse().unwrap());
    let detector = match arguments.get(1) {
        Some(folder) => KeypointDetector::load(Path::new(folder), &Device::default()),
        None => KeypointDetector::shipped(&Device::default()),
    };
    let detector = detector.unwrap();
    let films: Vec<FilmSample> = (0..films).into_par_iter().map(|i| film(SEED + i)).collect();
    let exact = read("float32", &detector, &films, None);
    let int8 = detector.with_int8(true);
    assert!(int8.is_int8(), "this processor has no products of 8-bit integers");
    read("int8", &int8, &films, Some(&exact));
}

fn film(seed: u64) -> FilmSample {
    let film = sample_training_film(SIZE, seed).unwrap();
    let sample =
        FilmSample::from_image(film.as_film().to_image().unwrap(), film.annotation.keypoints);
    sample.with_spacing_mm(film.spacing_mm)
}

fn read(
    name: &str,
    detector: &KeypointDetector,
    films: &[FilmSample],
    beside: Option<&[SpineFinding]>,
) -> Vec<SpineFinding> {
    let views: Vec<_> = films.iter().map(FilmSample::as_film).collect();
    detector.find(&views[..1]).unwrap();
    let start = Instant::now();
    let found = detector.find(&views).unwrap();
    let ms = start.elapsed().as_secs_f64() * 1e3 / films.len() as f64;
    let truth = |film: &FilmSample| SpineTruth::from_keypoints(film.keypoints);
    let scored = |one: &SpineFinding| Detection::new(one.keypoints);
    let evaluated: Vec<EvaluatedFilm> = (films.iter().zip(&found))
        .map(|(film, one)| EvaluatedFilm::new(Some(truth(film)), vec![scored(one)]))
        .collect();
    let located = |(film, one): (&FilmSample, &SpineFinding)| {
        LocatedFilm::new(film.keypoints, one.keypoints, film.spacing_mm.unwrap())
    };
    let located: Vec<LocatedFilm> = films.iter().zip(&found).map(located).collect();
    let precision = average_precision(&OksOptions::default(), &evaluated).unwrap();
    let right = located.iter().filter(|film| film.is_within(8.0)).count();
    println!(
        "{name}: {ms:.1} ms a film; AP {:.4}; {}; all within 8 mm on {right} of {}",
        precision.ap,
        distances(films, films.iter().map(|film| film.keypoints), &found),
        films.len()
    );
    if let Some(exact) = beside {
        let before = exact.iter().map(|one| one.keypoints);
        println!("  points moved: {}", distances(films, before, &found));
    }
    found
}

/// Median and mean distance, mm, and how many are small.
fn distances(
    films: &[FilmSample],
    from: impl Iterator<Item = VertebraKeypoints>,
    to: &[SpineFinding],
) -> String {
    let pairs = films.iter().zip(from.zip(to));
    let mut mm: Vec<f64> = pairs
        .flat_map(|(film, (from, to))| {
            radial_errors_mm(&from, &to.keypoints, film.spacing_mm.unwrap())
        })
        .collect();
    mm.sort_by(f64::total_cmp);
    let mean = mm.iter().sum::<f64>() / mm.len() as f64;
    let within =
        |most: f64| 100.0 * mm.iter().filter(|d| **d <= most).count() as f64 / mm.len() as f64;
    format!(
        "median {:.3} mm, mean {mean:.3}, within 1, 2, 4 mm {:.1}, {:.1}, {:.1} %",
        mm[mm.len() / 2],
        within(1.0),
        within(2.0),
        within(4.0)
    )
}
