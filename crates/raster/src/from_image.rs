//! Grey pictures of the crate `image`, borrowed as films and made from pictures (feature `image`).

use crate::{Error, Film, Image};
use image::{ImageBuffer, Luma, Primitive};
use std::ops::Deref;

/// The same pixels, borrowed, with no pixel spacing; set `spacing_mm` where it is known.
///
/// # Examples
/// ```
/// use vertebra_raster::{Film, image};
/// let picture = image::GrayImage::from_fn(3, 2, |x, y| image::Luma([(10 * y + x) as u8]));
/// let film = Film { spacing_mm: Some([0.2, 0.2]), ..Film::from(&picture) };
/// assert_eq!((film.size(), film.pixels[5]), ([2, 3], 12));
/// ```
impl<'a, S, C> From<&'a ImageBuffer<Luma<S>, C>> for Film<'a, S>
where
    S: Primitive,
    Luma<S>: image::Pixel<Subpixel = S>,
    C: Deref<Target = [S]>,
{
    fn from(picture: &'a ImageBuffer<Luma<S>, C>) -> Self {
        let [height, width] = [picture.height(), picture.width()].map(|n| n as usize);
        // A buffer may be longer than its picture.
        let pixels = &picture.as_raw()[..height * width];
        Self { pixels, height, width, spacing_mm: None }
    }
}

/// The same pixels, without a copy.
///
/// # Errors
/// [`Error::PixelCount`], or [`Error::InvalidSetting`] for a side beyond `u32`.
impl<S> TryFrom<Image<S>> for ImageBuffer<Luma<S>, Vec<S>>
where
    S: Primitive,
    Luma<S>: image::Pixel<Subpixel = S>,
{
    type Error = Error;

    fn try_from(picture: Image<S>) -> Result<Self, Error> {
        picture.as_film().check()?;
        let side = |name, n: usize| {
            u32::try_from(n).map_err(|_| Error::setting(name, "a number below 2^32", n))
        };
        let (height, width) = (side("height", picture.height)?, side("width", picture.width)?);
        let got = picture.pixels.len();
        Self::from_raw(width, height, picture.pixels).ok_or(Error::PixelCount {
            name: "a picture",
            height: height as usize,
            width: width as usize,
            got,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_goes_there_and_back() {
        let picture = Image { pixels: (0..12_u16).collect(), height: 3, width: 4 };
        let made = ImageBuffer::<Luma<u16>, _>::try_from(picture.clone()).unwrap();
        assert_eq!((made.height(), made.get_pixel(1, 2).0), (3, [9]));
        let film = Film::from(&made);
        assert_eq!((film.size(), film.pixels), (picture.size(), &picture.pixels[..]));
    }

    #[test]
    fn what_lies_behind_a_picture_in_its_buffer_is_no_part_of_the_film() {
        let buffer: Vec<u8> = (0..9).collect();
        let picture = ImageBuffer::<Luma<u8>, _>::from_raw(2, 3, buffer).unwrap();
        assert_eq!(Film::from(&picture).pixels, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_picture_without_all_its_pixels_is_refused() {
        let picture = Image { pixels: vec![0.0_f32; 5], height: 2, width: 3 };
        let error = ImageBuffer::<Luma<f32>, _>::try_from(picture).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::PixelCount { got: 5, .. }));
    }
}
