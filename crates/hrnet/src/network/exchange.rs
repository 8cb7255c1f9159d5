//! Connections between resolutions: transitions and multi-resolution modules.

use crate::StageConfig;
use burn::module::Module;
use vertebra_conv::{ConvNorm, Layers, Maps, ResidualBlock};

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

    fn same(layers: &Layers, channels: [usize; 2]) -> Self {
        Self { same: Some(ConvNorm::new(layers, channels, [3, 1], None)), ..Self::identity() }
    }

    fn up(layers: &Layers, channels: [usize; 2]) -> Self {
        Self { up: Some(ConvNorm::new(layers, channels, [1, 1], None)), ..Self::identity() }
    }

    /// `n` halvings; only the last changes the number of channels.
    fn down(layers: &Layers, [from, to]: [usize; 2], n: usize) -> Self {
        let channels = |k| [from, if k + 1 == n { to } else { from }];
        let down = (0..n).map(|k| ConvNorm::new(layers, channels(k), [3, 2], None)).collect();
        Self { down, ..Self::identity() }
    }

    /// Between stages every convolution is followed by a ReLU.
    fn transition<M: Maps>(&self, x: M) -> M {
        let x = match &self.same {
            Some(layer) => layer.forward_relu(x),
            None => x,
        };
        self.down.iter().fold(x, |x, layer| layer.forward_relu(x))
    }

    /// Within an exchange the last convolution is followed by the sum, then by the ReLU. A higher
    /// resolution is `factor` times as high and wide.
    fn contribution<M: Maps>(&self, x: M, factor: usize) -> M {
        if let Some(layer) = &self.up {
            return layer.forward(x).enlarge(factor);
        }
        match self.down.split_last() {
            Some((last, first)) => last.forward(first.iter().fold(x, |x, l| l.forward_relu(x))),
            None => x,
        }
    }
}

/// From the branches of one stage to those of the next, which has one more.
#[derive(Module, Debug)]
pub(crate) struct Transition {
    links: Vec<Link>,
}

impl Transition {
    pub(crate) fn new(layers: &Layers, from: &[usize], to: &[usize]) -> Self {
        let link = |i: usize| match from.get(i) {
            Some(&channels) if channels == to[i] => Link::identity(),
            Some(&channels) => Link::same(layers, [channels, to[i]]),
            None => Link::down(layers, [from[from.len() - 1], to[i]], i + 1 - from.len()),
        };
        Self { links: (0..to.len()).map(link).collect() }
    }

    pub(crate) fn forward<M: Maps>(&self, branches: &[M]) -> Vec<M> {
        let lowest = branches.len() - 1;
        let source = |i: usize| branches[i.min(lowest)].clone();
        self.links.iter().enumerate().map(|(i, link)| link.transition(source(i))).collect()
    }
}

/// Parallel branches of residual blocks, then each output resolution sums up all of them.
#[derive(Module, Debug)]
pub(crate) struct ExchangeModule {
    branches: Vec<Vec<ResidualBlock>>,
    fuse_layers: Vec<Vec<Link>>,
}

impl ExchangeModule {
    /// `n_outputs` is 1 for the last module of the network and the number of branches elsewhere.
    fn new(layers: &Layers, channels: &[usize], n_blocks: usize, n_outputs: usize) -> Self {
        let link = |i: usize, j: usize| match i.cmp(&j) {
            std::cmp::Ordering::Less => Link::up(layers, [channels[j], channels[i]]),
            std::cmp::Ordering::Equal => Link::identity(),
            std::cmp::Ordering::Greater => Link::down(layers, [channels[j], channels[i]], i - j),
        };
        let block = |&c: &usize| ResidualBlock::basic(layers, [c, c], 1, None);
        let n = channels.len();
        Self {
            branches: channels.iter().map(|c| (0..n_blocks).map(|_| block(c)).collect()).collect(),
            fuse_layers: (0..n_outputs).map(|i| (0..n).map(|j| link(i, j)).collect()).collect(),
        }
    }

    fn forward<M: Maps>(&self, inputs: Vec<M>) -> Vec<M> {
        let branches: Vec<M> = inputs
            .into_iter()
            .zip(&self.branches)
            .map(|(x, blocks)| blocks.iter().fold(x, |x, block| block.forward(x)))
            .collect();
        let rows = self.fuse_layers.iter().enumerate();
        rows.filter_map(|(i, row)| fuse(row, &branches, i)).collect()
    }
}

/// Output `i`: the sum over all branches, rectified; every module has at least one branch.
fn fuse<M: Maps>(row: &[Link], branches: &[M], i: usize) -> Option<M> {
    let links = row.iter().zip(branches).enumerate();
    // A branch has half the resolution of the one before.
    let terms = links.map(|(j, (link, x))| link.contribution(x.clone(), 1 << j.saturating_sub(i)));
    terms.reduce(M::plus).map(M::relu)
}

/// The modules of stage 2, 3 or 4.
#[derive(Module, Debug)]
pub(crate) struct Stage {
    modules: Vec<ExchangeModule>,
}

impl Stage {
    pub(crate) fn new(
        layers: &Layers,
        channels: &[usize],
        config: StageConfig,
        last_stage: bool,
    ) -> Self {
        let n_outputs = |i: usize| {
            if last_stage && i + 1 == config.n_modules { 1 } else { channels.len() }
        };
        let module = |i| ExchangeModule::new(layers, channels, config.n_blocks, n_outputs(i));
        Self { modules: (0..config.n_modules).map(module).collect() }
    }

    pub(crate) fn forward<M: Maps>(&self, branches: Vec<M>) -> Vec<M> {
        self.modules.iter().fold(branches, |x, module| module.forward(x))
    }
}
