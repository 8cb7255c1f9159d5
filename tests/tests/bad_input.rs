//! A study on a folder with problems: all of them are named at once, before anything is computed.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop

mod common;

use std::path::{Path, PathBuf};

struct Faulty {
    _folder: tempfile::TempDir,
    cohort: PathBuf,
    out: PathBuf,
}

impl Faulty {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (cohort, out) = (folder.path().join("cohort"), folder.path().join("out"));
        common::small_cohort(&cohort);
        Self { _folder: folder, cohort, out }
    }

    /// Changes cells of one line (the header is line 1) of a CSV.
    fn set(&self, file: &str, line: usize, cells: &[(&str, &str)]) {
        edit(&self.cohort.join(file), |text| {
            let mut lines: Vec<Vec<String>> =
                text.lines().map(|l| l.split(',').map(str::to_owned).collect()).collect();
            for (column, value) in cells {
                let place = lines[0].iter().position(|name| name == column).unwrap();
                lines[line - 1][place] = (*value).to_owned();
            }
            lines.iter().map(|l| l.join(",") + "\n").collect()
        });
    }

    fn error(&self) -> String {
        common::run(&self.cohort, &self.out).map(|_| ()).unwrap_err().to_string()
    }
}

fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, change(text)).unwrap();
}

#[test]
fn every_bad_row_is_listed_at_once_and_nothing_is_written() {
    let faulty = Faulty::new();
    faulty.set("cohort.csv", 3, &[("time", "-1.5"), ("event", "1")]);
    faulty.set("cohort.csv", 5, &[("sex", "X")]);
    faulty.set("visits.csv", 4, &[("radiograph", "radiographs/none.dcm")]);
    let error = faulty.error();
    for part in [
        "cohort.csv line 3, column time: expected",
        "got -1.5",
        "cohort.csv line 5, column sex: expected",
        "got \"X\"",
        "visits.csv line 4, column radiograph: expected",
        "radiographs/none.dcm",
    ] {
        assert!(error.contains(part), "{part} not in:\n{error}");
    }
    assert!(!faulty.out.exists(), "something was written");
}

#[test]
fn an_annotation_with_four_points_names_the_film() {
    let faulty = Faulty::new();
    let path = faulty.cohort.join("annotations.json");
    let mut film = String::new();
    edit(&path, |text| {
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let points = json["annotations"][0]["keypoints"].as_array_mut().unwrap();
        points.truncate(12);
        film = json["images"][0]["file_name"].as_str().unwrap().to_owned();
        json.to_string()
    });
    let error = faulty.error();
    assert!(error.contains("annotations.json") && error.contains(&film), "{error}");
}

#[test]
fn a_cohort_without_events_is_refused() {
    let faulty = Faulty::new();
    let path = faulty.cohort.join("cohort.csv");
    let rows = std::fs::read_to_string(&path).unwrap().lines().count();
    for line in 2..=rows {
        faulty.set("cohort.csv", line, &[("time", "3.0"), ("event", "0")]);
    }
    let error = faulty.error();
    assert!(error.contains("event"), "{error}");
    assert!(!faulty.out.join("results.json").exists());
}

#[test]
fn a_damaged_film_is_named() {
    let faulty = Faulty::new();
    let folder = faulty.cohort.join("radiographs");
    let mut films: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    films.sort();
    for film in &films {
        let bytes = std::fs::read(film).unwrap();
        std::fs::write(film, &bytes[..bytes.len() / 2]).unwrap();
    }
    let error = faulty.error();
    assert!(error.contains(".dcm"), "{error}");
    assert!(!faulty.out.join("results.json").exists());
}

#[test]
fn an_empty_folder_names_the_missing_files() {
    let folder = tempfile::tempdir().unwrap();
    let error = common::run(folder.path(), &folder.path().join("out")).map(|_| ()).unwrap_err();
    let error = error.to_string();
    for file in ["cohort.csv", "visits.csv"] {
        assert!(error.contains(file), "{file} not in:\n{error}");
    }
}

#[test]
fn patience_is_refused_in_a_study() {
    let faulty = Faulty::new();
    let mut config = common::small_config();
    config.keypoints.training.patience = Some(3);
    let error = common::run_with(&config, &faulty.cohort, &faulty.out).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("keypoints.training.patience"), "{error}");
}

#[test]
fn films_whose_size_differs_from_the_annotated_one_are_listed() {
    let faulty = Faulty::new();
    let path = faulty.cohort.join("annotations.json");
    let mut value: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for image in value["images"].as_array_mut().unwrap() {
        image["height"] = (2 * image["height"].as_u64().unwrap()).into();
    }
    std::fs::write(&path, value.to_string()).unwrap();
    let error = faulty.error();
    let lines: Vec<&str> = error.lines().collect();
    assert!(lines.len() > 1 && lines[0].ends_with("problems in the input:"), "{error}");
    assert!(lines[1..].iter().all(|line| line.contains("px, but the film has ")), "{error}");
}
