//! Annotated films as the keypoint network is trained on them, read from a folder.

use crate::films::film::check_annotated;
use crate::input::tables::name_of;
use crate::{DecodedFilm, Error, FilmCache, Observer, Progress};
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::Path;
use vertebra_cohort::Cohort;
use vertebra_hrnet::{FilmSample, reduced_for};
use vertebra_keypoints::{AnnotationSet, FilmAnnotation};
use vertebra_radiograph::Film;

/// Films decoded between two messages.
const AT_ONCE: usize = 32;

/// Annotated films, reduced to what a network makes use of, and the subject of each.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AnnotatedFilms {
    /// In the order of the annotations.
    pub samples: Vec<FilmSample>,
    /// Their names in the annotations.
    pub names: Vec<String>,
    /// The subject of each where a `cohort.csv` lies beside the annotations, else the film's name.
    pub subjects: Vec<String>,
}

impl AnnotatedFilms {
    /// Films that are in memory already, with the name and the subject of each.
    #[must_use]
    pub fn new(samples: Vec<FilmSample>, names: Vec<String>, subjects: Vec<String>) -> Self {
        Self { samples, names, subjects }
    }

    /// Reads the films that an annotation file names, from its folder, for a network with an input
    /// of this `[height, width]` px. `path` is that file, or a folder with one
    /// ([`AnnotationSet::file_in`]).
    ///
    /// Every film is decoded and reduced ([`reduced_for`]) once; with a `cache` that is
    /// a folder, once for all runs.
    ///
    /// # Errors
    /// [`Error::Keypoints`], [`Error::Radiograph`], [`Error::Io`]; [`Error::Malformed`] where no
    /// film is annotated; [`Error::AnnotatedSize`] for a film of another size than its annotation
    /// says; [`Error::InvalidInput`] for the cohort's tables; [`Error::Film`] for a film that the
    /// network cannot take.
    pub fn read(
        path: &Path,
        input_size: [usize; 2],
        cache: &FilmCache,
        observer: &mut Observer<'_>,
    ) -> Result<Self, Error> {
        let file = if path.is_dir() { AnnotationSet::file_in(path) } else { path.to_owned() };
        let folder = file.parent().unwrap_or(Path::new("."));
        let annotations = AnnotationSet::read(&file)?.films;
        if annotations.is_empty() {
            let (expected, got) = ("annotated films".to_owned(), "none".to_owned());
            return Err(Error::Malformed { path: file, expected, got });
        }
        let total = Some(annotations.len() as u64);
        observer(Progress::Stage { name: "decoding films".to_owned(), total });
        let mut samples = Vec::with_capacity(annotations.len());
        for some in annotations.chunks(AT_ONCE) {
            let open = |film: &FilmAnnotation| sample(folder, film, input_size, cache);
            let films: Result<Vec<_>, Error> = some.par_iter().map(open).collect();
            samples.extend(films?);
            observer(Progress::Step(samples.len() as u64));
        }
        let names: Vec<String> = annotations.into_iter().map(|a| a.file_name).collect();
        Ok(Self { samples, subjects: subjects(folder, names.clone())?, names })
    }
}

fn sample(
    folder: &Path,
    annotation: &FilmAnnotation,
    input_size: [usize; 2],
    cache: &FilmCache,
) -> Result<FilmSample, Error> {
    let [rows, columns] = input_size;
    let path = folder.join(&annotation.file_name);
    let settings = format!("for an input of {rows} x {columns} px");
    let (decoded, _) = cache.film(&path, &settings, |radiograph| {
        let film = reduced_for(&Film::from(radiograph), input_size).map_err(Error::film(&path))?;
        Ok(DecodedFilm::new(film, radiograph))
    })?;
    check_annotated(&path, decoded.original_size, annotation)?;
    Ok(FilmSample::new(decoded.film, &annotation.keypoints)?)
}

/// The subject of each film where a cohort says so, else the film's own name.
fn subjects(folder: &Path, names: Vec<String>) -> Result<Vec<String>, Error> {
    if !folder.join("cohort.csv").exists() {
        return Ok(names);
    }
    let cohort = Cohort::read(folder)?;
    let mut subject_of = HashMap::new();
    for subject in cohort.subjects() {
        for visit in &subject.visits {
            subject_of.insert(name_of(&visit.radiograph), format!("subject {}", subject.id));
        }
    }
    Ok(names.into_iter().map(|name| subject_of.get(&name).cloned().unwrap_or(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use vertebra_keypoints::{Level, VertebraKeypoints};
    use vertebra_radiograph::{Radiograph, Spacing, SpacingKind, write_png16};

    fn points() -> VertebraKeypoints {
        let at = |level: Level| (30.2, 20.0 + 12.7 * level.index() as f64);
        VertebraKeypoints::from_xy(Level::ALL.map(at)).unwrap()
    }

    /// A folder with two films of 120 x 90 px, the second annotated as so many rows.
    fn folder(rows_of_second: usize) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let spacing = Spacing { row_mm: 0.2, col_mm: 0.3, kind: SpacingKind::Detector };
        let films = ["a.png", "b.png"].map(|name| {
            let pixels = (0..120 * 90).map(|i| (i % 97) as f32 / 96.0).collect();
            let film = Radiograph::new(120, 90, pixels, spacing).unwrap();
            write_png16(folder.path().join(name), &film).unwrap();
            let rows = if name == "b.png" { rows_of_second } else { 120 };
            FilmAnnotation::new(name, [rows, 90], points(), vec![])
        });
        let file = folder.path().join("annotations.json");
        AnnotationSet::new(films.to_vec()).write(&file).unwrap();
        (folder, file)
    }

    fn read(path: &Path, cache: &FilmCache) -> Result<AnnotatedFilms, Error> {
        AnnotatedFilms::read(path, [32, 32], cache, &mut |_| {})
    }

    #[test]
    fn films_from_the_cache_are_those_that_were_decoded() {
        let (folder, file) = folder(120);
        let plain = read(folder.path(), &FilmCache::default()).unwrap();
        let cache = FilmCache::new(Some(folder.path().join("cache")));
        let first = read(&file, &cache).unwrap();
        let second = read(&file, &cache).unwrap();
        assert_eq!(first.samples, plain.samples);
        assert_eq!(second.samples, plain.samples);
        assert_eq!(plain.subjects, ["a.png", "b.png"]);
        // One entry: both films have the same bytes.
        assert_eq!(std::fs::read_dir(folder.path().join("cache")).unwrap().count(), 1);
        let (film, truth) = (&plain.samples[0], points().points()[2]);
        assert_eq!(film.image.size(), [48, 36]);
        let (p, scale) = (film.keypoints.points()[2], 0.4);
        assert!(((p.x + 0.5) / scale - 0.5 - truth.x).abs() < 1e-9);
        assert!(((p.y + 0.5) / scale - 0.5 - truth.y).abs() < 1e-9);
    }

    #[test]
    fn a_film_of_another_size_than_annotated_is_named_also_from_the_cache() {
        let (folder, file) = folder(119);
        let cache = FilmCache::new(Some(folder.path().join("cache")));
        for _ in 0..2 {
            let text = read(&file, &cache).unwrap_err().to_string();
            let expected = "b.png: annotated as 119 x 90 px, but the film has 120 x 90";
            assert!(text.ends_with(expected), "{text}");
        }
    }

    #[test]
    fn no_film_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("annotations.json");
        AnnotationSet::default().write(&file).unwrap();
        let text = read(&file, &FilmCache::default()).unwrap_err().to_string();
        assert!(text.contains("annotations.json: expected annotated films, got none"), "{text}");
    }
}
