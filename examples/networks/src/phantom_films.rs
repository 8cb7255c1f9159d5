//! Phantom films to train a detector on.

use rayon::prelude::*;
use vertebra_hrnet::FilmSample;
use vertebra_phantom::sample_training_film;
use vertebra_run::Seed;
use vertebra_study::{AnnotatedFilms, Observer, Progress};

/// Films between two steps of the progress bar.
const RENDERED_AT_ONCE: usize = 16;

/// Varied phantom films, each of another subject, for a network with an input of this `[height,
/// width]` px.
///
/// # Errors
/// Those of the phantom.
pub fn phantom_films(
    count: usize,
    input_size: [usize; 2],
    seed: u64,
    observer: &mut Observer<'_>,
) -> anyhow::Result<AnnotatedFilms> {
    let total = Some(count as u64);
    observer(Progress::Stage { name: "rendering phantom films".to_owned(), total });
    let [height, width] = input_size.map(|n| n * 3 / 2);
    let seed = Seed::new(seed).named("phantom films");
    let render = |i: usize| -> anyhow::Result<FilmSample> {
        let film = sample_training_film([height, width], seed.at(&[i as u64]).value())?;
        let image = film.as_film().to_image()?;
        let sample = FilmSample::from_image(image, film.annotation.keypoints);
        Ok(sample.with_spacing_mm(film.spacing_mm))
    };
    let mut samples = Vec::with_capacity(count);
    for first in (0..count).step_by(RENDERED_AT_ONCE) {
        let part = first..(first + RENDERED_AT_ONCE).min(count);
        let films: Result<Vec<_>, _> = part.into_par_iter().map(render).collect();
        samples.extend(films?);
        observer(Progress::Step(samples.len() as u64));
    }
    let subjects: Vec<String> = (0..count).map(|i| i.to_string()).collect();
    Ok(AnnotatedFilms::new(samples, subjects.clone(), subjects))
}
