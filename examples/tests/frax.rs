//! `frax` on a small cohort. The batch program is a *stand-in*: this test's own executable. Its
//! numbers are made up and are not FRAX.

#![allow(clippy::unwrap_used)] // in a test that is how it fails

use std::path::Path;
use std::process::{Command, Output};

fn cohort() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows = "subject_id,sex,age,bmi,previous_fracture,femoral_neck_tscore,clinic\n\
                a,F,71,23.4,1,-2.5,north\nb,M,92.5,27,,,south\nc,F,66,,0,,north\n";
    std::fs::write(folder.path().join("cohort.csv"), rows).unwrap();
    let visits = "subject_id,date,radiograph,view\n";
    std::fs::write(folder.path().join("visits.csv"), visits).unwrap();
    folder
}

fn frax(folder: &Path, arguments: &[&str]) -> Output {
    let mut frax = Command::new(env!("CARGO_BIN_EXE_frax"));
    frax.current_dir(folder).args(arguments).args(["--cohort", ".", "--country", "25"]);
    frax.output().unwrap()
}

fn notes(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const ANSWERED: &str = "subject_id,sex,age,bmi,previous_fracture,femoral_neck_tscore,clinic,\
                        frax_mof,frax_hip,frax_mof_bmd,frax_hip_bmd\n\
                        a,F,71,23.4,1,-2.5,north,12.5,3.25,,\n\
                        b,M,92.5,27,,,south,12.5,3.25,,\nc,F,66,,0,,north,,,,\n";

#[test]
fn the_road_by_files() {
    let folder = cohort();
    let output = frax(folder.path(), &["export", "--out", "bulk.csv"]);
    assert!(output.status.success(), "{}", notes(&output));
    let bulk = std::fs::read_to_string(folder.path().join("bulk.csv")).unwrap();
    assert_eq!(bulk, "t,25,71,1,23.4,1,,,,,,,-2.5\nt,25,92.5,0,27,,,,,,,,\n");
    for note in
        ["1 subjects without a body mass index", "alcohol is not recorded for 2", "40 or 90"]
    {
        assert!(notes(&output).contains(note), "{note} in {}", notes(&output));
    }
    let answers = "t,25,71,1,23.4,1,0,0,0,0,0,0,-2.5,12.5,3.25,_,_\n\
                   t,25,92.5,0,27,0,0,0,0,0,0,0,,12.5,3.25,_,_\n";
    std::fs::write(folder.path().join("answers.txt"), answers).unwrap();
    let import = ["import", "--answers", "answers.txt", "--out", "with.csv"];
    let output = frax(folder.path(), &import);
    assert!(output.status.success(), "{}", notes(&output));
    assert_eq!(std::fs::read_to_string(folder.path().join("with.csv")).unwrap(), ANSWERED);

    let swapped: String = answers.lines().rev().map(|line| format!("{line}\n")).collect();
    std::fs::write(folder.path().join("answers.txt"), swapped).unwrap();
    let output = frax(folder.path(), &import);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        notes(&output)
            .contains("answers.txt, record 1: expected age, sex and country of subject a")
    );
}

#[test]
#[ignore = "the stand-in program"]
fn stand_in() {
    if let Ok(input) = std::fs::read_to_string("input.txt") {
        let answered = input.lines().map(|line| format!("{line},12.5,3.25,_,_\n"));
        std::fs::write("output.txt", answered.collect::<String>()).unwrap();
    }
}

#[test]
fn the_road_by_a_program() {
    let folder = cohort();
    let program = std::env::current_exe().unwrap();
    let program = program.to_str().unwrap();
    let run = |name: &str| {
        let arguments = ["--argument", "--exact", "--argument", "--ignored", "--argument", name];
        let run = ["run", "--program", program, "--out", "with.csv"];
        frax(folder.path(), &[&run[..], &arguments].concat())
    };
    let output = run("stand_in");
    assert!(output.status.success(), "{}", notes(&output));
    assert_eq!(std::fs::read_to_string(folder.path().join("with.csv")).unwrap(), ANSWERED);
    let output = run("another");
    assert_eq!(output.status.code(), Some(1));
    assert!(notes(&output).contains("expected that it writes output.txt"), "{}", notes(&output));
}
