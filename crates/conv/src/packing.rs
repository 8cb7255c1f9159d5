//! Weights in the order the tile kernel reads them.

use crate::{
    correlation::Correlation,
    parallel::{PASS, map},
    workspace::with_buffer,
};

/// Splits `total` into the fewest blocks of at most `most`, as equal as can be.
pub(crate) fn balanced(total: usize, most: usize) -> Vec<usize> {
    let blocks = total.div_ceil(most).max(1);
    (0..blocks).map(|i| (total * (i + 1)) / blocks - (total * i) / blocks).collect()
}

/// One block of outputs: `weights[c][t][m]` for `m` in `first..first + outputs`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) first: usize,
    pub(crate) outputs: usize,
    pub(crate) weights: &'a [f32],
}

/// Packs the weight in blocks of at most `most` outputs, in this thread's scratch.
pub(crate) fn with_packed<R>(
    correlation: &Correlation,
    weight: &[f32],
    most: usize,
    work: impl FnOnce(&[Block<'_>]) -> R,
) -> R {
    let sizes = balanced(correlation.outputs, most);
    let terms = correlation.terms();
    with_buffer(correlation.outputs * terms, |buffer| {
        let (mut first, mut rest, mut parts) = (0, &mut *buffer, Vec::with_capacity(sizes.len()));
        for &outputs in &sizes {
            let (part, other) = rest.split_at_mut(outputs * terms);
            parts.push((first, outputs, part));
            (first, rest) = (first + outputs, other);
        }
        let cost = correlation.outputs * terms * PASS;
        let blocks = map(parts, cost, |(first, outputs, weights)| {
            pack_block(correlation, weight, first, outputs, weights);
            Block { first, outputs, weights }
        });
        work(&blocks)
    })
}

fn pack_block(
    correlation: &Correlation,
    weight: &[f32],
    first: usize,
    outputs: usize,
    packed: &mut [f32],
) {
    let [output_stride, channel_stride] = correlation.weight_strides;
    let taps: Vec<usize> = correlation.taps.iter().map(|tap| tap.weight).collect();
    let in_order = taps.iter().copied().eq(0..taps.len());
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
}
