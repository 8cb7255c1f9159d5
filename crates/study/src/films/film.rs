//! Films as the keypoint network gets them: decoded, and reduced to a common height so that all of
//! a cohort's fit in memory.

use crate::{DecodedFilm, Error, FilmCache, FilmHeader};
use std::path::Path;
use vertebra_alignment::{Alignment, Film, resample};
use vertebra_keypoints::{FilmAnnotation, Keypoint, VertebraKeypoints};
use vertebra_radiograph::Radiograph;

/// A reduced film and how to get back to the original.
#[derive(Debug, Clone)]
pub(crate) struct ReducedFilm {
    pub(crate) pixels: Vec<f32>,
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Spacing of the reduced pixels in mm, `[row, col]`.
    pub(crate) spacing_mm: Option<[f64; 2]>,
    /// What the reader warned of.
    pub(crate) warnings: Vec<String>,
    /// Rows and columns of the film as it was in the file.
    pub(crate) original_size: [usize; 2],
    /// Reduced px per original px.
    scale: f64,
}

impl ReducedFilm {
    /// Decodes a film and reduces it to `max_height` rows when it has more.
    pub(crate) fn open(path: &Path, max_height: usize) -> Result<Self, Error> {
        Ok(Self::cached(path, max_height, &FilmCache::default())?.0)
    }

    /// The same from the cache, where the film is in it, and the digest of the film's file.
    pub(crate) fn cached(
        path: &Path,
        max_height: usize,
        cache: &FilmCache,
    ) -> Result<(Self, String), Error> {
        let settings = format!("at most {max_height} rows");
        let (film, digest) = cache.film(path, &settings, |film| {
            reduced(film, max_height).map_err(Error::alignment(path))
        })?;
        Ok((Self::new(film, max_height), digest))
    }

    fn new(film: DecodedFilm, max_height: usize) -> Self {
        let DecodedFilm { pixels, header } = film;
        let FilmHeader { height, width, original_size, spacing_mm, warnings } = header;
        let scale = scale(original_size[0], max_height);
        Self { pixels, height, width, spacing_mm, warnings, original_size, scale }
    }

    /// Points in px of the original film, as points in px of this one.
    pub(crate) fn reduced(&self, points: &VertebraKeypoints) -> Result<VertebraKeypoints, Error> {
        self.moved(points, |v| (v + 0.5) * self.scale - 0.5)
    }

    /// Points in px of this film, as points in px of the original one.
    pub(crate) fn original(&self, points: &VertebraKeypoints) -> Result<VertebraKeypoints, Error> {
        self.moved(points, |v| (v + 0.5) / self.scale - 0.5)
    }

    /// As the alignment crate takes it.
    pub(crate) fn view(&self) -> Film<'_> {
        let Self { height, width, spacing_mm, .. } = *self;
        Film { pixels: &self.pixels, height, width, spacing_mm }
    }

    fn moved(
        &self,
        points: &VertebraKeypoints,
        axis: impl Fn(f64) -> f64,
    ) -> Result<VertebraKeypoints, Error> {
        let moved = |p: &Keypoint| Keypoint { x: axis(p.x), y: axis(p.y), ..*p };
        Ok(VertebraKeypoints::new(points.points().each_ref().map(moved))?)
    }
}

/// That a film of `[height, width]` px is the one that was annotated.
pub(crate) fn check_annotated(
    path: &Path,
    size: [usize; 2],
    annotation: &FilmAnnotation,
) -> Result<(), Error> {
    let annotated = [annotation.height, annotation.width];
    if size == annotated {
        return Ok(());
    }
    Err(Error::AnnotatedSize { path: path.to_owned(), annotated, got: size })
}

/// Reduced px per original px.
fn scale(height: usize, max_height: usize) -> f64 {
    (max_height as f64 / height as f64).min(1.0)
}

fn reduced(film: &Radiograph, max_height: usize) -> Result<DecodedFilm, vertebra_alignment::Error> {
    let original_size = [film.height(), film.width()];
    let warnings = film.provenance().warnings.iter().map(ToString::to_string).collect();
    let spacing_mm = film.spacing().mm();
    let scale = scale(film.height(), max_height);
    if scale == 1.0 {
        let [height, width] = original_size;
        let header = FilmHeader { height, width, original_size, spacing_mm, warnings };
        return Ok(DecodedFilm { pixels: film.pixels().to_vec(), header });
    }
    let width = ((film.width() as f64 * scale).round() as usize).max(1);
    let shift = (scale - 1.0) / 2.0;
    let to_reduced = Alignment::new([[scale, 0.0, shift], [0.0, scale, shift]], spacing_mm)?;
    let image = resample(&Film::from(film), to_reduced.affine(), max_height, width)?;
    let spacing_mm = spacing_mm.map(|mm| mm.map(|mm| mm / scale));
    let (height, width) = (image.height, image.width);
    let header = FilmHeader { height, width, original_size, spacing_mm, warnings };
    Ok(DecodedFilm { pixels: image.pixels, header })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_reduced_film_go_back_to_where_they_were() {
        let spacing = vertebra_radiograph::Spacing {
            row_mm: 0.2,
            col_mm: 0.2,
            kind: vertebra_radiograph::SpacingKind::Detector,
        };
        let film = Radiograph::new(90, 60, vec![0.5; 90 * 60], spacing).unwrap();
        let small = ReducedFilm::new(reduced(&film, 30).unwrap(), 30);
        assert_eq!([small.height, small.width], [30, 20]);
        let mm = small.spacing_mm.unwrap();
        assert!((mm[0] - 0.6).abs() < 1e-12);
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
