//! A batch program is run in a folder of its own. The program here is a *stand-in*: this test's own
//! executable, called with the name of an ignored test. Its numbers are made up and are not FRAX.
#![allow(clippy::unwrap_used)]

use std::{ffi::OsString, path::Path, time::Duration};
use vertebra_baselines::{Error, FraxInput, FraxProgram};

fn stand_in(behaviour: &str) -> FraxProgram {
    let arguments = ["--exact", "--ignored", behaviour].map(OsString::from).to_vec();
    FraxProgram::new(std::env::current_exe().unwrap()).with_arguments(arguments)
}

fn subjects() -> [FraxInput; 2] {
    [FraxInput::new(25, 71.0, true, 23.4).unwrap(), FraxInput::new(25, 64.5, false, 27.0).unwrap()]
}

/// What the stand-in does: the input with four numbers behind each record. Nothing outside its own
/// folder is touched.
fn answer(records: usize) {
    if !Path::new("input.txt").exists() {
        return; // not called as a program
    }
    let input = std::fs::read_to_string("input.txt").unwrap();
    let answered = input.lines().take(records).map(|line| format!("{line},12.5,3.25,_,_\n"));
    std::fs::write("output.txt", answered.collect::<String>()).unwrap();
}

#[test]
#[ignore = "the stand-in program"]
fn answers() {
    answer(usize::MAX);
}

#[test]
#[ignore = "the stand-in program"]
fn answers_for_one() {
    answer(1);
}

#[test]
#[ignore = "the stand-in program"]
fn takes_forever() {
    if Path::new("input.txt").exists() {
        std::thread::sleep(Duration::from_secs(60));
    }
}

#[test]
#[ignore = "the stand-in program"]
fn fails() {
    assert!(!Path::new("input.txt").exists(), "it fails");
}

#[test]
fn its_answers_are_read() {
    let answers = stand_in("answers").run(&subjects()).unwrap();
    assert_eq!(answers.len(), 2);
    assert_eq!(
        (answers[1].mof, answers[1].hip, answers[1].mof_bmd),
        (Some(12.5), Some(3.25), None)
    );
    // It ran elsewhere.
    assert!(!Path::new("output.txt").exists());
}

#[test]
fn what_goes_wrong_is_one_sentence() {
    let message = |program: FraxProgram| {
        let error = program.run(&subjects()).unwrap_err();
        assert!(matches!(error, Error::Program { .. }), "{error}");
        error.to_string()
    };
    assert!(message(stand_in("answers_for_one")).contains("expected 2 records"));
    assert!(message(stand_in("fails")).contains("expected success, got exit"));
    assert!(message(stand_in("no_such_behaviour")).contains("that it writes output.txt"));
    assert!(message(FraxProgram::new("no/such/program")).contains("a program that starts"));
    let slow = stand_in("takes_forever").with_timeout(Duration::from_millis(300));
    let message = message(slow);
    assert!(message.ends_with("expected an end within 300ms, got none, and ended it"), "{message}");
}

#[test]
fn companions_are_copied_beside_it() {
    let file = std::env::current_exe().unwrap();
    let program = stand_in("answers").with_companions(vec![file, "no/such/file".into()]);
    let error = program.run(&subjects()).unwrap_err().to_string();
    assert!(error.contains("to copy no/such/file"), "{error}");
}
