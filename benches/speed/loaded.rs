//! Time and memory of a process that reads a saved network and predicts for one film, nothing else:
//! `cargo bench --workspace --bench speed_loaded -- FOLDER [w32|resnet18]`.
//!
//! FOLDER is that of the bench `speed_inference`, which has to write `resnet18` first. The first
//! run for `w32` writes a detector, so read the memory off a second one.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use burn::tensor::Device;
use std::path::{Path, PathBuf};
use vertebra_benches::{Times, arguments, noise, peak_megabytes};
use vertebra_deepsurv::{ImageSet, RiskInputs, RiskModel};
use vertebra_hrnet::{DetectorConfig, KeypointDetector};
use vertebra_raster::Film;

const RUNS: usize = 21;
const SIDE: usize = 384;

fn main() {
    let arguments = arguments();
    let argument = |i: usize| arguments.get(i).map(String::as_str);
    let folder = PathBuf::from(argument(0).unwrap_or("."));
    let name = argument(1).unwrap_or("w32");
    let folder = folder.join(format!("{name}-{SIDE}"));
    let held = |stage: &str| println!("{stage:>18} {:>5} MB", peak_megabytes());
    held("nothing");
    let seconds = match name {
        "resnet18" => risk(&folder, held),
        _ => detection(&folder, held),
    };
    let threads = rayon::current_num_threads();
    println!(
        "{name} {SIDE}x{SIDE} from a folder, {threads} threads: median {:.1} ms of {RUNS}, \
         least {:.1}; peak memory {} MB",
        seconds.median() * 1e3,
        seconds.least() * 1e3,
        peak_megabytes(),
    );
}

fn detection(folder: &Path, held: impl Fn(&str)) -> Times {
    if !folder.exists() {
        let config = DetectorConfig::paper();
        let network = config.network.init(&Device::default()).unwrap().with_initial_weights(1);
        KeypointDetector::new(network, config).unwrap().save(folder).unwrap();
    }
    let detector = KeypointDetector::load(folder, &Device::default()).unwrap();
    held("read");
    let pixels = noise(SIDE * SIDE);
    let film = Film { pixels: &pixels, height: SIDE, width: SIDE, spacing_mm: None };
    let found = detector.detect(film).unwrap();
    held("first film");
    Times::of(0, RUNS, || assert_eq!(detector.detect(film).unwrap(), found))
}

fn risk(folder: &Path, held: impl Fn(&str)) -> Times {
    let model = RiskModel::load(folder, &Device::default()).unwrap();
    held("read");
    let images = ImageSet::new(noise(SIDE * SIDE), [1, SIDE, SIDE]).unwrap();
    let film = RiskInputs::from_images(images);
    let log_hazard = model.log_hazard(&film).unwrap();
    held("first film");
    Times::of(0, RUNS, || assert_eq!(model.log_hazard(&film).unwrap(), log_hazard))
}
