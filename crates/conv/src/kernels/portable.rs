//! The same sums in safe Rust, without assuming any instruction set: the oracle of the others.

use super::{
    dot::Dot,
    tile::{Tile, TileAddend},
};

/// Vector width the portable kernels pretend to have; the compiler vectorises over it.
pub(super) const LANES: usize = 16;

pub(super) fn tile(tile: &Tile<'_>, out: &mut [&mut [f32]]) {
    let outputs = tile.bias.len();
    for (m, row) in out.iter_mut().enumerate() {
        for (v, lanes) in tile.lanes.iter().enumerate() {
            let mut sums = [tile.bias[m]; LANES];
            for c in 0..tile.channels {
                for (t, offset) in tile.offsets.iter().enumerate() {
                    let weight = tile.weights[(c * tile.offsets.len() + t) * outputs + m];
                    let start = c * tile.channel_stride + offset + v * LANES;
                    let pixels = &tile.source[start..start + LANES];
                    for (sum, x) in sums.iter_mut().zip(pixels) {
                        *sum += weight * x;
                    }
                }
            }
            let valid = (0..LANES).filter(|lane| lanes.mask >> lane & 1 == 1);
            for (i, lane) in valid.enumerate() {
                let at = lanes.dense + i;
                let sum = match tile.last.addend {
                    TileAddend::Nothing => sums[lane],
                    TileAddend::Given(planes) => sums[lane] + planes[m][at],
                    TileAddend::Output => sums[lane] + row[at],
                };
                row[at] = if tile.last.relu && sum < 0.0 { 0.0 } else { sum };
            }
        }
    }
}

pub(super) fn dot(dot: &Dot<'_>, out: &mut [f32]) {
    for m in 0..dot.rows {
        for (k, offset) in dot.offsets.iter().enumerate() {
            let mut sums = [0.0; LANES];
            for unit in 0..dot.units {
                let x = &dot.source[unit * dot.source_unit + offset..][..dot.pixels];
                let start = unit * dot.gradient_unit + m * dot.gradient_stride;
                let g = &dot.gradient[start..start + dot.pixels];
                for (x, g) in x.chunks_exact(LANES).zip(g.chunks_exact(LANES)) {
                    for lane in 0..LANES {
                        sums[lane] += x[lane] * g[lane];
                    }
                }
            }
            out[m * dot.out_stride + k] += sums.iter().sum::<f32>();
        }
    }
}
