//! From natural units to what the network sees, with the constants learnt on the training set.
use crate::{Error, RiskInputs, RiskModelConfig, network::RiskBatch};
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
    /// Mean of all pixels, 0 without images.
    pub pixel_mean: f64,
    /// Standard deviation of all pixels, 1 without images.
    pub pixel_sd: f64,
}

impl Preprocessing {
    /// Learns the constants from the training subjects.
    ///
    /// # Errors
    /// As [`check_inputs`].
    pub(crate) fn fit(config: &RiskModelConfig, inputs: &RiskInputs) -> Result<Self, Error> {
        check_inputs(config, inputs)?;
        let (means, sds) = (0..config.covariates.len())
            .map(|c| location_scale(inputs.covariates().iter().map(|row| f64::from(row[c]))))
            .unzip();
        let (pixel_mean, pixel_sd) = inputs.images().map_or((0.0, 1.0), |images| {
            location_scale(images.pixels().iter().map(|&p| f64::from(p)))
        });
        Ok(Self { means, sds, pixel_mean, pixel_sd })
    }

    /// Leaves `n_covariates` covariates as they are.
    pub(crate) fn identity(n_covariates: usize) -> Self {
        let (means, sds) = (vec![0.0; n_covariates], vec![1.0; n_covariates]);
        Self { means, sds, pixel_mean: 0.0, pixel_sd: 1.0 }
    }

    /// Standardised tensors of the subjects at `subjects`; pixels come from `image_of`.
    pub(crate) fn batch<'a>(
        &self,
        inputs: &'a RiskInputs,
        subjects: &[usize],
        device: &Device,
        mut image_of: impl FnMut(usize, &'a [f32], &mut Vec<f32>),
    ) -> RiskBatch {
        let covariates = (!self.means.is_empty()).then(|| {
            let values = self.covariates(inputs, subjects);
            Tensor::from_data(TensorData::new(values, [subjects.len(), self.means.len()]), device)
        });
        let images = inputs.images().map(|images| {
            let [per_subject, height, width] = images.shape();
            let mut pixels = Vec::with_capacity(subjects.len() * per_subject * height * width);
            subjects.iter().for_each(|&s| image_of(s, images.of_subject(s), &mut pixels));
            self.standardise_pixels(&mut pixels);
            let shape = [subjects.len(), per_subject, 1, height, width];
            Tensor::from_data(TensorData::new(pixels, shape), device)
        });
        RiskBatch { covariates, images }
    }

    /// Standardised covariates of the subjects at `subjects`, row by row.
    pub(crate) fn covariates(&self, inputs: &RiskInputs, subjects: &[usize]) -> Vec<f32> {
        subjects.iter().flat_map(|&s| self.standardised(&inputs.covariates()[s])).collect()
    }

    /// Standardised pixels of the subjects at `subjects`, none without images.
    pub(crate) fn pixels(&self, inputs: &RiskInputs, subjects: &[usize]) -> Vec<f32> {
        let Some(images) = inputs.images() else { return Vec::new() };
        let mut pixels: Vec<f32> =
            subjects.iter().flat_map(|&s| images.of_subject(s)).copied().collect();
        self.standardise_pixels(&mut pixels);
        pixels
    }

    fn standardise_pixels(&self, pixels: &mut [f32]) {
        let (mean, scale) = (self.pixel_mean as f32, (1.0 / self.pixel_sd) as f32);
        pixels.iter_mut().for_each(|p| *p = (*p - mean) * scale);
    }

    fn standardised<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        let constants = self.means.iter().zip(&self.sds);
        row.iter().zip(constants).map(|(&x, (mean, sd))| ((f64::from(x) - mean) / sd) as f32)
    }
}

/// Checks once that `inputs` are what a model of this configuration reads.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::CovariateNotFinite`], [`Error::MissingImages`],
/// [`Error::UnexpectedImages`] or [`Error::ImageShape`].
pub(crate) fn check_inputs(config: &RiskModelConfig, inputs: &RiskInputs) -> Result<(), Error> {
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
        (Some(_), Some(_)) => Ok(()),
    }
}

/// Mean and standard deviation (divisor n); the deviation is 1 where it would be 0.
fn location_scale(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let (n, sum) = values.clone().fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x));
    let mean = if n > 0.0 { sum / n } else { 0.0 };
    let squares: f64 = values.map(|x| (x - mean) * (x - mean)).sum();
    let sd = if n > 0.0 { (squares / n).sqrt() } else { 0.0 };
    // A spread that is only rounding noise of the mean is no spread.
    (mean, if sd > 1e-7 * mean.abs() { sd } else { 1.0 })
}
