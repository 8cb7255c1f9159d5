//! A small run that gives the same file, byte for byte, whenever it is repeated.
//!
//! `cargo run --release -p vertebra-run --example reproducible -- [SEED]`
#![allow(clippy::print_stdout)] // an example speaks

use rand::RngExt;
use vertebra_run::{Digest, Seed, shuffle, write_whole};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let run = Seed::new(std::env::args().nth(1).map_or(Ok(7), |text| text.parse())?);

    // Every purpose has its own seed: another purpose added here changes neither of these.
    let mut subjects = ["ann", "ben", "cleo", "dan"];
    shuffle(&mut subjects, &mut run.named("order").generator());

    // Every subject has its own draws, whatever the others draw and in whatever order.
    let noise = run.named("noise");
    let rows = subjects.iter().enumerate().map(|(i, subject)| {
        let draw: f64 = noise.at(&[i as u64]).generator().random();
        format!("{subject},{draw:.6}\n")
    });
    let table = "subject,noise\n".to_owned() + &rows.collect::<String>();

    let path = std::env::temp_dir().join("vertebra-run-example.csv");
    write_whole(&path, &table)?;
    print!("{table}");
    println!("{}  {}", Digest::of_file(&path)?, path.display());
    Ok(())
}
