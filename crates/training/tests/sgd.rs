//! Stochastic gradient descent against its equations.
#![allow(clippy::unwrap_used)] // a helper of tests may stop

use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::Device;
use vertebra_training::{
    LearningRate, OptimizerKind, Schedule, Seed, StepGradients, Task, TaskError, TrainingConfig,
    keep_going, train,
};

/// `(w - target)² / 2` of one weight, one step an epoch.
struct Parabola {
    target: f32,
}

impl Task for Parabola {
    type Model = Linear;
    type Batch = ();

    fn n_samples(&self) -> usize {
        1
    }

    fn prepare(&self, _batch: &[usize], _seed: Seed) -> Result<(), TaskError> {
        Ok(())
    }

    fn gradients(&self, model: &Linear, (): ()) -> Result<StepGradients, TaskError> {
        let loss = (model.weight.val() - self.target).square().sum() / 2.0;
        let gradients = GradientsParams::from_grads(loss.clone().backward(), model);
        Ok(StepGradients::new(loss, gradients))
    }

    fn validate(&self, _model: &Linear) -> Result<Option<f64>, TaskError> {
        Ok(None)
    }
}

fn weight(model: &Linear) -> f64 {
    f64::from(model.weight.val().into_scalar::<f32>())
}

/// `v = mu v + g + decay w`, `w = w - lr v` at rates that fall; momentum starts with the first
/// gradient as it is.
#[test]
fn steps_are_those_of_the_equations() {
    let device = Device::flex().autodiff();
    let start: Linear = LinearConfig::new(1, 1).with_bias(false).init(&device);
    let (first, last, epochs, target) = (0.3, 0.1, 9, 2.5);
    for (momentum, decay) in [(0.0, 0.0), (0.0, 0.2), (0.9, 0.0), (0.6, 0.2)] {
        let config = TrainingConfig::default()
            .with_optimizer(OptimizerKind::Sgd)
            .with_momentum(momentum)
            .with_weight_decay(decay)
            .with_learning_rate(LearningRate::new(first, last, Schedule::Linear))
            .with_epochs(epochs);
        let task = Parabola { target: target as f32 };
        let trained = train(&config, &task, start.clone(), None, &mut keep_going).unwrap();

        let (mut w, mut v) = (weight(&start), 0.0);
        for step in 0..epochs {
            let rate = first + (last - first) * step as f64 / (epochs - 1) as f64;
            v = momentum * v + (w - target) + decay * w;
            w -= rate * v;
        }
        let got = weight(&trained.model);
        assert!((got - w).abs() <= 1e-5, "momentum {momentum}, decay {decay}: {got} for {w}");
    }
}

/// Steps scale with the gradient, which those of Adam do not: with a tenth of the distance to go,
/// a step is a tenth as long.
#[test]
fn a_step_scales_with_the_gradient() {
    let start: Linear = LinearConfig::new(1, 1).with_bias(false).init(&Device::flex().autodiff());
    let step = |optimizer: OptimizerKind, distance: f64| {
        let config = TrainingConfig::default()
            .with_optimizer(optimizer)
            .with_learning_rate(LearningRate::constant(0.01))
            .with_epochs(1);
        let task = Parabola { target: (weight(&start) + distance) as f32 };
        let trained = train(&config, &task, start.clone(), None, &mut keep_going).unwrap();
        weight(&trained.model) - weight(&start)
    };
    for (optimizer, ratio) in [(OptimizerKind::Sgd, 10.0), (OptimizerKind::Adam, 1.0)] {
        let got = step(optimizer, 10.0) / step(optimizer, 1.0);
        assert!((got - ratio).abs() < 0.01, "{optimizer:?}: {got}");
    }
}
