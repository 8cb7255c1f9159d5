use super::*;
use crate::{EncoderConfig, ImageSet, Normalization, RiskModelConfig};
use burn::module::{Module, ModuleVisitor, Param};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SHAPE: [usize; 3] = [2, 16, 12];

fn data(n: usize) -> (RiskInputs, Outcomes) {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let rows = (0..n).map(|_| (0..2).map(|_| rng.random::<f32>()).collect()).collect();
    let pixels = (0..n * 2 * 16 * 12).map(|_| rng.random::<f32>()).collect();
    let time = (0..n).map(|i| (i * 7 % 5) as f64 + 1.0).collect();
    let event = (0..n).map(|i| i % 3 != 0).collect();
    let inputs = RiskInputs::from_covariates(rows).unwrap();
    let images = ImageSet::new(pixels, SHAPE).unwrap();
    (inputs.with_images(images).unwrap(), Outcomes::new(time, event).unwrap())
}

fn config(normalization: Normalization) -> RiskModelConfig {
    let encoder = EncoderConfig::small(4).with_normalization(normalization);
    RiskModelConfig::image_only(encoder, SHAPE).with_covariates(["a", "b"]).with_dropout(0.3)
}

fn network(config: &RiskModelConfig) -> RiskNetwork {
    let network = RiskNetwork::new(config, Seed::new(3), &Device::default().autodiff());
    // The first output layer is nearly zero; a gradient check wants every layer awake.
    vertebra_training::initialize(network, vertebra_training::WeightScale::HeFanIn, Seed::new(9))
}

fn with_task<T>(
    config: &RiskModelConfig,
    micro_batch: usize,
    ties: Ties,
    f: impl FnOnce(&CoxTask<'_>) -> T,
) -> T {
    let (inputs, outcomes) = data(14);
    let preprocessing = Preprocessing::fit(config, &inputs).unwrap();
    f(&CoxTask {
        train: Labelled { inputs: &inputs, outcomes: &outcomes },
        valid: None,
        preprocessing: &preprocessing,
        augmentation: Augmentation::default(),
        dropout: config.dropout,
        ties,
        micro_batch,
        score: ValidationScore::Concordance,
        device: Device::default().autodiff(),
    })
}

/// Every gradient by parameter, flattened in the order of the module.
fn flat(network: &RiskNetwork, gradients: &GradientsParams) -> Vec<f32> {
    struct Flatten<'a>(&'a GradientsParams, Vec<f32>);
    impl ModuleVisitor for Flatten<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.get::<D>(param.id) {
                self.1.extend(gradient.into_data().iter::<f32>());
            }
        }
    }
    let mut visitor = Flatten(gradients, Vec::new());
    network.visit(&mut visitor);
    visitor.1
}

fn step(config: &RiskModelConfig, micro_batch: usize) -> (f64, Vec<f32>) {
    let network = network(config);
    let batch: Vec<usize> = (0..14).rev().collect();
    let got =
        with_task(config, micro_batch, Ties::Efron, |t| t.step(&network, &batch, Seed::new(8)))
            .unwrap();
    (got.loss, flat(&network, &got.gradients))
}

#[test]
fn micro_batches_give_the_gradient_of_the_whole_cohort() {
    let config = config(Normalization::Group(2));
    let (loss, whole) = step(&config, 14);
    let scale = whole.iter().fold(0.0f32, |m, g| m.max(g.abs()));
    assert!(whole.len() > 1000 && scale > 1e-2, "{} gradients up to {scale}", whole.len());
    for micro_batch in [1, 4, 5] {
        let (loss_in_parts, parts) = step(&config, micro_batch);
        assert!((loss - loss_in_parts).abs() < 1e-5, "{loss} {loss_in_parts}");
        assert_eq!(whole.len(), parts.len());
        for (i, (a, b)) in whole.iter().zip(&parts).enumerate() {
            assert!((a - b).abs() < 1e-4 * scale, "{micro_batch}: gradient {i}: {a}, {b}");
        }
    }
}

/// Directional derivative along a random direction, by central differences of the loss that the
/// step itself reports.
fn derivatives_agree(normalization: Normalization, micro_batch: usize) {
    let config = config(normalization);
    let network = network(&config);
    let batch: Vec<usize> = (0..14).collect();
    let loss_and_gradient = |network: &RiskNetwork| {
        with_task(&config, micro_batch, Ties::Breslow, |t| t.step(network, &batch, Seed::new(5)))
            .unwrap()
    };
    let gradient = flat(&network, &loss_and_gradient(&network).gradients);
    let direction: Vec<f32> = {
        let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
        gradient.iter().map(|g| g / norm).collect()
    };
    let step = 3e-4;
    let loss_at = |s: f32| loss_and_gradient(&moved(&network, &direction, s)).loss;
    let numeric = (loss_at(step) - loss_at(-step)) / (2.0 * f64::from(step));
    let exact: f64 = gradient.iter().zip(&direction).map(|(g, d)| f64::from(g * d)).sum();
    assert!((numeric / exact - 1.0).abs() < 0.005, "{numeric}, expected {exact}");
}

fn moved(network: &RiskNetwork, direction: &[f32], step: f32) -> RiskNetwork {
    struct Move<'a>(&'a [f32], f32);
    impl burn::module::ModuleMapper for Move<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if !param.is_require_grad() {
                return param; // running statistics
            }
            let shape = param.val().dims();
            let (mine, rest) = self.0.split_at(shape.iter().product());
            self.0 = rest;
            let delta = TensorData::new(mine.iter().map(|d| d * self.1).collect(), shape);
            param.map(|t| {
                let delta = Tensor::from_data(delta, &t.device());
                (t + delta).detach().require_grad()
            })
        }
    }
    let mut mapper = Move(direction, step);
    let moved = network.clone().map(&mut mapper);
    assert!(mapper.0.is_empty(), "every parameter has a gradient");
    moved
}

#[test]
fn gradients_agree_with_finite_differences_group_norm() {
    derivatives_agree(Normalization::Group(2), 14);
}

#[test]
fn gradients_agree_with_finite_differences_batch_norm_in_micro_batches() {
    derivatives_agree(Normalization::Batch, 7);
}

#[test]
fn a_mini_batch_without_events_teaches_nothing() {
    let config = config(Normalization::Batch);
    let network = network(&config);
    let got = with_task(&config, 14, Ties::Efron, |t| t.step(&network, &[0, 3, 6], Seed::new(1)))
        .unwrap();
    assert_eq!((got.loss, got.gradients.len()), (0.0, 0));
}
