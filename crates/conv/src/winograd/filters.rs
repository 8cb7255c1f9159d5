//! Weights in the order that their transform reads them: blocks of outputs along vectors.

use crate::{
    awake::{PASS, for_each},
    correlation::{Correlation, Tap},
    kernels::{Isa, TAPS},
};

/// Outputs that are computed together, and their place among the packed weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) first: usize,
    pub(super) outputs: usize,
    /// Outputs with those that fill the last vector.
    pub(super) width: usize,
}

impl Block {
    /// Its weights `[channels, 9, width]`, zero for outputs that are none.
    pub(super) fn weights<'a>(&self, correlation: &Correlation, packed: &'a [f32]) -> &'a [f32] {
        let channel = correlation.channels * TAPS;
        &packed[self.first * channel..][..self.width * channel]
    }
}

/// The blocks, of two vectors each but for the last.
pub(super) fn blocks(outputs: usize, isa: Isa) -> impl Iterator<Item = Block> {
    let most = 2 * isa.lanes();
    (0..outputs).step_by(most).map(move |first| {
        let outputs = (outputs - first).min(most);
        Block { first, outputs, width: outputs.next_multiple_of(isa.lanes()) }
    })
}

/// Values of the packed weights.
pub(crate) fn packed_len(correlation: &Correlation, isa: Isa) -> usize {
    correlation.outputs.next_multiple_of(isa.lanes()) * correlation.channels * TAPS
}

/// Packs the weight of a layer that [`is_square`].
pub(crate) fn pack(correlation: &Correlation, weight: &[f32], isa: Isa, packed: &mut [f32]) {
    let channel = correlation.channels * TAPS;
    let taps: Vec<usize> = in_order(correlation).iter().map(|tap| tap.weight).collect();
    let mut rest = packed;
    let mut parts = Vec::new();
    for block in blocks(correlation.outputs, isa) {
        let (part, other) = rest.split_at_mut(block.width * channel);
        parts.push((block, part));
        rest = other;
    }
    for_each(parts, correlation.outputs * channel * PASS, |(block, part)| {
        pack_block(correlation, weight, &taps, block, part);
    });
}

fn pack_block(
    correlation: &Correlation,
    weight: &[f32],
    taps: &[usize],
    block: Block,
    to: &mut [f32],
) {
    let [output_stride, channel_stride] = correlation.weight_strides;
    for (c, to) in to.chunks_exact_mut(TAPS * block.width).enumerate() {
        let filters = &weight[block.first * output_stride + c * channel_stride..];
        for (to, tap) in to.chunks_exact_mut(block.width).zip(taps) {
            let (values, padding) = to.split_at_mut(block.outputs);
            let weights = filters[*tap..].iter().step_by(output_stride);
            values.iter_mut().zip(weights).for_each(|(to, weight)| *to = *weight);
            padding.fill(0.0);
        }
    }
}

/// Whether the taps are those of a 3 x 3 filter, in whatever order.
pub(super) fn is_square(correlation: &Correlation) -> bool {
    let [y, x] = corner(correlation);
    let square = (0..3).flat_map(|i| (0..3).map(move |j| [y + i, x + j]));
    in_order(correlation).into_iter().map(|tap| tap.shift).eq(square)
}

/// The taps by row, then column.
fn in_order(correlation: &Correlation) -> Vec<Tap> {
    let mut taps = correlation.taps.clone();
    taps.sort_unstable_by_key(|tap| tap.shift);
    taps
}

/// The smallest shift of all taps.
pub(super) fn corner(correlation: &Correlation) -> [isize; 2] {
    [correlation.shifts(0)[0], correlation.shifts(1)[0]]
}
