//! One model for many threads: networks are `Send + Sync`, every thread gets the same answer, and a
//! panic in one call spoils no other.

#![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

use burn::tensor::Device;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use vertebra_deepsurv::{RiskInputs, RiskModel, RiskModelConfig, RiskTrainer, RiskTraining};
use vertebra_hrnet::{DetectorConfig, Hrnet, KeypointDetector, TrainedDetector};
use vertebra_phantom::sample_training_film;
use vertebra_raster::Image;
use vertebra_study::{CovariateModel, Predictor, TrainedModel};
use vertebra_survival::Outcomes;
use vertebra_training::{Event, keep_going};

/// Threads that ask at once: more than this machine has cores.
const THREADS: usize = 16;

const fn serves_threads<T: Send + Sync>() {}

const _: () = {
    serves_threads::<Hrnet>();
    serves_threads::<KeypointDetector>();
    serves_threads::<TrainedDetector>();
    serves_threads::<RiskModel>();
    serves_threads::<CovariateModel>();
    serves_threads::<TrainedModel>();
    serves_threads::<Predictor>();
};

/// A small detector with weights of a seed; it finds something, if not vertebrae.
fn detector() -> KeypointDetector {
    let config = DetectorConfig::quick().with_input_size([64, 64]);
    let network = config.network.init(&Device::flex()).unwrap().with_initial_weights(3);
    KeypointDetector::new(network, config).unwrap()
}

fn film(seed: u64) -> Image {
    sample_training_film([158, 126], seed).unwrap().as_film().to_image().unwrap()
}

fn subjects() -> (RiskInputs, Outcomes) {
    let rows = (0..24).map(|i| vec![50.0 + (i * 7 % 24) as f32, (i % 5) as f32]).collect();
    let time = (0..24).map(|i| 24.5 - f64::from(i * 7 % 24)).collect();
    let outcomes = Outcomes::new(time, (0..24).map(|i| i % 3 != 2).collect()).unwrap();
    (RiskInputs::from_covariates(rows).unwrap(), outcomes)
}

fn trainer() -> RiskTrainer<'static> {
    let mut settings = RiskTraining::default();
    settings.training.epochs = 8;
    RiskTrainer::new(RiskModelConfig::clinical(["age", "other"]))
        .with_settings(settings)
        .with_device(&Device::flex())
}

#[test]
fn one_detector_gives_every_thread_the_same_points() {
    let (detector, films) = (detector(), [film(1), film(2), film(3)]);
    let find = |image: &Image| detector.detect(image.as_film()).unwrap();
    let alone = [0, 1, 2].map(|i| find(&films[i]));
    assert_ne!(alone[0], alone[1]);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (films, alone, find) = (&films, &alone, &find);
            scope.spawn(move || {
                for call in 0..6 {
                    let i = (thread + call) % 3;
                    assert_eq!(find(&films[i]), alone[i], "thread {thread}, call {call}");
                }
            });
        }
    });
}

#[test]
fn one_risk_model_gives_every_thread_the_same_hazards() {
    let (inputs, outcomes) = subjects();
    let model = trainer().fit((&inputs, &outcomes), None, &mut keep_going).unwrap().model;
    let alone = model.log_hazard(&inputs).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                (0..6).for_each(|_| assert_eq!(model.log_hazard(&inputs).unwrap(), alone))
            });
        }
    });
}

/// The panic is that of a caller's own code in the middle of a training, between two steps, while
/// other threads use the same pool; neither a detector nor another training notices.
#[test]
fn a_panic_in_one_call_spoils_no_other() {
    let (inputs, outcomes) = subjects();
    let (detector, film) = (detector(), film(4));
    let points = detector.detect(film.as_film()).unwrap();
    let fit = || trainer().fit((&inputs, &outcomes), None, &mut keep_going).unwrap().model;
    let log_hazard = fit().log_hazard(&inputs).unwrap();
    let mut steps = 0;
    let mut stumble = |event: &Event| {
        steps += usize::from(matches!(event, Event::Step { .. }));
        if steps == 3 {
            std::panic::resume_unwind(Box::new("a caller's own panic"));
        }
        ControlFlow::Continue(())
    };
    std::thread::scope(|scope| {
        let beside = scope
            .spawn(|| (0..8).map(|_| detector.detect(film.as_film()).unwrap()).collect::<Vec<_>>());
        let trainer = trainer();
        let stopped = catch_unwind(AssertUnwindSafe(|| {
            trainer.fit((&inputs, &outcomes), None, &mut stumble).map(|_| ())
        }));
        assert!(stopped.is_err());
        assert_eq!(beside.join().unwrap(), [points; 8]);
    });
    assert_eq!(steps, 3);
    assert_eq!(detector.detect(film.as_film()).unwrap(), points);
    assert_eq!(fit().log_hazard(&inputs).unwrap(), log_hazard);
}
