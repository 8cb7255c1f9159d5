//! Reads a film and writes it as 16-bit PNG, and before windowing as NPY:
//! `cargo run --release --example convert -- film.dcm out.png out.npy`.
#![allow(clippy::print_stdout)]

use std::env::args;
use std::time::Instant;
use vertebra_radiograph::{Error, Grey, ReadOptions, write_npy, write_png16};

fn main() -> Result<(), Error> {
    let [_, film, png, npy] = args().collect::<Vec<_>>().try_into().unwrap_or_default();
    let options = ReadOptions::default().with_lenient(true);
    let start = Instant::now();
    let radiograph = options.read(&film)?;
    println!("{:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    println!("{} x {}, {:?}", radiograph.height(), radiograph.width(), radiograph.spacing());
    println!("{:?}", radiograph.provenance());
    write_png16(png, &radiograph)?;
    write_npy(npy, &options.with_grey(Grey::Modality).read(film)?)
}
