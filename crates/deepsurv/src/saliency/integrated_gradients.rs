//! Integrated gradients: the slope at every pixel on the way from grey to the picture.

use super::{Saliency, SaliencyMethod, check_subject};
use crate::task::to_host;
use crate::{
    EncoderSettings, Error, RiskInputs, RiskModel,
    network::RiskBatch,
    preprocessing::{Standardised, as_it_is},
};
use burn::{module::Module, tensor::Tensor};

/// Pictures on the way that go through the network at once.
const AT_ONCE: usize = 8;

/// Integrated gradients of the log hazard for one subject, by the midpoint rule in `steps` steps:
/// `(x - g) / steps * sum_k dh/dx at g + (k + 1/2) / steps (x - g)`, with `g` the mean grey of the
/// training images.
///
/// The whole map sums to `h(x) - h(g)`, up to the error of the rule: 32 steps are usually enough.
///
/// # Errors
/// As [`grad_cam`](super::grad_cam), and [`Error::InvalidSetting`] for no steps.
pub fn integrated_gradients<E: EncoderSettings>(
    model: &RiskModel<E>,
    subject: &RiskInputs,
    steps: usize,
) -> Result<Saliency, Error> {
    let [_, height, width] = check_subject(model, subject)?;
    if steps == 0 {
        return Err(Error::invalid("steps of integrated gradients", "at least one", steps));
    }
    let batch =
        Standardised::new(model.preprocessing(), subject).batch(&[0], as_it_is)?.on(model.device());
    // Standardised: the mean grey is 0.
    let picture = batch.images.ok_or(Error::MissingImages)?;
    let places: Vec<f64> = (0..steps).map(|k| (k as f64 + 0.5) / steps as f64).collect();
    let mut sum = picture.zeros_like();
    for places in places.chunks(AT_ONCE) {
        let images = Tensor::cat(places.iter().map(|p| picture.clone() * *p).collect(), 0);
        let rows = |row: &Option<Tensor<2>>| row.clone().map(|row| row.repeat_dim(0, places.len()));
        let (covariates, present) = (rows(&batch.covariates), rows(&batch.present));
        let slopes = slopes(model, RiskBatch { images: Some(images), covariates, present })?;
        sum = sum + slopes.sum_dim(0);
    }
    let map = to_host(picture * sum * (model.factor() / steps as f64))?;
    let map: Vec<f32> = map.into_iter().map(|v| v as f32).collect();
    let maps = map.chunks(height * width).map(<[f32]>::to_vec).collect();
    Saliency::new(SaliencyMethod::IntegratedGradients, [height, width], maps)
}

/// The slope of the network's output at every pixel, for each subject of a batch.
fn slopes<E: EncoderSettings>(model: &RiskModel<E>, batch: RiskBatch) -> Result<Tensor<5>, Error> {
    let batch = batch.autodiff();
    let images = batch.images.clone().ok_or(Error::MissingImages)?.require_grad();
    let network = model.network().clone().fork(&images.device());
    let batch = RiskBatch { images: Some(images.clone()), ..batch };
    let gradients = network.forward(batch, None)?.sum().backward();
    images.grad(&gradients).ok_or(Error::MissingImages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageSet;
    use crate::saliency::tests::model_and_subject;

    /// Completeness (Sundararajan et al., proposition 1).
    #[test]
    fn the_map_sums_to_the_log_hazard_less_that_of_a_grey_picture() {
        let (model, subject) = model_and_subject();
        let grey = vec![model.preprocessing().pixel_mean as f32; 2 * 24 * 24];
        let grey = RiskInputs::from_images(ImageSet::new(grey, [2, 24, 24]).unwrap());
        let h = |inputs: &RiskInputs| model.log_hazard(inputs).unwrap()[0];
        let expected = h(&subject) - h(&grey);
        let sum = |steps: usize| -> f64 {
            let map = integrated_gradients(&model, &subject, steps).unwrap();
            map.mass_per_image().iter().map(|m| m.positive + m.negative).sum()
        };
        let (coarse, fine) = ((sum(1) - expected).abs(), (sum(100) - expected).abs());
        assert!(fine < 0.01 * expected.abs(), "{fine} of {expected}");
        assert!(fine < coarse, "{fine} {coarse}");
        let none = integrated_gradients(&model, &subject, 0);
        assert!(matches!(none, Err(Error::InvalidSetting { .. })));
    }
}
