//! Dropout whose masks depend on the subject, never on the batch or on a global generator.
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use vertebra_run::Seed;

/// What decides the dropout masks of one training step.
///
/// The mask of a subject is a function of `(seed, layer, subject)` alone, so a gradient does not
/// depend on how a cohort is cut into batches.
#[derive(Debug, Clone)]
pub struct Dropout {
    /// Probability that a unit is dropped, in `[0, 1)`.
    pub probability: f64,
    /// Seed of the step.
    pub seed: Seed,
    /// The subject of each row of the batch.
    pub subjects: Vec<usize>,
}

impl Dropout {
    /// The mask of one layer: 0 or `1 / (1 - probability)`, `[n, width]`.
    #[must_use]
    pub fn mask(&self, layer: usize, width: usize, device: &Device) -> Tensor<2> {
        let kept = (1.0 / (1.0 - self.probability)) as f32;
        let mut mask = Vec::with_capacity(self.subjects.len() * width);
        let seed = self.seed.named("dropout");
        for &subject in &self.subjects {
            let mut rng = seed.at(&[layer as u64, subject as u64]).generator();
            mask.extend((0..width).map(|_| match rng.random_bool(self.probability) {
                true => 0.0,
                false => kept,
            }));
        }
        Tensor::from_data(TensorData::new(mask, [self.subjects.len(), width]), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(subjects: Vec<usize>, seed: u64) -> Vec<f32> {
        let seed = Seed::new(seed);
        let dropout = Dropout { probability: 0.25, seed, subjects };
        dropout.mask(0, 40, &Device::default()).into_data().try_to_vec().unwrap()
    }

    #[test]
    fn masks_do_not_depend_on_the_batch() {
        let together = mask(vec![3, 7, 11], 5);
        assert_eq!(mask(vec![7], 5), together[40..80]);
        assert_ne!(together[..40], together[40..80], "subjects differ");
        assert_ne!(mask(vec![7], 6), together[40..80], "steps differ");
    }

    #[test]
    fn masks_keep_the_mean() {
        let mask = mask((0..500).collect(), 1);
        let mean = mask.iter().sum::<f32>() / mask.len() as f32;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        assert!(mask.iter().all(|&m| m == 0.0 || (m - 4.0 / 3.0).abs() < 1e-6));
    }
}
