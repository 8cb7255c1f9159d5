//! HRNet (Sun et al., CVPR 2019; Wang et al., IEEE TPAMI 43(10):3349-3364, 2021) with its pose
//! head.

use super::exchange::{Stage, Transition};
use crate::{Error, HrnetConfig};
use burn::module::Module;
use burn::tensor::Device;
use vertebra_conv::{
    Conv2d, Conv2dConfig, Graph, Layers, MapShape, Maps, Norm, Precision, ResidualBlock, Tracer,
};
use vertebra_training::{Seed, WeightScale, initialize};

/// HRNet with its pose head.
#[derive(Module, Debug)]
pub struct Hrnet {
    conv1: Conv2d,
    bn1: Norm,
    conv2: Conv2d,
    bn2: Norm,
    layer1: Vec<ResidualBlock>,
    transition1: Transition,
    stage2: Stage,
    transition2: Transition,
    stage3: Stage,
    transition3: Transition,
    stage4: Stage,
    final_layer: Conv2d,
    #[module(skip)]
    config: HrnetConfig,
    #[module(skip)]
    layers: Layers,
}

impl HrnetConfig {
    /// A network on `device` with burn's initial weights; draw them with
    /// [`Hrnet::with_initial_weights`] or load them with [`Hrnet::load_weights`].
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn init(&self, device: &Device) -> Result<Hrnet, Error> {
        self.init_with(&Layers::on(device))
    }

    /// [`HrnetConfig::init`] with layers made by `layers`, e.g. without Winograd's transforms.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn init_with(&self, layers: &Layers) -> Result<Hrnet, Error> {
        self.check()?;
        let stem = self.stem_width;
        let stage1 = stem * ResidualBlock::EXPANSION;
        let channels = |n| self.branch_channels(n);
        let bottleneck = |i| {
            ResidualBlock::bottleneck(layers, [if i == 0 { stem } else { stage1 }, stem], 1, None)
        };
        let [second, third, fourth] = [2, 3, 4].map(channels);
        Ok(Hrnet {
            conv1: layers.same_conv([self.in_channels, stem], 3, 2),
            bn1: layers.norm(None, stem),
            conv2: layers.same_conv([stem, stem], 3, 2),
            bn2: layers.norm(None, stem),
            layer1: (0..self.n_bottlenecks).map(bottleneck).collect(),
            transition1: Transition::new(layers, &[stage1], &second),
            stage2: Stage::new(layers, &second, self.stages[0], false),
            transition2: Transition::new(layers, &second, &third),
            stage3: Stage::new(layers, &third, self.stages[1], false),
            transition3: Transition::new(layers, &third, &fourth),
            stage4: Stage::new(layers, &fourth, self.stages[2], true),
            // Points are read between the pixels of heatmaps, for which bfloat16 is too coarse.
            final_layer: layers
                .clone()
                .with_precision(Precision::Float32)
                .conv2d(&Conv2dConfig::new([self.width, self.n_keypoints], [1, 1])),
            config: self.clone(),
            layers: layers.clone(),
        })
    }
}

impl Hrnet {
    /// The settings it was made from.
    #[must_use]
    pub fn config(&self) -> &HrnetConfig {
        &self.config
    }

    /// What its layers share.
    #[must_use]
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// With initial weights drawn from `seed`: He et al.'s for the body, and a head so small that
    /// all heatmaps start near zero (standard deviation 0.001, as in the published code).
    #[must_use]
    pub fn with_initial_weights(self, seed: u64) -> Self {
        let seed = Seed::new(seed).named("initial weights");
        let mut network = initialize(self, WeightScale::HeFanIn, seed.named("body"));
        let head = WeightScale::Normal(0.001);
        network.final_layer = initialize(network.final_layer, head, seed.named("head"));
        network
    }

    /// Heatmaps of `x`. One-channel pictures may be given to a three-channel network.
    ///
    /// # Shapes
    /// - `x`: `[N, in_channels or 1, H, W]`, H and W multiples of
    ///   [`HrnetConfig::SIZE_MULTIPLE`]
    /// - output: `[N, n_keypoints, H / 4, W / 4]`
    pub fn forward<M: Maps>(&self, x: M) -> M {
        self.head(self.features(x))
    }

    /// The last features before the heatmaps.
    ///
    /// # Shapes
    /// - `x`: as for [`Hrnet::forward`]
    /// - output: `[N, width, H / 4, W / 4]`
    pub fn features<M: Maps>(&self, x: M) -> M {
        let repeats = if x.channels() == 1 { self.config.in_channels } else { 1 };
        let x = x.repeat_channels(repeats).conv(&self.conv1).norm_relu(&self.bn1);
        let x = x.conv(&self.conv2).norm_relu(&self.bn2);
        let x = self.layer1.iter().fold(x, |x, block| block.forward(x));
        let branches = self.stage2.forward(self.transition1.forward(&[x]));
        let branches = self.stage3.forward(self.transition2.forward(&branches));
        let mut branches = self.stage4.forward(self.transition3.forward(&branches));
        branches.swap_remove(0)
    }

    /// Heatmaps of [`Hrnet::features`].
    ///
    /// # Shapes
    /// - `features`: `[N, width, H / 4, W / 4]`
    /// - output: `[N, n_keypoints, H / 4, W / 4]`
    pub fn head<M: Maps>(&self, features: M) -> M {
        features.conv(&self.final_layer)
    }

    /// The network with its running statistics as a graph from `image` to `heatmaps`, for a
    /// [`Plan`](vertebra_conv::Plan) on the CPU or an ONNX file.
    ///
    /// # Shapes
    /// - `channels`: those of the input, `in_channels` or, for grey pictures, 1
    /// - `size`: `[H, W]` of the input, multiples of [`HrnetConfig::SIZE_MULTIPLE`]
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for other sizes or channels, [`Error::Inference`].
    pub fn graph(&self, channels: usize, size: [usize; 2]) -> Result<Graph, Error> {
        let multiple = HrnetConfig::SIZE_MULTIPLE;
        if size.iter().any(|side| *side == 0 || side % multiple != 0) {
            let expected = format!("multiples of {multiple}");
            return Err(Error::invalid("size of the input", expected, format!("{size:?}")));
        }
        if channels != 1 && channels != self.config.in_channels {
            let expected = format!("1 or {}", self.config.in_channels);
            return Err(Error::invalid("channels of the input", expected, channels));
        }
        let tracer = Tracer::new();
        let image = tracer.input("image", MapShape::new(channels, size[0], size[1]));
        let heatmaps = self.forward(image);
        Ok(tracer.finish("heatmaps", &heatmaps)?)
    }
}
