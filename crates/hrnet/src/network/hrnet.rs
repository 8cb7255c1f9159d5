use super::blocks::Bottleneck;
use super::exchange::{Stage, Transition};
use super::layers::{BatchNormRelu, Conv2d, Conv2dConfig, conv, norm, trace_relu};
use crate::{Error, HrnetConfig};
use burn::module::Module;
use burn::nn::BatchNorm;
use burn::tensor::{Device, Tensor};
use vertebra_conv::{Graph, MapShape, Value};
use vertebra_training::{WeightScale, initialize};

/// HRNet with its pose head.
#[derive(Module, Debug)]
pub struct Hrnet {
    conv1: Conv2d,
    bn1: BatchNorm,
    conv2: Conv2d,
    bn2: BatchNorm,
    layer1: Vec<Bottleneck>,
    transition1: Transition,
    stage2: Stage,
    transition2: Transition,
    stage3: Stage,
    transition3: Transition,
    stage4: Stage,
    final_layer: Conv2d,
    #[module(skip)]
    config: HrnetConfig,
}

impl HrnetConfig {
    /// A network on `device` with burn's first weights; draw them with
    /// [`Hrnet::with_first_weights`] or load them with [`Hrnet::load_weights`].
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    pub fn init(&self, device: &Device) -> Result<Hrnet, Error> {
        self.check()?;
        let stem = self.stem_width;
        let stage1 = stem * Bottleneck::EXPANSION;
        let channels = |n| self.branch_channels(n);
        let bottleneck = |i| Bottleneck::new(if i == 0 { stem } else { stage1 }, stem, device);
        Ok(Hrnet {
            conv1: conv([self.in_channels, stem], 3, 2, device),
            bn1: norm(stem, device),
            conv2: conv([stem, stem], 3, 2, device),
            bn2: norm(stem, device),
            layer1: (0..self.n_bottlenecks).map(bottleneck).collect(),
            transition1: Transition::new(&[stage1], &channels(2), device),
            stage2: Stage::new(&channels(2), self.stages[0], false, device),
            transition2: Transition::new(&channels(2), &channels(3), device),
            stage3: Stage::new(&channels(3), self.stages[1], false, device),
            transition3: Transition::new(&channels(3), &channels(4), device),
            stage4: Stage::new(&channels(4), self.stages[2], true, device),
            final_layer: Conv2dConfig::new([self.width, self.n_keypoints], [1, 1]).init(device),
            config: self.clone(),
        })
    }
}

impl Hrnet {
    /// The settings it was made from.
    #[must_use]
    pub fn config(&self) -> &HrnetConfig {
        &self.config
    }

    /// With first weights drawn from `seed`: He et al.'s for the body, and a head so small that all
    /// heatmaps start near zero (standard deviation 0.001, as in the published code).
    #[must_use]
    pub fn with_first_weights(self, seed: u64) -> Self {
        let mut network = initialize(self, WeightScale::HeFanIn, seed);
        let head = WeightScale::Normal(0.001);
        network.final_layer = initialize(network.final_layer, head, seed ^ 0xF1A1);
        network
    }

    /// Heatmaps of `x`. One-channel pictures may be given to a three-channel network.
    ///
    /// # Shapes
    /// - `x`: `[N, in_channels or 1, H, W]`, H and W multiples of
    ///   [`HrnetConfig::SIZE_MULTIPLE`]
    /// - output: `[N, n_keypoints, H / 4, W / 4]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.head(self.features(x))
    }

    /// The last features before the heatmaps.
    ///
    /// # Shapes
    /// - `x`: as for [`Hrnet::forward`]
    /// - output: `[N, width, H / 4, W / 4]`
    pub fn features(&self, x: Tensor<4>) -> Tensor<4> {
        let repeats = if x.dims()[1] == 1 { self.config.in_channels } else { 1 };
        let x = if repeats > 1 { x.repeat_dim(1, repeats) } else { x };
        let x = self.bn1.forward_relu(self.conv1.forward(x));
        let x = self.bn2.forward_relu(self.conv2.forward(x));
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
    pub fn head(&self, features: Tensor<4>) -> Tensor<4> {
        self.final_layer.forward(features)
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
        let mut graph = Graph::new();
        let image = graph.input("image", MapShape::new(channels, size[0], size[1]))?;
        let heatmaps = self.trace(&mut graph, image)?;
        graph.set_output("heatmaps", heatmaps)?;
        Ok(graph)
    }

    /// [`Hrnet::forward`], operation by operation.
    fn trace(&self, graph: &mut Graph, image: Value) -> Result<Value, vertebra_conv::Error> {
        let repeats = if graph.shape(image).channels == 1 { self.config.in_channels } else { 1 };
        let x = if repeats > 1 { graph.concatenate(&vec![image; repeats])? } else { image };
        let x = trace_relu(graph, x, &self.conv1, &self.bn1)?;
        let x = trace_relu(graph, x, &self.conv2, &self.bn2)?;
        let x = self.layer1.iter().try_fold(x, |x, block| block.trace(graph, x))?;
        let branches = self.transition1.trace(graph, &[x])?;
        let branches = self.stage2.trace(graph, branches)?;
        let branches = self.transition2.trace(graph, &branches)?;
        let branches = self.stage3.trace(graph, branches)?;
        let branches = self.transition3.trace(graph, &branches)?;
        let branches = self.stage4.trace(graph, branches)?;
        graph.conv2d(branches[0], &self.final_layer)
    }
}
