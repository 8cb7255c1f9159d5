//! Heatmaps of a trained network, on the CPU by a plan.

use crate::{Error, Hrnet};
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;
use vertebra_conv::{Plan, PlanOptions, runs_on_flex};

/// A network ready to say where points are on inputs of one size.
#[derive(Debug)]
pub(crate) struct Inference {
    runner: Runner,
    size: [usize; 2],
}

#[derive(Debug)]
enum Runner {
    /// On burn's flex backend the same network as a plan: several times faster.
    Plan(Box<Plan>),
    /// Elsewhere burn's operations.
    Network(Box<Hrnet>),
}

impl Inference {
    pub(crate) fn new(
        network: &Hrnet,
        size: [usize; 2],
        options: PlanOptions,
    ) -> Result<Self, Error> {
        let runner = match is_planned(network) {
            true => Runner::Plan(Box::new(network.graph(1, size)?.plan_with(options)?)),
            false => Runner::Network(Box::new(network.valid())),
        };
        Ok(Self { runner, size })
    }

    /// `[n, K, H / 4, W / 4]` for `n` grey pictures `[H, W]` in a row, on a flip test averaged
    /// with those of the mirrored pictures.
    ///
    /// The mirror image's heatmaps are mirrored back as they are: in the pixel-centre convention a
    /// heatmap covers the same area as the input, so that both mirror about the same line and no
    /// shift by a heatmap pixel is needed. Left and right do not change places in a lateral view.
    pub(crate) fn heatmaps(&self, pictures: Vec<f32>, flip_test: bool) -> Result<Vec<f32>, Error> {
        let [_, width] = self.size;
        if !flip_test {
            return self.run(pictures);
        }
        let n = pictures.len();
        let mut both = pictures;
        both.extend_from_within(..);
        mirror(&mut both[n..], width);
        let mut maps = self.run(both)?;
        let n = maps.len() / 2;
        let (straight, mirrored) = maps.split_at_mut(n);
        mirror(mirrored, width / crate::HrnetConfig::STRIDE);
        straight.iter_mut().zip(mirrored).for_each(|(s, m)| *s = (*s + *m) / 2.0);
        maps.truncate(n);
        Ok(maps)
    }

    fn run(&self, pictures: Vec<f32>) -> Result<Vec<f32>, Error> {
        let [height, width] = self.size;
        let n = pictures.len() / (height * width);
        match &self.runner {
            Runner::Plan(plan) => Ok(plan.run(&[&pictures], n)?),
            Runner::Network(network) => {
                let device = network.devices().into_iter().next().unwrap_or_default();
                let pictures = TensorData::new(pictures, [n, 1, height, width]);
                let heatmaps = network.forward(Tensor::from_data(pictures, &device));
                let data = heatmaps.try_into_data().map_err(Error::device)?;
                data.try_into_vec().map_err(Error::device)
            }
        }
    }
}

/// Whether the network is on a device where it runs as a plan.
pub(crate) fn is_planned(network: &Hrnet) -> bool {
    network.devices().iter().all(runs_on_flex)
}

/// Reverses every row.
fn mirror(pixels: &mut [f32], width: usize) {
    pixels.par_chunks_exact_mut(width).with_min_len(64).for_each(<[f32]>::reverse);
}
