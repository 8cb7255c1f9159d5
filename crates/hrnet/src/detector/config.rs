use crate::{Augmentation, Error, HrnetConfig, StageConfig};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use vertebra_keypoints::{Decoding, HeatmapCodec};
use vertebra_training::{LearningRate, OptimizerKind, Schedule, TrainingConfig};

/// Everything that defines a detector and its training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorConfig {
    /// The network.
    pub network: HrnetConfig,
    /// Input `[height, width]` px, multiples of [`HrnetConfig::SIZE_MULTIPLE`]; films are fitted in
    /// with their proportions kept.
    pub input_size: [usize; 2],
    /// Standard deviation of the heatmaps' Gaussians, px of the input.
    pub sigma: f64,
    /// How points are read from heatmaps.
    pub decoding: Decoding,
    /// Vertebrae, whatever level the network gives them, among which detection chooses the most
    /// plausible L1 to L5 ([`most_plausible_chain`](vertebra_keypoints::most_plausible_chain)), at
    /// most [`MOST_CANDIDATES`](DetectorConfig::MOST_CANDIDATES); with 1 the highest peak of each
    /// heatmap is taken by itself. What was chosen against the highest peak is said in
    /// [`SpineFinding::moved`](crate::SpineFinding::moved).
    #[serde(default = "highest_peak")]
    pub candidates: usize,
    /// Published HRNet weights (`.pth`, `.safetensors`) whose backbone training starts from.
    #[serde(default)]
    pub pretrained: Option<PathBuf>,
    /// Whether detection averages the heatmaps of the film and of its mirror image.
    pub flip_test: bool,
    /// Random changes of the training films.
    pub augmentation: Augmentation,
    /// The training loop; its seed is replaced by the one given to `train_detector`.
    pub training: TrainingConfig,
}

fn highest_peak() -> usize {
    1
}

impl DetectorConfig {
    /// Most vertebrae to choose from: some four thousand chains that go down.
    pub const MOST_CANDIDATES: usize = 15;

    /// For some 150 films in half a minute on two CPU cores; what it reaches is in the README.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            network: HrnetConfig::small(8),
            input_size: [160, 128],
            sigma: 4.0,
            decoding: Decoding::Dark,
            candidates: 1,
            pretrained: None,
            flip_test: true,
            augmentation: Augmentation::default(),
            training: TrainingConfig {
                epochs: 20,
                batch_size: Some(8),
                learning_rate: LearningRate::new(1e-2, 1e-4, Schedule::Cosine).with_warmup(0.1),
                optimizer: OptimizerKind::AdamW,
                weight_decay: 1e-4,
                validate_every: 5,
                checkpoint_every: 5,
                ..TrainingConfig::default()
            },
        }
    }

    /// For a thousand films in some minutes on two CPU cores: [`DetectorConfig::quick`] with a
    /// finer input; what it reaches is in the README.
    #[must_use]
    pub fn standard() -> Self {
        let quick = Self::quick();
        let training = TrainingConfig { epochs: 12, ..quick.training };
        Self { input_size: [192, 160], training, ..quick }
    }

    /// For films of any kind: trained on varied phantom films, it also finds the spine on
    /// projections of CT; what it reaches is in the README.
    #[must_use]
    pub fn varied() -> Self {
        let stage = |n_modules, n_blocks| StageConfig { n_modules, n_blocks };
        let network = HrnetConfig {
            stages: [stage(1, 1), stage(1, 2), stage(2, 1)],
            ..HrnetConfig::small(12)
        };
        let augmentation = Augmentation {
            rotation: 10.0,
            log_gamma: 0.5,
            log_contrast: 0.3,
            noise: 0.3,
            collimation: 0.08,
            cutout: 0.3,
            blur: 1.5,
            wedge: 0.1,
            marker: 0.3,
            ..Augmentation::default()
        };
        let quick = Self::quick();
        let training = TrainingConfig {
            epochs: 16,
            batch_size: Some(12),
            learning_rate: LearningRate::new(6e-3, 5e-5, Schedule::Cosine).with_warmup(0.05),
            checkpoint_every: 1,
            ..quick.training
        };
        let input_size = [192, 192];
        Self { network, input_size, candidates: 12, augmentation, training, ..quick }
    }

    /// The paper's network and schedule: HRNet-W32 at 384 x 384, 200 epochs, Adam 1e-3 to 1e-5.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            network: HrnetConfig::w32(),
            input_size: [384, 384],
            sigma: 8.0,
            decoding: Decoding::Dark,
            candidates: 1,
            pretrained: None,
            flip_test: true,
            augmentation: Augmentation { collimation: 0.08, ..Augmentation::default() },
            training: TrainingConfig {
                epochs: 200,
                batch_size: Some(16),
                learning_rate: LearningRate::new(1e-3, 1e-5, Schedule::Step(vec![0.81, 0.952])),
                ..TrainingConfig::default()
            },
        }
    }

    pub(crate) fn codec(&self) -> Result<HeatmapCodec, Error> {
        let codec = HeatmapCodec::for_input(self.input_size, HrnetConfig::STRIDE, self.sigma)?;
        Ok(codec.with_decoding(self.decoding))
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.network.check()?;
        if self.network.n_keypoints != 5 {
            return Err(Error::invalid("network.n_keypoints", 5, self.network.n_keypoints));
        }
        let multiple = HrnetConfig::SIZE_MULTIPLE;
        for side in self.input_size {
            if side == 0 || side % multiple != 0 {
                let expected = format!("multiples of {multiple}");
                return Err(Error::invalid(
                    "input_size",
                    expected,
                    format!("{:?}", self.input_size),
                ));
            }
        }
        if !(1..=Self::MOST_CANDIDATES).contains(&self.candidates) {
            let expected = format!("1 to {}", Self::MOST_CANDIDATES);
            return Err(Error::invalid("candidates", expected, self.candidates));
        }
        self.augmentation.check()?;
        self.codec()?;
        Ok(self.training.check()?)
    }
}
