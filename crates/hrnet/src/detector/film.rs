use super::prepare::reduced_size;
use crate::{Error, HrnetConfig};
use vertebra_keypoints::{Keypoint, VertebraKeypoints};
use vertebra_raster::{Affine, Film, Image, reduce};

/// One decoded film, borrowed: `[height, width]` pixels, row by row, bone bright.
///
/// Brightness and contrast do not matter: the detector normalises every film by itself.
#[derive(Debug, Clone, Copy)]
pub struct FilmPixels<'a> {
    pixels: &'a [f32],
    height: usize,
    width: usize,
}

impl<'a> FilmPixels<'a> {
    /// # Errors
    /// [`Error::PixelCount`], [`Error::PixelNotFinite`], or [`Error::FilmTooSmall`] where a side is
    /// shorter than the network's stride.
    pub fn new(pixels: &'a [f32], height: usize, width: usize) -> Result<Self, Error> {
        let smallest = HrnetConfig::STRIDE;
        if height < smallest || width < smallest {
            return Err(Error::FilmTooSmall { height, width, smallest });
        }
        let (expected, got) = (height.saturating_mul(width), pixels.len());
        if expected != got {
            return Err(Error::PixelCount { height, width, expected, got });
        }
        match pixels.iter().position(|p| !p.is_finite()) {
            Some(i) => {
                let (row, column) = (i / width, i % width);
                Err(Error::PixelNotFinite { row, column, value: pixels[i] })
            }
            None => Ok(Self { pixels, height, width }),
        }
    }

    /// Reduced, with a prefilter, to what a network with an input of this `[height, width]` px makes
    /// use of; `None` for a film that is small enough.
    ///
    /// # Errors
    /// [`Error::Raster`].
    pub fn reduced_for(&self, input_size: [usize; 2]) -> Result<Option<Image>, Error> {
        let size = [self.height, self.width];
        let [height, width] = reduced_size(size, input_size);
        if [height, width] == size {
            return Ok(None);
        }
        Ok(Some(reduce(&self.as_film(), height, width)?))
    }

    /// As the alignment crate takes it.
    pub(crate) fn as_film(&self) -> Film<'a> {
        let Self { pixels, height, width } = *self;
        Film { pixels, height, width, spacing_mm: None }
    }

    /// Row by row, `height * width`.
    #[must_use]
    pub fn pixels(&self) -> &'a [f32] {
        self.pixels
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }
}

/// One decoded and annotated film, owned: training data.
///
/// It is checked when it is used, so that a set of films can be put together without ceremony.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmSample {
    /// Row by row, bone bright, `height * width`.
    pub pixels: Vec<f32>,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// `[row, col]` mm per pixel where known; used to report errors in mm.
    pub spacing_mm: Option<[f64; 2]>,
    /// Centres of L1..L5 in px of this film.
    pub keypoints: VertebraKeypoints,
}

impl FilmSample {
    /// The picture without its annotation.
    ///
    /// # Errors
    /// As [`FilmPixels::new`], and [`Error::InvalidSpacing`].
    pub fn film(&self) -> Result<FilmPixels<'_>, Error> {
        match self.spacing_mm {
            Some(mm) if !mm.iter().all(|v| v.is_finite() && *v > 0.0) => {
                Err(Error::InvalidSpacing { got: mm })
            }
            _ => FilmPixels::new(&self.pixels, self.height, self.width),
        }
    }
}

impl FilmSample {
    /// The film reduced, with a prefilter, to what a network with an input of this
    /// `[height, width]` px makes use of; a film that is small enough stays as it is.
    ///
    /// Training and detection give the same as with the whole film, up to the prefilter being
    /// applied at this size, and thousands of films fit in memory.
    ///
    /// # Errors
    /// As [`FilmSample::film`].
    pub fn reduced_for(self, input_size: [usize; 2]) -> Result<Self, Error> {
        let Some(picture) = self.film()?.reduced_for(input_size)? else { return Ok(self) };
        let (size, reduced) = ([self.height, self.width], [picture.height, picture.width]);
        let map = Affine::resize(size, reduced);
        let points = self.keypoints.points().map(|p| {
            let (x, y) = map.apply((p.x, p.y));
            Keypoint { x, y, ..p }
        });
        let ratio = [0, 1].map(|i| size[i] as f64 / reduced[i] as f64);
        let spacing_mm = self.spacing_mm.map(|[row, col]| [row * ratio[0], col * ratio[1]]);
        let keypoints = VertebraKeypoints::new(points)?;
        let [height, width] = reduced;
        Ok(Self { pixels: picture.pixels, height, width, spacing_mm, keypoints })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_films_are_named_errors() {
        let film = |n: usize, h, w| FilmPixels::new(&[0.0; 64][..n], h, w).map(|_| ()).unwrap_err();
        assert_eq!(
            film(24, 3, 8).to_string(),
            "the film is 3 x 8 px, expected at least 4 px on each side"
        );
        assert_eq!(film(63, 8, 8).to_string(), "a film of 8 x 8 px has 64 pixels, got 63");
        let mut pixels = [0.0; 64];
        pixels[19] = f32::NAN;
        let error = FilmPixels::new(&pixels, 8, 8).unwrap_err().to_string();
        assert_eq!(error, "pixel (row 2, column 3) is NaN, expected a finite number");
    }

    #[test]
    fn a_reduced_film_keeps_places_in_mm() {
        let keypoints = VertebraKeypoints::from_xy([(30.2, 100.7); 5]).unwrap();
        let pixels = vec![1.0; 900 * 701];
        let film =
            FilmSample { pixels, height: 900, width: 701, spacing_mm: Some([0.2, 0.3]), keypoints };
        let small = film.clone().reduced_for([96, 64]).unwrap();
        assert_eq!([small.height, small.width], [123, 96]);
        let mm = |film: &FilmSample| {
            let (p, [row, col]) = (film.keypoints.points()[2], film.spacing_mm.unwrap());
            ((p.x + 0.5) * col, (p.y + 0.5) * row)
        };
        let ((x, y), (x0, y0)) = (mm(&small), mm(&film));
        assert!((x - x0).abs() < 1e-9 && (y - y0).abs() < 1e-9);
        assert_eq!(small.clone().reduced_for([96, 64]).unwrap(), small);
    }
}
