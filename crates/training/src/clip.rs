//! Clipping by the norm of the whole gradient; burn's own clips each tensor alone.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// Scales `gradients` so that their joint Euclidean norm is at most `max_norm`; returns the norm
/// before, one value where the gradients are (Pascanu et al., ICML 2013), or `None` without
/// gradients. Nothing waits for a device. After a norm that is not finite the gradients are worth
/// nothing.
///
/// # Shapes
/// Any; every gradient of a parameter of `model` takes part.
pub fn clip_global_norm<M: Module>(
    model: &M,
    gradients: &mut GradientsParams,
    max_norm: f64,
) -> Option<Tensor<1>> {
    let mut squares = SumOfSquares { gradients, sum: None };
    model.visit(&mut squares);
    let norm = squares.sum?.sqrt();
    // Exactly 1 below the limit, and nothing is divided by 0.
    let factor = Tensor::full([1], max_norm, &norm.device()) / norm.clone().clamp_min(max_norm);
    model.visit(&mut Scale { gradients, factor });
    Some(norm)
}

struct SumOfSquares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SumOfSquares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let square = gradient.square().sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factor: Tensor<1>,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            let factor = self.factor.clone().reshape([1; D]);
            self.gradients.register(param.id, gradient * factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    fn gradients_of_norm_five() -> (Linear, GradientsParams) {
        let device = Device::default();
        let linear = LinearConfig::new(1, 1).init(&device);
        let mut gradients = GradientsParams::new();
        gradients.register(linear.weight.id, Tensor::<2>::from_floats([[3.0]], &device));
        let bias = linear.bias.as_ref().unwrap().id;
        gradients.register(bias, Tensor::<1>::from_floats([-4.0], &device));
        (linear, gradients)
    }

    fn values(linear: &Linear, gradients: &GradientsParams) -> [f32; 2] {
        let weight = gradients.get::<2>(linear.weight.id).unwrap().into_scalar();
        [weight, gradients.get::<1>(linear.bias.as_ref().unwrap().id).unwrap().into_scalar()]
    }

    #[test]
    fn a_long_gradient_keeps_its_direction_and_gets_the_norm() {
        let (linear, mut gradients) = gradients_of_norm_five();
        let norm = clip_global_norm(&linear, &mut gradients, 1.0).unwrap().into_scalar::<f32>();
        assert!((norm - 5.0).abs() < 1e-6);
        let got = values(&linear, &gradients);
        assert!((got[0] - 0.6).abs() < 1e-6 && (got[1] + 0.8).abs() < 1e-6, "{got:?}");
    }

    #[test]
    fn a_short_gradient_is_not_touched() {
        let (linear, mut gradients) = gradients_of_norm_five();
        clip_global_norm(&linear, &mut gradients, 5.5).unwrap();
        assert_eq!(values(&linear, &gradients), [3.0, -4.0]);
    }

    #[test]
    fn of_none_there_is_no_norm_and_of_zeros_it_is_zero() {
        let (linear, gradients) = gradients_of_norm_five();
        assert!(clip_global_norm(&linear, &mut GradientsParams::new(), 1.0).is_none());
        let mut zeros = GradientsParams::new();
        let bias = linear.bias.as_ref().unwrap().id;
        zeros.register(bias, gradients.get::<1>(bias).unwrap().mul_scalar(0.0));
        let norm = clip_global_norm(&linear, &mut zeros, 1.0).unwrap();
        assert_eq!(norm.into_scalar::<f32>(), 0.0);
        assert_eq!(zeros.get::<1>(bias).unwrap().into_scalar::<f32>(), 0.0);
    }
}
