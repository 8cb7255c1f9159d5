use super::*;
use crate::network::Outputs;
use crate::objective::{CoxObjective, HazardObjective};
use crate::{EncoderConfig, ImageSet, Normalization, ResNet, RiskModelConfig, ValidationScore};
use burn::module::ModuleVisitor;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vertebra_survival::losses::{HazardLikelihood, TimeGrid};
use vertebra_survival::{RiskSets, Ties};

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
    let network =
        RiskNetwork::new(config, Outputs::LogHazard, Seed::new(3), &Device::default().autodiff());
    // The first output layer is nearly zero; a gradient check wants every layer awake.
    vertebra_training::initialize(network, vertebra_training::WeightScale::HeFanIn, Seed::new(9))
}

/// Loss and gradients of one step.
#[derive(Debug)]
struct Taken {
    loss: f64,
    gradients: GradientsParams,
}

fn take(
    task: &RiskTask<'_, ResNet>,
    network: &RiskNetwork,
    batch: &[usize],
    seed: Seed,
) -> Result<Taken, Error> {
    let (loss, gradients) = task.exact_step(network, task.prepared(batch, seed)?)?;
    Ok(Taken { loss, gradients })
}

fn with_task<T>(
    config: &RiskModelConfig,
    micro_batch: usize,
    ties: Ties,
    f: impl FnOnce(&RiskTask<'_, ResNet>) -> T,
) -> T {
    let (inputs, outcomes) = data(14);
    let preprocessing = Preprocessing::fit(config, &inputs).unwrap();
    let objective = CoxObjective { ties, strata: None, score: ValidationScore::Concordance };
    f(&RiskTask {
        micro_batch,
        dropout: config.dropout,
        ..task((&inputs, &outcomes), &preprocessing, &objective)
    })
}

/// On all subjects at once, without dropout.
fn task<'a>(
    (inputs, outcomes): (&'a RiskInputs, &'a Outcomes),
    preprocessing: &'a Preprocessing,
    objective: &'a dyn Objective,
) -> RiskTask<'a, ResNet> {
    RiskTask {
        inputs: Standardised::new(preprocessing, inputs),
        outcomes,
        valid: None,
        preprocessing,
        augmentation: Augmentation::default(),
        dropout: 0.0,
        objective,
        purpose: objective.purpose(),
        spread_events: false,
        controls_per_event: None,
        micro_batch: usize::MAX,
        part: usize::MAX,
        device: Device::default().autodiff(),
        encoder: PhantomData,
    }
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
        with_task(config, micro_batch, Ties::Efron, |t| take(t, &network, &batch, Seed::new(8)))
            .unwrap();
    (got.loss, flat(&network, &got.gradients))
}

/// Euclidean norm of the difference over that of `expected`.
fn relative_difference(got: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(got.len(), expected.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let pairs = got.iter().zip(expected);
    let difference = norm(&mut pairs.map(|(g, e)| f64::from(*g) - f64::from(*e)));
    difference / norm(&mut expected.iter().map(|e| f64::from(*e)))
}

/// Rows of a table go through the network in parts, once where they are one micro-batch.
#[test]
fn parts_within_a_micro_batch_give_the_gradient_of_the_whole() {
    let (inputs, outcomes) = (Step::inputs(), Step::plain().outcomes);
    let preprocessing = Preprocessing::fit(&Step::config(), &inputs).unwrap();
    let network = network(&Step::config());
    let score = ValidationScore::Concordance;
    let objective = CoxObjective { ties: Ties::Efron, strata: None, score };
    let step = |part: usize, micro_batch: usize| {
        let task = task((&inputs, &outcomes), &preprocessing, &objective);
        let task = RiskTask { part, micro_batch, dropout: 0.3, ..task };
        let step = take(&task, &network, &(0..14).collect::<Vec<_>>(), Seed::new(8)).unwrap();
        (step.loss, flat(&network, &step.gradients))
    };
    let (loss, whole) = step(usize::MAX, usize::MAX);
    for (part, micro_batch) in [(1, usize::MAX), (4, usize::MAX), (5, 14), (3, 8), (13, 9)] {
        let (loss_in_parts, parts) = step(part, micro_batch);
        assert!((loss - loss_in_parts).abs() < 1e-6);
        let largest = whole.iter().zip(&parts).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(largest < 1e-6, "{part} {micro_batch}: {largest:e}");
    }
}

/// Masks, outcomes, weights and strata follow the subjects, and so do the parts.
#[test]
fn a_whole_table_is_taken_in_its_own_order() {
    let strata: Vec<usize> = (0..14).map(|i| i % 2).collect();
    let weights = (0..14).map(|i| 1.0 + f64::from(i) / 4.0).collect();
    let outcomes = Step::plain().outcomes.with_weights(weights).unwrap();
    let inputs = Step::inputs();
    let preprocessing = Preprocessing::fit(&Step::config(), &inputs).unwrap();
    let network = network(&Step::config());
    let score = ValidationScore::Concordance;
    let objective = CoxObjective { ties: Ties::Efron, strata: Some(&strata), score };
    let step = |order: &[usize], micro_batch: usize| {
        let task = task((&inputs, &outcomes), &preprocessing, &objective);
        let task = RiskTask { part: 4, micro_batch, dropout: 0.3, ..task };
        let prepared = task.prepared(order, Seed::new(8)).unwrap();
        let subjects = prepared.drawn.subjects.clone();
        let (loss, gradients) = task.exact_step(&network, prepared).unwrap();
        (subjects, loss, flat(&network, &gradients))
    };
    let in_order: Vec<usize> = (0..14).collect();
    let shuffled: Vec<usize> = (0..14).map(|i| i * 5 % 14).collect();
    let whole = step(&in_order, 14);
    assert_eq!(whole.0, in_order);
    assert_eq!(step(&shuffled, 14), whole);
    // In two micro-batches, and a part of the table, it is the order of the batch.
    let (subjects, loss, gradient) = step(&shuffled, 13);
    assert_eq!(subjects, shuffled);
    assert!((loss - whole.1).abs() < 1e-6);
    assert!(relative_difference(&gradient, &whole.2) < 1e-6);
    assert_eq!(step(&shuffled[..13], 14).0, shuffled[..13]);
}

/// With dropout, whose masks the second pass repeats.
#[test]
fn micro_batches_give_the_gradient_of_the_whole_cohort() {
    let config = config(Normalization::Group(2));
    let of_covariates = |micro_batch| Step { micro_batch, dropout: 0.3, ..Step::plain() }.run();
    let of_images = |micro_batch| step(&config, micro_batch);
    for step in [&of_images as &dyn Fn(usize) -> _, &of_covariates] {
        let (loss, whole) = step(14);
        let scale = whole.iter().fold(0.0f32, |m, g| m.max(g.abs()));
        assert!(whole.len() > 20 && scale > 1e-2, "{} gradients up to {scale}", whole.len());
        for micro_batch in [1, 4, 5] {
            let (loss_in_parts, parts) = step(micro_batch);
            assert!((loss / loss_in_parts - 1.0).abs() < 1e-6, "{loss} {loss_in_parts}");
            let difference = relative_difference(&parts, &whole);
            assert!(difference < 1e-6, "{micro_batch}: {difference:e}");
        }
    }
}

/// What differs between steps of a network on covariates.
struct Step {
    outcomes: Outcomes,
    ties: Ties,
    strata: Option<Vec<usize>>,
    controls_per_event: Option<f64>,
    micro_batch: usize,
    dropout: f64,
    seed: u64,
}

impl Step {
    fn plain() -> Self {
        let (outcomes, ties) = (data(14).1, Ties::Efron);
        let (strata, controls_per_event) = (None, None);
        Self { outcomes, ties, strata, controls_per_event, micro_batch: 4, dropout: 0.0, seed: 1 }
    }

    fn config() -> RiskModelConfig {
        RiskModelConfig::clinical(["a", "b"]).with_hidden([8]).with_dropout(0.0)
    }

    fn inputs() -> RiskInputs {
        RiskInputs::from_covariates(data(14).0.covariates().to_vec()).unwrap()
    }

    fn run(&self) -> (f64, Vec<f32>) {
        let (config, inputs) = (Self::config(), Self::inputs());
        let (network, preprocessing) = (network(&config), Preprocessing::fit(&config, &inputs));
        let (ties, strata) = (self.ties, self.strata.as_deref());
        let objective = CoxObjective { ties, strata, score: ValidationScore::Concordance };
        let preprocessing = preprocessing.unwrap();
        let task = RiskTask {
            dropout: self.dropout,
            controls_per_event: self.controls_per_event,
            micro_batch: self.micro_batch,
            ..task((&inputs, &self.outcomes), &preprocessing, &objective)
        };
        let batch: Vec<usize> = (0..14).collect();
        let got = take(&task, &network, &batch, Seed::new(self.seed)).unwrap();
        (got.loss, flat(&network, &got.gradients))
    }
}

#[test]
fn strata_entry_times_weights_and_ties_are_those_of_the_partial_likelihood() {
    let strata: Vec<usize> = (0..14).map(|i| i % 2).collect();
    let Step { outcomes, .. } = Step::plain();
    let entry: Vec<f64> = outcomes.time().iter().map(|t| 0.4 * t).collect();
    let weights: Vec<f64> = (0..14).map(|i| 0.5 + f64::from(i % 4)).collect();
    let outcomes = outcomes.with_entry(entry).unwrap().with_weights(weights).unwrap();
    let plain = Step::plain().run().1;
    let preprocessing = Preprocessing::fit(&Step::config(), &Step::inputs()).unwrap();
    let network = network(&Step::config());
    let log_hazard = predict(&network, &preprocessing, &Step::inputs()).unwrap();
    for ties in [Ties::Breslow, Ties::Efron] {
        let strata = Some(strata.clone());
        let (loss, gradient) =
            Step { outcomes: outcomes.clone(), ties, strata, ..Step::plain() }.run();
        let strata: Vec<usize> = (0..14).map(|i| i % 2).collect();
        let exact = RiskSets::stratified(&outcomes, &strata).unwrap();
        let exact = exact.partial_likelihood(&log_hazard, ties).unwrap().loss;
        assert!((loss / exact - 1.0).abs() < 1e-5, "{loss}, expected {exact}");
        assert!(relative_difference(&gradient, &plain) > 0.1);
    }
}

#[test]
fn a_case_cohort_gives_the_whole_gradient_on_average() {
    let whole = Step::plain().run().1;
    let drawn =
        |ratio, seed| Step { controls_per_event: Some(ratio), seed, ..Step::plain() }.run().1;
    assert_eq!(drawn(5.0, 1), whole, "with all controls it is the same");
    let n = 300;
    let (mut mean, mut one) = (vec![0.0f32; whole.len()], 0.0);
    for seed in 0..n {
        let drawn = drawn(0.3, seed);
        one += relative_difference(&drawn, &whole) / n as f64;
        mean.iter_mut().zip(&drawn).for_each(|(m, g)| *m += g / n as f32);
    }
    let difference = relative_difference(&mean, &whole);
    // What is left is the bias of a ratio whose denominator is drawn.
    assert!(one > 0.02 && difference < 0.4 * one, "{difference} of the mean, {one} of each");
}

/// Directional derivative along a random direction, by central differences of the loss that the
/// step itself reports.
fn derivatives_agree(normalization: Normalization, micro_batch: usize) {
    let config = config(normalization);
    let network = network(&config);
    let batch: Vec<usize> = (0..14).collect();
    let loss_and_gradient = |network: &RiskNetwork| {
        with_task(&config, micro_batch, Ties::Breslow, |t| take(t, network, &batch, Seed::new(5)))
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
    impl ModuleMapper for Move<'_> {
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
    let got = with_task(&config, 14, Ties::Efron, |t| take(t, &network, &[0, 3, 6], Seed::new(1)))
        .unwrap();
    assert_eq!((got.loss, got.gradients.len()), (0.0, 0));
}

/// Hazards of four intervals of the subjects of [`Step`], in a task that `change` changes.
fn hazards<T>(
    batch: &[usize],
    change: impl Fn(&mut RiskTask<'_, ResNet>),
    of: impl FnOnce(f64, Vec<f32>, &HazardLikelihood, &[f64]) -> T,
) -> T {
    let (config, inputs) = (Step::config(), Step::inputs());
    let outcomes = data(14).1;
    let grid = TimeGrid::of_events(&outcomes, 4).unwrap();
    let likelihood = HazardLikelihood::new(&outcomes.subset(batch), &grid).unwrap();
    let common = HazardLikelihood::new(&outcomes, &grid).unwrap().common_logits();
    let device = Device::default().autodiff();
    let network = RiskNetwork::new(&config, Outputs::Hazards(4), Seed::new(3), &device);
    let preprocessing = Preprocessing::fit(&config, &inputs).unwrap();
    let score = ValidationScore::Concordance;
    let objective = HazardObjective { grid: &grid, common: &common, score };
    let mut task = task((&inputs, &outcomes), &preprocessing, &objective);
    change(&mut task);
    let got = take(&task, &network, batch, Seed::new(2)).unwrap();
    of(got.loss, flat(&network, &got.gradients), &likelihood, &common)
}

/// With dropout.
#[test]
fn micro_batches_give_the_gradient_of_the_whole_cohort_for_hazards_too() {
    let batch: Vec<usize> = (0..14).collect();
    let step = |micro_batch: usize| {
        let change = |task: &mut RiskTask<'_, ResNet>| {
            (task.micro_batch, task.dropout) = (micro_batch, 0.3);
        };
        hazards(&batch, change, |loss, gradients, _, _| (loss, gradients))
    };
    let (loss, whole) = step(14);
    for micro_batch in [1, 4, 5] {
        let (loss_in_parts, parts) = step(micro_batch);
        assert!((loss / loss_in_parts - 1.0).abs() < 1e-6, "{loss} {loss_in_parts}");
        let difference = relative_difference(&parts, &whole);
        assert!(difference < 1e-6, "{micro_batch}: {difference:e}");
    }
}

/// The first network says of everybody nearly what all have together; subjects without events teach
/// hazards, too, also where controls are drawn for events.
#[test]
fn a_batch_without_events_teaches_hazards() {
    for (batch, controls) in
        [((0..14).collect(), None), (vec![0, 3, 6], None), (vec![0, 3, 6], Some(2.0))]
    {
        let change = |task: &mut RiskTask<'_, ResNet>| task.controls_per_event = controls;
        hazards(&batch, change, |loss, gradients, likelihood, common| {
            let expected = likelihood.loss(&common.repeat(batch.len())).unwrap().loss;
            assert!((loss / expected - 1.0).abs() < 0.1, "{loss}, expected {expected}");
            assert!(gradients.iter().any(|g| g.abs() > 1e-3));
        });
    }
}

#[test]
fn parts_are_even() {
    let parts = |n: usize, most: usize| {
        let sizes: Vec<usize> = vec![(); n].chunks(even_parts(n, most)).map(<[()]>::len).collect();
        sizes
    };
    assert_eq!(parts(8193, 8192), [4097, 4096]);
    assert_eq!(parts(10, 4), [4, 4, 2]);
    assert_eq!(parts(9, 4), [3, 3, 3]);
    assert_eq!(parts(3, usize::MAX), [3]);
}
