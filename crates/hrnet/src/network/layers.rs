//! The layers of this crate, chosen in one place: `vertebra-conv`'s on the CPU, which fall back to
//! burn's own on every other backend. Burn's `Conv2d` has the same parameters and names.

pub(crate) use vertebra_conv::{BatchNormRelu, Conv2d, Conv2dConfig};

use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor};
use vertebra_conv::{Error, Graph, Value, batch_norm};

/// A convolution with "same" padding and without bias, as every one before the head.
pub(crate) fn conv(channels: [usize; 2], kernel: usize, stride: usize, device: &Device) -> Conv2d {
    let side = (kernel - 1) / 2;
    Conv2dConfig::new(channels, [kernel, kernel])
        .with_stride([stride, stride])
        .with_padding(PaddingConfig2d::Explicit(side, side, side, side))
        .with_bias(false)
        .init(device)
}

pub(crate) fn norm(channels: usize, device: &Device) -> BatchNorm {
    BatchNormConfig::new(channels).init(device)
}

/// Convolution and normalisation; `0` and `1` of the published sequences.
#[derive(Module, Debug)]
pub(crate) struct ConvNorm {
    pub(crate) conv: Conv2d,
    pub(crate) norm: BatchNorm,
}

impl ConvNorm {
    pub(crate) fn new(channels: [usize; 2], kernel: usize, stride: usize, device: &Device) -> Self {
        Self { conv: conv(channels, kernel, stride, device), norm: norm(channels[1], device) }
    }

    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        batch_norm(&self.norm, self.conv.forward(x), None, false)
    }

    pub(crate) fn forward_relu(&self, x: Tensor<4>) -> Tensor<4> {
        self.norm.forward_relu(self.conv.forward(x))
    }

    /// [`ConvNorm::forward`] of inference.
    pub(crate) fn trace(&self, graph: &mut Graph, x: Value) -> Result<Value, Error> {
        trace(graph, x, &self.conv, &self.norm)
    }

    /// [`ConvNorm::forward_relu`] of inference.
    pub(crate) fn trace_relu(&self, graph: &mut Graph, x: Value) -> Result<Value, Error> {
        trace_relu(graph, x, &self.conv, &self.norm)
    }
}

/// A convolution and its normalisation with the running statistics.
pub(crate) fn trace(
    graph: &mut Graph,
    x: Value,
    conv: &Conv2d,
    norm: &BatchNorm,
) -> Result<Value, Error> {
    let y = graph.conv2d(x, conv)?;
    graph.batch_norm(y, norm)
}

/// [`trace`], rectified.
pub(crate) fn trace_relu(
    graph: &mut Graph,
    x: Value,
    conv: &Conv2d,
    norm: &BatchNorm,
) -> Result<Value, Error> {
    let y = trace(graph, x, conv, norm)?;
    Ok(graph.relu(y))
}

/// `relu(x + y)`.
pub(crate) fn trace_add_relu(graph: &mut Graph, x: Value, y: Value) -> Result<Value, Error> {
    let sum = graph.sum(&[x, y])?;
    Ok(graph.relu(sum))
}
