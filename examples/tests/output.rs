//! A program whose standard output is closed or full ends like other tools: without a panic.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may

use std::process::{Command, Output, Stdio};

/// The phantom's summary into `stdout`, which cannot take it.
fn phantom(stdout: impl Into<Stdio>) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_phantom"))
        .args(["--subjects", "1", "--film-size", "64", "64", "--json", "--out"])
        .arg(folder.path().join("cohort"))
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap()
}

#[test]
fn a_closed_output_ends_a_program_quietly() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = phantom(writer);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(141), "{said}");
    assert!(!said.contains("panicked") && !said.contains("error"), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_one_sentence() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = phantom(full);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: standard output: No space left"), "{said}");
}
