//! Which parts of a subject's images raise or lower the log hazard.
//!
//! Two methods that fail in different ways:
//! - [`grad_cam`] (Selvaraju et al., ICCV 2017, equations 1 and 2): the last feature maps, each
//!   weighted by the mean gradient of the log hazard at it. The ReLU of equation 2 is left out, so
//!   both signs remain. Coarse: one value per encoder stride, interpolated.
//! - [`occlusion`] (Zeiler & Fergus, ECCV 2014): by how much the log hazard falls when a window is
//!   painted in the mean grey of the training images. In units of the log hazard, and independent
//!   of gradients.
//!
//! Maps are not normalised: a normalised map of a picture in which nothing matters looks like one
//! of a picture in which something does.
use crate::{
    Error, ImageSet, RiskInputs, RiskModel, preprocessing::as_it_is, preprocessing::check_inputs,
    task::to_host,
};
use burn::{module::Module, tensor::Tensor};

/// How a map was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaliencyMethod {
    /// [`grad_cam`].
    GradCam,
    /// [`occlusion`].
    Occlusion,
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
}

fn total(map: &[f32]) -> Mass {
    let mut mass = Mass::default();
    map.iter().for_each(|&value| mass.add(value));
    mass
}

/// Grad-CAM of the log hazard for one subject.
///
/// # Errors
/// [`Error::SubjectCount`] unless `subject` holds one; [`Error::MissingImages`] for a model
/// without images; inputs that are not what the model reads.
pub fn grad_cam(model: &RiskModel, subject: &RiskInputs) -> Result<Saliency, Error> {
    let [_, height, width] = check_subject(model, subject)?;
    let device = model.device();
    let batch = model.preprocessing().batch(subject, &[0], device, as_it_is)?;
    let maps = model.network().features(batch.images).ok_or(Error::MissingImages)?;
    // The graph is cut here: the feature maps become its leaf.
    let maps = maps.autodiff().require_grad();
    let network = model.network().clone().fork(&maps.device());
    let covariates = batch.covariates.map(Tensor::autodiff);
    let gradients = network.head(Some(maps.clone()), covariates, None)?.sum().backward();
    let Some(slope) = maps.grad(&gradients) else { return Err(Error::MissingImages) };
    let maps = maps.without_autodiff();
    let [_, images, features, h, w] = maps.dims();
    let slope = slope * model.factor();
    let weights = slope.reshape([images, features, h * w]).mean_dim(2);
    let coarse = (maps.reshape([images, features, h * w]) * weights).sum_dim(1);
    let coarse: Vec<f32> = to_host(coarse)?.into_iter().map(|v| v as f32).collect();
    let maps = coarse.chunks(h * w).map(|map| enlarged(map, [h, w], [height, width])).collect();
    Ok(Saliency { method: SaliencyMethod::GradCam, height, width, maps })
}

/// Occlusion for one subject: square windows of `window` pixels, every half window.
///
/// A pixel's value is the mean fall of the log hazard over the windows that cover it.
///
/// # Errors
/// As [`grad_cam`], and [`Error::InvalidSetting`] for a window of no pixels.
pub fn occlusion(
    model: &RiskModel,
    subject: &RiskInputs,
    window: usize,
) -> Result<Saliency, Error> {
    let [images, height, width] = check_subject(model, subject)?;
    if window == 0 {
        return Err(Error::invalid("occlusion window", "at least one pixel", window));
    }
    let (rows, columns) = (windows(height, window), windows(width, window));
    let places: Vec<Place> = (0..images)
        .flat_map(|image| rows.iter().map(move |row| (image, row)))
        .flat_map(|(image, row)| columns.iter().map(move |column| (image, *row, *column)))
        .collect();
    let painted = painted_copies(model, subject, &places)?;
    let log_hazard = model.log_hazard(&painted)?;
    let before = log_hazard[0];
    let mut maps = vec![vec![0.0f32; height * width]; images];
    let mut covered = vec![vec![0.0f32; height * width]; images];
    for (&(image, row, column), after) in places.iter().zip(&log_hazard[1..]) {
        for y in row.0..row.1 {
            for i in y * width + column.0..y * width + column.1 {
                maps[image][i] += (before - after) as f32;
                covered[image][i] += 1.0;
            }
        }
    }
    for (value, n) in maps.iter_mut().flatten().zip(covered.iter().flatten()) {
        *value /= n.max(1.0);
    }
    Ok(Saliency { method: SaliencyMethod::Occlusion, height, width, maps })
}

/// An image, rows and columns `[first, end)` of a window in it.
type Place = (usize, (usize, usize), (usize, usize));

/// Windows along one axis, every half window, cut off at the end.
fn windows(size: usize, window: usize) -> Vec<(usize, usize)> {
    let step = window.div_ceil(2);
    (0..size).step_by(step).map(|first| (first, (first + window).min(size))).collect()
}

/// The subject as it is, then once per place with that window painted.
fn painted_copies(
    model: &RiskModel,
    subject: &RiskInputs,
    places: &[Place],
) -> Result<RiskInputs, Error> {
    let images = subject.images().ok_or(Error::MissingImages)?;
    let [_, height, width] = images.shape();
    let grey = model.preprocessing().pixel_mean as f32;
    let own = images.to_vec()?;
    let mut pixels = own.clone();
    for &(image, row, column) in places {
        let first = pixels.len();
        pixels.extend_from_slice(&own);
        for y in row.0..row.1 {
            let line = first + (image * height + y) * width;
            pixels[line + column.0..line + column.1].fill(grey);
        }
    }
    let images = ImageSet::new(pixels, images.shape())?;
    if subject.n_covariates() == 0 {
        return Ok(RiskInputs::from_images(images));
    }
    let rows = vec![subject.covariates()[0].clone(); places.len() + 1];
    RiskInputs::from_covariates(rows)?.with_images(images)
}

fn check_subject(model: &RiskModel, subject: &RiskInputs) -> Result<[usize; 3], Error> {
    let Some(image) = &model.config().image else { return Err(Error::MissingImages) };
    if subject.n_subjects() != 1 {
        return Err(Error::SubjectCount { expected: 1, got: subject.n_subjects() });
    }
    check_inputs(model.config(), subject)?;
    Ok(image.shape)
}

/// Bilinear enlargement; the outermost values are continued to the border.
fn enlarged(map: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    let taps = |axis: usize| -> Vec<(usize, usize, f32)> {
        let (small, large) = (from[axis], to[axis]);
        let position = |i: usize| (i as f32 + 0.5) * small as f32 / large as f32 - 0.5;
        let tap = |i: usize| {
            let inside = position(i).clamp(0.0, (small - 1) as f32);
            let first = inside.floor() as usize;
            (first, (first + 1).min(small - 1), inside - first as f32)
        };
        (0..large).map(tap).collect()
    };
    let (rows, columns) = (taps(0), taps(1));
    let at = |y: usize, x: usize| map[y * from[1] + x];
    rows.iter()
        .flat_map(|&(y0, y1, wy)| {
            columns.iter().map(move |&(x0, x1, wx)| {
                let upper = at(y0, x0) + wx * (at(y0, x1) - at(y0, x0));
                let lower = at(y1, x0) + wx * (at(y1, x1) - at(y1, x0));
                upper + wy * (lower - upper)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EncoderConfig, RiskModelConfig, RiskTrainer, RiskTraining};
    use vertebra_survival::Outcomes;
    use vertebra_training::keep_going;

    /// Only the upper left of the second image matters: its brightness orders the times.
    fn model_and_subject() -> (RiskModel, RiskInputs) {
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
    fn both_methods_find_what_raises_the_hazard() {
        let (model, subject) = model_and_subject();
        for saliency in [grad_cam(&model, &subject), occlusion(&model, &subject, 8)] {
            let saliency = saliency.unwrap();
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

    /// With mean pooling and a linear head Grad-CAM decomposes the log hazard: its mean over the
    /// coarse map is the image's share of it (Zhou et al., CVPR 2016), up to the number of pixels.
    #[test]
    fn grad_cam_of_a_linear_head_is_its_class_activation_map() {
        let (model, subject) = model_and_subject();
        let sum: f64 = grad_cam(&model, &subject)
            .unwrap()
            .mass_per_image()
            .iter()
            .map(|m| m.positive + m.negative)
            .sum();
        let log_hazard = model.log_hazard(&subject).unwrap()[0] + model.center();
        // 6 x 6 feature maps, weights divided by the number of positions and of images.
        let share = sum / (24.0 * 24.0) * 36.0;
        assert!((share / log_hazard - 1.0).abs() < 1e-3, "{share} {log_hazard}");
    }

    #[test]
    fn enlarging_keeps_constants_and_the_mean() {
        assert!(enlarged(&[2.0; 6], [2, 3], [8, 12]).iter().all(|v| *v == 2.0));
        let mean = enlarged(&[1.0, 2.0, 3.0, 6.0], [2, 2], [16, 16]).iter().sum::<f32>() / 256.0;
        assert!((mean - 3.0).abs() < 1e-5, "{mean}");
    }

    #[test]
    fn one_subject_with_images_is_asked_for() {
        let (model, subject) = model_and_subject();
        let two = subject.subset(&[0, 0]);
        assert!(matches!(grad_cam(&model, &two), Err(Error::SubjectCount { expected: 1, got: 2 })));
        assert!(matches!(occlusion(&model, &subject, 0), Err(Error::InvalidSetting { .. })));
    }
}
