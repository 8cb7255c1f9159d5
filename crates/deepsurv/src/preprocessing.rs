//! From natural units to what the network sees, with the constants learnt on the training set.
use crate::{Error, ImageSet, RiskInputs, RiskModelConfig, network::RiskBatch};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// Location and scale of every covariate and of the pixels, over the training subjects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive] // only a trainer makes one
pub struct Preprocessing {
    /// Mean of each covariate.
    pub means: Vec<f64>,
    /// Standard deviation (divisor n) of each covariate; 1 where the covariate is constant.
    pub sds: Vec<f64>,
    /// Mean of all pixels of the images that are there, 0 without images.
    pub pixel_mean: f64,
    /// Standard deviation of these pixels, 1 without images.
    pub pixel_sd: f64,
}

impl Preprocessing {
    /// Learns the constants from the training subjects.
    ///
    /// # Errors
    /// As [`check_inputs`]; images that cannot be read.
    pub(crate) fn fit<E>(config: &RiskModelConfig<E>, inputs: &RiskInputs) -> Result<Self, Error> {
        check_inputs(config, inputs)?;
        let (means, sds) = (0..config.covariates.len())
            .map(|c| location_scale(inputs.covariates().iter().map(|row| f64::from(row[c]))))
            .unzip();
        let (pixel_mean, pixel_sd) = match inputs.images() {
            Some(images) => of_pixels(images)?,
            None => (0.0, 1.0),
        };
        Ok(Self { means, sds, pixel_mean, pixel_sd })
    }

    /// Leaves `n_covariates` covariates as they are.
    pub(crate) fn identity(n_covariates: usize) -> Self {
        let (means, sds) = (vec![0.0; n_covariates], vec![1.0; n_covariates]);
        Self { means, sds, pixel_mean: 0.0, pixel_sd: 1.0 }
    }

    /// Standardised covariates of one subject.
    pub(crate) fn standardised<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        let constants = self.means.iter().zip(&self.sds);
        row.iter().zip(constants).map(|(&x, (mean, sd))| ((f64::from(x) - mean) / sd) as f32)
    }
}

/// Inputs as a network sees them: covariates standardised once, pixels as they are asked for.
#[derive(Debug)]
pub(crate) struct Standardised<'a> {
    constants: &'a Preprocessing,
    images: Option<&'a ImageSet>,
    /// `[n, covariates]`, in one piece: batches take rows from everywhere.
    covariates: Vec<f32>,
}

impl<'a> Standardised<'a> {
    pub(crate) fn new(constants: &'a Preprocessing, inputs: &'a RiskInputs) -> Self {
        let n_values = inputs.n_subjects() * constants.means.len();
        let mut covariates = Vec::with_capacity(n_values);
        for row in inputs.covariates() {
            covariates.extend(constants.standardised(row));
        }
        Self { constants, images: inputs.images(), covariates }
    }

    pub(crate) fn images(&self) -> Option<&'a ImageSet> {
        self.images
    }

    /// The inputs of the subjects at `subjects`; pixels come from `image_of`.
    ///
    /// # Errors
    /// Images that cannot be read.
    pub(crate) fn batch(
        &self,
        subjects: &[usize],
        mut image_of: impl FnMut(usize, &[f32], &mut Vec<f32>),
    ) -> Result<HostBatch, Error> {
        let (n, width) = (subjects.len(), self.constants.means.len());
        let covariates =
            (width > 0).then(|| TensorData::new(self.covariates(subjects), [n, width]));
        let images = self.images.map(|images| {
            let pixels = self.standardised_pixels(images, subjects, &mut image_of)?;
            let [per_subject, height, width] = images.shape();
            Ok::<_, Error>(TensorData::new(pixels, [n, per_subject, 1, height, width]))
        });
        let present = self.images.and_then(|images| {
            Some(TensorData::new(present(images, subjects)?, [n, images.shape()[0]]))
        });
        Ok(HostBatch { covariates, images: images.transpose()?, present })
    }

    /// Covariates of the subjects at `subjects`, row by row.
    pub(crate) fn covariates(&self, subjects: &[usize]) -> Vec<f32> {
        let width = self.constants.means.len();
        let mut values = Vec::with_capacity(subjects.len() * width);
        for &subject in subjects {
            values.extend_from_slice(&self.covariates[subject * width..][..width]);
        }
        values
    }

    /// Pixels of the subjects at `subjects`, none without images.
    ///
    /// # Errors
    /// Images that cannot be read.
    pub(crate) fn pixels(&self, subjects: &[usize]) -> Result<Vec<f32>, Error> {
        let Some(images) = self.images else { return Ok(Vec::new()) };
        self.standardised_pixels(images, subjects, &mut as_it_is)
    }

    fn standardised_pixels(
        &self,
        images: &ImageSet,
        subjects: &[usize],
        image_of: &mut impl FnMut(usize, &[f32], &mut Vec<f32>),
    ) -> Result<Vec<f32>, Error> {
        let mut pixels = Vec::with_capacity(subjects.len() * images.per_subject());
        for &subject in subjects {
            image_of(subject, &images.of_subject(subject)?, &mut pixels);
        }
        let (mean, scale) =
            (self.constants.pixel_mean as f32, (1.0 / self.constants.pixel_sd) as f32);
        let missing = subjects.iter().filter_map(|&subject| images.missing_of(subject)).flatten();
        for (image, _) in
            pixels.chunks_exact_mut(images.per_image()).zip(missing).filter(|(_, m)| **m)
        {
            image.fill(mean);
        }
        pixels.iter_mut().for_each(|p| *p = (*p - mean) * scale);
        Ok(pixels)
    }
}

/// What a network reads of some subjects, in the processor's memory.
#[derive(Debug)]
pub(crate) struct HostBatch {
    covariates: Option<TensorData>,
    images: Option<TensorData>,
    present: Option<TensorData>,
}

impl HostBatch {
    pub(crate) fn on(self, device: &Device) -> RiskBatch {
        RiskBatch {
            covariates: self.covariates.map(|data| Tensor::from_data(data, device)),
            images: self.images.map(|data| Tensor::from_data(data, device)),
            present: self.present.map(|data| Tensor::from_data(data, device)),
        }
    }
}

/// Checks once that `inputs` are what a model of this configuration reads.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::CovariateNotFinite`], [`Error::MissingImages`],
/// [`Error::UnexpectedImages`], [`Error::ImageShape`] or [`Error::ImageMissing`].
pub(crate) fn check_inputs<E>(
    config: &RiskModelConfig<E>,
    inputs: &RiskInputs,
) -> Result<(), Error> {
    let (expected, got) = (config.covariates.len(), inputs.n_covariates());
    if expected != got {
        let (name, unit) = ("the inputs", "covariates");
        return Err(Error::LengthMismatch { name, unit, expected, got });
    }
    for (subject, row) in inputs.covariates().iter().enumerate() {
        if let Some(c) = row.iter().position(|x| !x.is_finite()) {
            let (name, value) = (config.covariates[c].clone(), row[c]);
            return Err(Error::CovariateNotFinite { name, subject, value });
        }
    }
    match (&config.image, inputs.images()) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(Error::MissingImages),
        (None, Some(_)) => Err(Error::UnexpectedImages),
        (Some(want), Some(got)) if want.shape != got.shape() => {
            Err(Error::ImageShape { expected: want.shape, got: got.shape() })
        }
        (Some(want), Some(got)) if !want.missing_images => all_there(got),
        (Some(_), Some(_)) => Ok(()),
    }
}

fn all_there(images: &ImageSet) -> Result<(), Error> {
    let missing = (0..images.n_subjects()).filter_map(|s| Some((s, images.missing_of(s)?)));
    for (subject, missing) in missing {
        if let Some(image) = missing.iter().position(|&missing| missing) {
            return Err(Error::ImageMissing { subject, image });
        }
    }
    Ok(())
}

/// 1 for each image of the subjects at `subjects` that is there and 0 for one that is missing; `None`
/// where the set has no missing image.
pub(crate) fn present(images: &ImageSet, subjects: &[usize]) -> Option<Vec<f32>> {
    let missing = subjects.iter().map(|&subject| images.missing_of(subject));
    let missing: Option<Vec<&[bool]>> = missing.collect();
    Some(missing?.concat().into_iter().map(|missing| if missing { 0.0 } else { 1.0 }).collect())
}

/// Takes a subject's images into a batch as they are.
pub(crate) fn as_it_is(_: usize, images: &[f32], out: &mut Vec<f32>) {
    out.extend_from_slice(images);
}

/// Mean and standard deviation of all pixels that are there, which are read twice.
fn of_pixels(images: &ImageSet) -> Result<(f64, f64), Error> {
    let there: usize = (0..images.n_subjects()).map(|subject| images.n_there(subject)).sum();
    let n = (there * images.per_image()) as f64;
    let sum = folded(images, |sum, x| sum + x)?;
    let mean = if n > 0.0 { sum / n } else { 0.0 };
    let squares = folded(images, |sum, x| sum + (x - mean) * (x - mean))?;
    Ok((mean, deviation(mean, squares, n)))
}

/// A sum over all pixels that are there, in their order.
fn folded(images: &ImageSet, add: impl Fn(f64, f64) -> f64) -> Result<f64, Error> {
    (0..images.n_subjects()).try_fold(0.0, |sum, subject| {
        let pixels = images.there(subject)?;
        Ok(pixels.iter().fold(sum, |sum, &p| add(sum, f64::from(p))))
    })
}

/// Mean and standard deviation (divisor n).
fn location_scale(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let (n, sum) = values.clone().fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x));
    let mean = if n > 0.0 { sum / n } else { 0.0 };
    (mean, deviation(mean, values.map(|x| (x - mean) * (x - mean)).sum(), n))
}

/// The standard deviation of `n` values, 1 where it would be 0.
fn deviation(mean: f64, squares: f64, n: f64) -> f64 {
    let sd = if n > 0.0 { (squares / n).sqrt() } else { 0.0 };
    // A spread that is only rounding noise of the mean is no spread.
    if sd > 1e-7 * mean.abs() { sd } else { 1.0 }
}
