//! Prints the public items of a crate, one a line, from its JSON of rustdoc.
//!
//!     vertebra-api CRATE.json > CRATE.txt
//!
//! Blanket and automatic traits are left out. Of what `derive` writes only the trait is listed:
//! its methods follow from that.

use public_api::Builder;
use std::collections::HashSet;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(json) = std::env::args().nth(1) else {
        eprintln!("expected the path of a crate's JSON");
        return ExitCode::FAILURE;
    };
    match lines(&json) {
        Ok(lines) => {
            lines.iter().for_each(|line| println!("{line}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{json}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn lines(json: &str) -> public_api::Result<Vec<String>> {
    let items = |derived: bool| -> public_api::Result<Vec<String>> {
        let api = Builder::from_rustdoc_json(json)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(!derived)
            .include_function_parameter_names(true)
            .build()?;
        Ok(api.items().map(ToString::to_string).collect())
    };
    let written: HashSet<String> = items(false)?.into_iter().collect();
    let mut all = items(true)?;
    all.retain(|line| {
        let derived = line.starts_with("impl") && !line.contains("::StructuralPartialEq for ");
        derived || written.contains(line)
    });
    Ok(all)
}
