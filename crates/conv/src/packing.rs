//! Weights in the order the tile kernel reads them.

use crate::{
    awake::{PASS, for_each},
    correlation::Correlation,
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
    with_buffer(correlation.outputs * correlation.terms(), |buffer| {
        pack(correlation, weight, most, buffer);
        work(&blocks(correlation, most, buffer))
    })
}

/// Packs the weight in blocks of at most `most` outputs: as many values as it has itself.
pub(crate) fn pack(correlation: &Correlation, weight: &[f32], most: usize, packed: &mut [f32]) {
    let (mut first, mut rest, mut parts) = (0, packed, Vec::new());
    for outputs in balanced(correlation.outputs, most) {
        let (part, other) = rest.split_at_mut(outputs * correlation.terms());
        parts.push((first, outputs, part));
        (first, rest) = (first + outputs, other);
    }
    let cost = correlation.outputs * correlation.terms() * PASS;
    for_each(parts, cost, |(first, outputs, part)| {
        pack_block(correlation, weight, first, outputs, part);
    });
}

/// The blocks that [`pack`] made.
pub(crate) fn blocks<'a>(
    correlation: &Correlation,
    most: usize,
    packed: &'a [f32],
) -> Vec<Block<'a>> {
    let (mut first, mut rest) = (0, packed);
    let block = |outputs: usize| {
        let (weights, other) = rest.split_at(outputs * correlation.terms());
        let block = Block { first, outputs, weights };
        (first, rest) = (first + outputs, other);
        block
    };
    balanced(correlation.outputs, most).into_iter().map(block).collect()
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
