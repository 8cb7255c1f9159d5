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
        // Of all numbers of 64 bits so many are below the probability.
        let dropped = (self.probability * 2.0_f64.powi(64)) as u64;
        let mut mask = Vec::with_capacity(self.subjects.len() * width);
        let seed = self.seed.named("dropout");
        // A row at once and without branches: one number after the other takes five times as long.
        let mut drawn = vec![0_u64; width];
        for &subject in &self.subjects {
            seed.at(&[layer as u64, subject as u64]).generator().fill(&mut drawn[..]);
            mask.extend(drawn.iter().map(|&x| if x < dropped { 0.0 } else { kept }));
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
    fn a_row_is_what_its_stream_gives_one_by_one() {
        let row = mask(vec![7], 5);
        let mut stream = Seed::new(5).named("dropout").at(&[0, 7]).generator();
        let expected: Vec<bool> = (0..40).map(|_| stream.random_bool(0.25)).collect();
        assert_eq!(row.iter().map(|&m| m == 0.0).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn masks_keep_the_mean() {
        let mask = mask((0..500).collect(), 1);
        let mean = mask.iter().sum::<f32>() / mask.len() as f32;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        assert!(mask.iter().all(|&m| m == 0.0 || (m - 4.0 / 3.0).abs() < 1e-6));
    }
}
