//! The films that a detector takes, and annotated ones to train it on.

use super::prepare::reduced_size;
use crate::{Error, HrnetConfig};
use vertebra_keypoints::VertebraKeypoints;
use vertebra_raster::{Film, Image, ReducedFilm};

/// Checks that a detector can take a film: every pixel finite, no side shorter than the network's
/// stride. Brightness and contrast do not matter: every film is normalised by itself.
pub(crate) fn check_film(film: &Film<'_>) -> Result<(), Error> {
    let (smallest, Film { height, width, .. }) = (HrnetConfig::STRIDE, *film);
    if height < smallest || width < smallest {
        return Err(Error::FilmTooSmall { height, width, smallest });
    }
    match film.spacing_mm {
        Some(mm) if !mm.iter().all(|v| v.is_finite() && *v > 0.0) => {
            Err(Error::InvalidSpacing { got: mm })
        }
        _ => Ok(film.check_finite()?),
    }
}

/// A film reduced, with a prefilter, to what a network with an input of this `[height, width]` px
/// makes use of; one that is small enough is copied.
///
/// Training and detection give the same as with the whole film, up to the prefilter being applied
/// at this size, and thousands of films fit in memory.
///
/// # Errors
/// [`Error::FilmTooSmall`], [`Error::InvalidSpacing`], [`Error::Raster`].
pub fn reduced_for(film: &Film<'_>, input_size: [usize; 2]) -> Result<ReducedFilm, Error> {
    check_film(film)?;
    Ok(ReducedFilm::new(film, reduced_size(film.size(), input_size))?)
}

/// One decoded and annotated film, owned: training data.
///
/// It is checked when it is used, so that a set of films can be put together without ceremony.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FilmSample {
    /// Grey values, bone bright.
    pub image: Image,
    /// `[row, col]` mm per pixel where known; used to report errors in mm.
    pub spacing_mm: Option<[f64; 2]>,
    /// Centres of L1..L5 in px of this film.
    pub keypoints: VertebraKeypoints,
    /// Centres of T12 and S1, in or beyond the film, where they are known.
    pub neighbours: Option<[(f64, f64); 2]>,
}

impl FilmSample {
    /// A reduced film with the centres of L1..L5 in px of the original one.
    ///
    /// # Errors
    /// [`Error::Keypoints`].
    pub fn new(film: ReducedFilm, keypoints: &VertebraKeypoints) -> Result<Self, Error> {
        let keypoints = keypoints.mapped(|point| film.to_reduced(point))?;
        let spacing_mm = film.spacing_mm();
        Ok(Self { image: film.into_image(), spacing_mm, keypoints, neighbours: None })
    }

    /// A film with the centres of L1..L5 in its px; its spacing is unknown.
    #[must_use]
    pub fn from_image(image: Image, keypoints: VertebraKeypoints) -> Self {
        Self { image, spacing_mm: None, keypoints, neighbours: None }
    }

    /// With the centres of T12 and S1 in px of this film, which detectors with seven heatmaps
    /// learn too.
    #[must_use]
    pub fn with_neighbours(self, neighbours: Option<[(f64, f64); 2]>) -> Self {
        Self { neighbours, ..self }
    }

    /// With this spacing `[row, col]`, mm.
    #[must_use]
    pub fn with_spacing_mm(self, spacing_mm: [f64; 2]) -> Self {
        Self { spacing_mm: Some(spacing_mm), ..self }
    }

    /// The picture without its annotation, borrowed.
    #[must_use]
    pub fn as_film(&self) -> Film<'_> {
        Film { spacing_mm: self.spacing_mm, ..self.image.as_film() }
    }

    /// As [`reduced_for`]; a film that is small enough stays as it is.
    ///
    /// # Errors
    /// As there.
    pub fn reduced_for(self, input_size: [usize; 2]) -> Result<Self, Error> {
        if reduced_size(self.image.size(), input_size) == self.image.size() {
            check_film(&self.as_film())?;
            return Ok(self);
        }
        let film = reduced_for(&self.as_film(), input_size)?;
        let neighbours = self.neighbours.map(|points| points.map(|p| film.to_reduced(p)));
        Ok(Self::new(film, &self.keypoints)?.with_neighbours(neighbours))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_films_are_named_errors() {
        let error = |n: usize, height, width| {
            let film = Film { pixels: &[0.0; 64][..n], height, width, spacing_mm: None };
            check_film(&film).unwrap_err().to_string()
        };
        assert_eq!(error(24, 3, 8), "the film is 3 x 8 px, expected at least 4 px on each side");
        assert_eq!(error(63, 8, 8), "a film of 8 x 8 px has 64 pixels, got 63");
        let mut pixels = [0.0; 64];
        pixels[19] = f32::NAN;
        let film = Film { pixels: &pixels, height: 8, width: 8, spacing_mm: None };
        let error = check_film(&film).unwrap_err().to_string();
        assert_eq!(error, "pixel (row 2, column 3) is NaN, expected a finite number");
    }

    #[test]
    fn a_reduced_film_keeps_places_in_mm() {
        let keypoints = VertebraKeypoints::from_xy([(30.2, 100.7); 5]).unwrap();
        let image = Image { pixels: vec![1.0; 900 * 701], height: 900, width: 701 };
        let film = FilmSample::from_image(image, keypoints).with_spacing_mm([0.2, 0.3]);
        let film = film.with_neighbours(Some([(30.2, 100.7), (-3.0, 950.0)]));
        let small = film.clone().reduced_for([96, 64]).unwrap();
        assert_eq!(small.image.size(), [123, 96]);
        let mm = |film: &FilmSample| {
            let (p, [row, col]) = (film.keypoints.points()[2], film.spacing_mm.unwrap());
            ((p.x + 0.5) * col, (p.y + 0.5) * row)
        };
        let ((x, y), (x0, y0)) = (mm(&small), mm(&film));
        assert!((x - x0).abs() < 1e-9 && (y - y0).abs() < 1e-9);
        let (p, neighbours) = (small.keypoints.points()[2], small.neighbours.unwrap());
        assert_eq!(neighbours[0], (p.x, p.y));
        assert!(neighbours[1].0 < 0.0 && neighbours[1].1 > 123.0);
        assert_eq!(small.clone().reduced_for([96, 64]).unwrap(), small);
    }
}
