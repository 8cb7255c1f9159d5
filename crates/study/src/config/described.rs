//! The settings that a reader of a report asks for, in words.

use super::{EncoderStart, StudyConfig};
use vertebra_deepsurv::{Fusion, RiskTraining};
use vertebra_training::{OptimizerKind, TrainingConfig};

impl StudyConfig {
    /// What was done with which hyper-parameters; all settings are in `config.toml` of the run.
    pub(crate) fn described(&self) -> Vec<(String, String)> {
        let risk = &self.risk;
        let start = match risk.encoder_start {
            EncoderStart::Scratch => "trained together from random weights",
            EncoderStart::FineTuned => "start from the image-only network and are trained on whole",
            EncoderStart::Stacked => {
                "hidden layers of the networks on covariates, which read the log hazard of the \
                 image-only network too; they learn what it is worth from networks that never saw a \
                 subject (stacking)"
            }
            EncoderStart::Frozen => "keep the encoder of the image-only network as it is",
        };
        let fusion = match risk.fusion {
            Fusion::Modulation => "; covariates scale and shift the features of the pictures",
            _ => "",
        };
        let facts = [
            ("Keypoint network", training(&self.keypoints.training)),
            ("Pictures", self.pictures_described()),
            ("Encoder", format!("residual, {} channels in its stages", list(&risk.encoder.widths))),
            (
                "Networks on pictures",
                format!(
                    "hidden layers of {}, dropout {}; {}",
                    list(&risk.image_hidden),
                    risk.dropout,
                    of_risk(&risk.image_training)
                ),
            ),
            (
                "Networks on covariates",
                format!(
                    "hidden layers of {}, dropout {}; {}",
                    list(&risk.clinical_hidden),
                    risk.dropout,
                    of_risk(&risk.clinical_training)
                ),
            ),
            ("Networks on both", format!("{start}{fusion}")),
            ("Cox regression", format!("ties after {:?}, no penalty", self.ties)),
            ("Intervals", format!("{} bootstrap samples of subjects", self.bootstrap)),
            (
                "Choices",
                "epochs are fixed before; the variant and the thresholds are chosen on the \
                 validation folds of the development set; the test set takes no part"
                    .to_owned(),
            ),
        ];
        facts.map(|(name, text)| (name.to_owned(), text)).to_vec()
    }

    fn pictures_described(&self) -> String {
        let picture = &self.picture;
        format!(
            "{0} × {0} px, patches {1} × {1} px; {2:?} alignment, {3} vertebral distances of room",
            picture.size, picture.patch_size, picture.mode, picture.margin
        )
    }
}

fn of_risk(settings: &RiskTraining) -> String {
    training(&settings.training)
}

fn training(settings: &TrainingConfig) -> String {
    let batch = settings.batch_size.map_or("all subjects".to_owned(), |n| format!("{n}"));
    let rate = &settings.learning_rate;
    let averaged = settings
        .average_from
        .map_or(String::new(), |from| format!(", weights averaged over the epochs from {from} on"));
    let momentum = match settings.optimizer {
        OptimizerKind::Sgd => format!(" with momentum {}", settings.momentum),
        _ => String::new(),
    };
    format!(
        "{} epochs in batches of {batch}, {:?}{momentum} from {} to {}, weight decay {}{averaged}",
        settings.epochs, settings.optimizer, rate.start, rate.end, settings.weight_decay
    )
}

fn list(sizes: &[usize]) -> String {
    sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_training_is_told_with_all_that_it_takes_to_repeat_it() {
        let adam = TrainingConfig::default().with_epochs(5).with_weight_decay(0.1);
        let expected =
            "5 epochs in batches of all subjects, Adam from 0.001 to 0.001, weight decay 0.1";
        assert_eq!(training(&adam), expected);
        let sgd = adam.with_optimizer(OptimizerKind::Sgd).with_momentum(0.7).with_batch_size(8);
        assert_eq!(
            training(&sgd.with_average_from(3)),
            "5 epochs in batches of 8, Sgd with momentum 0.7 from 0.001 to 0.001, weight decay 0.1, \
             weights averaged over the epochs from 3 on"
        );
    }
}
