//! The bottleneck block (He et al., CVPR 2016) of stage 1.

use burn::module::Module;
use vertebra_conv::{Conv2d, ConvNorm, Layers, Maps, Norm};

/// 1 x 1, 3 x 3 and 1 x 1 convolutions; the last has four times as many channels.
#[derive(Module, Debug)]
pub(crate) struct Bottleneck {
    conv1: Conv2d,
    bn1: Norm,
    conv2: Conv2d,
    bn2: Norm,
    conv3: Conv2d,
    bn3: Norm,
    downsample: Option<ConvNorm>,
}

impl Bottleneck {
    pub(crate) const EXPANSION: usize = 4;

    pub(crate) fn new(layers: &Layers, channels_in: usize, planes: usize) -> Self {
        let channels_out = planes * Self::EXPANSION;
        Self {
            conv1: layers.same_conv([channels_in, planes], 1, 1),
            bn1: layers.norm(None, planes),
            conv2: layers.same_conv([planes, planes], 3, 1),
            bn2: layers.norm(None, planes),
            conv3: layers.same_conv([planes, channels_out], 1, 1),
            bn3: layers.norm(None, channels_out),
            downsample: (channels_in != channels_out)
                .then(|| ConvNorm::new(layers, [channels_in, channels_out], [1, 1], None)),
        }
    }

    pub(crate) fn forward<M: Maps>(&self, x: M) -> M {
        let y = x.clone().conv(&self.conv1).norm_relu(&self.bn1);
        let y = y.conv(&self.conv2).norm_relu(&self.bn2);
        let identity = match &self.downsample {
            Some(layer) => layer.forward(x),
            None => x,
        };
        y.conv(&self.conv3).norm_add_relu(&self.bn3, identity)
    }
}
