//! A keypoint detector trained on drawn spines: five bright ellipses above each other, found on
//! films that it has not seen.
//!
//! `cargo run --release -p vertebra-hrnet --example detect_on_drawn_films`

#![allow(clippy::print_stdout)] // an example talks

use std::ops::ControlFlow;
use vertebra_hrnet::{DetectorConfig, DetectorTrainer, FilmSample, HrnetConfig};
use vertebra_keypoints::{VertebraKeypoints, mean_radial_error_mm};
use vertebra_raster::Image;
use vertebra_training::Event;

/// A film of 120 x 90 px of 2 mm; every `i` has the spine in another place.
fn film(i: usize) -> Result<FilmSample, Box<dyn std::error::Error>> {
    let (height, width) = (120, 90);
    let shift = |of: f64| (i as f64 * of).sin();
    let centres: [(f64, f64); 5] = std::array::from_fn(|k| {
        let along = 18.0 * k as f64;
        (45.0 + 8.0 * shift(1.7) + 0.1 * shift(2.9) * along, 22.0 + 5.0 * shift(0.8) + along)
    });
    let bright = |x: f64, y: f64| {
        let inside = |c: &(f64, f64)| ((x - c.0) / 11.0).powi(2) + ((y - c.1) / 7.0).powi(2) < 1.0;
        let vertebrae = if centres.iter().any(inside) { 0.6 } else { 0.0 };
        vertebrae + if y > centres[4].1 + 10.0 { 0.4 } else { 0.1 } // the sacrum below
    };
    let pixel = |p: usize| bright((p % width) as f64, (p / width) as f64) as f32;
    let pixels = (0..height * width).map(pixel).collect();
    let keypoints = VertebraKeypoints::from_xy(centres)?;
    let image = Image { pixels, height, width };
    Ok(FilmSample::from_image(image, keypoints).with_spacing_mm([2.0, 2.0]))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let train = (0..48).map(film).collect::<Result<Vec<_>, _>>()?;
    let test = (100..108).map(film).collect::<Result<Vec<_>, _>>()?;
    let mut config =
        DetectorConfig::quick().with_network(HrnetConfig::small(6)).with_input_size([96, 64]);
    config.training = config.training.with_epochs(15);
    let mut report = |event: &Event| {
        if let Event::Epoch { summary, .. } = event {
            println!("epoch {}: loss {:.3}", summary.epoch, summary.loss);
        }
        ControlFlow::Continue(())
    };
    let trained = DetectorTrainer::new(config).with_seed(1).fit(&train, &[], &mut report)?;
    for film in &test {
        let found = trained.detector.detect(film.as_film())?;
        let error = mean_radial_error_mm(&film.keypoints, &found, [2.0, 2.0]);
        println!("mean error {error:.1} mm, confidence {:.2}", found.least_confidence());
    }
    Ok(())
}
