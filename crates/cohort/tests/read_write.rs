//! A cohort survives writing and reading, and every bad row is listed at once.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use vertebra_cohort::{Cohort, Part, Position, Quality, Sex, Subject, View, Visit};

fn visit(date: &str, radiograph: &str) -> Visit {
    Visit::new(date.parse().unwrap(), radiograph, View::Lateral)
        .with_position(Position::Neutral)
        .with_quality(Quality::Good)
}

fn touch(folder: &Path, name: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, b"film").unwrap();
}

#[test]
fn what_is_written_reads_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Subject::new("S, \"1\"", Sex::Female, 61.299_999_999_999_7);
    first.bmi = Some(24.1);
    first.glucocorticoids = Some(true);
    first.secondary_causes.type_1_diabetes = Some(true);
    first.split = Some(Part::Test);
    first.frax.hip_bmd = Some(3.2);
    first.femoral_neck_tscore = Some(-2.433);
    first.visits = vec![visit("2012-01-05", "films/1b.dcm"), visit("2010-01-05", "films/1a.dcm")];
    let mut second = Subject::new("2", Sex::Male, 70.0);
    (second.time, second.event) = (Some(3.25), Some(false));
    for name in ["films/1a.dcm", "films/1b.dcm"] {
        touch(folder.path(), name);
    }
    let cohort = Cohort::new(vec![first, second]).unwrap();
    cohort.write(folder.path()).unwrap();
    let back = Cohort::read(folder.path()).unwrap();
    assert_eq!(back.subjects(), cohort.subjects());
    let first = &back.subjects()[0];
    assert_eq!(first.visits[0].radiograph, Path::new("films/1a.dcm"));
    assert_eq!(back.radiograph_path(&first.visits[0]), folder.path().join("films/1a.dcm"));
    assert_eq!(first.secondary_osteoporosis(), Some(true));
    assert!(back.missing().contains(&("bmi", 1)));
}

#[test]
fn lists_every_bad_row_of_both_files_at_once() {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), "a.dcm");
    let cohort = "subject_id,sex,age,time,event,glucocorticoids,shoe_size\n\
        1,F,61,-1.5,1,0,38\n\
        2,female,61,-2,1,,\n\
        1,M,abc,2,,2,\n\
        3,M,61,2,0\n\
        ,F,200,NaN,1,,\n";
    let visits = "subject_id,date,radiograph,view,position\n\
        1,2012-02-30,a.dcm,lateral,neutral\n\
        1,2012-02-03,none.dcm,lateral,neutral\n\
        9,2012-02-03,a.dcm,oblique,neutral\n\
        2,2012-02-03,a.dcm,lateral,sitting\n";
    fs::write(folder.path().join("cohort.csv"), cohort).unwrap();
    fs::write(folder.path().join("visits.csv"), visits).unwrap();
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    for expected in [
        "cohort.csv line 2, column time: expected a number in 0 to 120 (years), got -1.5",
        "cohort.csv line 3, column sex: expected F or M, got \"female\"",
        "cohort.csv line 3, column time: expected a number in 0 to 120 (years), got -2",
        "cohort.csv line 4, column age: expected a number in 0 to 120 (years), got \"abc\"",
        "cohort.csv line 4, column glucocorticoids: expected 0 or 1, got \"2\"",
        "cohort.csv line 5: expected 7 cells as in the header, got 5",
        "cohort.csv line 6, column subject_id: expected an identifier, got nothing",
        "visits.csv line 2, column date: expected a date as YYYY-MM-DD, got \"2012-02-30\"",
        "visits.csv line 3, column radiograph: expected a file that exists, got \"none.dcm\"",
        "visits.csv line 4, column subject_id: expected an id that is in cohort.csv, got \"9\"",
        "visits.csv line 4, column view: expected lateral or ap, got \"oblique\"",
        "visits.csv line 5, column position: expected neutral or flexion or extension, got \"sitting\"",
    ] {
        assert!(text.contains(expected), "missing: {expected}\nin: {text}");
    }
}

#[test]
fn a_duplicate_id_names_the_first_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cohort.csv"), "subject_id,sex,age\n1,F,60\n1,M,61\n").unwrap();
    fs::write(folder.path().join("visits.csv"), "subject_id,date,radiograph,view\n").unwrap();
    let problems = Cohort::read(folder.path()).unwrap_err();
    assert_eq!(problems.as_slice().len(), 1);
    assert_eq!(
        problems.as_slice()[0].to_string(),
        "cohort.csv line 3, column subject_id: expected an id not yet used on line 2, got \"1\" again"
    );
}

#[test]
fn missing_files_and_columns_are_problems_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cohort.csv"), "\u{feff}subject_id,age\n1,60\n").unwrap();
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    assert!(text.contains("cohort.csv line 1: expected a column sex"), "{text}");
    assert!(text.contains("visits.csv: expected a readable file"), "{text}");
}

#[test]
fn a_cohort_in_memory_is_checked_like_one_on_disk() {
    let mut subject = Subject::new("1", Sex::Female, 61.0);
    subject.bmi = Some(f64::NAN);
    subject.time = Some(2.0);
    let problems = Cohort::new(vec![subject.clone(), subject]).unwrap_err();
    let columns: Vec<_> = problems.as_slice().iter().filter_map(|p| p.column.as_deref()).collect();
    assert_eq!(columns, ["bmi", "event", "subject_id", "bmi", "event"]);
}

#[test]
fn the_readme_documents_every_column() {
    let readme = include_str!("../README.md");
    let folder = tempfile::tempdir().unwrap();
    Cohort::new(vec![Subject::new("1", Sex::Male, 60.0)]).unwrap().write(folder.path()).unwrap();
    for file in ["cohort.csv", "visits.csv"] {
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        for column in text.lines().next().unwrap().split(',') {
            assert!(readme.contains(&format!("| `{column}` |")), "{column} of {file}");
        }
    }
}

/// Spreadsheet programs end lines with CRLF and use missing markers of their own.
#[test]
fn lines_are_right_with_crlf_and_every_missing_marker_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = "subject_id,sex,age,bmi,event,time\r\n\r\n1,F,60,.,NULL,nan\r\n2,F,60,24,7,2\r\n";
    fs::write(folder.path().join("cohort.csv"), cohort).unwrap();
    fs::write(folder.path().join("visits.csv"), "subject_id,date,radiograph,view\r\n").unwrap();
    let problems = Cohort::read(folder.path()).unwrap_err();
    assert_eq!(
        problems.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "cohort.csv line 4, column event: expected 0 or 1, got \"7\"",
            "cohort.csv line 4, column event: expected time and event both given, or neither, got \
             time alone"
        ]
    );
}

#[test]
fn a_table_with_semicolons_is_one_problem() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cohort.csv"), "subject_id;sex;age\n1;F;60,5\n").unwrap();
    fs::write(folder.path().join("visits.csv"), "subject_id,date,radiograph,view\n").unwrap();
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    assert!(text.starts_with("cohort.csv line 1: expected columns separated by commas"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[cfg(unix)]
#[test]
fn what_is_written_can_be_read_by_everybody() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    Cohort::new(vec![Subject::new("1", Sex::Male, 60.0)]).unwrap().write(folder.path()).unwrap();
    let mode = fs::metadata(folder.path().join("cohort.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}
