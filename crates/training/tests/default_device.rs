//! `BURN_DEVICE` and the default device, each in a process of its own: a variable belongs to all
//! threads of one.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test may

use std::process::Command;
use vertebra_training::default_device;

/// What the default device is where `BURN_DEVICE` has this value.
fn answer(name: &str) -> String {
    let this = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "asked", "--ignored", "--nocapture"])
        .env("BURN_DEVICE", name)
        .output()
        .unwrap();
    let said = String::from_utf8(this.stdout).unwrap();
    said.lines().find_map(|line| line.split_once("answer: ")).unwrap().1.to_owned()
}

#[test]
#[ignore = "the other process of the test below"]
fn asked() {
    match default_device() {
        Ok(device) => println!("answer: {device:?}"),
        Err(error) => println!("answer: {error}"),
    }
}

#[test]
fn a_name_that_cannot_be_used_is_an_error_and_not_a_panic() {
    assert_eq!(answer("flex"), "Device<Flex(Cpu)>");
    assert_eq!(
        answer("gpu"),
        "BURN_DEVICE: expected cuda, wgpu, flex or another of burn's, got gpu"
    );
    assert_eq!(answer("rocm"), "BURN_DEVICE: expected a device that is compiled in, got rocm");
}
