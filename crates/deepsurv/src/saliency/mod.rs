//! Which parts of a subject's images raise or lower the log hazard.
//!
//! Three methods that fail in different ways:
//! - [`grad_cam`] (Selvaraju et al., ICCV 2017, equations 1 and 2): the last feature maps, each
//!   weighted by the mean gradient of the log hazard at it. The ReLU of equation 2 is left out, so
//!   both signs remain. Coarse: one value per encoder stride, interpolated.
//! - [`integrated_gradients`] (Sundararajan, Taly & Yan, ICML 2017, equation 1): the slope of the log
//!   hazard at every pixel, averaged on the way from a picture in the mean grey of the training
//!   images to the subject's own, times how far the pixel is from that grey. Per pixel, and complete:
//!   the whole map sums to the log hazard less that of the grey picture.
//! - [`occlusion`] (Zeiler & Fergus, ECCV 2014): by how much the log hazard falls when a window is
//!   painted in the mean grey of the training images. In units of the log hazard, and independent
//!   of gradients.
//!
//! Maps are not normalised: a normalised map of a picture in which nothing matters looks like one
//! of a picture in which something does. A map that is zero everywhere is refused.
//!
//! What a map is worth is asked of it, not assumed (Adebayo et al., NeurIPS 2018): it must change when
//! the weights are drawn anew ([`RiskModel::with_random_weights`]) or the network was trained on other
//! labels ([`Saliency::rank_correlation`] says how much of it stays), and the log hazard must move
//! sooner when pixels are taken in the order of the map than in any order
//! ([`perturbation_curve`]; Petsiuk, Das & Saenko, BMVC 2018).

mod grad_cam;
mod integrated_gradients;
mod occlusion;
mod perturbation;

pub use grad_cam::grad_cam;
pub use integrated_gradients::integrated_gradients;
pub use occlusion::occlusion;
pub use perturbation::{Perturbation, perturbation_curve};

use crate::{EncoderSettings, Error, ImageSet, RiskInputs, RiskModel, preprocessing::check_inputs};
use std::fmt;

/// How a map was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SaliencyMethod {
    /// [`grad_cam`].
    #[default]
    GradCam,
    /// [`integrated_gradients`].
    IntegratedGradients,
    /// [`occlusion`].
    Occlusion,
}

impl fmt::Display for SaliencyMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GradCam => "Grad-CAM",
            Self::IntegratedGradients => "integrated gradients",
            Self::Occlusion => "occlusion",
        })
    }
}

/// One map per image of one subject; positive values raise the log hazard, negative ones lower it.
#[derive(Debug, Clone, PartialEq)]
pub struct Saliency {
    method: SaliencyMethod,
    height: usize,
    width: usize,
    maps: Vec<Vec<f32>>,
}

/// How much of a map lies in a region: sums of its positive and of its negative values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive] // only a saliency map makes one
pub struct Mass {
    /// Sum of the positive values, at least 0.
    pub positive: f64,
    /// Sum of the negative values, at most 0.
    pub negative: f64,
}

impl Mass {
    fn add(&mut self, value: f32) {
        self.positive += f64::from(value.max(0.0));
        self.negative += f64::from(value.min(0.0));
    }
}

impl Saliency {
    /// # Errors
    /// [`Error::UndefinedMap`] for maps of zeros.
    fn new(
        method: SaliencyMethod,
        [height, width]: [usize; 2],
        maps: Vec<Vec<f32>>,
    ) -> Result<Self, Error> {
        match maps.iter().flatten().all(|value| *value == 0.0) {
            true => Err(Error::UndefinedMap { method }),
            false => Ok(Self { method, height, width, maps }),
        }
    }

    /// How the maps were made.
    #[must_use]
    pub fn method(&self) -> SaliencyMethod {
        self.method
    }

    /// `[height, width]` of each map, those of the model's images.
    #[must_use]
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// The maps, one per image, each `[height, width]` row-major, signed and not normalised.
    #[must_use]
    pub fn maps(&self) -> &[Vec<f32>] {
        &self.maps
    }

    /// The largest value over all images: what a picture's scale should state.
    #[must_use]
    pub fn maximum(&self) -> f32 {
        self.maps.iter().flatten().copied().fold(f32::NEG_INFINITY, f32::max)
    }

    /// The smallest value over all images.
    #[must_use]
    pub fn minimum(&self) -> f32 {
        self.maps.iter().flatten().copied().fold(f32::INFINITY, f32::min)
    }

    /// The mass of each whole map: with one patch per vertebra, the mass per vertebra.
    #[must_use]
    pub fn mass_per_image(&self) -> Vec<Mass> {
        self.maps.iter().map(|map| total(map)).collect()
    }

    /// The mass of one map around points, e.g. the vertebra centres in the image: a pixel counts
    /// for the nearest point no farther than `radius` pixels, so that no pixel counts twice. The
    /// last entry is what lies near no point; together they are the whole map.
    ///
    /// # Shapes
    /// - `points`: `(x, y)` px of the image, centre of the first pixel (0, 0)
    /// - output: one more than `points`, `None` where the subject has no image `image`
    #[must_use]
    pub fn mass_near(&self, image: usize, points: &[(f64, f64)], radius: f64) -> Option<Vec<Mass>> {
        let mut masses = vec![Mass::default(); points.len() + 1];
        for (i, &value) in self.maps.get(image)?.iter().enumerate() {
            let (x, y) = ((i % self.width) as f64, (i / self.width) as f64);
            let nearest = points
                .iter()
                .map(|p| (p.0 - x).hypot(p.1 - y))
                .enumerate()
                .filter(|(_, distance)| *distance <= radius)
                .min_by(|a, b| a.1.total_cmp(&b.1));
            masses[nearest.map_or(points.len(), |(point, _)| point)].add(value);
        }
        Some(masses)
    }

    /// Spearman's correlation of this map's values with those of another of the same subject, over
    /// all pixels of all images; `None` for maps of different sizes or a map of one value.
    ///
    /// Near 1 the two say the same; a method whose map hardly changes with the weights of the
    /// network shows the picture, not the network.
    #[must_use]
    pub fn rank_correlation(&self, other: &Self) -> Option<f64> {
        let ranks = |map: &Self| mid_ranks(&map.maps.concat());
        let (own, others) = (ranks(self), ranks(other));
        if own.len() != others.len() {
            return None;
        }
        let mean = (own.len() as f64 + 1.0) / 2.0;
        let product = |a: &[f64], b: &[f64]| -> f64 {
            a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum()
        };
        let scale = (product(&own, &own) * product(&others, &others)).sqrt();
        (scale > 0.0).then(|| product(&own, &others) / scale)
    }
}

/// Ranks from 1; equal values share their mean.
fn mid_ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = first as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|&i| ranks[i] = rank);
        first += tied.len();
    }
    ranks
}

fn total(map: &[f32]) -> Mass {
    let mut mass = Mass::default();
    map.iter().for_each(|&value| mass.add(value));
    mass
}

fn check_subject<E: EncoderSettings>(
    model: &RiskModel<E>,
    subject: &RiskInputs,
) -> Result<[usize; 3], Error> {
    let Some(image) = &model.config().image else { return Err(Error::MissingImages) };
    if subject.n_subjects() != 1 {
        return Err(Error::SubjectCount { expected: 1, got: subject.n_subjects() });
    }
    check_inputs(model.config(), subject)?;
    Ok(image.shape)
}

/// The covariates of one subject with each of these subjects' images.
fn with_other_images(subject: &RiskInputs, images: ImageSet) -> Result<RiskInputs, Error> {
    let images = match subject.images().and_then(|own| own.missing_of(0)) {
        Some(missing) => {
            let missing = missing.repeat(images.n_subjects());
            images.with_missing(missing)?
        }
        None => images,
    };
    if subject.n_covariates() == 0 {
        return Ok(RiskInputs::from_images(images));
    }
    let rows = vec![subject.covariates()[0].clone(); images.n_subjects()];
    RiskInputs::from_covariates(rows)?.with_images(images)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EncoderConfig, RiskModelConfig, RiskTrainer, RiskTraining};
    use vertebra_survival::Outcomes;
    use vertebra_training::keep_going;

    /// Only the upper left of the second image matters: its brightness orders the times.
    pub(super) fn model_and_subject() -> (RiskModel, RiskInputs) {
        let n = 90;
        let strength = |i: usize| (i * 37 % n) as f32 / n as f32;
        let pixels = (0..n * 2 * 24 * 24).map(|p| {
            let (subject, image, y, x) = (p / 1152, p / 576 % 2, p / 24 % 24, p % 24);
            let inside = image == 1 && (2..10).contains(&y) && (2..10).contains(&x);
            let noise = (p * 7919 % 101) as f32 / 1010.0;
            noise + if inside { strength(subject) } else { 0.3 }
        });
        let images = ImageSet::new(pixels.collect(), [2, 24, 24]).unwrap();
        let inputs = RiskInputs::from_images(images);
        let time = (0..n).map(|i| 2.0 - f64::from(strength(i))).collect();
        let outcomes = Outcomes::new(time, vec![true; n]).unwrap();
        let encoder = EncoderConfig::small(8).with_widths([8, 16]).with_blocks([1, 1]);
        let config = RiskModelConfig::image_only(encoder, [2, 24, 24]).with_hidden([]);
        let mut settings = RiskTraining::default();
        settings.training.epochs = 12;
        settings.training.batch_size = Some(30);
        let trainer = RiskTrainer::new(config).with_settings(settings);
        let trained = trainer.fit((&inputs, &outcomes), None, &mut keep_going).unwrap();
        let brightest = (0..n).max_by(|&a, &b| strength(a).total_cmp(&strength(b))).unwrap();
        (trained.model, inputs.subset(&[brightest]))
    }

    #[test]
    fn every_method_finds_what_raises_the_hazard() {
        let (model, subject) = model_and_subject();
        let all = [
            grad_cam(&model, &subject),
            occlusion(&model, &subject, 8),
            integrated_gradients(&model, &subject, 16),
        ];
        for saliency in all.map(Result::unwrap) {
            assert_eq!((saliency.size(), saliency.maps().len()), ([24, 24], 2));
            let near = saliency.mass_near(1, &[(5.5, 5.5), (17.5, 17.5)], 7.0).unwrap();
            assert!(near[0].positive > 3.0 * near[1].positive, "{:?}: {near:?}", saliency.method());
            let map = &saliency.maps()[1];
            let largest = (0..576).max_by(|&a, &b| map[a].total_cmp(&map[b])).unwrap();
            assert!(largest % 24 < 13 && largest / 24 < 13, "{:?} {largest}", saliency.method());
            assert_eq!(saliency.maximum(), map[largest], "the maximum is not normalised");
        }
    }

    #[test]
    fn masses_add_up_to_the_map() {
        let maps = vec![vec![1.0, -2.0, 3.0, 0.5, -0.25, 4.0]];
        let saliency = Saliency { method: SaliencyMethod::Occlusion, height: 2, width: 3, maps };
        let near = saliency.mass_near(0, &[(0.0, 0.0), (2.0, 1.0)], 1.0).unwrap();
        assert_eq!(near[0], Mass { positive: 1.5, negative: -2.0 });
        assert_eq!(near[1], Mass { positive: 7.0, negative: -0.25 });
        assert_eq!(near[2], Mass::default());
        assert_eq!(saliency.mass_per_image()[0], Mass { positive: 8.5, negative: -2.25 });
        assert_eq!((saliency.maximum(), saliency.minimum()), (4.0, -2.0));
        assert!(saliency.mass_near(1, &[], 1.0).is_none());
    }

    #[test]
    fn maps_change_with_the_weights() {
        let (model, subject) = model_and_subject();
        let random = model.with_random_weights(7);
        type Method = fn(&RiskModel, &RiskInputs) -> Result<Saliency, Error>;
        let methods: [Method; 3] = [
            grad_cam,
            |model, subject| integrated_gradients(model, subject, 16),
            |model, subject| occlusion(model, subject, 8),
        ];
        for method in methods {
            let (map, other) = (method(&model, &subject).unwrap(), method(&random, &subject));
            let same = map.rank_correlation(&method(&model, &subject).unwrap()).unwrap();
            let changed = map.rank_correlation(&other.unwrap()).unwrap();
            assert!((same - 1.0).abs() < 1e-9, "{same}");
            assert!(changed < 0.6, "{}: {changed}", map.method());
        }
    }

    #[test]
    fn rank_correlation_is_that_of_the_order() {
        let map = |values: &[f32]| {
            let maps = vec![values.to_vec()];
            Saliency::new(SaliencyMethod::Occlusion, [1, values.len()], maps).unwrap()
        };
        let rising = map(&[1.0, 2.0, 3.0, 40.0]);
        assert_eq!(rising.rank_correlation(&map(&[-9.0, 0.5, 0.6, 0.7])), Some(1.0));
        assert_eq!(rising.rank_correlation(&map(&[4.0, 3.0, 2.0, 1.0])), Some(-1.0));
        // Ranks 1.5, 1.5, 3, 4 against 1 to 4: by hand 4.5 / sqrt(5 * 4.5).
        let tied = rising.rank_correlation(&map(&[1.0, 1.0, 2.0, 3.0])).unwrap();
        assert!((tied - 4.5 / (5.0_f64 * 4.5).sqrt()).abs() < 1e-12, "{tied}");
        assert_eq!(rising.rank_correlation(&map(&[1.0; 4])), None);
        assert_eq!(rising.rank_correlation(&map(&[1.0])), None);
    }

    #[test]
    fn a_map_of_zeros_is_refused() {
        let zeros = Saliency::new(SaliencyMethod::GradCam, [1, 2], vec![vec![0.0, -0.0]]);
        let error = zeros.unwrap_err().to_string();
        let expected = "Grad-CAM: the map is zero everywhere: nothing in the images moves the log \
                        hazard";
        assert_eq!(error, expected);
    }

    #[test]
    fn one_subject_with_images_is_asked_for() {
        let (model, subject) = model_and_subject();
        let two = subject.subset(&[0, 0]);
        assert!(matches!(grad_cam(&model, &two), Err(Error::SubjectCount { expected: 1, got: 2 })));
        assert!(matches!(occlusion(&model, &subject, 0), Err(Error::InvalidSetting { .. })));
    }
}
