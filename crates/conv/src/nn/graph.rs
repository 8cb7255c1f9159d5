//! Burn's layers, with the statistics of inference, as operations of a graph.

use burn::module::Param;
use burn::nn::{Linear, PaddingConfig2d, pool::MaxPool2d};
use burn::tensor::Tensor;
use std::borrow::Cow;

use super::{BatchNorm, Conv2d};
use crate::graph::{Stored, Weight};
use crate::{Convolution, Error, Graph, Value};

/// A layer's parameters stay where they are, shared with the layer, until a graph is planned or
/// written.
impl<const D: usize> Stored for Tensor<D> {
    fn read(&self) -> Result<Cow<'_, [f32]>, Error> {
        values(self).map(Cow::Owned)
    }
}

impl Graph {
    /// A convolution layer. Its weight stays the layer's, and is read when the graph is planned or
    /// written: as it is now, whatever the layer learns meanwhile.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for groups, dilation or uneven padding; [`Error::ShapeMismatch`] or
    /// [`Error::InputTooSmall`]; [`Error::Device`].
    pub fn conv2d(&mut self, x: Value, layer: &Conv2d) -> Result<Value, Error> {
        if layer.dilation != [1, 1] || layer.groups != 1 {
            let name = "a convolution with groups or dilation";
            return Err(Error::Unsupported { name });
        }
        let padding = layer.symmetric_padding();
        let name = "a convolution with uneven padding";
        let padding = padding.ok_or(Error::Unsupported { name })?;
        let convolution = Convolution::new(layer.weight.dims())?.with_stride(layer.stride)?;
        let weight = Weight::new(layer.weight.val());
        let bias = layer.bias.as_ref().map(|bias| values(&bias.val())).transpose()?;
        self.convolution_of(x, convolution.with_padding(padding), weight, bias.as_deref())
    }

    /// A batch norm with its running statistics: `gamma (x - mean) / sqrt(variance + epsilon) +
    /// beta`, folded in f64.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::Device`].
    pub fn batch_norm(&mut self, x: Value, layer: &BatchNorm) -> Result<Value, Error> {
        let parameter = |param: &Param<Tensor<1>>| values(&param.val());
        let (gamma, beta) = (parameter(&layer.gamma)?, parameter(&layer.beta)?);
        let mean = values(&layer.running_mean.value_sync())?;
        let variance = values(&layer.running_var.value_sync())?;
        let scale: Vec<f64> = gamma
            .iter()
            .zip(&variance)
            .map(|(gamma, v)| f64::from(*gamma) / (f64::from(*v) + layer.epsilon).sqrt())
            .collect();
        let shift: Vec<f64> = (beta.iter().zip(&mean).zip(&scale))
            .map(|((beta, mean), scale)| f64::from(*beta) - f64::from(*mean) * scale)
            .collect();
        self.scale(x, &scale, &shift)
    }

    /// A fully connected layer on vectors, whose weight stays the layer's as in
    /// [`conv2d`](Self::conv2d).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for vectors of another length, [`Error::Device`].
    pub fn linear_layer(&mut self, x: Value, layer: &Linear) -> Result<Value, Error> {
        // Burn stores `[in, out]`.
        let [inputs, outputs] = layer.weight.dims();
        let weight = Weight::new(layer.weight.val().transpose());
        let bias = layer.bias.as_ref().map(|bias| values(&bias.val())).transpose()?;
        let layer = Convolution::new([outputs, inputs, 1, 1])?;
        self.convolution_of(x, layer, weight, bias.as_deref())
    }

    /// A max pooling layer.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for dilation, uneven padding or sizes rounded up; as
    /// [`max_pool`](Self::max_pool).
    pub fn max_pool2d(&mut self, x: Value, layer: &MaxPool2d) -> Result<Value, Error> {
        let padding = match layer.padding {
            PaddingConfig2d::Valid => Some([0, 0]),
            PaddingConfig2d::Explicit(top, left, bottom, right) => {
                (top == bottom && left == right).then_some([top, left])
            }
            PaddingConfig2d::Same => None,
        };
        match padding {
            Some(padding) if layer.dilation == [1, 1] && !layer.ceil_mode => {
                self.max_pool(x, layer.kernel_size, layer.stride, padding)
            }
            _ => Err(Error::Unsupported { name: "a pooling with dilation or uneven padding" }),
        }
    }
}

fn values<const D: usize>(tensor: &Tensor<D>) -> Result<Vec<f32>, Error> {
    tensor.clone().try_into_vec_as::<f32>().map_err(|e| Error::Device { message: e.to_string() })
}
