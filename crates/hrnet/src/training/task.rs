//! Keypoint heatmaps as a task for the training loop.

use super::augment::Draw;
use crate::detector::detect::Detection;
use crate::detector::inference::Inference;
use crate::detector::prepare::PreparedFilm;
use crate::{DetectorConfig, Error, FilmSample, Hrnet, HrnetConfig};
use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use vertebra_conv::{PlanOptions, Precision};
use vertebra_keypoints::{HeatmapCodec, OksOptions, SpineTruth, VertebraKeypoints};
use vertebra_keypoints::{oks, to_heatmap};
use vertebra_training::{Seed, StepGradients, Task, TaskError, even_parts};

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
pub(crate) struct Example {
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

    /// The part of the batch's loss that these films make, on their device.
    fn loss(
        &self,
        model: &Hrnet,
        examples: &[Example],
        n_points: f64,
        device: &Device,
    ) -> Tensor<1> {
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
        let energy = (std::f64::consts::PI * sigma * sigma) as f32;
        sum_of_squares(output, target, weights).div_scalar(n_points as f32 * energy)
    }
}

/// Sum over the points of `weight sum (output - target)²`. Over the number of points and the energy
/// of a whole Gaussian, `pi sigma²`, it is the usual mean squared error on a scale on which a network
/// that says 0 everywhere gets 1.
fn sum_of_squares(output: Tensor<4>, target: Tensor<4>, weights: Tensor<2>) -> Tensor<1> {
    let [n, k, rows, columns] = output.dims();
    let per_point = (output - target).square().reshape([n, k, rows * columns]).sum_dim(2);
    (per_point.reshape([n, k]) * weights).sum()
}

fn prepared(sample: &FilmSample, config: &DetectorConfig) -> Result<MarkedFilm, Error> {
    let FilmSample { keypoints, neighbours, .. } = *sample;
    let film = PreparedFilm::new(&sample.as_film(), config.input_size)?;
    Ok(MarkedFilm { film, keypoints, neighbours })
}

impl Task for KeypointTask<'_> {
    type Model = Hrnet;
    type Batch = Vec<Example>;

    fn n_samples(&self) -> usize {
        self.train.len()
    }

    fn purpose(&self) -> Option<String> {
        let DetectorConfig { precision, micro_batch, .. } = self.config;
        let in_parts = micro_batch.map(|n| format!("in parts of {n}"));
        let coarse = (*precision != Precision::Float32).then(|| format!("{precision:?}"));
        let said: Vec<String> = [in_parts, coarse].into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    fn prepare(&self, batch: &[usize], seed: Seed) -> Result<Vec<Example>, TaskError> {
        let example = |(i, sample): (usize, &usize)| self.example(*sample, seed.at(&[i as u64]));
        Ok(batch.par_iter().enumerate().map(example).collect::<Result<_, Error>>()?)
    }

    /// Micro-batches one after the other; their gradients add up to that of the batch.
    fn gradients(&self, model: &Hrnet, batch: Vec<Example>) -> Result<StepGradients, TaskError> {
        let device = model.devices().into_iter().next().unwrap_or_default();
        let n_points = batch.iter().flat_map(|e| &e.weights).map(|&w| f64::from(w)).sum::<f64>();
        let size = even_parts(batch.len(), self.config.micro_batch.unwrap_or(batch.len()));
        let mut sum = GradientsAccumulator::<Hrnet>::new();
        let mut losses = Vec::new();
        for part in batch.chunks(size) {
            let loss = self.loss(model, part, n_points.max(1.0), &device);
            losses.push(loss.clone().detach());
            sum.accumulate(model, GradientsParams::from_grads(loss.backward(), model));
        }
        let loss = Tensor::cat(losses, 0).sum();
        Ok(StepGradients::new(loss, sum.grads()))
    }

    /// Mean OKS with the default sigmas.
    fn validate(&self, model: &Hrnet) -> Result<Option<f64>, TaskError> {
        if self.valid.is_empty() {
            return Ok(None);
        }
        let films: Vec<&PreparedFilm> = self.valid.iter().map(|marked| &marked.film).collect();
        let network = Inference::new(model, self.config.input_size, PlanOptions::default())?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::{ModuleVisitor, Param};
    use vertebra_raster::Image;

    struct Gradients<'a>(&'a GradientsParams, Vec<f32>);

    impl ModuleVisitor for Gradients<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            // Running statistics have none.
            if let Some(gradient) = self.0.get::<D>(param.id) {
                self.1.extend(gradient.into_data().iter::<f32>());
            }
        }
    }

    fn films(n: usize) -> Vec<FilmSample> {
        let film = |i: usize| {
            let pixels = (0..64 * 32).map(|p| ((p * (3 + i) % 17) as f32).sin()).collect();
            let image = Image { pixels, height: 64, width: 32 };
            let points = std::array::from_fn(|k| (10.0 + i as f64, 9.0 + 11.0 * k as f64));
            FilmSample::from_image(image, VertebraKeypoints::from_xy(points).unwrap())
        };
        (0..n).map(film).collect()
    }

    /// Batch normalisation sees each part by itself, so that the parts are compared with batches of
    /// their own, weighted by their points.
    #[test]
    fn parts_of_a_batch_add_up_by_their_points() {
        let config = DetectorConfig::quick()
            .with_network(HrnetConfig::small(2))
            .with_input_size([64, 32])
            .with_micro_batch(Some(2));
        let whole = KeypointTask::new(&config, &films(4), &[]).unwrap();
        let device = Device::flex().autodiff();
        let network = config.network.init(&device).unwrap().with_initial_weights(3);
        let taken = |batch: Vec<Example>| {
            let step = whole.gradients(&network, batch).unwrap();
            let mut gradients = Gradients(&step.gradients, Vec::new());
            network.visit(&mut gradients);
            gradients.1
        };
        let mut batch = whole.prepare(&[0, 1, 2, 3], Seed::new(5)).unwrap();
        batch[3].weights[0] = 0.0; // a point that is not known
        let points = |batch: &[Example]| batch.iter().flat_map(|e| &e.weights).sum::<f32>();
        let copy = whole.prepare(&[0, 1, 2, 3], Seed::new(5)).unwrap();
        let mut second = copy.into_iter().skip(2).collect::<Vec<_>>();
        second[1].weights[0] = 0.0;
        let first = whole.prepare(&[0, 1], Seed::new(5)).unwrap();
        let n = points(&batch);
        let shares = [points(&first) / n, points(&second) / n];
        assert!(shares[0] > shares[1]);
        let (all, parts) = (taken(batch), [taken(first), taken(second)]);
        let largest = all.iter().fold(0.0f32, |most, g| most.max(g.abs()));
        assert!(largest > 1e-3);
        for (i, &got) in all.iter().enumerate() {
            let expected = shares[0] * parts[0][i] + shares[1] * parts[1][i];
            assert!((got - expected).abs() < 1e-5 * largest, "{i}: {got}, {expected}");
        }
    }
}
