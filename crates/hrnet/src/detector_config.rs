use crate::{Augmentation, Error, HrnetConfig};
use serde::{Deserialize, Serialize};
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
    /// Whether detection averages the heatmaps of the film and of its mirror image.
    pub flip_test: bool,
    /// Random changes of the training films.
    pub augmentation: Augmentation,
    /// The training loop; its seed is replaced by the one given to `train_detector`.
    pub training: TrainingConfig,
}

impl DetectorConfig {
    /// For some 150 films in half a minute on two CPU cores; what it reaches is in the README.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            network: HrnetConfig::small(8),
            input_size: [160, 128],
            sigma: 4.0,
            decoding: Decoding::Dark,
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

    /// The paper's network and schedule: HRNet-W32 at 384 x 384, 200 epochs, Adam 1e-3 to 1e-5.
    #[must_use]
    pub fn paper() -> Self {
        Self {
            network: HrnetConfig::w32(),
            input_size: [384, 384],
            sigma: 8.0,
            decoding: Decoding::Dark,
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
        self.augmentation.check()?;
        self.codec()?;
        Ok(self.training.check()?)
    }
}
