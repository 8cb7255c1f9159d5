//! A risk network trained on detected points.

#![allow(clippy::unwrap_used)] // a test may stop

mod common;

use vertebra_alignment::ImageVariant;
use vertebra_hrnet::KeypointDetector;
use vertebra_study::{KeypointModel, Progress, RiskNetworkInputs, Study, StudyConfig};

/// A detector that was never trained, with points anywhere on the film.
fn blind_detector(config: &StudyConfig, folder: &std::path::Path) {
    let device = burn::tensor::Device::default();
    let network = config.keypoints.network.init(&device).unwrap().with_initial_weights(1);
    KeypointDetector::new(network, config.keypoints.clone()).unwrap().save(folder).unwrap();
}

#[test]
fn points_that_cannot_be_aligned_are_replaced_by_annotated_ones_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let [cohort, detector, cache] =
        ["cohort", "detector", "cache"].map(|name| folder.path().join(name));
    common::small_cohort(&cohort);
    let mut config = common::small_config();
    blind_detector(&config, &detector);
    config.keypoint_model = Some(KeypointModel::Folder(detector));
    config.film_cache = Some(cache.clone());
    let inputs = RiskNetworkInputs::default().with_variant(ImageVariant::L1L5);
    let train = |out: &str| {
        let mut notes = Vec::new();
        let out = folder.path().join(out);
        let hear = |message| {
            if let Progress::Note(note) = message {
                notes.push(note);
            }
        };
        let study = Study::new(&cohort).config(config.clone()).on_progress(hear);
        let trained = study.train_risk_network(&inputs, &out);
        (trained.map(|t| t.test), notes)
    };
    let (first, notes) = train("first");
    let first = first.unwrap();
    assert!(
        notes.iter().any(|n| n.contains("cannot be aligned") && n.contains(".dcm")),
        "{notes:?}"
    );

    let kept = std::fs::read_dir(&cache).unwrap().count();
    assert!(kept > 0);
    assert_eq!(train("second").0.unwrap(), first, "from the cache");
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), kept);
}
