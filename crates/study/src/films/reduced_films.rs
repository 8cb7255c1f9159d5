//! The reduced film of every subject, read when it is asked for: memory holds those in use alone.

use crate::Error;
use crate::films::film::DecodedFilm;
use crate::stages::Context;
use crate::stages::decode::cache_of;
use rayon::prelude::*;
use vertebra_raster::Reduction;

/// What is needed to read every subject's film again, and how each was reduced.
#[derive(Debug, Clone)]
pub(crate) struct ReducedFilms<'a> {
    context: Context<'a>,
    digests: Vec<String>,
    /// In the order of the subjects.
    pub(crate) reductions: Vec<Reduction>,
}

impl<'a> ReducedFilms<'a> {
    pub(crate) fn new(context: Context<'a>) -> Self {
        Self { context, digests: Vec::new(), reductions: Vec::new() }
    }

    /// Adds the next subject's film, from a file with this digest.
    pub(crate) fn push(&mut self, film: &DecodedFilm, digest: &str) {
        self.digests.push(digest.to_owned());
        self.reductions.push(film.film.reduction());
    }

    /// Number of films.
    pub(crate) fn len(&self) -> usize {
        self.digests.len()
    }

    /// One subject's film.
    ///
    /// # Errors
    /// The film is no longer in the cache and cannot be read, or is another one by now.
    pub(crate) fn of(&self, subject: usize) -> Result<DecodedFilm, Error> {
        let path = self.context.film_path(subject);
        let cache = cache_of(self.context, subject);
        let kept = (&cache, &*self.digests[subject]);
        DecodedFilm::again(&path, self.context.config.film_height, kept)
    }

    /// The films of some subjects, in their order, read in parallel.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) fn of_all(&self, subjects: &[usize]) -> Result<Vec<DecodedFilm>, Error> {
        subjects.par_iter().map(|&subject| self.of(subject)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::stages::{Context, decode};
    use crate::test_data::Scene;
    use crate::work_folder::WorkFolder;

    #[test]
    fn films_are_read_again_as_they_were_and_a_damaged_entry_is_made_anew() {
        let scene = Scene::new();
        let folder = tempfile::tempdir().unwrap();
        let work = WorkFolder::open(folder.path(), "a").unwrap();
        let context = Context { work: &work, ..scene.context() };
        let films = decode::films(context, &mut |_| {}).unwrap().films;
        let some = [7, 0, 30];
        let before = films.of_all(&some).unwrap();
        assert_eq!(before[1], decode::open(scene.context(), 0).unwrap().0);
        assert_eq!(films.reductions[30], before[2].film.reduction());
        let entries = || work.films().unwrap().read_dir().unwrap().map(|e| e.unwrap().path());
        assert_eq!(entries().count(), scene.data.n());
        entries().for_each(|entry| std::fs::write(entry, "cut").unwrap());
        assert_eq!(films.of_all(&some).unwrap(), before);
        let whole = entries().filter(|entry| std::fs::read(entry).unwrap() != b"cut").count();
        assert_eq!(whole, 3);
    }

    #[test]
    fn a_film_that_has_become_another_is_named() {
        let scene = Scene::new();
        let mut films = decode::films(scene.context(), &mut |_| {}).unwrap().films;
        films.digests[3] = "0".repeat(64);
        let error = films.of(3).unwrap_err().to_string();
        assert!(error.contains("expected the file that was read before (SHA-256 000"), "{error}");
        films.context.cohort = "no-such-folder".as_ref();
        assert!(films.of(3).unwrap_err().to_string().contains("no-such-folder"));
    }
}
