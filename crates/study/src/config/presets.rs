//! The three presets.

use crate::config::{
    EncoderStart, FinalDetector, OutcomeTiming, PictureConfig, Preset, RiskConfig, StudyConfig,
    UnreadableFilms,
};
use vertebra_alignment::{AlignmentMode, ImageVariant};
use vertebra_cohort::{
    Covariate, DeclaredCovariates, EligibilityOptions, FractureRule, TrimmingOptions,
};
use vertebra_deepsurv::{EncoderConfig, Fusion, RiskTraining};
use vertebra_hrnet::DetectorConfig;
use vertebra_report::results::StudyDetails;
use vertebra_survival::Ties;

pub(crate) fn preset(preset: Preset) -> StudyConfig {
    match preset {
        Preset::Quick => quick(),
        Preset::Standard => standard(),
        Preset::Paper => paper(),
    }
}

fn quick() -> StudyConfig {
    StudyConfig {
        preset: Preset::Quick.name().to_owned(),
        seed: 1,
        test_fraction: 0.35,
        folds: 3,
        folds_by_centre: false,
        cluster_by_centre: true,
        horizons: vec![1.0, 3.0, 5.0],
        main_horizon: 3.0,
        bootstrap: 1000,
        subgroups: subgroups(),
        age_groups: age_groups(),
        clinical_models: clinical_models(),
        covariates: DeclaredCovariates::new(),
        imputations: 0,
        variants: ImageVariant::ALL.to_vec(),
        choose_masked: false,
        outcome: OutcomeTiming::Visit,
        ties: Ties::Efron,
        pictures: 3,
        columns: None,
        keypoint_model: None,
        reference: None,
        unreadable_films: UnreadableFilms::Stop,
        film_height: 320,
        final_detector: FinalDetector::BestFold,
        eligibility: EligibilityOptions::default(),
        trimming: TrimmingOptions::default(),
        fracture_rule: FractureRule::default(),
        fits_at_once: None,
        film_cache: None,
        keypoints: DetectorConfig::quick(),
        picture: PictureConfig {
            size: 64,
            patch_size: 32,
            mode: AlignmentMode::Similarity,
            margin: 0.75,
        },
        risk: RiskConfig {
            encoder: EncoderConfig::small(8),
            image_hidden: vec![16],
            clinical_hidden: vec![16],
            dropout: 0.2,
            image_training: RiskTraining::for_images(),
            clinical_training: clinical_training(150),
            fusion: Fusion::Concatenation,
            encoder_start: EncoderStart::Stacked,
        },
        report: StudyDetails::default(),
    }
}

fn standard() -> StudyConfig {
    let quick = quick();
    StudyConfig {
        preset: Preset::Standard.name().to_owned(),
        test_fraction: 0.2,
        folds: 5,
        bootstrap: 2000,
        film_height: 512,
        final_detector: FinalDetector::Refit,
        keypoints: DetectorConfig::standard(),
        picture: PictureConfig { size: 96, patch_size: 48, ..quick.picture.clone() },
        risk: RiskConfig {
            image_training: image_training(12, 64),
            clinical_training: clinical_training(300),
            ..quick.risk.clone()
        },
        ..quick
    }
}

/// What the paper says, and ResNet-18 where it says only ResNet.
fn paper() -> StudyConfig {
    let standard = standard();
    StudyConfig {
        preset: Preset::Paper.name().to_owned(),
        test_fraction: 179.0 / 1595.0,
        folds: 5,
        film_height: 768,
        fits_at_once: Some(1),
        keypoints: DetectorConfig::paper(),
        picture: PictureConfig { size: 384, patch_size: 128, ..standard.picture.clone() },
        risk: RiskConfig {
            encoder: EncoderConfig::resnet18(),
            image_hidden: vec![64],
            clinical_hidden: vec![32, 32],
            image_training: image_training(200, 128).with_micro_batch(64),
            encoder_start: EncoderStart::FineTuned,
            ..standard.risk.clone()
        },
        ..standard
    }
}

/// Groups in which every study gives C.
pub(super) fn subgroups() -> Vec<String> {
    ["sex", "age", "centre", "facing"].map(str::to_owned).to_vec()
}

/// Decades, as most cohorts of this kind are between 50 and 80.
pub(super) fn age_groups() -> Vec<f64> {
    vec![60.0, 70.0]
}

/// The paper's models 1 to 3.
fn clinical_models() -> Vec<Vec<Covariate>> {
    use Covariate as C;
    let smallest = vec![C::AGE, C::SEX];
    let with_bmi = vec![C::AGE, C::SEX, C::BMI];
    let largest = [C::GLUCOCORTICOIDS, C::SECONDARY_OSTEOPOROSIS];
    let largest = with_bmi.iter().cloned().chain(largest).collect();
    vec![smallest, with_bmi, largest]
}

fn image_training(epochs: usize, batch_size: usize) -> RiskTraining {
    let default = RiskTraining::for_images();
    let training = default.training.clone().with_epochs(epochs).with_batch_size(batch_size);
    default.with_training(training)
}

fn clinical_training(epochs: usize) -> RiskTraining {
    let default = RiskTraining::default();
    let training = default.training.clone().with_epochs(epochs).with_patience(None);
    default.with_training(training)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_valid_and_survives_toml() {
        for preset in [Preset::Quick, Preset::Standard, Preset::Paper] {
            let config = StudyConfig::preset(preset);
            config.check().unwrap();
            let text = config.to_toml().unwrap();
            let back: StudyConfig = toml::from_str(&text).unwrap();
            assert_eq!(back, config);
        }
    }

    #[test]
    fn the_three_clinical_models_have_all_their_covariates() {
        assert_eq!(clinical_models().iter().map(Vec::len).collect::<Vec<_>>(), [2, 3, 5]);
    }

    #[test]
    fn a_file_changes_what_it_names_and_nothing_else() {
        let text = "folds = 4\n[risk]\ndropout = 0.5\n";
        let config = StudyConfig::from_toml(Preset::Quick, text).unwrap();
        assert_eq!((config.folds, config.risk.dropout), (4, 0.5));
        assert_eq!(config.picture, quick().picture);
        let error = StudyConfig::from_toml(Preset::Quick, "fold = 4").unwrap_err().to_string();
        assert!(error.contains("fold"), "{error}");
        for (text, name) in [
            ("[risk.image_training]\nepochs = 3", "risk.image_training.epochs"),
            ("[risk.image_training.training]\nepoch = 3", "risk.image_training.training.epoch"),
            ("[risk.encoder]\nwidth = 8", "risk.encoder.width"),
            ("[keypoints.network]\nwidths = 8", "keypoints.network.widths"),
            ("[picture]\nsides = 8", "picture.sides"),
            (
                "[keypoints.training.learning_rate]\nbegin = 0.1",
                "keypoints.training.learning_rate.begin",
            ),
        ] {
            let error = StudyConfig::from_toml(Preset::Quick, text).unwrap_err().to_string();
            // By its whole path, or by serde in its own words where a table refuses such words itself.
            let word = name.rsplit('.').next().unwrap_or(name);
            assert!(error.contains(name) || error.contains(&format!("`{word}`")), "{error}");
            assert!(error.contains("unknown"), "{error}");
        }
        let error = StudyConfig::from_toml(Preset::Quick, "folds = 1").unwrap_err().to_string();
        assert!(error.contains("folds: expected 2 or more, got 1"), "{error}");
    }
}
