//! The two residual blocks (He et al., CVPR 2016).

use super::layers::{BatchNormRelu, Conv2d, ConvNorm, conv, norm};
use super::layers::{trace, trace_add_relu, trace_relu};
use burn::module::Module;
use burn::nn::BatchNorm;
use burn::tensor::{Device, Tensor};
use vertebra_conv::{Error, Graph, Value};

/// Two 3 x 3 convolutions.
#[derive(Module, Debug)]
pub(crate) struct BasicBlock {
    conv1: Conv2d,
    bn1: BatchNorm,
    conv2: Conv2d,
    bn2: BatchNorm,
}

impl BasicBlock {
    pub(crate) fn new(channels: usize, device: &Device) -> Self {
        let same = [channels, channels];
        Self {
            conv1: conv(same, 3, 1, device),
            bn1: norm(channels, device),
            conv2: conv(same, 3, 1, device),
            bn2: norm(channels, device),
        }
    }

    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = self.bn1.forward_relu(self.conv1.forward(x.clone()));
        self.bn2.forward_add_relu(self.conv2.forward(y), x)
    }

    pub(crate) fn trace(&self, graph: &mut Graph, x: Value) -> Result<Value, Error> {
        let y = trace_relu(graph, x, &self.conv1, &self.bn1)?;
        let y = trace(graph, y, &self.conv2, &self.bn2)?;
        trace_add_relu(graph, y, x)
    }
}

/// 1 x 1, 3 x 3 and 1 x 1 convolutions; the last has four times as many channels.
#[derive(Module, Debug)]
pub(crate) struct Bottleneck {
    conv1: Conv2d,
    bn1: BatchNorm,
    conv2: Conv2d,
    bn2: BatchNorm,
    conv3: Conv2d,
    bn3: BatchNorm,
    downsample: Option<ConvNorm>,
}

impl Bottleneck {
    pub(crate) const EXPANSION: usize = 4;

    pub(crate) fn new(channels_in: usize, planes: usize, device: &Device) -> Self {
        let channels_out = planes * Self::EXPANSION;
        Self {
            conv1: conv([channels_in, planes], 1, 1, device),
            bn1: norm(planes, device),
            conv2: conv([planes, planes], 3, 1, device),
            bn2: norm(planes, device),
            conv3: conv([planes, channels_out], 1, 1, device),
            bn3: norm(channels_out, device),
            downsample: (channels_in != channels_out)
                .then(|| ConvNorm::new([channels_in, channels_out], 1, 1, device)),
        }
    }

    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = self.bn1.forward_relu(self.conv1.forward(x.clone()));
        let y = self.bn2.forward_relu(self.conv2.forward(y));
        let identity = match &self.downsample {
            Some(layer) => layer.forward(x),
            None => x,
        };
        self.bn3.forward_add_relu(self.conv3.forward(y), identity)
    }

    pub(crate) fn trace(&self, graph: &mut Graph, x: Value) -> Result<Value, Error> {
        let y = trace_relu(graph, x, &self.conv1, &self.bn1)?;
        let y = trace_relu(graph, y, &self.conv2, &self.bn2)?;
        let identity = match &self.downsample {
            Some(layer) => layer.trace(graph, x)?,
            None => x,
        };
        let y = trace(graph, y, &self.conv3, &self.bn3)?;
        trace_add_relu(graph, y, identity)
    }
}
