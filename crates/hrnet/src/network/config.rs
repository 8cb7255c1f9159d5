//! The shape of a network.

use crate::Error;
use crate::setters::setters;
use serde::{Deserialize, Serialize};

/// Repetitions in one of the stages with parallel resolutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StageConfig {
    /// Modules, each of which ends with an exchange between resolutions.
    pub n_modules: usize,
    /// Residual blocks per branch and module.
    pub n_blocks: usize,
}

impl StageConfig {
    /// `n_modules` of `n_blocks` each.
    #[must_use]
    pub fn new(n_modules: usize, n_blocks: usize) -> Self {
        Self { n_modules, n_blocks }
    }
}

/// Shape of an HRNet.
///
/// [`HrnetConfig::w18`], [`w32`](HrnetConfig::w32), [`w48`](HrnetConfig::w48) and
/// [`w18_small_v2`](HrnetConfig::w18_small_v2) are the published networks;
/// [`small`](HrnetConfig::small) has the same topology (four resolutions, the same parameter names)
/// with as few repetitions as possible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HrnetConfig {
    /// Channels of the branch with the highest resolution; each further branch has twice as many.
    pub width: usize,
    /// Channels of the two convolutions with stride 2 at the start, and of stage 1's bottlenecks.
    pub stem_width: usize,
    /// Bottleneck blocks in stage 1.
    pub n_bottlenecks: usize,
    /// Stages 2, 3 and 4, with two, three and four branches.
    pub stages: [StageConfig; 3],
    /// Channels of the input: 1, or 3 for weights trained on colour pictures.
    pub in_channels: usize,
    /// Heatmaps.
    pub n_keypoints: usize,
}

impl Default for HrnetConfig {
    /// [`HrnetConfig::w32`], as in the paper.
    fn default() -> Self {
        Self::w32()
    }
}

impl HrnetConfig {
    /// Pixels of the input per pixel of a heatmap.
    pub const STRIDE: usize = 4;
    /// Both sides of the input must be multiples of this: the lowest resolution's stride.
    pub const SIZE_MULTIPLE: usize = 32;

    /// The published network of this width, for one-channel input.
    #[must_use]
    pub fn published(width: usize, n_keypoints: usize) -> Self {
        let stage = |n_modules| StageConfig::new(n_modules, 4);
        Self {
            width,
            stem_width: 64,
            n_bottlenecks: 4,
            stages: [stage(1), stage(4), stage(3)],
            in_channels: 1,
            n_keypoints,
        }
    }

    /// HRNet-W18 for the five lumbar vertebrae.
    #[must_use]
    pub fn w18() -> Self {
        Self::published(18, 5)
    }

    /// HRNet-W32 for the five lumbar vertebrae.
    #[must_use]
    pub fn w32() -> Self {
        Self::published(32, 5)
    }

    /// HRNet-W48 for the five lumbar vertebrae.
    #[must_use]
    pub fn w48() -> Self {
        Self::published(48, 5)
    }

    /// The published HRNet-W18-Small-v2 for the five lumbar vertebrae: half the blocks of W18.
    #[must_use]
    pub fn w18_small_v2() -> Self {
        let stage = |n_modules| StageConfig::new(n_modules, 2);
        Self { n_bottlenecks: 2, stages: [stage(1), stage(3), stage(2)], ..Self::w18() }
    }

    /// One module of one block per stage, for training on a CPU in seconds.
    #[must_use]
    pub fn small(width: usize) -> Self {
        let stage = StageConfig::new(1, 1);
        Self {
            width,
            stem_width: 16,
            n_bottlenecks: 1,
            stages: [stage; 3],
            in_channels: 1,
            n_keypoints: 5,
        }
    }

    setters! {
        with_width, width: usize, "the channels of the branch with the highest resolution";
        with_stem_width, stem_width: usize, "the channels of the first two convolutions";
        with_n_bottlenecks, n_bottlenecks: usize, "the bottleneck blocks in stage 1";
        with_stages, stages: [StageConfig; 3], "the repetitions in stages 2, 3 and 4";
        with_in_channels, in_channels: usize, "the channels of the input";
        with_n_keypoints, n_keypoints: usize, "the number of heatmaps";
    }

    /// Channels of the first `n` branches.
    pub(crate) fn branch_channels(&self, n: usize) -> Vec<usize> {
        (0..n).map(|i| self.width << i).collect()
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let stage = |i: usize| self.stages[i].n_modules.min(self.stages[i].n_blocks);
        for (setting, value) in [
            ("network.width", self.width),
            ("network.stem_width", self.stem_width),
            ("network.n_bottlenecks", self.n_bottlenecks),
            ("network.stages[0]", stage(0)),
            ("network.stages[1]", stage(1)),
            ("network.stages[2]", stage(2)),
            ("network.n_keypoints", self.n_keypoints),
        ] {
            if value == 0 {
                return Err(Error::invalid(setting, "at least 1", value));
            }
        }
        if ![1, 3].contains(&self.in_channels) {
            return Err(Error::invalid("network.in_channels", "1 or 3", self.in_channels));
        }
        Ok(())
    }
}
