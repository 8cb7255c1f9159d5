//! The crates with networks: one detector for many threads, a plan without burn, a risk model and a
//! display of progress of one's own.

use burn::tensor::Device;
use std::error::Error;
use std::ops::ControlFlow;
use vertebra_conv::Convolution;
use vertebra_deepsurv::{RiskInputs, RiskModelConfig, RiskTrainer, RiskTraining};
use vertebra_hrnet::KeypointDetector;
use vertebra_raster::Film;
use vertebra_study::{Preset, Study, StudyConfig};
use vertebra_survival::Outcomes;
use vertebra_training::Event;

type Done = Result<(), Box<dyn Error>>;

#[test]
fn one_detector_serves_threads() -> Done {
    let detector = KeypointDetector::shipped(&Device::default())?;
    let pixels: Vec<f32> = (0..300 * 240).map(|i| (i % 240) as f32).collect();
    let film = Film { pixels: &pixels, height: 300, width: 240, spacing_mm: None };
    let alone = detector.detect(film)?;
    let together = std::thread::scope(|scope| {
        let threads = [(); 3].map(|()| scope.spawn(|| detector.detect(film)));
        threads.map(|thread| thread.join().ok()?.ok())
    });
    assert_eq!(together, [Some(alone); 3]);
    Ok(())
}

#[test]
fn a_convolution_on_a_vector() -> Done {
    let conv = Convolution::new([2, 1, 3, 3])?.with_padding([1, 1]);
    let y = conv.forward(&[1.0; 25], [1, 1, 5, 5], &[1.0; 18], None)?;
    assert_eq!((y.len(), y[12]), (50, 9.0));
    Ok(())
}

#[test]
fn a_risk_model_with_progress_of_ones_own() -> Done {
    let rows = (0..12).map(|i| vec![50.0 + (i * 7 % 12) as f32 * 3.0]).collect();
    let time = (0..12).map(|i| 12.0 - f64::from(i * 7 % 12)).collect();
    let inputs = RiskInputs::from_covariates(rows)?;
    let outcomes = Outcomes::new(time, (0..12).map(|i| i % 3 != 2).collect())?;
    let mut settings = RiskTraining::default();
    settings.training.epochs = 60;
    let mut epochs = 0;
    let mut display = |event: &Event| {
        epochs += usize::from(matches!(event, Event::Epoch { .. }));
        ControlFlow::Continue(())
    };
    let trainer = RiskTrainer::new(RiskModelConfig::clinical(["age"])).with_settings(settings);
    let trained = trainer.fit((&inputs, &outcomes), None, &mut display)?;
    let log_hazard = trained.model.log_hazard(&inputs)?;
    assert!(epochs == 60 && log_hazard[5] > log_hazard[0]);
    Ok(())
}

#[test]
fn a_study_of_nothing_is_one_sentence() {
    let study = Study::new("no/such/folder").config(StudyConfig::preset(Preset::Quick));
    let error = study.run("never".as_ref()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("no/such/folder"));
    assert!(!std::path::Path::new("never").exists());
}
