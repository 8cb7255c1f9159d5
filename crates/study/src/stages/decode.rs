//! Decodes every baseline film and reduces it, films in parallel.

use crate::films::film::{DecodedFilm, check_annotated};
use crate::films::reduced_films::ReducedFilms;
use crate::progress::{Observer, Tell};
use crate::stages::Context;
use crate::{Error, FilmCache};
use rayon::prelude::*;
use std::collections::BTreeMap;
use vertebra_raster::Reduction;

/// Films decoded between two messages of progress.
const CHUNK: usize = 32;

/// Every subject's film, reduced, and what is known of each, by name.
#[derive(Debug)]
pub(crate) struct Decoded<'a> {
    pub(crate) films: ReducedFilms<'a>,
    pub(crate) facts: BTreeMap<String, FilmFacts>,
}

/// What is known of a film that was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FilmFacts {
    /// Rows and columns of the film as it was in the file.
    pub(crate) size: [usize; 2],
    /// Millimetres per row and column.
    pub(crate) spacing_mm: Option<[f64; 2]>,
    /// SHA-256 of the file.
    pub(crate) sha256: String,
    /// What the reader warned of.
    pub(crate) warnings: Vec<String>,
}

impl FilmFacts {
    fn of(film: &DecodedFilm, sha256: String) -> Self {
        let Reduction { scale, spacing_mm, .. } = film.film.reduction();
        let spacing_mm = spacing_mm.map(|[row, col]| [row * scale[0], col * scale[1]]);
        Self { size: film.original_size, spacing_mm, sha256, warnings: film.warnings.clone() }
    }
}

impl Decoded<'_> {
    /// The SHA-256 of every film, one a line.
    pub(crate) fn digests(&self) -> String {
        self.facts.iter().map(|(name, film)| format!("{}  {name}\n", film.sha256)).collect()
    }

    /// The reader's warnings, each with the number of films it concerns; never a file or a person.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for warning in self.facts.values().flat_map(|film| &film.warnings) {
            *counts.entry(warning).or_default() += 1;
        }
        counts.into_iter().map(|(text, n)| format!("{n} films: {text}")).collect()
    }
}

/// Decodes all films.
///
/// # Errors
/// [`Error::InvalidInput`] with every film that cannot be used.
pub(crate) fn films<'a>(
    context: Context<'a>,
    observer: &mut Observer<'_>,
) -> Result<Decoded<'a>, Error> {
    let mut decoded = Decoded { films: ReducedFilms::new(context), facts: BTreeMap::new() };
    observer.stage("decoding radiographs", Some(context.data.n()));
    in_chunks(context, observer, |subjects, chunk| {
        for (subject, (film, digest)) in subjects.zip(chunk) {
            let name = context.data.films[subject].clone();
            decoded.films.push(&film, &digest);
            decoded.facts.insert(name, FilmFacts::of(&film, digest));
        }
        Ok(())
    })?;
    Ok(decoded)
}

/// Hands over the films of some subjects at a time, so that they need not all be in memory.
///
/// # Errors
/// [`Error::InvalidInput`] with every film that cannot be used; or what `take` returns.
pub(crate) fn in_chunks(
    context: Context<'_>,
    observer: &mut Observer<'_>,
    mut take: impl FnMut(std::ops::Range<usize>, Vec<(DecodedFilm, String)>) -> Result<(), Error>,
) -> Result<(), Error> {
    let n = context.data.n();
    let mut problems = Vec::new();
    for start in (0..n).step_by(CHUNK) {
        let subjects = start..(start + CHUNK).min(n);
        let opened: Vec<Result<_, Error>> =
            subjects.clone().into_par_iter().map(|i| open(context, i)).collect();
        let mut chunk = Vec::with_capacity(opened.len());
        for film in opened {
            match film {
                Ok(film) => chunk.push(film),
                Err(problem) => problems.push(problem),
            }
        }
        let done = subjects.end;
        if problems.is_empty() {
            take(subjects, chunk)?;
        }
        observer.done(done);
    }
    Error::check(problems)
}

/// Where a subject's film is kept: in the folder that was asked for, or in the work folder.
pub(crate) fn cache_of(context: Context<'_>, subject: usize) -> FilmCache {
    let folder = context.config.film_cache.clone().or_else(|| context.work.films());
    FilmCache::new(folder).with_read(context.data.read_options(subject))
}

/// One subject's film, and the SHA-256 of its file.
pub(crate) fn open(context: Context<'_>, subject: usize) -> Result<(DecodedFilm, String), Error> {
    let cache = cache_of(context, subject);
    let path = context.film_path(subject);
    let opened = DecodedFilm::cached(&path, context.config.film_height, &cache)?;
    if let Some(annotation) = context.data.annotation(subject) {
        check_annotated(&path, opened.0.original_size, annotation)?;
    }
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Progress;
    use crate::test_data::Scene;

    #[test]
    fn films_are_in_the_order_of_the_subjects_with_their_digests() {
        let scene = Scene::new();
        let mut steps = Vec::new();
        let mut hear = |message| {
            if let Progress::Step(done) = message {
                steps.push(done);
            }
        };
        let decoded = films(scene.context(), &mut hear).unwrap();
        assert_eq!(steps, [32, 48]);
        assert_eq!(decoded.films.len(), scene.data.n());
        let everyone: Vec<usize> = (0..scene.data.n()).collect();
        for (i, film) in decoded.films.of_all(&everyone).unwrap().iter().enumerate() {
            let annotation = scene.data.annotation(i).unwrap();
            assert_eq!(Some(film.original_size), annotation.size);
            let file = scene.context().film_path(i);
            let digest = vertebra_run::Digest::of_file(&file).unwrap().to_string();
            let facts = &decoded.facts[&scene.data.films[i]];
            assert_eq!((&facts.sha256, facts.size), (&digest, film.original_size));
            let full = vertebra_radiograph::Radiograph::open(&file).unwrap();
            let spacing = vertebra_radiograph::Film::from(&full).spacing_mm.unwrap();
            let found = facts.spacing_mm.unwrap();
            assert!((0..2).all(|k| (found[k] - spacing[k]).abs() < 1e-9), "{found:?} {spacing:?}");
        }
    }

    #[test]
    fn warnings_are_counted_over_films_and_name_none() {
        let scene = Scene::new();
        let mut decoded = films(scene.context(), &mut |_| {}).unwrap();
        let guess = "spacing is a guess".to_owned();
        for (i, film) in decoded.facts.values_mut().enumerate() {
            film.warnings = match i {
                0 => vec![guess.clone()],
                3 => vec![guess.clone(), "odd".to_owned()],
                _ => Vec::new(),
            };
        }
        assert_eq!(decoded.notes(), ["1 films: odd", "2 films: spacing is a guess"]);
    }

    #[test]
    fn every_film_that_cannot_be_read_is_listed() {
        let mut scene = Scene::new();
        scene.cohort = "no-such-folder".into();
        let error = films(scene.context(), &mut |_| {}).unwrap_err();
        let Error::InvalidInput { problems } = &error else { panic!("{error}") };
        assert_eq!(problems.len(), scene.data.n());
        assert!(problems.iter().all(|p| p.to_string().contains("no-such-folder")), "{error}");
    }

    #[test]
    fn a_film_of_another_size_than_annotated_is_a_problem() {
        let mut scene = Scene::new();
        let name = scene.data.films[2].clone();
        let films_of = &mut scene.data.annotations.films;
        let film = films_of.iter_mut().find(|film| film.file_name == name).unwrap();
        film.size = film.size.map(|[height, width]| [height + 1, width]);
        let error = films(scene.context(), &mut |_| {}).unwrap_err();
        let Error::InvalidInput { problems } = &error else { panic!("{error}") };
        assert!(matches!(problems.as_slice(), [Error::AnnotatedSize { .. }]), "{error}");
    }
}
