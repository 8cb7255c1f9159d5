//! The training loop on the smallest task there is: y = 2 x - 1 by least squares, with a run folder
//! that a second call goes on from.
//!
//! `cargo run --release -p vertebra-training --example fit_a_line`

#![allow(clippy::print_stdout)] // an example talks

use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use std::ops::ControlFlow;
use vertebra_training::{Event, LearningRate, Schedule, Seed, StepGradients, Task};
use vertebra_training::{TaskError, TrainingConfig, train};

/// Eight points of the line.
struct Line;

impl Task for Line {
    type Model = Linear;
    type Batch = Vec<f32>;

    fn n_samples(&self) -> usize {
        8
    }

    fn prepare(&self, batch: &[usize], _seed: Seed) -> Result<Vec<f32>, TaskError> {
        Ok(batch.iter().map(|&i| i as f32 / 8.0).collect())
    }

    fn gradients(&self, model: &Linear, x: Vec<f32>) -> Result<StepGradients, TaskError> {
        let (n, device) = (x.len(), model.weight.device());
        let x = Tensor::<1>::from_floats(x.as_slice(), &device).reshape([n, 1]);
        let y = x.clone() * 2.0 - 1.0;
        let loss = (model.forward(x) - y).square().mean();
        Ok(StepGradients::new(loss.clone(), GradientsParams::from_grads(loss.backward(), model)))
    }

    fn validate(&self, _model: &Linear) -> Result<Option<f64>, TaskError> {
        Ok(None)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = TrainingConfig::default()
        .with_epochs(200)
        .with_batch_size(4)
        .with_learning_rate(LearningRate::new(0.1, 0.001, Schedule::Cosine));
    let folder = std::env::temp_dir().join("vertebra-fit-a-line");
    let mut report = |event: &Event| {
        if let Event::Epoch { summary, .. } = event
            && summary.epoch.is_multiple_of(50)
        {
            println!("epoch {}: loss {:.2e}", summary.epoch, summary.loss);
        }
        ControlFlow::Continue(()) // Break would end the run after this step
    };
    for _ in 0..2 {
        // The second call finds the run finished and takes no step.
        let model = LinearConfig::new(1, 1).init(&Device::default());
        let trained = train(&config, &Line, model, Some(&folder), &mut report)?;
        let slope: f32 = trained.model.weight.val().try_into_scalar()?;
        println!("slope {slope:.3}, expected 2 ({:?})", trained.stopped);
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
