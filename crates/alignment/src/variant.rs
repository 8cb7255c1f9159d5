//! The six image variants that the protocol compares.

use serde::{Deserialize, Serialize};

/// What of a radiograph the risk network sees (Kong et al. 2022, Table 2).
///
/// The protocol compares these six and no other: the enum is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageVariant {
    /// One picture of L1 to L5.
    L1L5,
    /// One picture of L1 to L5, everything outside the vertebra masks set to zero.
    L1L5Masked,
    /// One picture of L1 to L4.
    L1L4,
    /// One picture of L1 to L4, masked.
    L1L4Masked,
    /// Five pictures, one per vertebra, oriented along the local spine axis.
    Patches,
    /// Five pictures, one per vertebra, masked.
    PatchesMasked,
}

impl ImageVariant {
    /// All six, in the order of the paper's Table 2.
    pub const ALL: [Self; 6] = [
        Self::L1L5,
        Self::L1L5Masked,
        Self::L1L4,
        Self::L1L4Masked,
        Self::Patches,
        Self::PatchesMasked,
    ];

    /// Pictures per radiograph: 5 for patches, else 1.
    #[must_use]
    pub fn n_images(self) -> usize {
        if matches!(self, Self::Patches | Self::PatchesMasked) { 5 } else { 1 }
    }

    /// Whether the variant needs vertebra masks.
    #[must_use]
    pub fn is_masked(self) -> bool {
        matches!(self, Self::L1L5Masked | Self::L1L4Masked | Self::PatchesMasked)
    }

    /// The label of the paper's Table 2.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::L1L5 => "L1-L5 without masks",
            Self::L1L5Masked => "L1-L5 with masks",
            Self::L1L4 => "L1-L4 without masks",
            Self::L1L4Masked => "L1-L4 with masks",
            Self::Patches => "L1-L5 patches without masks",
            Self::PatchesMasked => "L1-L5 patches with masks",
        }
    }
}
