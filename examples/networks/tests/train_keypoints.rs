//! What `train-keypoints` says of marked points that are unlike a spine.

#![allow(clippy::unwrap_used)] // in a test that is how it fails

use std::process::Command;
use vertebra_keypoints::{AnnotationSet, FilmAnnotation, VertebraKeypoints};
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
