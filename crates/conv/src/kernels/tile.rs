//! A tile of a correlation: a few output channels times a few vectors of neighbouring pixels.

use super::simd::{Simd, unrolled};

/// Which lanes of one vector of flat pixels are pixels of the output, and where they go.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lanes {
    /// Bit `i` is set if lane `i` is an output pixel.
    pub(crate) mask: u32,
    /// Position of the first such lane in the output plane; the others follow it.
    pub(crate) dense: usize,
}

impl Lanes {
    /// Whether all that is written is inside a plane of this many values.
    pub(super) fn is_inside(&self, plane: usize) -> bool {
        self.mask == 0 || self.dense + self.mask.count_ones() as usize <= plane
    }
}

/// Everything one tile reads:
/// `bias[m] + sum over c, t of weights[c][t][m] * source[c][offsets[t] + p]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tile<'a> {
    /// Prepared planes, starting at the tile's first pixel of channel 0.
    pub(crate) source: &'a [f32],
    pub(crate) channels: usize,
    pub(crate) channel_stride: usize,
    /// One per tap.
    pub(crate) offsets: &'a [usize],
    /// `[channels, taps, outputs of the block]`.
    pub(crate) weights: &'a [f32],
    /// One per output of the block.
    pub(crate) bias: &'a [f32],
    /// One per vector of the tile.
    pub(crate) lanes: &'a [Lanes],
    pub(crate) last: LastStep<'a>,
}

/// What happens to a sum before it is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LastStep<'a> {
    pub(crate) addend: TileAddend<'a>,
    /// Negative values become zero.
    pub(crate) relu: bool,
}

impl LastStep<'_> {
    /// Whether a given addend has as many planes as there are outputs, of this many values at least.
    pub(super) fn is_inside(&self, outputs: usize, plane: usize) -> bool {
        match self.addend {
            TileAddend::Given(planes) => {
                planes.len() == outputs && planes.iter().all(|p| p.len() >= plane)
            }
            TileAddend::Nothing | TileAddend::Output => true,
        }
    }

    /// The plane that is added to that of output `m`, which is at `row`; null for none.
    ///
    /// # Safety
    /// [`is_inside`](Self::is_inside) for more than `m` outputs.
    #[inline(always)]
    pub(super) unsafe fn addend_of(&self, m: usize, row: *mut f32) -> *const f32 {
        match self.addend {
            TileAddend::Nothing => core::ptr::null(),
            // SAFETY: by this function's contract.
            TileAddend::Given(planes) => unsafe { planes.get_unchecked(m).as_ptr() },
            TileAddend::Output => row.cast_const(),
        }
    }
}

/// What is added to the sums of a tile.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum TileAddend<'a> {
    #[default]
    Nothing,
    /// Planes like those of the output, one per output.
    Given(&'a [&'a [f32]]),
    /// What the output's planes hold.
    Output,
}

/// A kernel for one number of outputs and vectors.
pub(super) type TileKernel = unsafe fn(&Tile<'_>, &mut [&mut [f32]]);

impl Tile<'_> {
    /// True if every read of a kernel with vectors of `width` lanes stays inside the slices and
    /// every write inside planes of `plane` values.
    pub(super) fn is_inside(&self, width: usize, plane: usize) -> bool {
        let reach = self.offsets.iter().copied().max().unwrap_or(0);
        let last = self.channels.saturating_sub(1) * self.channel_stride;
        last + reach + self.lanes.len() * width <= self.source.len()
            && self.channels * self.offsets.len() * self.bias.len() <= self.weights.len()
            && self.lanes.iter().all(|lanes| lanes.is_inside(plane))
            && self.last.is_inside(self.bias.len(), plane)
    }
}

/// The kernel: `M` output channels times `N` vectors stay in registers over the whole sum.
///
/// # Safety
/// `V`'s instruction set is enabled in the caller; `tile.is_inside(V::LANES, ..)` for the planes
/// `out`, of which there are `M`; `tile.bias.len() == M`, `tile.lanes.len() == N`.
#[inline(always)]
pub(super) unsafe fn tile<V: Simd, const M: usize, const N: usize>(
    tile: &Tile<'_>,
    out: &mut [&mut [f32]],
) {
    // SAFETY: by this function's contract every pointer below stays inside its slice.
    unsafe {
        let mut sums = [[V::splat(0.0); N]; M];
        unrolled!(M, I, {
            sums[I] = [V::splat(*tile.bias.get_unchecked(I)); N];
        });
        let mut weights = tile.weights.as_ptr();
        let mut plane = tile.source.as_ptr();
        for _ in 0..tile.channels {
            for &offset in tile.offsets {
                let pixels = plane.add(offset);
                let mut x = [V::splat(0.0); N];
                unrolled!(N, J, {
                    x[J] = V::load(pixels.add(J * V::LANES));
                });
                unrolled!(M, I, {
                    let w = V::splat(*weights.add(I));
                    unrolled!(N, J, {
                        sums[I][J] = w.mul_add(x[J], sums[I][J]);
                    });
                });
                weights = weights.add(M);
            }
            plane = plane.wrapping_add(tile.channel_stride);
        }
        unrolled!(M, I, {
            let row = out.get_unchecked_mut(I).as_mut_ptr();
            let addend = tile.last.addend_of(I, row);
            unrolled!(N, J, {
                let lanes = tile.lanes.get_unchecked(J);
                write(sums[I][J], lanes, addend, tile.last.relu, row);
            });
        });
    }
}

/// Writes the valid lanes of one vector.
///
/// # Safety
/// As [`tile`]; `addend` is null or as long as the plane at `row`.
#[inline(always)]
pub(super) unsafe fn write<V: Simd>(
    mut values: V,
    lanes: &Lanes,
    addend: *const f32,
    relu: bool,
    row: *mut f32,
) {
    let count = lanes.mask.count_ones() as usize;
    if count == 0 {
        return;
    }
    // SAFETY: by this function's contract `count` values from `lanes.dense` on are inside.
    unsafe {
        if count < V::LANES {
            values = values.compress(lanes.mask);
        }
        if !addend.is_null() {
            values = values.add(V::load_first(addend.add(lanes.dense), count));
        }
        if relu {
            values = values.rectified();
        }
        values.store_first(row.add(lanes.dense), count);
    }
}
