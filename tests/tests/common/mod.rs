//! A synthetic cohort and a configuration small enough for a test.

#![allow(dead_code, clippy::unwrap_used)] // each test file uses a part

use std::path::Path;
use vertebra_phantom::{PhantomConfig, generate};
use vertebra_report::results::StudyResults;
use vertebra_study::{Preset, Progress, Study, StudyConfig};

/// Every stage of the protocol, with networks that barely learn.
pub(crate) fn small_config() -> StudyConfig {
    let text = "
        folds = 2
        test_fraction = 0.4
        horizons = [1.0, 3.0]
        bootstrap = 100
        pictures = 1
        film_height = 126
        variants = ['l1_l5', 'patches', 'patches_masked']
        clinical_models = [['age', 'sex'], ['age', 'sex', 'bmi']]
        [trimming]
        pool_sexes = true
        [keypoints]
        input_size = [64, 64]
        [keypoints.training]
        epochs = 10
        [picture]
        size = 32
        patch_size = 32
        [risk.image_training.training]
        epochs = 1
        [risk.clinical_training.training]
        epochs = 10
    ";
    StudyConfig::from_toml(Preset::Quick, text).unwrap()
}

/// A cohort folder of 48 subjects to analyse and 12 to exclude.
pub(crate) fn small_cohort(folder: &Path) {
    let config = PhantomConfig::quick()
        .with_subjects(48)
        .with_excluded(12)
        .with_film_size([158, 126])
        .with_event_rate(0.5)
        .with_synthetic_frax(0.9)
        .with_seed(5);
    generate(&config, folder, &mut |_| {}).unwrap();
}

/// Runs the small study and returns its stages besides the results.
pub(crate) fn run(
    cohort: &Path,
    out: &Path,
) -> Result<(StudyResults, Vec<String>), vertebra_study::Error> {
    run_with(&small_config(), cohort, out)
}

/// The same with other settings.
pub(crate) fn run_with(
    config: &StudyConfig,
    cohort: &Path,
    out: &Path,
) -> Result<(StudyResults, Vec<String>), vertebra_study::Error> {
    let mut stages = Vec::new();
    let hear = |message| {
        if let Progress::Stage { name, .. } = message {
            stages.push(name);
        }
    };
    let results = Study::new(cohort).config(config.clone()).on_progress(hear).run(out)?;
    Ok((results, stages))
}
