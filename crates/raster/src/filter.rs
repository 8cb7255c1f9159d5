//! Kernels of the low-pass filter and of interpolation.

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Lobes of the Lanczos kernel.
pub(crate) const LOBES: f64 = 3.0;

/// Low-pass filter and interpolation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Filter {
    /// Triangle filter, then bilinear interpolation: fast, no ringing.
    #[default]
    Bilinear,
    /// Lanczos with three lobes for both: sharper, may overshoot at edges.
    Lanczos,
}

impl Filter {
    /// The kernel's value at a distance of `t` samples.
    pub(crate) fn kernel(self) -> fn(f64) -> f64 {
        match self {
            Self::Bilinear => triangle,
            Self::Lanczos => lanczos,
        }
    }

    /// Half the width of the kernel, in samples.
    pub(crate) fn reach(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Lanczos => LOBES,
        }
    }
}

pub(crate) fn triangle(t: f64) -> f64 {
    (1.0 - t.abs()).max(0.0)
}

pub(crate) fn lanczos(t: f64) -> f64 {
    if t == 0.0 {
        return 1.0;
    }
    // The zeros, exactly.
    if t.abs() >= LOBES || t.fract() == 0.0 {
        return 0.0;
    }
    let x = PI * t;
    LOBES * x.sin() * (x / LOBES).sin() / (x * x)
}
