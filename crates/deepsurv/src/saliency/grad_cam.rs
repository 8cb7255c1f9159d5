//! Grad-CAM: the last feature maps, weighted by the slope of the log hazard.

use super::{Saliency, SaliencyMethod, check_subject};
use crate::{
    EncoderSettings, Error, RiskInputs, RiskModel,
    preprocessing::{Standardised, as_it_is},
    task::to_host,
};
use burn::module::Module;

/// Grad-CAM of the log hazard for one subject.
///
/// # Errors
/// [`Error::SubjectCount`] unless `subject` holds one; [`Error::MissingImages`] for a model
/// without images; inputs that are not what the model reads; [`Error::UndefinedMap`] where nothing
/// in the images moves the log hazard.
pub fn grad_cam<E: EncoderSettings>(
    model: &RiskModel<E>,
    subject: &RiskInputs,
) -> Result<Saliency, Error> {
    let [_, height, width] = check_subject(model, subject)?;
    let device = model.device();
    let batch = Standardised::new(model.preprocessing(), subject).batch(&[0], as_it_is)?.on(device);
    let images = batch.images.clone();
    let maps = model.network().features(images).ok_or(Error::MissingImages)?;
    // The graph is cut here: the feature maps become its leaf.
    let maps = maps.autodiff().require_grad();
    let network = model.network().clone().fork(&maps.device());
    let gradients = network.head(Some(maps.clone()), batch.autodiff(), None)?.sum().backward();
    let Some(slope) = maps.grad(&gradients) else { return Err(Error::MissingImages) };
    let maps = maps.without_autodiff();
    let [_, images, features, h, w] = maps.dims();
    let slope = slope * model.factor();
    let weights = slope.reshape([images, features, h * w]).mean_dim(2);
    let coarse = (maps.reshape([images, features, h * w]) * weights).sum_dim(1);
    let coarse: Vec<f32> = to_host(coarse)?.into_iter().map(|v| v as f32).collect();
    let maps = coarse.chunks(h * w).map(|map| enlarged(map, [h, w], [height, width])).collect();
    Saliency::new(SaliencyMethod::GradCam, [height, width], maps)
}

/// Bilinear enlargement; the outermost values are continued to the border.
fn enlarged(map: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    let taps = |axis: usize| -> Vec<(usize, usize, f32)> {
        let (small, large) = (from[axis], to[axis]);
        let position = |i: usize| (i as f32 + 0.5) * small as f32 / large as f32 - 0.5;
        let tap = |i: usize| {
            let inside = position(i).clamp(0.0, (small - 1) as f32);
            let first = inside.floor() as usize;
            (first, (first + 1).min(small - 1), inside - first as f32)
        };
        (0..large).map(tap).collect()
    };
    let (rows, columns) = (taps(0), taps(1));
    let at = |y: usize, x: usize| map[y * from[1] + x];
    rows.iter()
        .flat_map(|&(y0, y1, wy)| {
            columns.iter().map(move |&(x0, x1, wx)| {
                let upper = at(y0, x0) + wx * (at(y0, x1) - at(y0, x0));
                let lower = at(y1, x0) + wx * (at(y1, x1) - at(y1, x0));
                upper + wy * (lower - upper)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saliency::tests::model_and_subject;

    /// With mean pooling and a linear head Grad-CAM decomposes the log hazard: its mean over the
    /// coarse map is the image's share of it (Zhou et al., CVPR 2016), up to the number of pixels.
    #[test]
    fn grad_cam_of_a_linear_head_is_its_class_activation_map() {
        let (model, subject) = model_and_subject();
        let sum: f64 = grad_cam(&model, &subject)
            .unwrap()
            .mass_per_image()
            .iter()
            .map(|m| m.positive + m.negative)
            .sum();
        let log_hazard = model.log_hazard(&subject).unwrap()[0] + model.center();
        // 6 x 6 feature maps, weights divided by the number of positions and of images.
        let share = sum / (24.0 * 24.0) * 36.0;
        assert!((share / log_hazard - 1.0).abs() < 1e-3, "{share} {log_hazard}");
    }

    #[test]
    fn enlarging_keeps_constants_and_the_mean() {
        assert!(enlarged(&[2.0; 6], [2, 3], [8, 12]).iter().all(|v| *v == 2.0));
        let mean = enlarged(&[1.0, 2.0, 3.0, 6.0], [2, 2], [16, 16]).iter().sum::<f32>() / 256.0;
        assert!((mean - 3.0).abs() < 1e-5, "{mean}");
    }
}
