//! Drawn films with what a detector's findings on them are worth.

use crate::altered_films::altered;
use crate::other_films::OtherFilm;
use rayon::prelude::*;
use std::fmt;
use vertebra_hrnet::{FilmSample, JudgedFilm, KeypointDetector, Trust};
use vertebra_keypoints::LocatedFilm;
use vertebra_phantom::{sample_faint_film, sample_training_film};
use vertebra_run::Seed;

/// What a judged film is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgedKind {
    /// A phantom film on which all points are right.
    Right,
    /// One that shows all vertebrae, but not all points are right.
    Wrong,
    /// One that does not show all vertebrae.
    Cut,
    /// One that is upside down.
    UpsideDown,
    /// A drawing of something else.
    Other(OtherFilm),
}

impl JudgedKind {
    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = OtherFilm::ALL.into_iter().map(Self::Other);
        [Self::Right, Self::Wrong, Self::Cut, Self::UpsideDown].into_iter().chain(others)
    }
}

impl fmt::Display for JudgedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Right => f.write_str("phantom, points right"),
            Self::Wrong => f.write_str("phantom, points wrong"),
            Self::Cut => f.write_str("phantom, part of L1-L5 cut"),
            Self::UpsideDown => f.write_str("phantom, upside down"),
            Self::Other(other) => write!(f, "{other}"),
        }
    }
}

/// Of so many fours of phantom films one is turned upside down, every other time mirrored as well.
const TURNED_EVERY: usize = 5;

/// `count` phantom films, of four two altered and one faint, every fifth four upside down, and half
/// as many drawings of other things, as this detector sees them.
///
/// # Errors
/// Those of the phantom and of the detector.
pub fn judged_films(
    detector: &KeypointDetector,
    count: usize,
    seed: u64,
) -> anyhow::Result<Vec<(JudgedKind, JudgedFilm)>> {
    let seed = Seed::new(seed).named("judged films");
    let one = |i: usize| match i < count {
        true => phantom(detector, i, seed),
        false => other(detector, i - count, seed),
    };
    (0..count + count / 2).into_par_iter().map(one).collect()
}

fn phantom(
    detector: &KeypointDetector,
    i: usize,
    seed: Seed,
) -> anyhow::Result<(JudgedKind, JudgedFilm)> {
    let size = detector.config().input_size.map(|n| n * 3 / 2);
    let seed = seed.at(&[0, i as u64]);
    let film = match i % 4 {
        1 => sample_faint_film(size, seed.value())?,
        _ => sample_training_film(size, seed.value())?,
    };
    let sample = FilmSample::from_image(film.as_film().to_image()?, film.annotation.keypoints);
    let sample = sample.with_spacing_mm(film.spacing_mm);
    let (sample, whole) = match i % 4 {
        0 | 1 => (sample, true),
        _ => altered(&sample, seed.named("altered"))?,
    };
    let (round, place) = (i / 4 / TURNED_EVERY, i / 4 % TURNED_EVERY);
    if place == TURNED_EVERY - 1 {
        let mut image = sample.image;
        image.pixels.reverse();
        if round % 2 == 1 {
            image.pixels.chunks_exact_mut(image.width).for_each(<[f32]>::reverse);
        }
        let evidence = detector.find(&[image.as_film()])?[0].evidence;
        return Ok((JudgedKind::UpsideDown, JudgedFilm::upside_down(evidence)));
    }
    let found = detector.find(&[sample.as_film()])?[0];
    let located = LocatedFilm::new(sample.keypoints, found.keypoints, film.spacing_mm);
    let right = located.is_within(Trust::WITHIN_MM);
    Ok(match (whole, right) {
        (false, _) => (JudgedKind::Cut, JudgedFilm::cut(found.evidence)),
        (true, true) => (JudgedKind::Right, JudgedFilm::lumbar(found.evidence, true)),
        (true, false) => (JudgedKind::Wrong, JudgedFilm::lumbar(found.evidence, false)),
    })
}

fn other(
    detector: &KeypointDetector,
    i: usize,
    seed: Seed,
) -> anyhow::Result<(JudgedKind, JudgedFilm)> {
    let kind = OtherFilm::ALL[i % OtherFilm::ALL.len()];
    let height = detector.config().input_size[0] * 3 / 2;
    let picture = kind.draw(height, seed.at(&[1, i as u64]));
    let found = detector.find(&[picture.as_film()])?[0];
    Ok((JudgedKind::Other(kind), JudgedFilm::other(found.evidence)))
}
