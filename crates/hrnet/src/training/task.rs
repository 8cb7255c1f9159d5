//! Keypoint heatmaps as a task for the training loop.

use super::augment::Draw;
use crate::detector::detect::Detection;
use crate::detector::inference::Inference;
use crate::detector::prepare::PreparedFilm;
use crate::{DetectorConfig, Error, FilmSample, Hrnet, HrnetConfig};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use vertebra_keypoints::{HeatmapCodec, OksOptions, SpineTruth, VertebraKeypoints};
use vertebra_keypoints::{oks, to_heatmap};
use vertebra_training::{Seed, StepGradients, Task, TaskError};

pub(crate) struct KeypointTask<'a> {
    config: &'a DetectorConfig,
    codec: HeatmapCodec,
    train: Vec<MarkedFilm>,
    valid: Vec<MarkedFilm>,
}

/// A film, its five points, and T12 and S1 where they are known.
struct MarkedFilm {
    film: PreparedFilm,
    keypoints: VertebraKeypoints,
    neighbours: Option<[(f64, f64); 2]>,
}

/// What the network sees of one film, and what it should say.
struct Example {
    input: Vec<f32>,
    heatmaps: Vec<f32>,
    /// 0 for a point that is not known, or that augmentation has moved out of the input.
    weights: Vec<f32>,
}

impl<'a> KeypointTask<'a> {
    pub(crate) fn new(
        config: &'a DetectorConfig,
        train: &[FilmSample],
        valid: &[FilmSample],
    ) -> Result<Self, Error> {
        if train.is_empty() {
            return Err(Error::EmptyTrainingSet);
        }
        let codec = config.codec()?;
        let prepare =
            |films: &[FilmSample]| films.par_iter().map(|f| prepared(f, config)).collect();
        let (train, valid): (Result<_, Error>, Result<_, Error>) = (prepare(train), prepare(valid));
        Ok(Self { config, codec, train: train?, valid: valid? })
    }

    fn example(&self, sample: usize, seed: Seed) -> Result<Example, Error> {
        let size = self.config.input_size;
        let MarkedFilm { film, keypoints, neighbours } = &self.train[sample];
        let draw = Draw::new(&self.config.augmentation, size, seed);
        let to_input = film.film_to_input(Some(draw.change()));
        let mut input = film.render(Some(draw.change()))?;
        let stride = HrnetConfig::STRIDE as f64;
        let in_heatmap = |p| to_heatmap(to_input.apply(p), stride);
        let inside = |(x, y): &(f64, f64)| {
            let within = |v: f64, n: usize| v > -0.5 && v < n as f64 - 0.5;
            within(*x, self.codec.width()) && within(*y, self.codec.height())
        };
        let lumbar = keypoints.points().map(|p| Some(in_heatmap((p.x, p.y))).filter(inside));
        let mut points = lumbar.to_vec();
        let mut weights =
            points.iter().map(|p| f32::from(u8::from(p.is_some()))).collect::<Vec<_>>();
        if self.config.network.n_keypoints > points.len() {
            // Beyond the film they have no heat: their absence is learnt too.
            let known = f32::from(u8::from(neighbours.is_some()));
            for i in 0..2 {
                points.push(neighbours.map(|points| in_heatmap(points[i])));
                weights.push(known);
            }
        }
        draw.recolour(&mut input, size);
        Ok(Example { input, heatmaps: self.codec.encode(&points), weights })
    }

    fn loss(&self, model: &Hrnet, examples: &[Example], device: &Device) -> Tensor<1> {
        let (n, k) = (examples.len(), self.config.network.n_keypoints);
        let [height, width] = self.config.input_size;
        let (rows, columns) = (self.codec.height(), self.codec.width());
        let all = |part: fn(&Example) -> &[f32]| -> Vec<f32> {
            examples.iter().flat_map(|e| part(e).iter().copied()).collect()
        };
        let input = TensorData::new(all(|e| &e.input), [n, 1, height, width]);
        let target = TensorData::new(all(|e| &e.heatmaps), [n, k, rows, columns]);
        let weights = TensorData::new(all(|e| &e.weights), [n, k]);
        let output = model.forward(Tensor::from_data(input, device));
        let (target, weights) =
            (Tensor::from_data(target, device), Tensor::from_data(weights, device));
        let sigma = self.codec.sigma();
        mean_squares(output, target, weights, std::f64::consts::PI * sigma * sigma)
    }
}

/// Mean over the points with weight 1 of `sum (output - target)² / energy`, `energy` being that of a
/// whole Gaussian: the usual mean squared error on a scale on which a network that says 0 everywhere
/// gets 1.
fn mean_squares(
    output: Tensor<4>,
    target: Tensor<4>,
    weights: Tensor<2>,
    energy: f64,
) -> Tensor<1> {
    let [n, k, rows, columns] = output.dims();
    let per_point = (output - target).square().reshape([n, k, rows * columns]).sum_dim(2);
    let n_points = weights.clone().sum().clamp_min(1.0);
    (per_point.reshape([n, k]) * weights).sum() / (n_points * energy)
}

fn prepared(sample: &FilmSample, config: &DetectorConfig) -> Result<MarkedFilm, Error> {
    let FilmSample { keypoints, neighbours, .. } = *sample;
    let film = PreparedFilm::new(&sample.as_film(), config.input_size)?;
    Ok(MarkedFilm { film, keypoints, neighbours })
}

impl Task for KeypointTask<'_> {
    type Model = Hrnet;

    fn n_samples(&self) -> usize {
        self.train.len()
    }

    fn gradients(
        &self,
        model: &Hrnet,
        batch: &[usize],
        seed: Seed,
    ) -> Result<StepGradients, TaskError> {
        let example = |(i, sample): (usize, &usize)| self.example(*sample, seed.at(&[i as u64]));
        let examples: Vec<Example> =
            batch.par_iter().enumerate().map(example).collect::<Result<_, Error>>()?;
        let device = model.devices().into_iter().next().unwrap_or_default();
        let loss = self.loss(model, &examples, &device);
        let value = f64::from(loss.clone().try_into_scalar::<f32>()?);
        Ok(StepGradients::new(value, GradientsParams::from_grads(loss.backward(), model)))
    }

    /// Mean OKS with the default sigmas.
    fn validate(&self, model: &Hrnet) -> Result<Option<f64>, TaskError> {
        if self.valid.is_empty() {
            return Ok(None);
        }
        let films: Vec<&PreparedFilm> = self.valid.iter().map(|marked| &marked.film).collect();
        let network = Inference::new(model, self.config.input_size)?;
        let (network, candidates) = (&network, self.config.candidates);
        let (codec, flip_test, closer_looks) = (&self.codec, false, false);
        let detection = Detection { network, codec, candidates, flip_test, closer_looks };
        let detected = detection.points(&films)?;
        let options = OksOptions::default();
        let mut sum = 0.0;
        for (marked, detected) in self.valid.iter().zip(&detected) {
            sum += oks(&options, &SpineTruth::from_keypoints(marked.keypoints), detected)?;
        }
        Ok(Some(sum / detected.len() as f64))
    }
}
