//! How long a study will take and how much memory it will need.
//!
//! From a run of the quick preset that was measured (docs/BENCHMARKS.md: 420 subjects, 273 of them
//! to learn from in three folds, two cores): its three detectors took 18 s for 20 epochs of 182
//! films of 160 x 128 px, its eighteen image networks 10 s for 14 epochs of 182 subjects, and a
//! network in training 260 MB. Networks are taken to cost what their input is larger, and cores to
//! share the work. An estimate within a factor of two on such a machine; for the networks of the
//! paper there is none.

use crate::StudyConfig;
use crate::films::variant_pictures::shape;
use crate::input::subjects::StudyData;
use serde::Serialize;
use vertebra_alignment::ImageVariant;
use vertebra_deepsurv::EncoderConfig;
use vertebra_hrnet::DetectorConfig;

/// Seconds of one core for one film, px of the input and epoch of a detector.
const DETECTOR: f64 = 18.0 * 2.0 / (3.0 * 20.0 * 182.0 * 160.0 * 128.0);
/// The same for one subject, px of its pictures and epoch of an image network: six variants, of
/// which four are 64 x 64 px and two five times 32 x 32.
const ENCODER: f64 = 10.0 * 2.0 / (3.0 * 14.0 * 182.0 * (4.0 * 4096.0 + 2.0 * 5120.0));
/// Seconds for models on covariates, their evaluation and the report.
const REST: f64 = 10.0;
/// Bytes of one network in training, with its batch.
const NETWORK: f64 = 260e6;

/// What a study will take, as far as it can be said beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StudyCost {
    /// Minutes on this machine's cores.
    pub minutes: f64,
    /// Most memory at once, gigabytes.
    pub memory_gb: f64,
    /// Cores that it is reckoned for.
    pub cores: usize,
}

/// `None` for networks of which nothing was measured. `opening` is how long all films took to open,
/// seconds.
pub(super) fn of(config: &StudyConfig, data: &StudyData, opening: f64) -> Option<StudyCost> {
    let known = config.keypoints.network == DetectorConfig::quick().network
        && config.risk.encoder == EncoderConfig::small(8);
    if !known {
        return None;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let networks = config.fits_at_once.unwrap_or(cores + cores.div_ceil(2));
    let seconds = (detectors(config, data) + images(config, data)) / cores as f64;
    let films = data.n() as f64 * 0.8 * (config.film_height as f64).powi(2);
    let pictures = data.n() as f64 * config.variants.iter().map(|v| px(config, *v)).sum::<f64>();
    Some(StudyCost {
        minutes: (seconds + 2.0 * opening + REST) / 60.0,
        memory_gb: (4.0 * (films + pictures) + networks as f64 * NETWORK) / 1e9,
        cores,
    })
}

/// Seconds of one core for all detectors.
fn detectors(config: &StudyConfig, data: &StudyData) -> f64 {
    if config.keypoint_model.is_some() {
        return 0.0;
    }
    let annotated = data.development().iter().filter(|&&i| data.annotation(i).is_some()).count();
    let [height, width] = config.keypoints.input_size;
    let per_film = DETECTOR * (height * width * config.keypoints.training.epochs) as f64;
    let refit = usize::from(config.final_detector == crate::FinalDetector::Refit);
    per_film * (annotated * (data.n_folds() - 1 + refit)) as f64
}

/// Seconds of one core for all image networks: those of the comparison in every fold, one of the
/// development set, and those within the folds.
fn images(config: &StudyConfig, data: &StudyData) -> f64 {
    let variants: f64 = config.variants.iter().map(|v| px(config, *v)).sum();
    let n = data.development().len() as f64;
    let epochs = config.risk.image_training.training.epochs as f64;
    let folds = data.n_folds() as f64 - 1.0;
    let largest = config.variants.iter().map(|v| px(config, *v)).fold(0.0, f64::max);
    // Within every fold as many folds again, of the one variant.
    let stacked = config.risk.encoder_start == crate::EncoderStart::Stacked;
    let within = if stacked { folds * folds * largest } else { 0.0 };
    ENCODER * n * epochs * (folds * variants + largest + within)
}

/// Pixels that a network sees of one subject.
fn px(config: &StudyConfig, variant: ImageVariant) -> f64 {
    shape(variant, &config.picture).iter().product::<usize>() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Preset;
    use crate::test_data::data;

    #[test]
    fn the_measured_run_is_the_one_of_the_constants() {
        let config = StudyConfig::preset(Preset::Quick);
        let data = data();
        let n = data.development().len() as f64;
        // Two folds here for three there: each subject is fitted on once, not twice.
        let detectors = detectors(&config, &data);
        assert!((detectors - 36.0 * n / (3.0 * 182.0)).abs() < 1e-9, "{detectors}");
        let one = images(&config, &data);
        assert!(one > 23.0 * n / (3.0 * 182.0) && one < 30.0 * n / (3.0 * 182.0), "{one}");
        let cost = of(&config, &data, 6.0).unwrap();
        assert!(cost.minutes > 0.2 && cost.memory_gb > 0.26, "{cost:?}");
        assert_eq!(of(&StudyConfig::preset(Preset::Paper), &data, 6.0), None);
    }
}
