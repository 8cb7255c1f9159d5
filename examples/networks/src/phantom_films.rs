//! Phantom films to train a detector on, and projections of CT scans.

use rayon::prelude::*;
use vertebra_hrnet::FilmSample;
use vertebra_phantom::{CtScan, sample_ct_film, sample_training_film};
use vertebra_run::Seed;
use vertebra_study::{AnnotatedFilms, Observer, Progress};

/// Films between two steps of the progress bar.
const RENDERED_AT_ONCE: usize = 16;
/// With CT scans, one film in this many is a projection of one of them.
const PER_PROJECTION: usize = 5;

/// Varied phantom films, each of another subject, for a network with an input of this `[height,
/// width]` px; with `scans`, every fifth is a projection of one of them in its place, and all
/// projections of a scan are of one subject.
///
/// # Errors
/// Those of the phantom.
pub fn phantom_films(
    count: usize,
    scans: &[CtScan],
    input_size: [usize; 2],
    seed: u64,
    observer: &mut Observer<'_>,
) -> anyhow::Result<AnnotatedFilms> {
    let total = Some(count as u64);
    observer(Progress::Stage { name: "rendering phantom films".to_owned(), total });
    let size = input_size.map(|n| n * 3 / 2);
    let seed = Seed::new(seed).named("phantom films");
    let scan = |i: usize| match i % PER_PROJECTION {
        0 if !scans.is_empty() => scans.get(i / PER_PROJECTION % scans.len()),
        _ => None,
    };
    let render = |i: usize| -> anyhow::Result<FilmSample> {
        let seed = seed.at(&[i as u64]).value();
        let film = match scan(i) {
            Some(scan) => sample_ct_film(scan, size, seed)?,
            None => sample_training_film(size, seed)?,
        };
        let image = film.as_film().to_image()?;
        let sample = FilmSample::from_image(image, film.annotation.keypoints);
        Ok(sample.with_spacing_mm(film.spacing_mm).with_neighbours(film.neighbours))
    };
    let mut samples = Vec::with_capacity(count);
    for first in (0..count).step_by(RENDERED_AT_ONCE) {
        let part = first..(first + RENDERED_AT_ONCE).min(count);
        let films: Result<Vec<_>, _> = part.into_par_iter().map(render).collect();
        samples.extend(films?);
        observer(Progress::Step(samples.len() as u64));
    }
    let names: Vec<String> = (0..count).map(|i| i.to_string()).collect();
    let subject = |i: usize| scan(i).map_or_else(|| i.to_string(), |s| format!("CT {}", s.name()));
    Ok(AnnotatedFilms::new(samples, names, (0..count).map(subject).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_scans_every_film_has_its_own_subject() {
        let films = phantom_films(7, &[], [64, 64], 1, &mut |_| {}).unwrap();
        assert_eq!(films.subjects, ["0", "1", "2", "3", "4", "5", "6"]);
        assert!(films.samples.iter().all(|film| film.image.height == 96));
    }
}
