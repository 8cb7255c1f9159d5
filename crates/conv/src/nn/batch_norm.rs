//! Batch norm of the training pass fused with what follows it.

use burn::backend::Dispatch;
use burn::module::RunningState;
use burn::nn::BatchNorm;
use burn::tensor::{Tensor, activation::relu};

use super::{
    backend::{ConvBackend, Settings, Statistics},
    flex::is_flex,
};

/// Batch norm followed by an optional sum and ReLU, as one operation on burn's own layer.
///
/// `relu(norm(x) + residual)` where the training pass on flex runs over the batch once forward
/// and twice backward; in every other case the same thing by burn's operations.
///
/// # Examples
/// ```
/// use burn::{nn::BatchNormConfig, tensor::{Device, Tensor}};
/// use vertebra_conv::BatchNormRelu;
/// let device = Device::default().autodiff();
/// let layer = BatchNormConfig::new(2).init(&device);
/// let x = Tensor::<4>::ones([1, 2, 3, 3], &device);
/// let y = layer.forward_add_relu(x.clone(), x);
/// assert_eq!(y.sum().into_scalar::<f32>(), 18.0);
/// ```
pub trait BatchNormRelu {
    /// `relu(norm(x))`.
    #[must_use]
    fn forward_relu(&self, x: Tensor<4>) -> Tensor<4>;
    /// `relu(norm(x) + residual)`.
    #[must_use]
    fn forward_add_relu(&self, x: Tensor<4>, residual: Tensor<4>) -> Tensor<4>;
}

impl BatchNormRelu for BatchNorm {
    fn forward_relu(&self, x: Tensor<4>) -> Tensor<4> {
        batch_norm(self, x, None, true)
    }

    fn forward_add_relu(&self, x: Tensor<4>, residual: Tensor<4>) -> Tensor<4> {
        batch_norm(self, x, Some(residual), true)
    }
}

/// burn's `layer.forward(x)`, plus `residual` if there is one, then ReLU if `rectify`.
///
/// The running statistics are updated as burn does (biased variance).
///
/// # Panics
/// As burn's layer does, if `x` does not have the layer's channels or `residual` not `x`'s shape.
#[must_use]
pub fn batch_norm(
    layer: &BatchNorm,
    x: Tensor<4>,
    residual: Option<Tensor<4>>,
    rectify: bool,
) -> Tensor<4> {
    let trains = x.device().is_autodiff() && layer.training.is_enabled();
    let fits = layer.gamma.dims() == [x.dims()[1]]
        && residual.as_ref().is_none_or(|r| r.dims() == x.dims() && is_flex(r));
    if trains && fits && is_flex(&x) {
        return fused(layer, x, residual, rectify);
    }
    let y = layer.forward(x);
    let y = match residual {
        Some(residual) => y + residual,
        None => y,
    };
    if rectify { relu(y) } else { y }
}

fn fused(layer: &BatchNorm, x: Tensor<4>, residual: Option<Tensor<4>>, rectify: bool) -> Tensor<4> {
    let device = x.device();
    let running =
        |state: &RunningState<Tensor<1>>| state.value_sync().to_device(&device).into_dispatch();
    let settings = Settings { epsilon: layer.epsilon, momentum: layer.momentum, relu: rectify };
    let (y, mean, variance) = Dispatch::vertebra_batch_norm(
        x.into_dispatch(),
        layer.gamma.val().into_dispatch(),
        layer.beta.val().into_dispatch(),
        residual.map(Tensor::into_dispatch).into(),
        Statistics { mean: running(&layer.running_mean), variance: running(&layer.running_var) },
        settings,
    );
    layer.running_mean.update(Tensor::from_dispatch(mean));
    layer.running_var.update(Tensor::from_dispatch(variance));
    Tensor::from_dispatch(y)
}
