//! What `align` says of films, masks and annotations that do not belong together.

#![allow(clippy::unwrap_used)] // in a test that is how it fails

use std::path::Path;
use std::process::Command;
use vertebra_keypoints::{AnnotationSet, FilmAnnotation, VertebraKeypoints};
use vertebra_radiograph::{Radiograph, Spacing, write_png16};

const CENTRES: [(f64, f64); 5] = [(60., 40.), (64., 75.), (67., 111.), (67., 148.), (62., 186.)];

fn write(path: &Path, height: usize, width: usize, grey: impl Fn(f64, f64) -> f32) {
    let at = |i: usize| grey((i % width) as f64, (i / width) as f64);
    let pixels = (0..height * width).map(at).collect();
    let film = Radiograph::new(height, width, pixels, Spacing::UNKNOWN).unwrap();
    write_png16(path, &film).unwrap();
}

/// A folder with `film.png`, 240 x 130 px, and a mask of each vertebra in as many rows as given.
fn folder(rows_of_masks: [usize; 5]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("film.png"), 240, 130, |x, y| ((x * 0.3).sin() + y * 0.01) as f32);
    for (i, rows) in rows_of_masks.into_iter().enumerate() {
        let (cx, cy) = CENTRES[i];
        let inside =
            |x: f64, y: f64| f32::from(u8::from((x - cx).abs() < 15.0 && (y - cy).abs() < 12.0));
        write(&folder.path().join(format!("mask_L{}.png", i + 1)), rows, 130, inside);
    }
    folder
}

/// Exit code and standard error.
fn align(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut align = Command::new(env!("CARGO_BIN_EXE_align"));
    align.current_dir(folder).arg("film.png").args(["--out", "sheet.png"]).args(arguments);
    let output = align.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn annotated(folder: &Path, size: [usize; 2], centres: [(f64, f64); 5]) {
    let keypoints = VertebraKeypoints::from_xy(centres).unwrap();
    let film = FilmAnnotation::new("film.png".to_owned(), size, keypoints, vec![]);
    AnnotationSet::new(vec![film]).write(folder.join("annotations.json")).unwrap();
}

#[test]
fn masks_of_the_film_are_taken_and_a_sheet_is_written() {
    let folder = folder([240; 5]);
    assert_eq!(align(folder.path(), &["--masks", "mask_{level}.png"]), (Some(0), String::new()));
    assert!(Radiograph::open(folder.path().join("sheet.png")).unwrap().height() > 384);
}

#[test]
fn a_mask_of_another_size_is_refused_also_where_no_picture_is_masked() {
    let folder = folder([240, 240, 200, 240, 240]);
    let got = align(folder.path(), &["--masks", "mask_{level}.png", "--variant", "l1l5"]);
    let expected =
        "error: mask_{level}.png: the mask of L3 is 200 x 130, expected the film's 240 x 130\n";
    assert_eq!(got, (Some(1), expected.to_owned()));
}

#[test]
fn an_annotation_of_a_film_of_another_size_is_refused() {
    let folder = folder([240; 5]);
    annotated(folder.path(), [480, 260], CENTRES);
    let (code, text) = align(folder.path(), &["--annotations", "annotations.json"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        text,
        "error: annotations.json: film.png is annotated as 480 x 260 px, but has 240 x 130\n"
    );
}

#[test]
fn points_unlike_a_spine_are_warned_of() {
    let folder = folder([240; 5]);
    let mut swapped = CENTRES;
    swapped.swap(1, 2);
    annotated(folder.path(), [240, 130], swapped);
    let (code, text) =
        align(folder.path(), &["--annotations", "annotations.json", "--variant", "l1l5"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("warning: "), "{text}");
}

#[test]
fn pictures_too_large_for_any_memory_are_refused() {
    let folder = folder([240; 5]);
    let got = align(folder.path(), &["--masks", "mask_{level}.png", "--size", "100000"]);
    let expected = "error: film.png: size: expected 1 to 16384 px, got 100000\n";
    assert_eq!(got, (Some(1), expected.to_owned()));
}

#[test]
fn the_mode_is_that_of_the_call_and_millimetres_need_a_spacing() {
    let folder = folder([240; 5]);
    let masks = ["--masks", "mask_{level}.png", "--variant", "l1l5"];
    let with = |mode: &[&str]| align(folder.path(), &[&masks[..], mode].concat());
    assert_eq!(with(&["--mode", "least-squares", "--lanczos"]), (Some(0), String::new()));
    let expected =
        "error: film.png: rigid alignment needs the pixel spacing in mm, which this film lacks\n";
    assert_eq!(with(&["--mode", "rigid"]), (Some(1), expected.to_owned()));
}

#[test]
fn bodies_in_masks_need_a_side_that_is_known_or_clear() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("film.png"), 240, 130, |_, _| 0.5);
    for i in 0..5 {
        let cy = 40.0 + 36.0 * f64::from(i);
        let inside =
            |x: f64, y: f64| f32::from(u8::from((x - 64.0).abs() < 15.0 && (y - cy).abs() < 12.0));
        write(&folder.path().join(format!("mask_L{}.png", i + 1)), 240, 130, inside);
    }
    let masks = ["--masks", "mask_{level}.png", "--centres", "body"];
    let (code, text) = align(folder.path(), &masks);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("do not tell which way the subject faces"), "{text}");
    assert!(text.contains("--facing left or --facing right"), "{text}");
    write(&folder.path().join("film.png"), 240, 130, |x, y| ((x * 0.3).sin() + y * 0.01) as f32);
    let told = [&masks[..], &["--facing", "left"]].concat();
    let (code, text) = align(folder.path(), &told);
    assert_eq!(code, Some(0), "{text}");
}
