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
    let taps: Vec<usize> = correlation.taps.iter().map(|tap| tap.weight).collect();
    let in_order = taps.iter().copied().eq(0..taps.len());
    let mut packed = vec![0.0; correlation.terms() * outputs];
    for (c, to) in packed.chunks_exact_mut(taps.len() * outputs).enumerate() {
        for m in 0..outputs {
            let filter = &weight[(first + m) * output_stride + c * channel_stride..];
            let to = to.chunks_exact_mut(outputs);
            if in_order {
                to.zip(filter).for_each(|(to, weight)| to[m] = *weight);
            } else {
                to.zip(&taps).for_each(|(to, tap)| to[m] = filter[*tap]);
            }
        }
    }
    packed
}
