//! What the maps are worth: whether they change with the weights and with the labels, how much of
//! them lies on the vertebrae, and whether pixels move the log hazard in their order.

use super::HeatMaps;
use crate::Error;
use crate::films::saliency::saliency;
use crate::input::subjects::StudyData;
use crate::stages::Context;
use crate::stages::models::{Explained, Fit, ImageStart, Networks, log_hazard};
use vertebra_deepsurv::{
    Error as RiskError, Perturbation, RiskInputs, RiskModel, Saliency, SaliencyMethod,
    perturbation_curve,
};
use vertebra_report::results::MapCheck;
use vertebra_run::{Seed, shuffle};
use vertebra_survival::Outcomes;

/// Shares in which pixels are deleted and inserted.
const SHARES: usize = 20;
/// Subjects that are looked at, for each whose maps are shown.
const FOR_EACH_SHOWN: usize = 4;

/// The methods, in the order in which they are shown.
pub(super) const METHODS: [SaliencyMethod; 3] =
    [SaliencyMethod::GradCam, SaliencyMethod::IntegratedGradients, SaliencyMethod::Occlusion];

/// The map of one subject; `None` where nothing in its pictures moves the log hazard.
pub(super) fn map(
    method: SaliencyMethod,
    network: &RiskModel,
    subject: &RiskInputs,
) -> Result<Option<Saliency>, Error> {
    match saliency(method, network, subject) {
        Ok(map) => Ok(Some(map)),
        Err(Error::RiskModel { source: RiskError::UndefinedMap { .. } }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A network of the same kind, and fitted in the same way, on the development subjects with each
/// other's outcomes.
pub(super) fn on_shuffled_outcomes(
    context: Context<'_>,
    kept: Explained<'_>,
    inputs: &RiskInputs,
) -> Result<Option<RiskModel>, Error> {
    let Some(images) = inputs.images() else { return Ok(None) };
    let outcomes = shuffled(context.data, context.config.seed);
    let networks = Networks { outcomes: &outcomes, ..Networks::of(context) };
    let fit = |purpose| Fit { train: context.data.development(), purpose, on_step: &|| {} };
    let alone = RiskInputs::from_images(images.clone());
    let image_only = networks.image_only(images, &alone, fit("shuffled outcomes, image only"))?;
    // It shall believe what was learnt by heart: out of fold there is nothing to learn.
    let by_heart = log_hazard(&image_only, &alone, context.data.development())?;
    let start = ImageStart { image_only: &image_only, out_of_fold: &by_heart };
    let names = kept.clinical.names();
    networks.fused(&names, inputs, start, fit("shuffled outcomes, with images")).map(Some)
}

/// The outcomes of all subjects, those of the development set in another order.
fn shuffled(data: &StudyData, seed: u64) -> Outcomes {
    let development = data.development();
    let mut from = development.to_vec();
    shuffle(&mut from, &mut Seed::new(seed).named("shuffled outcomes").generator());
    let mut order: Vec<usize> = (0..data.n()).collect();
    development.iter().zip(from).for_each(|(&to, from)| order[to] = from);
    data.outcomes.subset(&order)
}

/// Sums over subjects of what is in a [`MapCheck`].
#[derive(Default)]
struct Sums {
    n: usize,
    correlations: [Mean; 2],
    on_vertebrae: [Mean; 3],
    area: Mean,
    perturbed: [Mean; 2],
}

/// A mean of what exists.
#[derive(Default, Clone, Copy)]
struct Mean {
    sum: f64,
    n: f64,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.n += 1.0;
        }
    }

    fn value(self) -> Option<f64> {
        (self.n > 0.0).then(|| self.sum / self.n)
    }
}

impl HeatMaps<'_> {
    /// Every method, on test subjects from the highest predicted risk to the lowest; `shuffled` was
    /// trained on shuffled outcomes.
    pub(super) fn checks(
        &self,
        shuffled: Option<&RiskModel>,
        step: &mut dyn FnMut(),
    ) -> Result<Vec<MapCheck>, Error> {
        let random = self.network.with_random_weights(self.context.config.seed);
        let others = [Some(&random), shuffled];
        let subjects = self.looked_at();
        let check = |method| {
            let mut sums = Sums::default();
            for &subject in &subjects {
                self.look(method, subject, others, &mut sums)?;
                step();
            }
            Ok(sums.into_check(method))
        };
        METHODS.map(check).into_iter().collect()
    }

    /// Test subjects at even places in the order of their predicted risk.
    pub(super) fn looked_at(&self) -> Vec<usize> {
        let score = |i: &usize| self.model.scores.log_hazard[*i];
        let mut all: Vec<usize> = self.context.data.test().to_vec();
        all.sort_by(|a, b| score(b).partial_cmp(&score(a)).unwrap_or(std::cmp::Ordering::Equal));
        let count = (FOR_EACH_SHOWN * self.context.config.pictures).min(all.len());
        (0..count).map(|k| all[k * (all.len() - 1) / (count - 1).max(1)]).collect()
    }

    fn look(
        &self,
        method: SaliencyMethod,
        subject: usize,
        others: [Option<&RiskModel>; 2],
        sums: &mut Sums,
    ) -> Result<(), Error> {
        let inputs = self.inputs.subset(&[subject]);
        let Some(own) = map(method, self.network, &inputs)? else { return Ok(()) };
        sums.n += 1;
        sums.on_vertebrae[0].add(self.on_vertebrae(&own, subject));
        sums.area.add(Some(self.area_of_vertebrae(own.size(), subject)));
        for (k, other) in others.into_iter().enumerate() {
            let Some(other) = other else { continue };
            let Some(other) = map(method, other, &inputs)? else { continue };
            sums.correlations[k].add(own.rank_correlation(&other));
            sums.on_vertebrae[k + 1].add(self.on_vertebrae(&other, subject));
        }
        let gained = self.gained(&own.order(), (subject, &inputs))?;
        sums.perturbed.iter_mut().zip(gained).for_each(|(mean, value)| mean.add(Some(value)));
        Ok(())
    }

    /// Mean log hazard along the curves of deletion and insertion in an order, less that in a random
    /// one.
    fn gained(
        &self,
        order: &[usize],
        (subject, inputs): (usize, &RiskInputs),
    ) -> Result<[f64; 2], Error> {
        let mut random: Vec<usize> = (0..order.len()).collect();
        let seed = Seed::new(self.context.config.seed).named("random order of pixels");
        shuffle(&mut random, &mut seed.at(&[subject as u64]).generator());
        let mean = |what, order: &[usize]| -> Result<f64, Error> {
            let curve = perturbation_curve(self.network, inputs, what, (order, SHARES))?;
            Ok(curve.iter().sum::<f64>() / curve.len() as f64)
        };
        let gained = |what| -> Result<f64, Error> { Ok(mean(what, order)? - mean(what, &random)?) };
        Ok([gained(Perturbation::Deletion)?, gained(Perturbation::Insertion)?])
    }

    /// Share of a map's mass of both signs that lies on the vertebrae.
    fn on_vertebrae(&self, map: &Saliency, subject: usize) -> Option<f64> {
        let (mut near, mut all) = (0.0, 0.0);
        for image in 0..map.maps().len() {
            let (centres, radius) = self.vertebrae_on(image, subject);
            let masses = map.mass_near(image, &centres, radius)?;
            let size = |mass: &vertebra_deepsurv::Mass| mass.positive - mass.negative;
            near += masses[..centres.len()].iter().map(size).sum::<f64>();
            all += masses.iter().map(size).sum::<f64>();
        }
        (all > 0.0).then(|| near / all)
    }

    /// Share of the pictures' pixels that lie on the vertebrae.
    fn area_of_vertebrae(&self, [height, width]: [usize; 2], subject: usize) -> f64 {
        let n = self.pictures.images.shape()[0];
        let on = |image: usize| {
            let (centres, radius) = self.vertebrae_on(image, subject);
            let near = |i: &usize| {
                let (x, y) = ((i % width) as f64, (i / width) as f64);
                centres.iter().any(|c| super::distance(*c, (x, y)) <= radius)
            };
            (0..height * width).filter(near).count()
        };
        (0..n).map(on).sum::<usize>() as f64 / (n * height * width) as f64
    }

    /// Centres of the vertebrae on a picture, all on one of the whole spine and its own on a patch,
    /// and the half height of a vertebra with its disc, px of the picture.
    fn vertebrae_on(&self, image: usize, subject: usize) -> (Vec<(f64, f64)>, f64) {
        let alignments = &self.pictures.alignments[subject];
        let place = |p: (f64, f64)| alignments[image].to_canonical(p);
        let centres = self.keypoints[subject].points().map(|p| place((p.x, p.y)));
        let radius = super::distance(centres[0], centres[4]) / 8.0;
        match alignments.len() == centres.len() {
            true => (vec![centres[image]], radius),
            false => (centres.to_vec(), radius),
        }
    }
}

impl Sums {
    fn into_check(self, method: SaliencyMethod) -> MapCheck {
        let mut check = MapCheck::new(method.to_string(), self.n);
        check.random_weights = self.correlations[0].value();
        check.shuffled_outcomes = self.correlations[1].value();
        check.on_vertebrae = self.on_vertebrae.map(Mean::value);
        check.area_of_vertebrae = self.area.value();
        check.deletion = self.perturbed[0].value();
        check.insertion = self.perturbed[1].value();
        check
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::Scene;

    #[test]
    fn shuffled_outcomes_are_those_of_the_development_set_and_the_test_set_keeps_its_own() {
        let scene = Scene::new();
        let data = &scene.data;
        let shuffled = shuffled(data, 5);
        for &i in data.test() {
            assert_eq!(shuffled.time()[i], data.outcomes.time()[i]);
        }
        let development = data.development();
        let sorted = |outcomes: &Outcomes| {
            let outcomes = outcomes.subset(development);
            let mut pairs: Vec<(u64, bool)> = outcomes
                .time()
                .iter()
                .map(|t| t.to_bits())
                .zip(outcomes.event().to_vec())
                .collect();
            pairs.sort_unstable();
            pairs
        };
        assert_eq!(sorted(&shuffled), sorted(&data.outcomes));
        assert_ne!(shuffled.time(), data.outcomes.time());
    }

    #[test]
    fn a_mean_is_over_what_exists() {
        let mut mean = Mean::default();
        assert_eq!(mean.value(), None);
        [Some(1.0), None, Some(2.0)].into_iter().for_each(|value| mean.add(value));
        assert_eq!(mean.value(), Some(1.5));
    }
}
