//! Connections between resolutions: transitions and multi-resolution modules.

use super::blocks::BasicBlock;
use super::layers::ConvNorm;
use crate::StageConfig;
use burn::module::Module;
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor, activation::relu};
use vertebra_conv::{Error, Graph, Value};

/// A path from one resolution to the same, a higher or a lower one.
///
/// Of the three fields at most one is in use; none of them is the identity.
#[derive(Module, Debug)]
pub(crate) struct Link {
    /// Same resolution, other channels.
    same: Option<ConvNorm>,
    /// 1 x 1, then nearest-neighbour enlargement.
    up: Option<ConvNorm>,
    /// 3 x 3 with stride 2, once for each halving.
    down: Vec<ConvNorm>,
}

impl Link {
    fn identity() -> Self {
        Self { same: None, up: None, down: Vec::new() }
    }

    fn same(channels: [usize; 2], device: &Device) -> Self {
        Self { same: Some(ConvNorm::new(channels, 3, 1, device)), ..Self::identity() }
    }

    fn up(channels: [usize; 2], device: &Device) -> Self {
        Self { up: Some(ConvNorm::new(channels, 1, 1, device)), ..Self::identity() }
    }

    /// `n` halvings; only the last changes the number of channels.
    fn down([from, to]: [usize; 2], n: usize, device: &Device) -> Self {
        let channels = |k| [from, if k + 1 == n { to } else { from }];
        let down = (0..n).map(|k| ConvNorm::new(channels(k), 3, 2, device)).collect();
        Self { down, ..Self::identity() }
    }

    /// Between stages every convolution is followed by a ReLU.
    fn transition(&self, x: Tensor<4>) -> Tensor<4> {
        let x = match &self.same {
            Some(layer) => layer.forward_relu(x),
            None => x,
        };
        self.down.iter().fold(x, |x, layer| layer.forward_relu(x))
    }

    /// Within an exchange the last convolution is followed by the sum, then by the ReLU.
    fn contribution(&self, x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
        if let Some(layer) = &self.up {
            return enlarge(layer.forward(x), size);
        }
        match self.down.split_last() {
            Some((last, first)) => last.forward(first.iter().fold(x, |x, l| l.forward_relu(x))),
            None => x,
        }
    }

    fn trace_transition(&self, graph: &mut Graph, x: Value) -> Result<Value, Error> {
        let x = match &self.same {
            Some(layer) => layer.trace_relu(graph, x)?,
            None => x,
        };
        self.down.iter().try_fold(x, |x, layer| layer.trace_relu(graph, x))
    }

    /// `factor`: how many times higher and wider the output is.
    fn trace_contribution(
        &self,
        graph: &mut Graph,
        x: Value,
        factor: usize,
    ) -> Result<Value, Error> {
        if let Some(layer) = &self.up {
            let small = layer.trace(graph, x)?;
            return graph.enlarge(small, factor);
        }
        match self.down.split_last() {
            Some((last, first)) => {
                let x = first.iter().try_fold(x, |x, layer| layer.trace_relu(graph, x))?;
                last.trace(graph, x)
            }
            None => Ok(x),
        }
    }
}

fn enlarge(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    interpolate(x, InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(size))
}

/// From the branches of one stage to those of the next, which has one more.
#[derive(Module, Debug)]
pub(crate) struct Transition {
    links: Vec<Link>,
}

impl Transition {
    pub(crate) fn new(from: &[usize], to: &[usize], device: &Device) -> Self {
        let link = |i: usize| match from.get(i) {
            Some(&channels) if channels == to[i] => Link::identity(),
            Some(&channels) => Link::same([channels, to[i]], device),
            None => Link::down([from[from.len() - 1], to[i]], i + 1 - from.len(), device),
        };
        Self { links: (0..to.len()).map(link).collect() }
    }

    pub(crate) fn forward(&self, branches: &[Tensor<4>]) -> Vec<Tensor<4>> {
        let lowest = branches.len() - 1;
        let source = |i: usize| branches[i.min(lowest)].clone();
        self.links.iter().enumerate().map(|(i, link)| link.transition(source(i))).collect()
    }

    pub(crate) fn trace(&self, graph: &mut Graph, branches: &[Value]) -> Result<Vec<Value>, Error> {
        let lowest = branches.len() - 1;
        let links = self.links.iter().enumerate();
        links.map(|(i, link)| link.trace_transition(graph, branches[i.min(lowest)])).collect()
    }
}

/// Parallel branches of residual blocks, then each output resolution sums up all of them.
#[derive(Module, Debug)]
pub(crate) struct ExchangeModule {
    branches: Vec<Vec<BasicBlock>>,
    fuse_layers: Vec<Vec<Link>>,
}

impl ExchangeModule {
    /// `n_outputs` is 1 for the last module of the network and the number of branches elsewhere.
    fn new(channels: &[usize], n_blocks: usize, n_outputs: usize, device: &Device) -> Self {
        let link = |i: usize, j: usize| match i.cmp(&j) {
            std::cmp::Ordering::Less => Link::up([channels[j], channels[i]], device),
            std::cmp::Ordering::Equal => Link::identity(),
            std::cmp::Ordering::Greater => Link::down([channels[j], channels[i]], i - j, device),
        };
        let n = channels.len();
        Self {
            branches: channels
                .iter()
                .map(|&c| (0..n_blocks).map(|_| BasicBlock::new(c, device)).collect())
                .collect(),
            fuse_layers: (0..n_outputs).map(|i| (0..n).map(|j| link(i, j)).collect()).collect(),
        }
    }

    fn forward(&self, inputs: Vec<Tensor<4>>) -> Vec<Tensor<4>> {
        let branches: Vec<Tensor<4>> = inputs
            .into_iter()
            .zip(&self.branches)
            .map(|(x, blocks)| blocks.iter().fold(x, |x, block| block.forward(x)))
            .collect();
        self.fuse_layers.iter().enumerate().map(|(i, row)| fuse(row, &branches, i)).collect()
    }

    fn trace(&self, graph: &mut Graph, inputs: &[Value]) -> Result<Vec<Value>, Error> {
        let mut branches = Vec::with_capacity(inputs.len());
        for (&x, blocks) in inputs.iter().zip(&self.branches) {
            branches.push(blocks.iter().try_fold(x, |x, block| block.trace(graph, x))?);
        }
        let rows = self.fuse_layers.iter().enumerate();
        rows.map(|(i, row)| trace_fuse(graph, row, &branches, i)).collect()
    }
}

/// [`fuse`], without the enlarged and summed intermediate results.
fn trace_fuse(
    graph: &mut Graph,
    row: &[Link],
    branches: &[Value],
    output: usize,
) -> Result<Value, Error> {
    let mut terms = Vec::with_capacity(row.len());
    for (j, (link, &x)) in row.iter().zip(branches).enumerate() {
        terms.push(link.trace_contribution(graph, x, 1 << j.saturating_sub(output))?);
    }
    let sum = graph.sum(&terms)?;
    Ok(graph.relu(sum))
}

fn fuse(row: &[Link], branches: &[Tensor<4>], output: usize) -> Tensor<4> {
    let [_, _, height, width] = branches[output].dims();
    let terms = row.iter().zip(branches).map(|(l, x)| l.contribution(x.clone(), [height, width]));
    let sum = terms.reduce(|sum, term| sum + term);
    relu(sum.unwrap_or_else(|| branches[output].clone()))
}

/// The modules of stage 2, 3 or 4.
#[derive(Module, Debug)]
pub(crate) struct Stage {
    modules: Vec<ExchangeModule>,
}

impl Stage {
    pub(crate) fn new(
        channels: &[usize],
        config: StageConfig,
        last_stage: bool,
        device: &Device,
    ) -> Self {
        let n_outputs = |i: usize| {
            if last_stage && i + 1 == config.n_modules { 1 } else { channels.len() }
        };
        let module = |i| ExchangeModule::new(channels, config.n_blocks, n_outputs(i), device);
        Self { modules: (0..config.n_modules).map(module).collect() }
    }

    pub(crate) fn forward(&self, branches: Vec<Tensor<4>>) -> Vec<Tensor<4>> {
        self.modules.iter().fold(branches, |x, module| module.forward(x))
    }

    pub(crate) fn trace(
        &self,
        graph: &mut Graph,
        branches: Vec<Value>,
    ) -> Result<Vec<Value>, Error> {
        self.modules.iter().try_fold(branches, |x, module| module.trace(graph, &x))
    }
}
