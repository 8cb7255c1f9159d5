//! First weights from an explicit seed; burn's own come from one generator per process.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};
use rand_distr::{Distribution, StandardNormal};
use vertebra_run::Seed;

/// How wide the initial weights are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum WeightScale {
    /// Normal, standard deviation `sqrt(2 / fan_in)` (He et al., ICCV 2015): for ReLU networks.
    HeFanIn,
    /// Normal with this standard deviation, e.g. 0.001 as in HRNet's pose code.
    Normal(f64),
}

/// Draws every parameter of rank 2 and more from `seed` and sets biases to zero; scales and
/// shifts of normalisation layers and running statistics keep their constants.
///
/// Each tensor has a stream of its own, counted by its place in the module, so that the result
/// depends on nothing but the module's structure and the seed.
///
/// # Shapes
/// A convolution's weight `[out, in, kh, kw]` has fan-in `in * kh * kw`; a linear layer's
/// `[in, out]` has fan-in `in`.
pub fn initialize<M: Module>(model: M, scale: WeightScale, seed: Seed) -> M {
    model.map(&mut Initialize { scale, seed, n_tensors: 0, path: Vec::new() })
}

struct Initialize {
    scale: WeightScale,
    seed: Seed,
    n_tensors: u64,
    path: Vec<String>,
}

impl Initialize {
    fn draw(&self, shape: &[usize]) -> Vec<f32> {
        let fan_in = if shape.len() == 2 { shape[0] } else { shape[1..].iter().product() };
        let sd = match self.scale {
            WeightScale::HeFanIn => (2.0 / fan_in.max(1) as f64).sqrt(),
            WeightScale::Normal(sd) => sd,
        };
        let stream = self.seed.at(&[self.n_tensors]).generator();
        let normal: rand_distr::Iter<_, _, f64> = StandardNormal.sample_iter(stream);
        normal.take(shape.iter().product()).map(|z| (sd * z) as f32).collect()
    }
}

impl ModuleMapper for Initialize {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.n_tensors += 1;
        let shape = param.lazy_shape();
        let values = match D {
            0 | 1 if self.path.last().is_some_and(|name| name == "bias") => {
                vec![0.0; shape.num_elements()]
            }
            0 | 1 => return param,
            _ => self.draw(shape.as_slice()),
        };
        let (device, id) = (param.lazy_device(), param.id);
        let tensor = Tensor::from_data(TensorData::new(values, shape), &device);
        param.transform_for_load(tensor, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::conv::Conv2dConfig;
    use burn::tensor::Device;

    fn weights(seed: u64) -> Vec<f32> {
        let conv = Conv2dConfig::new([32, 64], [3, 3]).init(&Device::default());
        let conv = initialize(conv, WeightScale::HeFanIn, Seed::new(seed));
        assert!(conv.bias.unwrap().val().into_data().iter::<f32>().all(|b| b == 0.0));
        conv.weight.val().into_data().iter::<f32>().collect()
    }

    #[test]
    fn weights_have_the_named_spread_and_depend_on_the_seed_alone() {
        let drawn = weights(7);
        let n = drawn.len() as f64;
        let mean = drawn.iter().map(|&w| f64::from(w)).sum::<f64>() / n;
        let variance = drawn.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / n;
        assert!(mean.abs() < 4.0 * (variance / n).sqrt(), "{mean}");
        assert!((variance / (2.0 / (32.0 * 9.0)) - 1.0).abs() < 0.05, "{variance}");
        assert_eq!(drawn, weights(7));
        assert_ne!(drawn, weights(8));
    }
}
