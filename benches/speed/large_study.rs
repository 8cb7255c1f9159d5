//! One epoch of a small risk network on images in memory or in a file, and the peak of memory:
//! `cargo bench --workspace --bench speed_large_study -- stored 20000 1 384 /tmp` (where, subjects,
//! images per subject, side in px, folder for the file).
//!
//! The file is as large as the images, 0.6 MB for one of 384 x 384 px. What is printed before the
//! epoch is the time in which the file was written and the peak until then.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::time::Instant;
use vertebra_benches::{arguments, noise, peak_megabytes};
use vertebra_deepsurv::{
    EncoderConfig, ImageFile, ImageSet, RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining,
};
use vertebra_survival::Outcomes;
use vertebra_training::keep_going;

/// Subjects of a step, and subjects in memory at once.
const BATCH: usize = 64;
const MICRO_BATCH: usize = 8;

fn main() {
    let arguments = arguments();
    let number = |k: usize| arguments[k].parse().expect("a number");
    let [place, _, _, _, folder] = &*arguments else {
        panic!("expected: held|stored SUBJECTS IMAGES SIDE FOLDER")
    };
    let (n, shape) = (number(1), [number(2), number(3), number(3)]);
    let began = Instant::now();
    let images = match place.as_str() {
        "held" => held(n, shape),
        _ => stored(n, shape, &Path::new(folder).join("large-study.safetensors")),
    };
    println!("{n} subjects: images made in {:?}, {} MB", began.elapsed(), peak_megabytes());
    let time = (0..n).map(|i| 1.0 + (i * 37 % 1009) as f64 / 100.0).collect();
    let outcomes = Outcomes::new(time, (0..n).map(|i| i % 4 == 0).collect()).expect("valid times");
    let began = Instant::now();
    let loss = epoch(&RiskInputs::from_images(images), &outcomes, shape);
    println!("{place}: one epoch and what comes with it in {:?}", began.elapsed());
    println!("loss {loss}, {} MB at the peak", peak_megabytes());
}

/// One subject's images: noise, brighter for some subjects.
fn pixels(subject: usize, noise: &[f32]) -> Vec<f32> {
    let (first, light) = (subject * 17 % 1000, (subject % 7) as f32 / 10.0);
    noise[first..noise.len() - 1000 + first].iter().map(|v| v * 0.2 + light).collect()
}

fn held(n: usize, shape: [usize; 3]) -> ImageSet {
    let noise = noise(shape.iter().product::<usize>() + 1000);
    let pixels = (0..n).flat_map(|subject| pixels(subject, &noise)).collect();
    ImageSet::new(pixels, shape).expect("whole images")
}

fn stored(n: usize, shape: [usize; 3], path: &Path) -> ImageSet {
    let noise = noise(shape.iter().product::<usize>() + 1000);
    let mut writer = ImageFile::new(path, "noise", n, shape).create().expect("a writable folder");
    for subject in 0..n {
        writer.push(&pixels(subject, &noise)).expect("room for the images");
    }
    writer.finish().expect("room for the images")
}

/// The loss of one epoch.
fn epoch(inputs: &RiskInputs, outcomes: &Outcomes, shape: [usize; 3]) -> f64 {
    let encoder = EncoderConfig::resnet18().with_widths([4, 8]).with_blocks([1, 1]);
    let config = RiskModelConfig::image_only(encoder, shape).with_hidden([8]);
    let settings = RiskTraining::for_images().with_micro_batch(MICRO_BATCH);
    let training = settings.training.clone().with_epochs(1).with_batch_size(BATCH);
    let trainer = RiskTrainer::new(config).with_settings(settings.with_training(training));
    let trained = trainer.fit((inputs, outcomes), None, &mut keep_going).expect("an epoch");
    trained.history[0].loss
}
