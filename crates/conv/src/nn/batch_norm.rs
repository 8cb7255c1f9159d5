//! burn's `BatchNorm`, fused with what follows it where this crate computes it.

use burn::backend::Dispatch;
use burn::module::{Flag, Module, Param, RunningState};
use burn::nn;
use burn::tensor::{Device, Tensor, activation::relu};

use super::backend::{ConvBackend, Settings, Statistics};
use super::flex::is_flex;
use super::layers::Shared;

/// Batch norm with burn's parameters, names and records, followed by an optional sum and ReLU.
///
/// In the training pass on flex it is one operation, which runs over the batch once forward and
/// twice backward; in every other case it is done by burn's operations.
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use vertebra_conv::Layers;
/// let device = Device::default().autodiff();
/// let layer = Layers::on(&device).batch_norm(2);
/// let x = Tensor::<4>::ones([1, 2, 3, 3], &device);
/// let y = layer.forward_add_relu(x.clone(), x);
/// assert_eq!(y.sum().into_scalar::<f32>(), 18.0);
/// ```
#[derive(Module, Debug)]
pub struct BatchNorm {
    /// `[channels]`
    pub gamma: Param<Tensor<1>>,
    /// `[channels]`
    pub beta: Param<Tensor<1>>,
    /// Whether the layer takes part in training.
    pub training: Param<Flag>,
    /// `[channels]`
    pub running_mean: RunningState<Tensor<1>>,
    /// `[channels]`
    pub running_var: RunningState<Tensor<1>>,
    /// Weight of a batch in the running statistics.
    pub momentum: f64,
    /// Added to the variance.
    pub epsilon: f64,
    #[module(skip)]
    shared: Shared,
}

impl From<nn::BatchNorm> for BatchNorm {
    fn from(layer: nn::BatchNorm) -> Self {
        Self::shared(layer, Shared::default())
    }
}

impl BatchNorm {
    pub(super) fn shared(layer: nn::BatchNorm, shared: Shared) -> Self {
        Self {
            gamma: layer.gamma,
            beta: layer.beta,
            training: layer.training,
            running_mean: layer.running_mean,
            running_var: layer.running_var,
            momentum: layer.momentum,
            epsilon: layer.epsilon,
            shared,
        }
    }

    /// The same layer, to be computed by burn.
    #[must_use]
    pub fn into_burn(self) -> nn::BatchNorm {
        nn::BatchNorm {
            gamma: self.gamma,
            beta: self.beta,
            training: self.training,
            running_mean: self.running_mean,
            running_var: self.running_var,
            momentum: self.momentum,
            epsilon: self.epsilon,
        }
    }

    /// `norm(x)`; as burn does, the running statistics follow the batch's (biased variance).
    ///
    /// # Shapes
    /// - `x` and output: `[n, channels, height, width]`
    ///
    /// # Panics
    /// As burn's layer does, if `x` does not have the layer's channels.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.followed_by(x, None, false)
    }

    /// `relu(norm(x))`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    #[must_use]
    pub fn forward_relu(&self, x: Tensor<4>) -> Tensor<4> {
        self.followed_by(x, None, true)
    }

    /// `relu(norm(x) + residual)`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward), and if `residual` does not have `x`'s shape.
    #[must_use]
    pub fn forward_add_relu(&self, x: Tensor<4>, residual: Tensor<4>) -> Tensor<4> {
        self.followed_by(x, Some(residual), true)
    }

    /// `norm(x)`, plus `residual` if there is one, then ReLU if `rectify`.
    ///
    /// # Panics
    /// As [`forward_add_relu`](Self::forward_add_relu).
    #[must_use]
    pub fn followed_by(
        &self,
        x: Tensor<4>,
        residual: Option<Tensor<4>>,
        rectify: bool,
    ) -> Tensor<4> {
        let trains = x.device().is_autodiff() && self.training.is_enabled();
        let fits = self.gamma.dims() == [x.dims()[1]]
            && residual.as_ref().is_none_or(|r| r.dims() == x.dims() && is_flex(r));
        if trains && fits && is_flex(&x) {
            return self.fused(x, residual, rectify);
        }
        let y = self.clone().into_burn().forward(x);
        let y = match residual {
            Some(residual) => y + residual,
            None => y,
        };
        if rectify { relu(y) } else { y }
    }

    fn fused(&self, x: Tensor<4>, residual: Option<Tensor<4>>, rectify: bool) -> Tensor<4> {
        let device = x.device();
        let settings = Settings {
            epsilon: self.epsilon,
            momentum: self.momentum,
            relu: rectify,
            buffers: self.shared.buffers.clone(),
        };
        let (y, mean, variance) = Dispatch::vertebra_batch_norm(
            x.into_dispatch(),
            self.gamma.val().into_dispatch(),
            self.beta.val().into_dispatch(),
            residual.map(Tensor::into_dispatch).into(),
            Statistics {
                mean: running(&self.running_mean, &device),
                variance: running(&self.running_var, &device),
            },
            settings,
        );
        self.running_mean.update(Tensor::from_dispatch(mean));
        self.running_var.update(Tensor::from_dispatch(variance));
        Tensor::from_dispatch(y)
    }
}

fn running(state: &RunningState<Tensor<1>>, device: &Device) -> burn::backend::DispatchTensor {
    state.value_sync().to_device(device).into_dispatch()
}
