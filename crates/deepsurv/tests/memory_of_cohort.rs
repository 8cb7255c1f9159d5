//! A step whose risk sets are the whole cohort holds one micro-batch, however large the cohort.

use vertebra_deepsurv::burn::tensor::Device;
use vertebra_deepsurv::{
    EncoderConfig, ImageSet, RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining,
};
use vertebra_survival::Outcomes;
use vertebra_training::keep_going;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Most memory that this process has held, in kB; `None` where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().trim_end_matches(" kB").parse().ok()
}

/// One epoch on images of 32 x 32.
fn epoch(n: usize) -> Outcome {
    let shape = [1, 32, 32];
    let pixels = (0..n * 1024).map(|k| (k % 997) as f32 / 997.0).collect();
    let inputs = RiskInputs::from_images(ImageSet::new(pixels, shape)?);
    let time = (0..n).map(|i| 1.0 + (i * 37 % 101) as f64).collect();
    let outcomes = Outcomes::new(time, (0..n).map(|i| i % 3 == 0).collect())?;
    let settings = RiskTraining::for_images().with_micro_batch(4);
    let training = settings.training.clone().with_epochs(1).with_batch_size(None);
    let config = RiskModelConfig::image_only(EncoderConfig::resnet18(), shape);
    // Whose memory is the process's.
    let device = Device::flex();
    let settings = settings.with_training(training);
    let trainer = RiskTrainer::new(config).with_settings(settings).with_device(&device);
    trainer.fit((&inputs, &outcomes), None, &mut keep_going)?;
    Ok(())
}

#[test]
fn a_step_of_the_whole_cohort_holds_one_micro_batch() -> Outcome {
    epoch(8)?;
    let Some(small) = peak() else {
        eprintln!("skipped: the system does not say how much memory a process has held");
        return Ok(());
    };
    epoch(160)?;
    let large = peak().unwrap_or(u64::MAX);
    // Forty micro-batches instead of two; their images are 0.7 MB.
    assert!(large < small + small / 3, "{small} kB with 8 subjects, {large} kB with 160");
    Ok(())
}
