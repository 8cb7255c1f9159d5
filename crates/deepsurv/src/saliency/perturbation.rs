//! What the log hazard does when pixels go, or come, in an order.

use super::{Saliency, check_subject, with_other_images};
use crate::{EncoderSettings, Error, ImageSet, RiskInputs, RiskModel};

/// What is done to the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Perturbation {
    /// From the whole picture, one after the other is painted in the mean grey of the training
    /// images.
    Deletion,
    /// From a grey picture, one after the other is put back.
    Insertion,
}

/// The log hazard of one subject after 0, 1, .. `steps` equal shares of the pixels of all its images
/// are deleted or inserted in this order, `[steps + 1]`.
///
/// In the [order](Saliency::order) of a map that is right, deletion takes away first what raises the
/// log hazard, so that its curve falls sooner than in a random order, and insertion brings it
/// first, so that its curve rises sooner.
///
/// # Errors
/// As [`grad_cam`](super::grad_cam); [`Error::LengthMismatch`] for an order of other pixels;
/// [`Error::InvalidSetting`] for no steps, or an order that names a pixel that is not there.
pub fn perturbation_curve<E: EncoderSettings>(
    model: &RiskModel<E>,
    subject: &RiskInputs,
    what: Perturbation,
    (order, steps): (&[usize], usize),
) -> Result<Vec<f64>, Error> {
    let shape = check_subject(model, subject)?;
    let images = subject.images().ok_or(Error::MissingImages)?.to_vec()?;
    let (expected, got) = (images.len(), order.len());
    if expected != got {
        return Err(Error::LengthMismatch { name: "the order", unit: "pixels", expected, got });
    }
    if let Some(pixel) = order.iter().find(|pixel| **pixel >= expected) {
        return Err(Error::invalid("the order", "pixels of the images", pixel));
    }
    if steps == 0 {
        return Err(Error::invalid("steps of perturbation", "at least one", steps));
    }
    let grey = vec![model.preprocessing().pixel_mean as f32; expected];
    let (mut picture, then) = match what {
        Perturbation::Deletion => (images, grey),
        Perturbation::Insertion => (grey, images),
    };
    let mut pixels = picture.clone();
    for step in 0..steps {
        let part = &order[step * expected / steps..(step + 1) * expected / steps];
        part.iter().for_each(|&pixel| picture[pixel] = then[pixel]);
        pixels.extend_from_slice(&picture);
    }
    model.log_hazard(&with_other_images(subject, ImageSet::new(pixels, shape)?)?)
}

impl Saliency {
    /// All pixels, `[images, height, width]` row-major, from the one that raises the log hazard most
    /// to the one that lowers it most.
    #[must_use]
    pub fn order(&self) -> Vec<usize> {
        let values = self.maps.concat();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saliency::tests::model_and_subject;
    use crate::{grad_cam, integrated_gradients, occlusion};
    use vertebra_run::{Seed, shuffle};

    fn mean(curve: &[f64]) -> f64 {
        curve.iter().sum::<f64>() / curve.len() as f64
    }

    #[test]
    fn in_the_order_of_a_map_the_log_hazard_moves_sooner_than_in_a_random_one() {
        let (model, subject) = model_and_subject();
        let curve = |what, order: &[usize]| {
            perturbation_curve(&model, &subject, what, (order, 20)).unwrap()
        };
        let mut random: Vec<usize> = (0..2 * 24 * 24).collect();
        shuffle(&mut random, &mut Seed::new(3).generator());
        let h = model.log_hazard(&subject).unwrap()[0];
        for map in [
            grad_cam(&model, &subject),
            integrated_gradients(&model, &subject, 16),
            occlusion(&model, &subject, 8),
        ] {
            let order = map.unwrap().order();
            let deletion = curve(Perturbation::Deletion, &order);
            let insertion = curve(Perturbation::Insertion, &order);
            assert_eq!((deletion.len(), insertion.len()), (21, 21));
            assert!((deletion[0] - h).abs() < 1e-6 && (insertion[20] - h).abs() < 1e-6);
            assert!((deletion[20] - insertion[0]).abs() < 1e-6, "grey is grey");
            assert!(mean(&deletion) < mean(&curve(Perturbation::Deletion, &random)));
            assert!(mean(&insertion) > mean(&curve(Perturbation::Insertion, &random)));
        }
    }

    #[test]
    fn an_order_of_other_pixels_is_refused() {
        let (model, subject) = model_and_subject();
        let refused = |order: &[usize], steps| {
            let order = (order, steps);
            perturbation_curve(&model, &subject, Perturbation::Deletion, order).unwrap_err()
        };
        assert_eq!(refused(&[0], 3).to_string(), "the order: expected 1152 pixels, got 1");
        let beyond: Vec<usize> = (1..=1152).collect();
        let error = refused(&beyond, 3).to_string();
        assert_eq!(error, "the order: expected pixels of the images, got 1152");
        let all: Vec<usize> = (0..1152).collect();
        assert!(matches!(refused(&all, 0), Error::InvalidSetting { .. }));
    }
}
