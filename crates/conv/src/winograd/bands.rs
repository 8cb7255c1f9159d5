//! What is computed together, and on which thread.

use super::filters::{Block, blocks};
use crate::{
    awake::{for_each, is_worth},
    correlation::Correlation,
    kernels::{POINTS, tiles},
    problem::Problem,
};

/// Tiles of a band at least, so that transformed filters serve a few rows of a product.
const BAND_TILES: usize = 36;

/// Fewest tiles for which a thread takes a band of its own.
const OWN_TILES: usize = 24;

/// Neighbouring rows of tiles of one image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    /// Its image.
    pub(super) image: usize,
    /// Its first row of tiles.
    pub(super) first: usize,
    /// Rows of tiles.
    pub(super) rows: usize,
}

/// One unit of parallel work: rows of tiles, perhaps of several images, that are transformed
/// together, and blocks of outputs.
pub(super) struct Band<'a> {
    pub(super) segments: Vec<Segment>,
    pub(super) tiles: usize,
    pub(super) out: Vec<BlockRows<'a>>,
}

impl<'a> Band<'a> {
    /// The blocks in at most `units` parts.
    fn shared(self, units: usize) -> Vec<Self> {
        let each = self.out.len().div_ceil(units);
        let mut out = self.out.into_iter().peekable();
        let mut parts = Vec::new();
        while out.peek().is_some() {
            parts.push(Self {
                segments: self.segments.clone(),
                tiles: self.tiles,
                out: out.by_ref().take(each).collect(),
            });
        }
        parts
    }
}

/// Where a block of outputs goes: by segment, row of tiles and output, up to four rows of pixels.
pub(super) struct BlockRows<'a> {
    pub(super) block: Block,
    pub(super) pixels: Vec<&'a mut [f32]>,
}

/// How all rows of tiles are cut into bands.
pub(super) struct Bands<'a> {
    correlation: &'a Correlation,
    problem: &'a Problem<'a>,
    /// Rows of tiles of a band.
    rows: usize,
    /// Units of a band: where there are too few tiles for a band per thread, threads take blocks of
    /// outputs, and each transforms the source for itself. To share the transformed source costs
    /// more, as every value then crosses from one processor's cache to another's.
    units: usize,
}

impl<'a> Bands<'a> {
    /// Bands of about this many values of transformed tiles.
    pub(super) fn new(
        correlation: &'a Correlation,
        problem: &'a Problem<'a>,
        values: usize,
    ) -> Self {
        let [height, width] = correlation.domain.map(tiles);
        let total = problem.images * height;
        let wanted = (values / (POINTS * correlation.channels)).max(BAND_TILES);
        let bands = total.div_ceil(wanted.div_ceil(width));
        let threads = match is_worth(correlation.products(problem.images)) {
            true => rayon::current_num_threads(),
            false => 1,
        };
        let own = threads == 1 || total * width >= threads * OWN_TILES;
        let (bands, units) =
            if own { (bands.next_multiple_of(threads), 1) } else { (bands, threads) };
        Self { correlation, problem, rows: total.div_ceil(bands), units }
    }

    /// Runs `work` on every unit.
    pub(super) fn for_each(&self, output: &mut [f32], work: impl Fn(Band<'_>) + Sync + Send) {
        let bands = self.cut(output).into_iter().flat_map(|band| band.shared(self.units)).collect();
        for_each(bands, self.correlation.products(self.problem.images), work);
    }

    fn cut<'b>(&self, output: &'b mut [f32]) -> Vec<Band<'b>> {
        let [height, width] = self.correlation.domain.map(tiles);
        let (outputs, columns) = (self.correlation.outputs, self.correlation.domain[1]);
        let total = self.problem.images * height;
        let blocks: Vec<Block> = blocks(outputs, self.problem.isa).collect();
        let mut bands: Vec<Band<'b>> = (0..total)
            .step_by(self.rows)
            .map(|begin| {
                let end = (begin + self.rows).min(total);
                let out = |block: &Block| BlockRows {
                    block: *block,
                    pixels: Vec::with_capacity((end - begin) * block.outputs),
                };
                Band {
                    segments: segments(begin, end, height),
                    tiles: (end - begin) * width,
                    out: blocks.iter().map(out).collect(),
                }
            })
            .collect();
        let plane = self.correlation.pixels();
        for (image, planes) in output.chunks_mut(outputs * plane).enumerate() {
            let mut planes: Vec<_> =
                planes.chunks_mut(plane).map(|plane| plane.chunks_mut(4 * columns)).collect();
            for row in 0..height {
                let band = &mut bands[(image * height + row) / self.rows];
                for out in &mut band.out {
                    let planes = &mut planes[out.block.first..][..out.block.outputs];
                    out.pixels.extend(planes.iter_mut().filter_map(Iterator::next));
                }
            }
        }
        bands
    }
}

/// The rows of tiles `begin..end`, counted over all images.
pub(super) fn segments(begin: usize, end: usize, height: usize) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut at = begin;
    while at < end {
        let (image, first) = (at / height, at % height);
        let rows = (height - first).min(end - at);
        segments.push(Segment { image, first, rows });
        at += rows;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_tiles_are_cut_where_an_image_ends() {
        let cut: Vec<_> = segments(2, 9, 4).iter().map(|s| [s.image, s.first, s.rows]).collect();
        assert_eq!(cut, [[0, 2, 2], [1, 0, 4], [2, 0, 1]]);
    }
}
