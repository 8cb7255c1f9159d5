//! A detector trained on varied phantom films, as by `train-keypoints --phantom`, finds the spine
//! on films of subjects that it has not seen. It is small, so that the test is quick.

#![allow(clippy::unwrap_used)] // a test may stop

use vertebra_hrnet::{DetectorConfig, DetectorTrainer, FilmSample, HrnetConfig};
use vertebra_keypoints::mean_radial_error_mm;
use vertebra_phantom::sample_training_film;
use vertebra_raster::Film;
use vertebra_training::keep_going;

fn films(seeds: std::ops::Range<u64>) -> Vec<FilmSample> {
    let film = |seed| {
        let film = sample_training_film([96, 96], seed).unwrap();
        let image = film.as_film().to_image().unwrap();
        let sample = FilmSample::from_image(image, film.annotation.keypoints);
        sample.with_spacing_mm(film.spacing_mm)
    };
    seeds.map(film).collect()
}

/// Median over films of the mean error in heights of the film.
fn median_error(config: &DetectorConfig, train: &[FilmSample], test: &[FilmSample]) -> f64 {
    let trainer = DetectorTrainer::new(config.clone()).with_seed(3);
    let trained = trainer.fit(train, &[], &mut keep_going).unwrap();
    let views: Vec<Film<'_>> = test.iter().map(FilmSample::as_film).collect();
    let found = trained.detector.detect_batch(&views).unwrap();
    let pairs = test.iter().zip(&found);
    let mut errors: Vec<f64> = pairs
        .map(|(film, found)| {
            mean_radial_error_mm(&film.keypoints, found, [1.0 / film.image.height as f64; 2])
        })
        .collect();
    errors.sort_by(f64::total_cmp);
    errors[errors.len() / 2]
}

#[test]
fn training_on_varied_phantoms_carries_over_to_other_subjects() {
    let mut config = DetectorConfig::varied();
    config.network = HrnetConfig::small(4);
    config.input_size = [64, 64];
    let (train, test) = (films(0..160), films(1000..1040));
    config.training.epochs = 1;
    let early = median_error(&config, &train[..12], &test);
    config.training.epochs = 12;
    let late = median_error(&config, &train, &test);
    assert!(late < 0.5 * early && late < 0.15, "from {early} to {late} film heights");
}
