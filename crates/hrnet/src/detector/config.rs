//! The settings of a detector and of its training.

use crate::setters::setters;
use crate::{Augmentation, Error, HrnetConfig, StageConfig};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use vertebra_conv::Precision;
use vertebra_keypoints::{Decoding, HeatmapCodec};
use vertebra_training::{LearningRate, OptimizerKind, Schedule, TrainingConfig};

/// Everything that defines a detector and its training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
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
    /// Whether detection also looks at the film with local contrast equalised, and closer at where
    /// the first looks have found the spine, and reads the points from all looks together. For
    /// detectors trained on films of any look and scale.
    #[serde(default)]
    pub closer_looks: bool,
    /// Published HRNet weights (`.pth`, `.safetensors`) whose backbone training starts from.
    #[serde(default)]
    pub pretrained: Option<PathBuf>,
    /// Whether detection averages the heatmaps of the film and of its mirror image.
    pub flip_test: bool,
    /// Random changes of the training films.
    pub augmentation: Augmentation,
    /// Most films that go through the network at once, which its memory grows with; the gradient of
    /// a batch is the sum over such parts of it, save that batch normalisation sees each part by
    /// itself. `None` for the whole batch.
    #[serde(default)]
    pub micro_batch: Option<usize>,
    /// The numbers that convolutions are computed in during training; points are detected in f32,
    /// and the heatmaps' own layer is f32 in training too.
    #[serde(default)]
    pub precision: Precision,
    /// The training loop.
    pub training: TrainingConfig,
}

fn highest_peak() -> usize {
    1
}

impl Default for DetectorConfig {
    /// [`DetectorConfig::quick`].
    fn default() -> Self {
        Self::quick()
    }
}

impl DetectorConfig {
    /// Most vertebrae to choose from: some four thousand chains that go down.
    pub const MOST_CANDIDATES: usize = 15;

    /// Heatmaps of a detector that also learns T12 and S1, after those of L1 to L5.
    pub const WITH_NEIGHBOURS: usize = 7;

    /// For some 150 films in half a minute on two CPU cores; what it reaches is in the README.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            network: HrnetConfig::small(8),
            input_size: [160, 128],
            sigma: 4.0,
            decoding: Decoding::Dark,
            candidates: 1,
            closer_looks: false,
            pretrained: None,
            flip_test: true,
            augmentation: Augmentation::default(),
            micro_batch: None,
            precision: Precision::default(),
            training: TrainingConfig::default()
                .with_epochs(20)
                .with_batch_size(8)
                .with_learning_rate(
                    LearningRate::new(1e-2, 1e-4, Schedule::Cosine).with_warmup(0.1),
                )
                .with_optimizer(OptimizerKind::AdamW)
                .with_weight_decay(1e-4)
                .with_validate_every(5)
                .with_checkpoint_every(5),
        }
    }

    /// For a thousand films in some minutes on two CPU cores: [`DetectorConfig::quick`] with a
    /// finer input; what it reaches is in the README.
    #[must_use]
    pub fn standard() -> Self {
        let quick = Self::quick();
        let training = quick.training.with_epochs(12);
        Self { input_size: [192, 160], training, ..quick }
    }

    /// For films of any kind: trained on varied phantom films, it also finds the spine on
    /// projections of CT; what it reaches is in the README.
    #[must_use]
    pub fn varied() -> Self {
        let stage = |n_modules, n_blocks| StageConfig { n_modules, n_blocks };
        let network = HrnetConfig {
            stages: [stage(1, 1), stage(1, 2), stage(2, 1)],
            ..HrnetConfig::small(12).with_n_keypoints(Self::WITH_NEIGHBOURS)
        };
        let augmentation = Augmentation {
            rotation: 10.0,
            log_stretch: 0.12,
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
        let rate = LearningRate::new(6e-3, 5e-5, Schedule::Cosine).with_warmup(0.05);
        let training = quick.training.with_epochs(16).with_batch_size(12).with_learning_rate(rate);
        let training = training.with_checkpoint_every(1);
        let input_size = [192, 192];
        let closer_looks = true;
        Self { network, input_size, candidates: 12, closer_looks, augmentation, training, ..quick }
    }

    /// The settings of this detector with those of a training that goes on from its weights: a
    /// third of the highest learning rate of [`DetectorConfig::varied`], and the augmentation of
    /// films of any kind.
    #[must_use]
    pub fn continued(&self) -> Self {
        let varied = Self::varied();
        let rate = LearningRate::new(2e-3, 1e-5, Schedule::Cosine).with_warmup(0.05);
        let training = varied.training.with_learning_rate(rate);
        Self { augmentation: varied.augmentation, training, pretrained: None, ..self.clone() }
    }

    /// The settings of this detector with those of a training that goes on from its weights on
    /// `n_films` films of one's own, e.g. twenty: small batches, and as many passes as give some
    /// five hundred looks at a film, at least four.
    #[must_use]
    pub fn continued_on(&self, n_films: usize) -> Self {
        const LOOKS: usize = 500;
        let epochs = (LOOKS / n_films.max(1)).clamp(4, 40);
        let rate = LearningRate::new(1e-3, 1e-5, Schedule::Cosine).with_warmup(0.1);
        let training = self.training.clone().with_learning_rate(rate).with_epochs(epochs);
        let training = training.with_batch_size(4).with_checkpoint_every(epochs);
        let training = training.with_patience(None).with_average_from(None);
        let training = training.with_seed(self.training.seed);
        Self { training, pretrained: None, ..self.clone() }
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
            closer_looks: false,
            pretrained: None,
            flip_test: true,
            augmentation: Augmentation { collimation: 0.08, ..Augmentation::default() },
            micro_batch: None,
            precision: Precision::default(),
            training: TrainingConfig::default()
                .with_epochs(200)
                .with_batch_size(16)
                .with_learning_rate(LearningRate::new(
                    1e-3,
                    1e-5,
                    Schedule::Step(vec![0.81, 0.952]),
                )),
        }
    }

    setters! {
        with_network, network: HrnetConfig, "the network";
        with_input_size, input_size: [usize; 2], "the input's `[height, width]`, px";
        with_sigma, sigma: f64, "the standard deviation of the heatmaps' Gaussians, px of the input";
        with_decoding, decoding: Decoding, "how points are read from heatmaps";
        with_candidates, candidates: usize, "the vertebrae among which detection chooses";
        with_closer_looks, closer_looks: bool, "whether detection looks closer";
        with_pretrained, pretrained: Option<PathBuf>, "the weights that the backbone starts from";
        with_flip_test, flip_test: bool, "whether detection also sees the mirror image";
        with_augmentation, augmentation: Augmentation, "the random changes of training films";
        with_micro_batch, micro_batch: Option<usize>, "the most films that go through the network at once";
        with_precision, precision: Precision, "the numbers that convolutions are computed in";
        with_training, training: TrainingConfig, "the training loop";
    }

    pub(crate) fn codec(&self) -> Result<HeatmapCodec, Error> {
        let codec = HeatmapCodec::for_input(self.input_size, HrnetConfig::STRIDE, self.sigma)?;
        Ok(codec.with_decoding(self.decoding))
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.network.check()?;
        if ![5, Self::WITH_NEIGHBOURS].contains(&self.network.n_keypoints) {
            return Err(Error::invalid("network.n_keypoints", "5 or 7", self.network.n_keypoints));
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
        if self.micro_batch == Some(0) {
            return Err(Error::invalid("micro_batch", "at least 1", 0));
        }
        self.augmentation.check()?;
        self.codec()?;
        Ok(self.training.check()?)
    }
}
