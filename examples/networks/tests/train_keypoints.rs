//! What `train-keypoints` says of marked points that are unlike a spine, and how it goes on from a
//! detector.

#![allow(clippy::unwrap_used)] // in a test that is how it fails

use std::path::Path;
use std::process::Command;
use vertebra_hrnet::{DetectorConfig, KeypointDetector};
use vertebra_keypoints::{AnnotationSet, FilmAnnotation, VertebraKeypoints};
use vertebra_phantom::sample_training_film;
use vertebra_radiograph::{Radiograph, Spacing, write_png16};

#[test]
fn films_whose_levels_were_exchanged_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let centres = [(60., 40.), (64., 75.), (67., 111.), (67., 148.), (62., 186.)];
    let mut exchanged = centres;
    exchanged.swap(1, 2);
    let films = [("right.png", centres), ("wrong.png", exchanged)].map(|(name, centres)| {
        let pixels = (0..240 * 130).map(|i| (i % 97) as f32 / 96.0).collect();
        let film = Radiograph::new(240, 130, pixels, Spacing::UNKNOWN).unwrap();
        write_png16(folder.path().join(name), &film).unwrap();
        let keypoints = VertebraKeypoints::from_xy(centres).unwrap();
        FilmAnnotation::new(name.to_owned(), [240, 130], keypoints, vec![])
    });
    let annotations = folder.path().join("annotations.json");
    AnnotationSet::new(films.to_vec()).write(&annotations).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_train-keypoints"));
    program.arg("--cohort").arg(&annotations).arg("--check").arg("--out").arg(folder.path());
    let output = program.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("warning: wrong.png: ") && !text.contains("right.png"), "{text}");
    assert!(folder.path().join("marked-1.png").exists());
}

/// The detector that comes with the project, continued on four films for one epoch.
#[test]
fn a_detector_goes_on_with_a_few_films() {
    let folder = tempfile::tempdir().unwrap();
    let films = (0..4).map(|seed| {
        let mut film = sample_training_film([144, 120], seed).unwrap();
        film.annotation.file_name = format!("{seed}.png");
        let picture = film.as_film().to_image().unwrap();
        let path = folder.path().join(&film.annotation.file_name);
        write_png16(path, picture.as_film()).unwrap();
        film.annotation
    });
    let annotations = folder.path().join("annotations.json");
    AnnotationSet::new(films.collect()).write(&annotations).unwrap();
    let start = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/detector");
    let mut program = Command::new(env!("CARGO_BIN_EXE_train-keypoints"));
    program.arg("--start").arg(&start).arg("--cohort").arg(&annotations);
    program.args(["--epochs", "1", "--folds", "2", "--out"]).arg(folder.path().join("run"));
    let output = program.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("before: levels right on ") && text.contains("after, each "), "{text}");
    assert!(text.contains("no probability of right points: that takes 30 films"), "{text}");
    let table = std::fs::read_to_string(folder.path().join("run/films.csv")).unwrap();
    assert_eq!((table.lines().count(), table.matches(".png,").count()), (5, 8), "{table}");
    let device = burn::tensor::Device::default();
    let load = |path: &Path| KeypointDetector::load(path, &device).unwrap();
    let (before, after) = (load(&start), load(&folder.path().join("run/model")));
    let expected = DetectorConfig::varied().with_training(after.config().training.clone());
    assert_eq!(*after.config(), expected.with_augmentation(before.config().augmentation.clone()));
    assert_eq!(after.config().training.epochs, 1);
    assert!(after.calibration().is_none(), "four films carry none");
    let mut program = Command::new(env!("CARGO_BIN_EXE_train-keypoints"));
    program.arg("--start").arg(&start).arg("--cohort").arg(&annotations).arg("--test");
    let output = program.arg("--out").arg(folder.path().join("test")).output().unwrap();
    let tested = String::from_utf8(output.stdout).unwrap();
    let before = text.lines().find_map(|line| line.strip_prefix("before: ")).unwrap();
    assert_eq!(tested.lines().nth(1), Some(before), "{tested}");
    assert!(tested.contains("errors in mm: no film has a pixel spacing"), "{tested}");
    assert!(folder.path().join("test/worst-1.png").exists());
    assert!(folder.path().join("test/films.csv").exists());
}
