//! Films as the keypoint network gets them: decoded and reduced.

use crate::{Error, FilmCache};
use std::path::Path;
use vertebra_alignment::Film;
use vertebra_keypoints::{FilmAnnotation, VertebraKeypoints};
use vertebra_radiograph::Radiograph;
use vertebra_raster::ReducedFilm;

/// A decoded film, reduced, and what is known besides.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DecodedFilm {
    /// Grey values, bone bright, with the way back to the original.
    pub film: ReducedFilm,
    /// Rows and columns of the film as it was in the file.
    pub original_size: [usize; 2],
    /// What the reader warned of.
    pub warnings: Vec<String>,
}

impl DecodedFilm {
    /// A radiograph that was reduced to `film`.
    #[must_use]
    pub fn new(film: ReducedFilm, radiograph: &Radiograph) -> Self {
        let warnings = radiograph.provenance().warnings.iter().map(ToString::to_string).collect();
        Self { film, original_size: Film::from(radiograph).size(), warnings }
    }

    /// A radiograph reduced to `max_height` rows when it has more.
    ///
    /// # Errors
    /// [`Error::Alignment`] with this path.
    pub(crate) fn of(
        radiograph: &Radiograph,
        max_height: usize,
        path: &Path,
    ) -> Result<Self, Error> {
        let film = ReducedFilm::with_height(&Film::from(radiograph), max_height)
            .map_err(|source| Error::alignment(path)(source.into()))?;
        Ok(Self::new(film, radiograph))
    }

    /// The film of a file, from the cache where it is in it, and the digest of the file.
    pub(crate) fn cached(
        path: &Path,
        max_height: usize,
        cache: &FilmCache,
    ) -> Result<(Self, String), Error> {
        cache.film(path, &settings(max_height), |film| Self::of(film, max_height, path))
    }

    /// The film of the file that had this digest when it was read before.
    ///
    /// # Errors
    /// As reading it anew; [`Error::Malformed`] where the file is another one by now.
    pub(crate) fn again(
        path: &Path,
        max_height: usize,
        (cache, digest): (&FilmCache, &str),
    ) -> Result<Self, Error> {
        if let Some(film) = cache.kept(digest, &settings(max_height)) {
            return Ok(film);
        }
        let (film, got) = Self::cached(path, max_height, cache)?;
        if got != digest {
            let expected = format!("the file that was read before (SHA-256 {digest})");
            return Err(Error::Malformed { path: path.to_owned(), expected, got });
        }
        Ok(film)
    }

    /// Points in px of the original film, as points in px of this one.
    pub(crate) fn reduced(&self, points: &VertebraKeypoints) -> Result<VertebraKeypoints, Error> {
        Ok(points.mapped(|point| self.film.to_reduced(point))?)
    }

    /// Points in px of this film, as points in px of the original one.
    pub(crate) fn original(&self, points: &VertebraKeypoints) -> Result<VertebraKeypoints, Error> {
        Ok(points.mapped(|point| self.film.to_original(point))?)
    }
}

/// How the cache knows a film of at most so many rows.
fn settings(max_height: usize) -> String {
    format!("at most {max_height} rows")
}

/// Checks that a film of `[height, width]` px is the one that was annotated, as far as its
/// annotation states the size.
pub(crate) fn check_annotated(
    path: &Path,
    size: [usize; 2],
    annotation: &FilmAnnotation,
) -> Result<(), Error> {
    match annotation.size.filter(|annotated| *annotated != size) {
        None => Ok(()),
        Some(annotated) => {
            Err(Error::AnnotatedSize { path: path.to_owned(), annotated, got: size })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_radiograph::{Spacing, SpacingKind};

    #[test]
    fn points_on_a_reduced_film_go_back_to_where_they_were() {
        let spacing = Spacing { row_mm: 0.2, col_mm: 0.2, kind: SpacingKind::Detector };
        let film = Radiograph::new(90, 60, vec![0.5; 90 * 60], spacing).unwrap();
        let small = DecodedFilm::of(&film, 30, Path::new("film")).unwrap();
        assert_eq!((small.film.image().size(), small.original_size), ([30, 20], [90, 60]));
        let points =
            VertebraKeypoints::from_xy(std::array::from_fn(|i| (20.0, 10.0 * i as f64))).unwrap();
        let there = small.reduced(&points).unwrap();
        let back = small.original(&there).unwrap();
        for (a, b) in points.points().iter().zip(back.points()) {
            assert!((a.x - b.x).abs() < 1e-9 && (a.y - b.y).abs() < 1e-9);
        }
        // The centre of the first reduced pixel lies in the middle of three original ones.
        assert!((there.points()[0].y - (0.5 / 3.0 - 0.5)).abs() < 1e-12);
    }
}
