//! Vertebra masks, drawn as outlines or as pictures.

use crate::{Alignment, Error};
use vertebra_keypoints::Level;
use vertebra_raster::{Image, polygon_coverage, resample};

/// Where the vertebrae are on a film; each level may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct VertebraMasks {
    masks: [Option<Mask>; 5],
}

#[derive(Debug, Clone, PartialEq)]
enum Mask {
    Outline(Vec<(f64, f64)>),
    Picture(Image),
}

impl VertebraMasks {
    /// Outlines of L1..L5 in px of the original film.
    ///
    /// # Errors
    /// [`Error::ShortOutline`]; [`Error::InvalidValue`] for a coordinate that is not finite.
    pub fn from_polygons(polygons: [Option<Vec<(f64, f64)>>; 5]) -> Result<Self, Error> {
        for (level, polygon) in Level::ALL.into_iter().zip(&polygons) {
            let Some(polygon) = polygon else { continue };
            if polygon.len() < 3 {
                return Err(Error::ShortOutline { level, got: polygon.len() });
            }
            let numbers = polygon.iter().flat_map(|p| [p.0, p.1]);
            if let Some(got) = numbers.into_iter().find(|v| !v.is_finite()) {
                let (name, expected) = ("an outline", "finite coordinates");
                return Err(Error::InvalidValue { name, expected, got });
            }
        }
        Ok(Self { masks: polygons.map(|polygon| polygon.map(Mask::Outline)) })
    }

    /// Pictures of the film's size, 1 inside the vertebra and 0 outside.
    ///
    /// # Errors
    /// [`Error::Raster`] for a wrong number of pixels; [`Error::InvalidValue`] for values outside
    /// `[0, 1]`. That the size is the film's is checked where the film is known, see
    /// [`VertebraMasks::check_size`].
    pub fn from_images(images: [Option<Image>; 5]) -> Result<Self, Error> {
        for image in images.iter().flatten() {
            image.as_film().check()?;
            if let Some(&value) = image.pixels.iter().find(|v| !(0.0..=1.0).contains(*v)) {
                let (name, expected) = ("a mask", "values in [0, 1]");
                return Err(Error::InvalidValue { name, expected, got: value.into() });
            }
        }
        Ok(Self { masks: images.map(|image| image.map(Mask::Picture)) })
    }

    /// Checks that every mask that is a picture has the film's `[height, width]`.
    ///
    /// # Errors
    /// [`Error::MaskSize`].
    pub fn check_size(&self, film: [usize; 2]) -> Result<(), Error> {
        for (level, mask) in Level::ALL.into_iter().zip(&self.masks) {
            if let Some(Mask::Picture(picture)) = mask
                && picture.size() != film
            {
                return Err(Error::MaskSize { level, expected: film, got: picture.size() });
            }
        }
        Ok(())
    }

    /// Share of each canonical pixel that lies inside the vertebrae `levels`, in `[0, 1]`.
    pub(crate) fn coverage(
        &self,
        levels: &[Level],
        alignment: &Alignment,
        size: usize,
    ) -> Result<Vec<f32>, Error> {
        let mut total = vec![0.0_f32; size * size];
        for &level in levels {
            let mask = self.masks[level.index()].as_ref().ok_or(Error::MissingMask { level })?;
            let coverage = match mask {
                Mask::Outline(outline) => {
                    let mapped: Vec<_> =
                        outline.iter().map(|&p| alignment.to_canonical(p)).collect();
                    polygon_coverage(&mapped, size, size)
                }
                Mask::Picture(picture) => {
                    resample(&picture.as_film(), alignment.affine(), size, size)?.pixels
                }
            };
            total.iter_mut().zip(coverage).for_each(|(sum, c)| *sum = (*sum + c).min(1.0));
        }
        Ok(total)
    }
}
