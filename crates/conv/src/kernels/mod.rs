//! The inner loops, one source for all instruction sets, chosen at run time.
//!
//! This is the only place with `unsafe`. The functions of [`Isa`] are safe: they check every
//! bound of a job, once per some thousand multiply-adds, before a kernel sees it.
#![allow(unsafe_code)]

mod dot;
#[cfg(feature = "burn")]
pub(crate) mod elementwise;
mod plane_copy;
mod portable;
mod product;
#[cfg(target_arch = "x86_64")]
mod rate;
mod simd;
mod spread;
mod tile;
mod winograd;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use dot::Dot;
pub(crate) use plane_copy::PlaneCopy;
pub(crate) use product::Product;
pub(crate) use spread::{MOST, Places, Spread};
pub(crate) use tile::{Lanes, LastStep, Tile, TileAddend};
pub(crate) use winograd::{POINTS, RowAddend, SIDE, SourceRows, TileRow, tiles};

/// An instruction set to compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isa {
    /// 16 lanes and 32 registers.
    Avx512,
    /// 8 lanes and 16 registers, with fused multiply-add.
    Avx2,
    /// Safe Rust without any assumption on the processor.
    Portable,
}

impl Isa {
    /// The best instruction set of the processor this runs on.
    #[must_use]
    pub fn detect() -> Self {
        [Self::Avx512, Self::Avx2]
            .into_iter()
            .find(|isa| isa.is_available())
            .unwrap_or(Self::Portable)
    }

    /// Whether this processor has the instruction set.
    #[must_use]
    pub fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return match self {
            Self::Avx512 => {
                std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512vl")
            }
            Self::Avx2 => {
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
            }
            Self::Portable => true,
        };
        #[cfg(not(target_arch = "x86_64"))]
        return self == Self::Portable;
    }

    /// The most arithmetic one thread can do, in GFLOP/s, measured in about 0.1 s: multiply-adds
    /// on registers. No kernel can be faster; zero for [`Isa::Portable`], which has no such limit
    /// of its own, and for a set the processor does not have.
    #[must_use]
    pub fn peak_rate(self) -> f64 {
        #[cfg(target_arch = "x86_64")]
        if self.is_available() {
            return match self {
                // SAFETY: the instruction set is available.
                Self::Avx512 => rate::best_rate(24 * 16, || unsafe { x86::chains512() }),
                // SAFETY: as above.
                Self::Avx2 => rate::best_rate(12 * 8, || unsafe { x86::chains256() }),
                Self::Portable => 0.0,
            };
        }
        0.0
    }

    /// Cost of gathering one value (from planes that fit a vector, if `is_small`), in vector multiply-adds.
    pub(crate) fn gather_cost(self, is_small: bool) -> f64 {
        if is_small && self == Self::Avx512 { 8.0 } else { 40.0 }
    }

    /// Values per vector.
    pub(crate) fn lanes(self) -> usize {
        match self {
            Self::Avx512 => 16,
            Self::Avx2 => 8,
            Self::Portable => portable::LANES,
        }
    }

    /// Most outputs a tile may have.
    pub(crate) fn max_outputs(self) -> usize {
        if self == Self::Avx2 { 6 } else { 12 }
    }

    /// Vectors of a tile with `outputs` outputs that fill the registers best.
    pub(crate) fn vectors(self, outputs: usize) -> usize {
        match (self, outputs) {
            (Self::Avx2, 5..) => 2,
            (Self::Avx2, 3..) => 3,
            (Self::Avx2, _) => 4,
            (_, 9..) => 2,
            (_, 7..) => 3,
            (_, _) => 4,
        }
    }

    /// Most rows and columns of a block of inner products for filters of `taps` taps. Shifted
    /// columns cross cache lines, rows do not, so filters get few columns and many rows.
    pub(crate) fn max_dot(self, taps: usize) -> [usize; 2] {
        match (self, taps) {
            (Self::Avx2, _) => [3, 3],
            (_, 1) => [4, 6],
            _ => [8, 3],
        }
    }

    /// Computes one tile into the planes `out`, one per output.
    pub(crate) fn tile(self, tile: &Tile<'_>, out: &mut [&mut [f32]]) {
        let plane = out.iter().map(|plane| plane.len()).min().unwrap_or(0);
        assert!(
            self.is_available()
                && out.len() == tile.bias.len()
                && tile.is_inside(self.lanes(), plane),
            "a tile reaches outside its slices"
        );
        #[cfg(target_arch = "x86_64")]
        {
            let kernel = match self {
                Self::Avx512 => x86::tile512(out.len(), tile.lanes.len()),
                Self::Avx2 => x86::tile256(out.len(), tile.lanes.len()),
                Self::Portable => None,
            };
            if let Some(kernel) = kernel {
                // SAFETY: the instruction set is available, the numbers of outputs and vectors
                // are the kernel's own, and all accesses are inside: checked above.
                return unsafe { kernel(tile, out) };
            }
        }
        assert!(self == Self::Portable, "no kernel for this tile");
        portable::tile(tile, out);
    }

    /// Adds one block of inner products to `out`.
    pub(crate) fn dot(self, dot: &Dot<'_>, out: &mut [f32]) {
        assert!(
            self.is_available()
                && dot.is_inside(out.len())
                && dot.pixels.is_multiple_of(self.lanes()),
            "a block of inner products reaches outside its slices"
        );
        #[cfg(target_arch = "x86_64")]
        {
            let kernel = match self {
                Self::Avx512 => x86::dot512(dot.rows, dot.offsets.len()),
                Self::Avx2 => x86::dot256(dot.rows, dot.offsets.len()),
                Self::Portable => None,
            };
            if let Some(kernel) = kernel {
                // SAFETY: as above.
                return unsafe { kernel(dot, out) };
            }
        }
        assert!(self == Self::Portable, "no kernel for this block");
        portable::dot(dot, out);
    }
}
