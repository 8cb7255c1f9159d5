//! A reduced film, and the way between its pixels and those of the original.

use crate::affine::{original, resized};
use crate::{Affine, Error, Film, Image, Sample, reduce, resample};
use serde::{Deserialize, Serialize};

/// A film in fewer pixels, owned, with its map of points.
///
/// Edges lie on edges: a point `(x, y)` of the original comes to lie at `(x + 0.5) s - 0.5` with
/// `s` the reduced px per original px, along rows and along columns.
///
/// # Examples
/// ```
/// use vertebra_raster::{Film, ReducedFilm};
/// let pixels = vec![1.0; 90 * 60];
/// let film = Film { pixels: &pixels, height: 90, width: 60, spacing_mm: Some([0.2, 0.2]) };
/// let small = ReducedFilm::new(&film, [30, 20])?;
/// let (x, y) = small.to_reduced((1.0, 1.0)); // in the middle of three pixels
/// assert!(x.abs() < 1e-12 && y.abs() < 1e-12);
/// assert!((small.spacing_mm().unwrap()[0] - 0.6).abs() < 1e-12);
/// # Ok::<(), vertebra_raster::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ReducedFilm {
    image: Image,
    scale: [f64; 2],
    spacing_mm: Option<[f64; 2]>,
}

/// All of a [`ReducedFilm`] but its pixels, for those who keep them in a file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reduction {
    /// Rows and columns of the reduced film.
    pub size: [usize; 2],
    /// Reduced px per original px along `[row, column]`.
    pub scale: [f64; 2],
    /// Spacing of the reduced pixels in mm, `[row, col]`.
    pub spacing_mm: Option<[f64; 2]>,
}

impl ReducedFilm {
    /// The film reduced to `[height, width]` px by [`reduce`]; a copy where that is its size.
    ///
    /// # Errors
    /// As [`reduce`].
    pub fn new<S: Sample>(film: &Film<'_, S>, [height, width]: [usize; 2]) -> Result<Self, Error> {
        if [height, width] == film.size() {
            return Self::whole(film);
        }
        let image = reduce(film, height, width)?;
        let scale = [height as f64 / film.height as f64, width as f64 / film.width as f64];
        Ok(Self { image, scale, spacing_mm: coarser(film.spacing_mm, scale) })
    }

    /// The film reduced to `height` rows by [`resample`], pixels keeping their proportions; a copy
    /// where it has no more.
    ///
    /// # Errors
    /// [`Error::PixelCount`]; [`Error::NotInvertible`] for a height of 0.
    pub fn with_height<S: Sample>(film: &Film<'_, S>, height: usize) -> Result<Self, Error> {
        film.check()?;
        if height >= film.height {
            return Self::whole(film);
        }
        let scale = [height as f64 / film.height as f64; 2];
        let width = ((film.width as f64 * scale[1]).round() as usize).max(1);
        let image = resample(film, &Affine::scale(scale)?, height, width)?;
        Ok(Self { image, scale, spacing_mm: coarser(film.spacing_mm, scale) })
    }

    fn whole<S: Sample>(film: &Film<'_, S>) -> Result<Self, Error> {
        Ok(Self { image: film.to_image()?, scale: [1.0; 2], spacing_mm: film.spacing_mm })
    }

    /// A reduced film put together again from its [`reduction`](Self::reduction) and its pixels.
    ///
    /// # Errors
    /// [`Error::PixelCount`]; [`Error::NotInvertible`] for a scale that is not positive.
    pub fn from_parts(reduction: Reduction, pixels: Vec<f32>) -> Result<Self, Error> {
        let Reduction { size: [height, width], scale, spacing_mm } = reduction;
        Affine::scale(scale)?;
        let image = Image { pixels, height, width };
        image.as_film().check()?;
        Ok(Self { image, scale, spacing_mm })
    }

    /// All but the pixels.
    #[must_use]
    pub fn reduction(&self) -> Reduction {
        let Self { image, scale, spacing_mm } = self;
        Reduction { size: image.size(), scale: *scale, spacing_mm: *spacing_mm }
    }

    /// The reduced pixels.
    #[must_use]
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The reduced pixels, without a copy.
    #[must_use]
    pub fn into_image(self) -> Image {
        self.image
    }

    /// The reduced pixels, borrowed with their spacing.
    #[must_use]
    pub fn as_film(&self) -> Film<'_> {
        Film { spacing_mm: self.spacing_mm, ..self.image.as_film() }
    }

    /// Spacing of the reduced pixels in mm, `[row, col]`.
    #[must_use]
    pub fn spacing_mm(&self) -> Option<[f64; 2]> {
        self.spacing_mm
    }

    /// Where a point of the original film lies on this one, px.
    #[must_use]
    pub fn to_reduced(&self, point: (f64, f64)) -> (f64, f64) {
        self.reduction().to_reduced(point)
    }

    /// Where a point of this film lies on the original one, px.
    #[must_use]
    pub fn to_original(&self, point: (f64, f64)) -> (f64, f64) {
        self.reduction().to_original(point)
    }
}

impl Reduction {
    /// Where a point of the original film lies on the reduced one, px.
    #[must_use]
    pub fn to_reduced(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (resized(x, self.scale[1]), resized(y, self.scale[0]))
    }

    /// Where a point of the reduced film lies on the original one, px.
    #[must_use]
    pub fn to_original(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (original(x, self.scale[1]), original(y, self.scale[0]))
    }
}

fn coarser(spacing_mm: Option<[f64; 2]>, scale: [f64; 2]) -> Option<[f64; 2]> {
    spacing_mm.map(|[row, col]| [row / scale[0], col / scale[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(pixels: &[u16]) -> Film<'_, u16> {
        Film { pixels, height: 90, width: 61, spacing_mm: Some([0.2, 0.3]) }
    }

    #[test]
    fn points_go_to_the_reduced_film_and_back() {
        let pixels: Vec<u16> = (0..90 * 61).map(|i| i as u16).collect();
        let film = film(&pixels);
        for small in [ReducedFilm::new(&film, [30, 20]), ReducedFilm::with_height(&film, 30)] {
            let small = small.unwrap();
            assert_eq!(small.image().size(), [30, 20]);
            let there = small.to_reduced((20.0, 10.0));
            let back = small.to_original(there);
            assert!((back.0 - 20.0).hypot(back.1 - 10.0) < 1e-9);
            // The same place in mm from the corner.
            let ([row, col], [r, c]) = (film.spacing_mm.unwrap(), small.spacing_mm().unwrap());
            assert!(((there.0 + 0.5) * c - 20.5 * col).abs() < 1e-9);
            assert!(((there.1 + 0.5) * r - 10.5 * row).abs() < 1e-9);
            let again = ReducedFilm::from_parts(small.reduction(), small.image().pixels.clone());
            assert_eq!(again, Ok(small));
        }
    }

    #[test]
    fn a_film_that_is_small_enough_is_copied() {
        let pixels = [7_u16; 90 * 61];
        for same in [
            ReducedFilm::new(&film(&pixels), [90, 61]),
            ReducedFilm::with_height(&film(&pixels), usize::MAX),
        ] {
            let same = same.unwrap();
            assert_eq!(same.image().pixels, [7.0; 90 * 61]);
            assert_eq!(same.to_reduced((3.25, 4.5)), (3.25, 4.5));
            assert_eq!(same.spacing_mm(), Some([0.2, 0.3]));
        }
        assert!(ReducedFilm::with_height(&film(&pixels), 0).is_err());
        assert!(ReducedFilm::new(&film(&pixels), [91, 61]).is_err());
    }
}
