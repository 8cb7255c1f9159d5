//! A tile of a correlation in bytes: a few output channels times a few vectors of neighbouring
//! pixels.

use super::{
    super::{
        Isa, portable,
        simd::unrolled,
        tile::{self, Lanes, LastStep, TileAddend},
    },
    Int8Simd, native,
    product::dot,
};

/// Everything one tile reads: `bias[m] + output_scales[m] * pixel_scales[p] * (starts[m] +
/// sum over g, t of weights[g][t][m] * source[g][offsets[t] + p])`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Int8Tile<'a> {
    /// Prepared planes of source bytes, starting at the tile's first pixel of group 0.
    pub(crate) source: &'a [u32],
    /// Words of four channels.
    pub(crate) groups: usize,
    pub(crate) group_stride: usize,
    /// One per tap.
    pub(crate) offsets: &'a [usize],
    /// One per pixel of the tile.
    pub(crate) pixel_scales: &'a [f32],
    /// `[groups, taps, outputs of the block]`, signed bytes.
    pub(crate) weights: &'a [u32],
    /// What each output's sum starts from: see [`super::start`].
    pub(crate) starts: &'a [u32],
    pub(crate) output_scales: &'a [f32],
    pub(crate) bias: &'a [f32],
    /// One per vector of the tile.
    pub(crate) lanes: &'a [Lanes],
    pub(crate) last: LastStep<'a>,
}

/// A kernel for one number of outputs and vectors.
pub(super) type Int8TileKernel = unsafe fn(&Int8Tile<'_>, &mut [&mut [f32]]);

impl Int8Tile<'_> {
    fn is_inside(&self, width: usize, outputs: usize, plane: usize) -> bool {
        let reach = self.offsets.iter().copied().max().unwrap_or(0);
        let pixels = self.lanes.len() * width;
        self.groups.saturating_sub(1) * self.group_stride + reach + pixels <= self.source.len()
            && pixels <= self.pixel_scales.len()
            && self.groups * self.offsets.len() * outputs <= self.weights.len()
            && [self.starts.len(), self.output_scales.len(), self.bias.len()] == [outputs; 3]
            && self.lanes.iter().all(|lanes| lanes.is_inside(plane))
            && self.last.is_inside(outputs, plane)
    }
}

impl Isa {
    /// Computes one tile into the planes `out`, one per output.
    pub(crate) fn int8_tile(self, tile: &Int8Tile<'_>, out: &mut [&mut [f32]]) {
        let plane = out.iter().map(|plane| plane.len()).min().unwrap_or(0);
        assert!(
            self.computes_int8() && tile.is_inside(self.lanes(), out.len(), plane),
            "a tile of bytes reaches outside its slices"
        );
        if let Some(kernel) = native::tile(self, out.len(), tile.lanes.len()) {
            // SAFETY: the instruction set is available, the numbers of outputs and vectors
            // are the kernel's own, and all accesses are inside: checked above.
            return unsafe { kernel(tile, out) };
        }
        assert!(self == Self::Portable, "no kernel for this tile of bytes");
        in_safe_rust(tile, out);
    }
}

/// The kernel: `M` output channels times `N` vectors stay in registers over the whole sum.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller; `tile.is_inside(V::LANES, M, ..)` for the planes
/// `out`, of which there are `M`; `tile.lanes.len() == N`.
#[inline(always)]
pub(super) unsafe fn tile<V: Int8Simd, const M: usize, const N: usize>(
    tile: &Int8Tile<'_>,
    out: &mut [&mut [f32]],
) {
    // SAFETY: by this function's contract every pointer below stays inside its slice.
    unsafe {
        let mut sums = [[V::splat_word(0); N]; M];
        unrolled!(M, I, {
            sums[I] = [V::splat_word(*tile.starts.get_unchecked(I)); N];
        });
        let mut weights = tile.weights.as_ptr();
        let mut plane = tile.source.as_ptr();
        for _ in 0..tile.groups {
            for &offset in tile.offsets {
                let pixels = plane.add(offset);
                let mut x = [V::splat_word(0); N];
                unrolled!(N, J, {
                    x[J] = V::load_words(pixels.add(J * V::LANES));
                });
                unrolled!(M, I, {
                    let w = V::splat_word(*weights.add(I));
                    unrolled!(N, J, {
                        sums[I][J] = V::dot(x[J], w, sums[I][J]);
                    });
                });
                weights = weights.add(M);
            }
            plane = plane.wrapping_add(tile.group_stride);
        }
        let mut scales = [V::splat(0.0); N];
        unrolled!(N, J, {
            scales[J] = V::load(tile.pixel_scales.as_ptr().add(J * V::LANES));
        });
        unrolled!(M, I, {
            let row = out.get_unchecked_mut(I).as_mut_ptr();
            let addend = tile.last.addend_of(I, row);
            let scale = V::splat(*tile.output_scales.get_unchecked(I));
            let bias = V::splat(*tile.bias.get_unchecked(I));
            unrolled!(N, J, {
                let sum = V::to_floats(sums[I][J]).mul(scale).mul_add(scales[J], bias);
                let lanes = tile.lanes.get_unchecked(J);
                tile::write(sum, lanes, addend, tile.last.relu, row);
            });
        });
    }
}

/// The same in safe Rust.
fn in_safe_rust(tile: &Int8Tile<'_>, out: &mut [&mut [f32]]) {
    const LANES: usize = portable::LANES;
    let outputs = out.len();
    for (m, row) in out.iter_mut().enumerate() {
        for (v, lanes) in tile.lanes.iter().enumerate() {
            let valid = (0..LANES).filter(|lane| lanes.mask >> lane & 1 == 1);
            for (i, lane) in valid.enumerate() {
                let pixel = v * LANES + lane;
                let mut total = tile.starts[m] as i32;
                for g in 0..tile.groups {
                    for (t, offset) in tile.offsets.iter().enumerate() {
                        let weight = tile.weights[(g * tile.offsets.len() + t) * outputs + m];
                        total += dot(tile.source[g * tile.group_stride + offset + pixel], weight);
                    }
                }
                let scaled = total as f32 * tile.output_scales[m];
                let sum = scaled.mul_add(tile.pixel_scales[pixel], tile.bias[m]);
                let at = lanes.dense + i;
                let sum = match tile.last.addend {
                    TileAddend::Nothing => sum,
                    TileAddend::Given(planes) => sum + planes[m][at],
                    TileAddend::Output => sum + row[at],
                };
                row[at] = if tile.last.relu && sum < 0.0 { 0.0 } else { sum };
            }
        }
    }
}
