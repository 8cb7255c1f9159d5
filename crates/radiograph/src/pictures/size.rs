//! Pictures of another size than their film.

use crate::Error;
use std::str::FromStr;
use vertebra_raster::{Affine, Film, Image, reduce, resample};

/// Pixels of the largest picture, so that a slip of the keyboard does not take all memory.
const MOST: usize = 1 << 27;

/// The size of a picture: as text, `512` or `480x640`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PictureSize {
    /// The longer side has so many pixels; the shape stays.
    Longest(usize),
    /// This height and width, whatever the shape.
    Exact {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
}

impl PictureSize {
    /// Height and width of the picture of a film.
    #[must_use]
    pub fn of(self, [height, width]: [usize; 2]) -> [usize; 2] {
        match self {
            Self::Exact { height, width } => [height, width],
            Self::Longest(longest) => {
                let longer = height.max(width).max(1) as f64;
                let side = |n: usize| (n as f64 * longest as f64 / longer).round() as usize;
                [side(height), side(width)].map(|n| n.max(longest.min(1)))
            }
        }
    }

    /// The film in this size, without aliasing: each pixel the mean of what it covers where the
    /// picture is smaller, bilinear where it is larger. Points move by [`Affine::resize`].
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for a size of 0 or of more than 2^27 pixels, [`Error::Raster`] for a
    /// film without its pixels.
    pub fn apply(self, film: Film<'_>) -> Result<Image, Error> {
        let [height, width] = self.of([film.height, film.width]);
        if height == 0 || width == 0 || height.saturating_mul(width) > MOST {
            let got = format!("{height} x {width}");
            return Err(Error::invalid("size of the picture", "1 to 2^27 pixels", got));
        }
        if height <= film.height && width <= film.width {
            return Ok(reduce(&film, height, width)?);
        }
        let map = Affine::resize([film.height, film.width], [height, width]);
        Ok(resample(&film, &map, height, width)?)
    }
}

impl FromStr for PictureSize {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let number = |text: &str| text.parse::<usize>().ok().filter(|n| *n > 0);
        let size = match text.split_once('x') {
            Some((height, width)) => number(height)
                .zip(number(width))
                .map(|(height, width)| Self::Exact { height, width }),
            None => number(text).map(Self::Longest),
        };
        size.ok_or_else(|| {
            Error::invalid("size of the picture", "LONGEST or HEIGHTxWIDTH in pixels", text)
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_side_or_both() {
        let size = |text: &str| text.parse::<PictureSize>().map(|size| size.of([2140, 1760]));
        assert_eq!(size("512").unwrap(), [512, 421]);
        assert_eq!(size("10x30").unwrap(), [10, 30]);
        assert_eq!("3".parse::<PictureSize>().unwrap().of([1, 1000]), [1, 3]);
        for bad in ["", "0", "0x3", "3x", "-1", "1x2x3"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_constant_film_stays_constant() {
        let film = Film { pixels: &[0.25; 12], height: 3, width: 4, spacing_mm: None };
        for size in ["2", "7", "9x2", "4x4"] {
            let picture = size.parse::<PictureSize>().unwrap().apply(film).unwrap();
            assert!(picture.pixels.iter().all(|v| (v - 0.25).abs() < 1e-6), "{size}: {picture:?}");
        }
        assert!(PictureSize::Longest(1 << 20).apply(film).is_err());
    }
}
