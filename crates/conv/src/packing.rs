//! Weights in the order the tile kernel reads them.

use crate::{
    correlation::Correlation,
    parallel::{PASS, map},
};

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
    map((0..sizes.len()).collect(), weight.len() * PASS, block)
}

fn pack_block(correlation: &Correlation, weight: &[f32], first: usize, outputs: usize) -> Vec<f32> {
    let [output_stride, channel_stride] = correlation.weight_strides;
    let mut packed = vec![0.0; correlation.terms() * outputs];
    let mut groups = packed.chunks_exact_mut(outputs);
    for c in 0..correlation.channels {
        for (tap, group) in correlation.taps.iter().zip(&mut groups) {
            let start = first * output_stride + c * channel_stride + tap.weight;
            for (m, to) in group.iter_mut().enumerate() {
                *to = weight[start + m * output_stride];
            }
        }
    }
    packed
}
