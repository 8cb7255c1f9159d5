//! An interrupted and resumed run ends with the bits of an uninterrupted one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use vertebra_training::{
    Error, Event, LearningRate, OptimizerKind, Schedule, Seed, StepGradients, StopReason, Task,
    TaskError, Trained, TrainingConfig, WeightScale, initialize, keep_going, train,
};

/// Convolution, BatchNorm (running statistics are state too) and a linear layer.
#[derive(Module, Debug)]
struct Net {
    conv: Conv2d,
    norm: BatchNorm,
    out: Linear,
}

impl Net {
    fn new() -> Self {
        Self::on(Device::default().autodiff())
    }

    fn on(device: Device) -> Self {
        let net = Self {
            conv: Conv2dConfig::new([1, 4], [3, 3]).init(&device),
            norm: BatchNormConfig::new(4).init(&device),
            out: LinearConfig::new(4, 1).init(&device),
        };
        initialize(net, WeightScale::HeFanIn, Seed::new(11))
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = self.norm.forward(self.conv.forward(x)).square();
        self.out.forward(x.mean_dim(3).mean_dim(2).flatten(1, 3))
    }
}

/// Regression of a picture's spread, with noise from the step's seed; fails after `budget` steps
/// as a killed process would.
struct Spread {
    n: usize,
    budget: AtomicUsize,
    /// The batch that cannot be made ready.
    bad: usize,
    ahead: bool,
    prepared: AtomicUsize,
    score: Option<fn(usize) -> f64>,
    validations: AtomicUsize,
}

impl Spread {
    fn new(n: usize) -> Self {
        let budget = AtomicUsize::new(usize::MAX);
        let [prepared, validations] = [0, 0].map(AtomicUsize::new);
        Self { n, budget, bad: usize::MAX, ahead: true, prepared, score: None, validations }
    }

    fn picture(i: usize, noise: u64) -> Vec<f32> {
        let at = |p: usize| ((i * 31 + p * 17 + noise as usize % 7) % 23) as f32 / 23.0;
        (0..36).map(|p| at(p) * (1.0 + i as f32 / 8.0)).collect()
    }

    fn pixels(batch: &[usize], noise: u64) -> Vec<f32> {
        batch.iter().flat_map(|&i| Self::picture(i, noise)).collect()
    }

    fn loss(model: &Net, batch: &[usize], pixels: Vec<f32>) -> Tensor<1> {
        let device = model.conv.weight.val().device();
        let x = Tensor::from_data(TensorData::new(pixels, [batch.len(), 1, 6, 6]), &device);
        let y: Vec<f32> = batch.iter().map(|&i| i as f32 / 8.0).collect();
        let y = Tensor::<1>::from_floats(y.as_slice(), &device).reshape([batch.len(), 1]);
        (model.forward(x) - y).square().mean()
    }
}

impl Task for Spread {
    type Model = Net;
    /// Samples and their pixels.
    type Batch = (Vec<usize>, Vec<f32>);

    fn n_samples(&self) -> usize {
        self.n
    }

    fn prepares_ahead(&self) -> bool {
        self.ahead
    }

    fn prepare(&self, batch: &[usize], seed: Seed) -> Result<Self::Batch, TaskError> {
        if self.prepared.fetch_add(1, Relaxed) == self.bad {
            return Err("a sample cannot be read".into());
        }
        Ok((batch.to_vec(), Self::pixels(batch, seed.value())))
    }

    fn gradients(
        &self,
        model: &Net,
        (batch, pixels): Self::Batch,
    ) -> Result<StepGradients, TaskError> {
        let spent = |left: usize| left.checked_sub(1);
        self.budget.fetch_update(Relaxed, Relaxed, spent).map_err(|_| "interrupted")?;
        let loss = Self::loss(model, &batch, pixels);
        let gradients = GradientsParams::from_grads(loss.clone().backward(), model);
        Ok(StepGradients::new(loss, gradients))
    }

    fn validate(&self, model: &Net) -> Result<Option<f64>, TaskError> {
        let i = self.validations.fetch_add(1, Relaxed);
        if let Some(score) = self.score {
            return Ok(Some(score(i)));
        }
        let all: Vec<usize> = (0..self.n).collect();
        let loss = Self::loss(model, &all, Self::pixels(&all, 0));
        Ok(Some(-f64::from(loss.into_scalar::<f32>())))
    }
}

fn config() -> TrainingConfig {
    TrainingConfig::default()
        .with_epochs(6)
        .with_batch_size(4)
        .with_learning_rate(LearningRate::new(0.05, 1e-4, Schedule::Cosine).with_warmup(0.1))
        .with_optimizer(OptimizerKind::AdamW)
        .with_weight_decay(1e-3)
        .with_clip_norm(1.0)
        .with_seed(5)
}

fn run(task: &Spread, folder: Option<&Path>) -> Result<Trained<Net>, Error> {
    train(&config(), task, Net::new(), folder, &mut keep_going)
}

#[test]
fn batches_made_ready_ahead_give_the_same_bits() {
    let ahead = run(&Spread::new(10), None).unwrap();
    let one_by_one = run(&Spread { ahead: false, ..Spread::new(10) }, None).unwrap();
    assert_eq!(ahead.history, one_by_one.history);
    assert_eq!(values(&ahead.model), values(&one_by_one.model));
}

/// The step before is still taken; an error of its own comes first.
#[test]
fn a_batch_that_cannot_be_made_ready_ends_the_run_at_its_step() {
    for ahead in [true, false] {
        let task = Spread { bad: 4, ahead, ..Spread::new(10) };
        let mut last = None;
        let mut watch = |event: &Event| {
            if let Event::Step { epoch, step, .. } = event {
                last = Some((*epoch, *step));
            }
            ControlFlow::Continue(())
        };
        let error = train(&config(), &task, Net::new(), None, &mut watch).unwrap_err();
        assert!(
            matches!(&error, Error::Task { epoch: 2, source } if source.to_string().contains("read"))
        );
        assert_eq!(last, Some((2, 1)), "{ahead}");
        let task = Spread { bad: 4, ahead, ..Spread::new(10) };
        task.budget.store(3, Relaxed);
        let error = run(&task, None).unwrap_err();
        assert!(
            matches!(&error, Error::Task { epoch: 2, source } if source.to_string() == "interrupted")
        );
    }
}

#[test]
fn resumed_equals_uninterrupted_bit_for_bit() {
    let sgd = config().with_optimizer(OptimizerKind::Sgd);
    let adam = config().with_optimizer(OptimizerKind::Adam);
    for config in [config(), adam, sgd.clone(), sgd.with_momentum(0.0)] {
        let run = |task: &Spread, folder: Option<&Path>| {
            train(&config, task, Net::new(), folder, &mut keep_going)
        };
        let whole = run(&Spread::new(10), None).unwrap();
        // 3 steps per epoch: after 10 steps the 4th epoch is under way and will be done again.
        for budget in [0, 1, 3, 10, 17] {
            let folder = tempfile::tempdir().unwrap();
            let task = Spread::new(10);
            task.budget.store(budget, Relaxed);
            let interrupted = run(&task, Some(folder.path()));
            assert!(matches!(interrupted, Err(Error::Task { .. })), "{interrupted:?}");
            let resumed = run(&Spread::new(10), Some(folder.path())).unwrap();
            assert_eq!(resumed.history, whole.history, "interrupted after {budget} steps");
            assert_eq!(values(&resumed.model), values(&whole.model), "after {budget} steps");
            assert_eq!(resumed.epoch, whole.epoch);
        }
    }
}

/// The mean of the networks that runs of so many epochs end with.
#[test]
fn the_average_is_that_of_the_ends_of_epochs() {
    let constant = LearningRate::constant(0.02);
    let settings = config();
    let ends = |epochs: usize, average_from: Option<usize>| {
        let config = settings.clone().with_epochs(epochs).with_learning_rate(constant.clone());
        let config = config.with_validate_every(4).with_average_from(average_from);
        train(&config, &Spread::new(10), Net::new(), None, &mut keep_going).unwrap().model
    };
    let numbers =
        |net: &Net| -> Vec<f32> { values(net).concat().into_iter().map(f32::from_bits).collect() };
    let [two, three, four] = [2, 3, 4].map(|epochs| numbers(&ends(epochs, None)));
    assert_eq!(numbers(&ends(4, Some(4))), four);
    let got = numbers(&ends(4, Some(2)));
    assert!(got.len() > 20 && two != four);
    for (i, got) in got.iter().enumerate() {
        let mean = (two[i] + three[i] + four[i]) / 3.0;
        assert!((got - mean).abs() <= 1e-5 * mean.abs().max(1e-3), "{i}: {got}, expected {mean}");
    }
}

#[test]
fn a_resumed_run_goes_on_with_its_average() {
    // A checkpoint after each step.
    let config = config().with_average_from(3).with_checkpoint_seconds(0);
    let run = |task: &Spread, folder: Option<&Path>| {
        train(&config, task, Net::new(), folder, &mut keep_going)
    };
    let whole = run(&Spread::new(10), None).unwrap();
    // Within the second, the third and the fifth epoch.
    for budget in [4, 7, 14] {
        let folder = tempfile::tempdir().unwrap();
        let task = Spread::new(10);
        task.budget.store(budget, Relaxed);
        run(&task, Some(folder.path())).unwrap_err();
        let resumed = run(&Spread::new(10), Some(folder.path())).unwrap();
        assert_eq!(resumed.history, whole.history, "interrupted after {budget} steps");
        assert_eq!(values(&resumed.model), values(&whole.model), "after {budget} steps");
    }
    let other = run_with(&config.clone().with_average_from(7)).unwrap_err().to_string();
    assert_eq!(other, "average_from: expected one of the epochs, got 7 of 6");
}

fn run_with(config: &TrainingConfig) -> Result<Trained<Net>, Error> {
    train(config, &Spread::new(10), Net::new(), None, &mut keep_going)
}

/// Parameters and running statistics without burn's parameter ids, which are random.
fn values(net: &Net) -> Vec<Vec<u32>> {
    struct Values(Vec<Vec<u32>>);
    impl burn::module::ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
            self.0.push(param.val().into_data().iter::<f32>().map(f32::to_bits).collect());
        }
    }
    let mut values = Values(Vec::new());
    net.visit(&mut values);
    assert_eq!(values.0.len(), 8); // 2 conv, 2 + 2 norm, 2 linear
    values.0
}

#[test]
fn a_cancelled_run_goes_on_from_its_last_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let mut steps = 0;
    let mut cancel = |event: &Event| {
        steps += usize::from(matches!(event, Event::Step { .. }));
        if steps == 8 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let path = Some(folder.path());
    let error = train(&config(), &Spread::new(10), Net::new(), path, &mut cancel).unwrap_err();
    assert_eq!(error.to_string(), "training was cancelled after 2 of its epochs");
    let resumed = run(&Spread::new(10), path).unwrap();
    assert_eq!(values(&resumed.model), values(&run(&Spread::new(10), None).unwrap().model));
}

#[test]
fn another_layout_of_the_checkpoint_is_refused_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("checkpoint.json"), r#"{"schema": 1, "config": 3}"#).unwrap();
    let error = run(&Spread::new(10), Some(folder.path())).unwrap_err().to_string();
    assert!(error.ends_with("checkpoint.json: expected schema version 3, got 1"), "{error}");
}

#[test]
fn a_finished_run_is_loaded_without_a_step() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(&Spread::new(10), Some(folder.path())).unwrap();
    let task = Spread::new(10);
    task.budget.store(0, Relaxed);
    let again = run(&task, Some(folder.path())).unwrap();
    assert_eq!(values(&again.model), values(&first.model));
    assert_eq!(again.history, first.history);
}

#[test]
fn the_best_epoch_is_returned_and_patience_ends_the_run() {
    let best_second = |i: usize| [0.1, 0.9, 0.8, 0.7, 0.6, 0.5][i];
    let mut task = Spread::new(10);
    task.score = Some(best_second);
    let mut after_epoch_2 = None;
    let two = config().with_patience(3);
    let mut stopped = Vec::new();
    let trained = train(&two, &task, Net::new(), None, &mut |event| {
        match event {
            Event::Epoch { summary, best } if *best => after_epoch_2 = Some(summary.epoch),
            Event::Stopped(reason) => stopped.push(*reason),
            _ => {}
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!((trained.epoch, after_epoch_2), (2, Some(2)));
    assert_eq!((trained.history.len(), stopped), (5, vec![StopReason::Patience]));

    // Its weights and running statistics are those of epoch 2, not of a later step.
    let mut first_two = Spread::new(10);
    first_two.score = Some(best_second);
    first_two.budget.store(6, Relaxed);
    let folder = tempfile::tempdir().unwrap();
    assert!(train(&two, &first_two, Net::new(), Some(folder.path()), &mut keep_going).is_err());
    let kept = burn::store::ModuleRecord::load(folder.path().join("best-00002.bpk")).unwrap();
    let kept = Net::new().valid().load_record(kept);
    assert_eq!(values(&kept), values(&trained.model));
}

#[test]
fn another_run_in_the_folder_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    run(&Spread::new(10), Some(folder.path())).unwrap();
    let other = config().with_weight_decay(0.5);
    let error = train(&other, &Spread::new(10), Net::new(), Some(folder.path()), &mut keep_going)
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("weight_decay = 0.001, now it is 0.5"), "{text}");
    let other = config().with_optimizer(OptimizerKind::Sgd);
    let error = train(&other, &Spread::new(10), Net::new(), Some(folder.path()), &mut keep_going);
    let text = error.unwrap_err().to_string();
    assert!(text.contains("optimizer = \"adam_w\", now it is \"sgd\""), "{text}");
    let error = run(&Spread::new(9), Some(folder.path())).unwrap_err().to_string();
    assert!(error.contains("number of samples = 10, now it is 9"), "{error}");
}

#[test]
fn a_damaged_checkpoint_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    run(&Spread::new(10), Some(folder.path())).unwrap();
    let weights = folder.path().join("model-00006.bpk");
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    let error = run(&Spread::new(10), Some(folder.path())).unwrap_err().to_string();
    assert!(error.contains("model-00006.bpk"), "{error}");
    std::fs::write(folder.path().join("checkpoint.json"), "{}").unwrap();
    let error = run(&Spread::new(10), Some(folder.path())).unwrap_err().to_string();
    assert!(error.contains("checkpoint.json") && error.contains("schema"), "{error}");
}

#[test]
fn weights_in_the_place_of_an_optimiser_state_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    run(&Spread::new(10), Some(folder.path())).unwrap();
    let [weights, state] =
        ["model-00006.bpk", "optimizer-00006.bpk"].map(|n| folder.path().join(n));
    std::fs::copy(weights, state).unwrap();
    let error = run(&Spread::new(10), Some(folder.path())).unwrap_err().to_string();
    assert!(error.contains("optimizer-00006.bpk: expected an optimiser state"), "{error}");
}

/// A file that can be read but holds nothing would begin the moments anew.
#[test]
fn an_optimiser_state_that_lost_its_tensors_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    run(&Spread::new(10), Some(folder.path())).unwrap();
    let empty = burn::optim::SgdConfig::new().init().into_bytes();
    std::fs::write(folder.path().join("optimizer-00006.bpk"), &empty.unwrap()[..]).unwrap();
    let error = run(&Spread::new(10), Some(folder.path())).unwrap_err().to_string();
    let expected = "expected an optimiser state, got 0 tensors, of which 0 belong to one of 12";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_checkpoint_whose_files_go_once_it_is_read_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let task = Spread::new(10);
    task.budget.store(10, Relaxed);
    assert!(run(&task, Some(folder.path())).is_err());
    let resumed =
        train(&config(), &Spread::new(10), Net::new(), Some(folder.path()), &mut |event| {
            if matches!(event, Event::Started { .. }) {
                for entry in std::fs::read_dir(folder.path()).unwrap() {
                    let path = entry.unwrap().path();
                    // Cut short first: whoever still has it open or mapped sees that.
                    std::fs::write(&path, "").unwrap();
                    std::fs::remove_file(path).unwrap();
                }
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(values(&resumed.model), values(&run(&Spread::new(10), None).unwrap().model));
}

#[test]
fn only_the_files_of_the_last_checkpoint_stay() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model-notes.bpk"), "not ours").unwrap();
    run(&Spread::new(10), Some(folder.path())).unwrap();
    let names = |folder: &Path| {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with("best-"))
            .collect();
        names.sort();
        names
    };
    let expected = [
        "checkpoint.json",
        "curves.csv",
        "model-00006.bpk",
        "model-notes.bpk",
        "optimizer-00006.bpk",
    ];
    assert_eq!(names(folder.path()), expected);
    let folder = tempfile::tempdir().unwrap();
    let averaged = config().with_average_from(2);
    train(&averaged, &Spread::new(10), Net::new(), Some(folder.path()), &mut keep_going).unwrap();
    let expected = [
        "average-00006.bpk",
        "checkpoint.json",
        "curves.csv",
        "model-00006.bpk",
        "optimizer-00006.bpk",
    ];
    assert_eq!(names(folder.path()), expected);
}

#[test]
fn empty_sets_bad_settings_and_nan_are_named_errors() {
    let error = run(&Spread::new(0), None).unwrap_err();
    assert!(matches!(error, Error::EmptyTrainingSet));
    let none = config().with_epochs(0);
    let error = train(&none, &Spread::new(4), Net::new(), None, &mut keep_going).unwrap_err();
    assert_eq!(error.to_string(), "epochs: expected at least 1, got 0");
    for (momentum, got) in [(1.0, "1"), (-0.1, "-0.1"), (f64::NAN, "NaN")] {
        let error = run_with(&config().with_momentum(momentum)).unwrap_err().to_string();
        assert_eq!(error, format!("momentum: expected a number >= 0 and < 1, got {got}"));
    }
    let wild = config().with_learning_rate(LearningRate::constant(1e30)).with_clip_norm(None);
    let error = train(&wild, &Spread::new(4), Net::new(), None, &mut keep_going).unwrap_err();
    assert!(matches!(error, Error::NonFiniteLoss { .. } | Error::NonFiniteScore { .. }), "{error}");
}

#[test]
fn a_model_without_autodiff_is_trained_all_the_same() {
    let plain = Net::on(Device::default());
    let trained = train(&config(), &Spread::new(10), plain, None, &mut keep_going).unwrap();
    let whole = run(&Spread::new(10), None).unwrap();
    assert_eq!(values(&trained.model), values(&whole.model));
}

#[test]
fn a_run_that_ends_within_an_epoch_goes_on_from_its_last_step() {
    let config = config().with_checkpoint_seconds(0).with_checkpoint_every(100);
    let whole = run(&Spread::new(22), None).unwrap();
    // Six batches an epoch: interrupted within the first, within the third, and at an end.
    for budget in [2, 15, 18] {
        let folder = tempfile::tempdir().unwrap();
        let task = Spread::new(22);
        task.budget.store(budget, Relaxed);
        let error = train(&config, &task, Net::new(), Some(folder.path()), &mut keep_going);
        assert!(matches!(error.unwrap_err(), Error::Task { .. }));
        let mut first = None;
        let mut on_event = |event: &Event| {
            if let Event::Step { epoch, step, .. } = event {
                first.get_or_insert((*epoch, *step));
            }
            ControlFlow::Continue(())
        };
        let task = Spread::new(22);
        let resumed = train(&config, &task, Net::new(), Some(folder.path()), &mut on_event);
        let resumed = resumed.unwrap();
        assert_eq!(first, Some((budget / 6 + 1, budget % 6 + 1)), "after {budget} steps");
        assert_eq!(resumed.history, whole.history);
        assert_eq!(values(&resumed.model), values(&whole.model));
    }
}
