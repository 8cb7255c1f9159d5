//! The transform of a band's source, the same for forward pass and weight gradient.

use std::ops::Range;

use super::{bands::Segment, filters::corner};
use crate::{
    correlation::Correlation,
    kernels::{Isa, Lanes, PlaneCopy, SourceRows, tiles},
    workspace::with_buffer,
};

/// Values of a source of which little may be in a cache any more. To ask for the pixels of a
/// smaller one costs more than it gains; for a larger one it saves a quarter of a layer's time.
const UNCACHED: usize = 1 << 20;

/// Values from one of some matrices of `len` values to the next: an odd number of cache lines, so
/// that the same place of all of them does not fall into a few sets of the cache.
pub(super) fn matrix_stride(len: usize) -> usize {
    (len.div_ceil(16) | 1) * 16
}

/// Planes `[image, channel]` to transform.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) correlation: &'a Correlation,
    pub(super) values: &'a [f32],
    pub(super) isa: Isa,
}

impl Source<'_> {
    /// Writes `[point, channel, tile]` of `tiles` tiles and some channels, the matrices
    /// [`matrix_stride`] apart.
    pub(super) fn transform(
        &self,
        segments: &[Segment],
        tiles: usize,
        channels: Range<usize>,
        to: &mut [f32],
    ) {
        let matrix = matrix_stride(channels.len() * tiles);
        let mut tile = 0;
        for segment in segments {
            let strip = Strip::new(self, segment);
            with_buffer(strip.len, |pixels| {
                pixels.fill(0.0);
                for (i, channel) in channels.clone().enumerate() {
                    if channel + 1 < channels.end {
                        self.prefetch(segment, channel + 1);
                    }
                    strip.read(self, segment, channel, pixels);
                    let to = &mut to[i * tiles + tile..];
                    self.isa.winograd_input(&strip.rows(pixels), to, matrix);
                }
            });
            tile += segment.rows * strip.width;
        }
    }

    /// Asks for a channel's pixels, of which each row is too short for the processor to see ahead.
    fn prefetch(&self, segment: &Segment, channel: usize) {
        if self.values.len() < UNCACHED {
            return;
        }
        let [height, width] = self.correlation.source;
        let first = corner(self.correlation)[0] + 4 * segment.first as isize;
        let row = |i: isize| i.clamp(0, height as isize) as usize;
        let plane = (segment.image * self.correlation.channels + channel) * height;
        let [begin, end] = [row(first), row(first + 4 * segment.rows as isize + 2)];
        self.isa.prefetch(&self.values[(plane + begin) * width..(plane + end) * width]);
    }
}

/// Layout of the pixels of one channel of a segment, as [`SourceRows`] says.
struct Strip {
    /// Tiles of a row.
    width: usize,
    rows: usize,
    pitch: usize,
    phase: usize,
    len: usize,
    lanes: Vec<Lanes>,
}

impl Strip {
    fn new(source: &Source<'_>, segment: &Segment) -> Self {
        let (width, rows) = (tiles(source.correlation.domain[1]), segment.rows);
        let pitch = 4 * (width + 1);
        let phase = (rows + 1) * pitch;
        let lanes = lanes(width, rows, source.isa.lanes());
        let read = 4 * lanes.len() * source.isa.lanes() + 4;
        Self { width, rows, pitch, phase, len: 3 * phase + pitch + read, lanes }
    }

    /// Copies one channel's pixels; those outside the plane stay as they are.
    fn read(&self, source: &Source<'_>, segment: &Segment, channel: usize, to: &mut [f32]) {
        let correlation = source.correlation;
        let [height, width] = correlation.source;
        let shift = corner(correlation);
        let plane = (segment.image * correlation.channels + channel) * height * width;
        let pixels = &source.values[plane..plane + height * width];
        for (phase, to) in to.chunks_mut(self.phase).take(4).enumerate() {
            let copy = PlaneCopy {
                planes: 1,
                source: correlation.source,
                source_stride: height * width,
                start: [(4 * segment.first + phase) as isize + shift[0], shift[1]],
                step: [4, 1],
                result: [self.rows + usize::from(phase < 2), 4 * self.width + 2],
                pitch: self.pitch,
                result_stride: to.len(),
            };
            source.isa.copy_planes(&copy, pixels, to);
        }
    }

    fn rows<'a>(&'a self, pixels: &'a [f32]) -> SourceRows<'a> {
        SourceRows { pixels, phase: self.phase, pitch: self.pitch, lanes: &self.lanes }
    }
}

/// Vectors over `rows` rows of `width` tiles with an unused place between them.
fn lanes(width: usize, rows: usize, lanes: usize) -> Vec<Lanes> {
    let places = rows * (width + 1) - 1;
    let mut dense = 0;
    (0..places)
        .step_by(lanes)
        .map(|first| {
            let is_tile =
                |lane: &usize| first + lane < places && (first + lane) % (width + 1) != width;
            let mask = (0..lanes).filter(is_tile).fold(0, |mask, lane| mask | 1 << lane);
            let vector = Lanes { mask, dense };
            dense += mask.count_ones() as usize;
            vector
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_follow_each_other_without_the_places_between_rows() {
        let vectors = lanes(3, 3, 8);
        let shown: Vec<_> = vectors.iter().map(|l| (l.mask, l.dense)).collect();
        assert_eq!(shown, [(0b0111_0111, 0), (0b0000_0111, 6)]);
    }
}
