//! Arrays `[height, width]` of the crate `ndarray`, borrowed as films and made from pictures
//! (feature `ndarray`).

use crate::{Error, Film, Image};
use ndarray::{Array2, ArrayView2};

/// The same pixels, borrowed, with no pixel spacing; set `spacing_mm` where it is known.
///
/// # Errors
/// [`Error::InvalidSetting`] for a view whose rows do not lie one after another, as a transposed or
/// a cut one; [`Image::from`] copies such a view's array.
///
/// # Examples
/// ```
/// use vertebra_raster::{Film, ndarray::Array2};
/// let array = Array2::from_shape_fn((2, 3), |(y, x)| (10 * y + x) as f32);
/// assert_eq!(Film::try_from(array.view())?.pixels[5], 12.0);
/// assert!(Film::try_from(array.t()).is_err());
/// # Ok::<(), vertebra_raster::Error>(())
/// ```
impl<'a, S> TryFrom<ArrayView2<'a, S>> for Film<'a, S> {
    type Error = Error;

    fn try_from(view: ArrayView2<'a, S>) -> Result<Self, Error> {
        let (height, width) = view.dim();
        let expected = "rows one after another in memory";
        let pixels = view.to_slice().ok_or_else(|| {
            Error::setting("the array of a film", expected, format!("strides {:?}", view.strides()))
        })?;
        Ok(Self { pixels, height, width, spacing_mm: None })
    }
}

/// The pixels row by row, whatever the array's order in memory.
impl<S: Clone> From<ArrayView2<'_, S>> for Image<S> {
    fn from(view: ArrayView2<'_, S>) -> Self {
        let (height, width) = view.dim();
        Self { pixels: view.iter().cloned().collect(), height, width }
    }
}

/// The same pixels, without a copy.
///
/// # Errors
/// [`Error::PixelCount`].
impl<S> TryFrom<Image<S>> for Array2<S> {
    type Error = Error;

    fn try_from(picture: Image<S>) -> Result<Self, Error> {
        let Image { pixels, height, width } = picture;
        let got = pixels.len();
        let error = Error::PixelCount { name: "a picture", height, width, got };
        Self::from_shape_vec((height, width), pixels).map_err(|_| error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_goes_there_and_back() {
        let picture = Image { pixels: (0..12_u8).collect(), height: 3, width: 4 };
        let array = Array2::try_from(picture.clone()).unwrap();
        assert_eq!((array.dim(), array[(2, 1)]), ((3, 4), 9));
        assert_eq!(Film::try_from(array.view()).unwrap().pixels, picture.pixels);
        assert_eq!(Image::from(array.view()), picture);
    }

    #[test]
    fn a_transposed_array_is_copied_row_by_row() {
        let array = Array2::from_shape_vec((2, 3), vec![1, 2, 3, 4, 5, 6]).unwrap();
        let image = Image::from(array.t());
        assert_eq!((image.size(), image.pixels), ([3, 2], vec![1, 4, 2, 5, 3, 6]));
        let error = Film::try_from(array.t()).unwrap_err().to_string();
        assert!(error.contains("rows one after another") && error.contains("[1, 3]"), "{error}");
    }

    #[test]
    fn a_picture_without_all_its_pixels_is_refused() {
        let picture = Image { pixels: vec![0.0_f32; 5], height: 2, width: 3 };
        let error = Array2::try_from(picture).unwrap_err();
        assert!(matches!(error, Error::PixelCount { got: 5, .. }));
    }
}
