//! Dropout whose masks depend on the subject, never on the batch or on a global generator.
use burn::tensor::{Device, Tensor, TensorData};
use vertebra_run::Seed;
use vertebra_wide::{Loops, widest};

/// Units for which one number of 64 bits is drawn, 16 bits for each.
const UNITS: usize = 4;

/// What decides the dropout masks of one training step.
///
/// The mask of a subject is a function of `(seed, layer, subject)` alone, so a gradient does not
/// depend on how a cohort is cut into batches.
#[derive(Debug, Clone)]
pub struct Dropout {
    /// Probability that a unit is dropped, in `[0, 1)`; rounded to 65,536ths.
    pub probability: f64,
    /// Seed of the step.
    pub seed: Seed,
    /// The subject of each row of the batch.
    pub subjects: Vec<usize>,
}

impl Dropout {
    /// The mask of one layer: 0 or `1 / (1 - p)`, `[n, width]`, with `p` the rounded probability.
    #[must_use]
    pub fn mask(&self, layer: usize, width: usize, device: &Device) -> Tensor<2> {
        let dropped = (self.probability * 65_536.0).round().min(65_535.0);
        let rows = Rows {
            layer: self.seed.named("dropout").at(&[layer as u64]),
            subjects: &self.subjects,
            width,
            dropped: dropped as u16,
            kept: (65_536.0 / (65_536.0 - dropped)) as f32,
        };
        let shape = [self.subjects.len(), width];
        Tensor::from_data(TensorData::new(widest(rows), shape), device)
    }
}

/// The masks of all subjects, one after the other. Each four units of a subject have a seed of their
/// own, of which each takes 16 bits: a stream of random numbers for each subject would cost more than
/// the layer.
struct Rows<'a> {
    layer: Seed,
    subjects: &'a [usize],
    width: usize,
    /// So many of 65,536 are dropped.
    dropped: u16,
    kept: f32,
}

impl Rows<'_> {
    #[inline(always)]
    fn unit(&self, drawn: u64, k: usize) -> f32 {
        if ((drawn >> (16 * k)) as u16) < self.dropped { 0.0 } else { self.kept }
    }
}

impl Loops for Rows<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run(self) -> Vec<f32> {
        let mut mask = vec![0.0; self.subjects.len() * self.width];
        let mut drawn = vec![0_u64; self.width.div_ceil(UNITS)];
        for (row, &subject) in mask.chunks_exact_mut(self.width.max(1)).zip(self.subjects) {
            let subject = self.layer.at(&[subject as u64]);
            for (number, drawn) in drawn.iter_mut().enumerate() {
                *drawn = subject.at(&[number as u64]).value();
            }
            let mut rows = row.chunks_exact_mut(UNITS);
            for (units, drawn) in rows.by_ref().zip(&drawn) {
                for (k, unit) in units.iter_mut().enumerate() {
                    *unit = self.unit(*drawn, k);
                }
            }
            for (k, unit) in rows.into_remainder().iter_mut().enumerate() {
                *unit = self.unit(drawn.last().copied().unwrap_or_default(), k);
            }
        }
        mask
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

    /// Also where the width is no multiple of four.
    #[test]
    fn a_unit_is_dropped_by_its_own_bits() {
        let dropout = Dropout { probability: 0.3, seed: Seed::new(5), subjects: vec![7, 2] };
        for width in [1, 5, 40] {
            let mask = dropout.mask(2, width, &Device::default());
            let mask: Vec<f32> = mask.into_data().try_to_vec().unwrap();
            for (i, mask) in mask.into_iter().enumerate() {
                let (subject, unit) = ([7, 2][i / width], i % width);
                let seed = Seed::new(5).named("dropout").at(&[2]).at(&[subject]);
                let bits = seed.at(&[unit as u64 / 4]).value() >> (16 * (unit % 4)) & 0xffff;
                assert_eq!(mask == 0.0, bits < (0.3_f64 * 65_536.0).round() as u64, "{i}");
            }
        }
    }

    /// Of 10,000 subjects a share of 0.25 is dropped in each column, with a standard error of 0.0043,
    /// and a share of 0.0625 in two columns at once (0.0024): of one number, of two numbers, of two
    /// layers, of two steps, of one subject and the next.
    #[test]
    fn masks_are_independent_and_keep_the_mean() {
        let (subjects, width) = (10_000, 9);
        let columns = |seed, layer| -> Vec<Vec<bool>> {
            let dropout = Dropout {
                probability: 0.25,
                seed: Seed::new(seed),
                subjects: (0..subjects).collect(),
            };
            let mask = dropout.mask(layer, width, &Device::default());
            let mask: Vec<f32> = mask.into_data().try_to_vec().unwrap();
            assert!(mask.iter().all(|&m| m == 0.0 || (m - 4.0 / 3.0).abs() < 1e-6));
            let column = |k| mask.iter().skip(k).step_by(width).map(|&m| m == 0.0).collect();
            (0..width).map(column).collect()
        };
        let share = |dropped: &mut dyn Iterator<Item = bool>| {
            dropped.filter(|&dropped| dropped).count() as f64 / subjects as f64
        };
        let first = columns(1, 0);
        let next: Vec<Vec<bool>> = first
            .iter()
            .map(|c| c.iter().cycle().skip(1).take(subjects).copied().collect())
            .collect();
        let others = [columns(1, 1), columns(2, 0), next];
        for (i, a) in first.iter().enumerate() {
            let alone = share(&mut a.iter().copied());
            assert!((alone - 0.25).abs() < 0.02, "{i}: {alone}");
            for (k, b) in first[i + 1..].iter().chain(others.iter().flatten()).enumerate() {
                let both = share(&mut a.iter().zip(b).map(|(&a, &b)| a && b));
                assert!((both - 0.0625).abs() < 0.012, "{i} and {k}: {both}");
            }
        }
    }
}
