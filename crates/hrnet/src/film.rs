use crate::{Error, HrnetConfig};
use vertebra_keypoints::VertebraKeypoints;

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
    /// As [`FilmPixels::new`], and [`Error::Spacing`].
    pub fn film(&self) -> Result<FilmPixels<'_>, Error> {
        match self.spacing_mm {
            Some(mm) if !mm.iter().all(|v| v.is_finite() && *v > 0.0) => Err(Error::Spacing(mm)),
            _ => FilmPixels::new(&self.pixels, self.height, self.width),
        }
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
}
