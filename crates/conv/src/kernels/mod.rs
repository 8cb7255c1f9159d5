//! The inner loops, one source for all instruction sets, chosen at run time.
//!
//! This is the only place with `unsafe`. The functions of [`Isa`] are safe: they check every
//! bound of a job, once per some thousand multiply-adds, before a kernel sees it.
#![allow(unsafe_code)]
// Without kernels of its own an architecture uses the portable ones only.
#![cfg_attr(
    not(any(target_arch = "aarch64", target_arch = "x86_64")),
    allow(dead_code, unused_imports, unused_macros)
)]

mod dot;
#[cfg(feature = "burn")]
pub(crate) mod elementwise;
mod instances;
mod int8;
mod plane_copy;
mod portable;
mod prefetch;
mod product;
mod rate;
mod simd;
mod spread;
mod tile;
mod winograd;

// The kernels that are compiled for this architecture.
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
mod no_kernels;
#[cfg(target_arch = "x86_64")]
mod x86;
#[cfg(target_arch = "aarch64")]
use neon as native;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
use no_kernels as native;
#[cfg(target_arch = "x86_64")]
use x86 as native;

pub(crate) use dot::Dot;
pub(crate) use int8::{Int8Product, Int8Tile, Lines, TERMS, larger, scale, signed, start, word};
pub(crate) use plane_copy::PlaneCopy;
pub(crate) use product::Product;
pub(crate) use spread::{MOST, Places, Spread};
pub(crate) use tile::{Lanes, LastStep, Tile, TileAddend};
pub(crate) use winograd::{GradientRow, PointSums, SourceRows};
pub(crate) use winograd::{POINTS, RowAddend, SIDE, TAPS, TileRow, tiles};

/// An instruction set to compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isa {
    /// 16 lanes and 32 registers.
    Avx512,
    /// 8 lanes and 16 registers, with fused multiply-add.
    Avx2,
    /// 8 lanes in 16 pairs of registers: AArch64.
    Neon,
    /// Safe Rust without any assumption on the processor.
    Portable,
}

impl Isa {
    /// The best instruction set of the processor this runs on.
    #[must_use]
    pub fn detect() -> Self {
        [Self::Avx512, Self::Avx2, Self::Neon]
            .into_iter()
            .find(|isa| isa.is_available())
            .unwrap_or(Self::Portable)
    }

    /// Whether this processor has the instruction set.
    #[must_use]
    pub fn is_available(self) -> bool {
        self == Self::Portable || native::is_available(self)
    }

    /// The most arithmetic one thread can do, in GFLOP/s, measured in about 0.1 s: multiply-adds
    /// on registers. No kernel can be faster; zero for [`Isa::Portable`], which has no such limit
    /// of its own, and for a set the processor does not have.
    #[must_use]
    pub fn peak_rate(self) -> f64 {
        match native::chains(self) {
            // SAFETY: the instruction set is available.
            Some(chains) if self.is_available() => {
                rate::best_rate(chains.lanes, || unsafe { (chains.run)() })
            }
            _ => 0.0,
        }
    }

    /// Cost of gathering one value (from planes that fit a vector, if `is_small`), in vector
    /// multiply-adds.
    pub(crate) fn gather_cost(self, is_small: bool) -> f64 {
        if is_small && self == Self::Avx512 { 8.0 } else { 40.0 }
    }

    /// Values per vector.
    pub(crate) fn lanes(self) -> usize {
        match self {
            Self::Avx512 => 16,
            Self::Avx2 | Self::Neon => 8,
            Self::Portable => portable::LANES,
        }
    }

    /// Most outputs a tile may have.
    pub(crate) fn max_outputs(self) -> usize {
        if self.has_16_registers() { 6 } else { 12 }
    }

    /// Vectors of a tile with `outputs` outputs that fill the registers best.
    pub(crate) fn vectors(self, outputs: usize) -> usize {
        match (self.has_16_registers(), outputs) {
            (true, 5..) => 2,
            (true, 3..) => 3,
            (false, 9..) => 2,
            (false, 7..) => 3,
            (_, _) => 4,
        }
    }

    /// Whether 16 vectors, not 32, are all there is room for.
    fn has_16_registers(self) -> bool {
        matches!(self, Self::Avx2 | Self::Neon)
    }

    /// Most rows and columns of a block of inner products for filters of `taps` taps. Shifted
    /// columns cross cache lines, rows do not, so filters get few columns and many rows.
    pub(crate) fn max_dot(self, taps: usize) -> [usize; 2] {
        match (self, taps) {
            (Self::Avx2 | Self::Neon, _) => [3, 3],
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
        if let Some(kernel) = native::tile(self, out.len(), tile.lanes.len()) {
            // SAFETY: the instruction set is available, the numbers of outputs and vectors
            // are the kernel's own, and all accesses are inside: checked above.
            return unsafe { kernel(tile, out) };
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
        if let Some(kernel) = native::dot(self, dot.rows, dot.offsets.len()) {
            // SAFETY: as above.
            return unsafe { kernel(dot, out) };
        }
        assert!(self == Self::Portable, "no kernel for this block");
        portable::dot(dot, out);
    }
}
