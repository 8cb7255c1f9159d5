//! Weights in the order the tile kernel reads them.

use rayon::prelude::*;

use crate::correlation::Correlation;

/// Splits `total` into the fewest blocks of at most `most`, as equal as can be.
pub(crate) fn balanced(total: usize, most: usize) -> Vec<usize> {
    let blocks = total.div_ceil(most).max(1);
    (0..blocks).map(|i| (total * (i + 1)) / blocks - (total * i) / blocks).collect()
}

/// One block of outputs: `weights[c][t][m]` for `m` in `first..first + outputs`.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) first: usize,
    pub(crate) outputs: usize,
    pub(crate) weights: Vec<f32>,
}

/// Packs the weight in blocks of at most `most` outputs.
pub(crate) fn pack(correlation: &Correlation, weight: &[f32], most: usize) -> Vec<Block> {
    let sizes = balanced(correlation.outputs, most);
    let first = |i: usize| sizes[..i].iter().sum::<usize>();
    let block = |i: usize| {
        let (first, outputs) = (first(i), sizes[i]);
        Block { first, outputs, weights: pack_block(correlation, weight, first, outputs) }
    };
    if weight.len() < 1 << 15 {
        (0..sizes.len()).map(block).collect()
    } else {
        (0..sizes.len()).into_par_iter().map(block).collect()
    }
}

fn pack_block(correlation: &Correlation, weight: &[f32], first: usize, outputs: usize) -> Vec<f32> {
    let [output_stride, channel_stride] = correlation.weight_strides;
    let mut packed = Vec::with_capacity(correlation.terms() * outputs);
    for c in 0..correlation.channels {
        for tap in &correlation.taps {
            let start = first * output_stride + c * channel_stride + tap.weight;
            packed.extend(weight[start..].iter().step_by(output_stride).take(outputs));
        }
    }
    packed
}
