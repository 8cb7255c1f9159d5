//! Seeded random draws. Every subject and every film has a stream of its own, so that nothing
//! depends on the order in which they are made.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, Gamma, StandardNormal};

/// Mixes a seed with the labels of a stream (SplitMix64 finaliser; Steele, Lea & Flood, OOPSLA
/// 2014).
pub(crate) fn derive_seed(seed: u64, labels: &[u64]) -> u64 {
    labels.iter().fold(finalise(seed), |state, label| {
        finalise(state ^ finalise(label.wrapping_add(0x9e37_79b9_7f4a_7c15)))
    })
}

fn finalise(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of random draws.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.random::<f64>()
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// An index below `n`.
    pub(crate) fn index(&mut self, n: usize) -> usize {
        self.0.random_range(0..n)
    }

    pub(crate) fn standard_normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    pub(crate) fn standard_normal_f32(&mut self) -> f32 {
        StandardNormal.sample(&mut self.0)
    }

    pub(crate) fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        mean + sd * self.standard_normal()
    }

    /// A normal draw kept within `limit` standard deviations of its mean.
    pub(crate) fn normal_within(&mut self, mean: f64, sd: f64, limit: f64) -> f64 {
        loop {
            let z = self.standard_normal();
            if z.abs() <= limit {
                return mean + sd * z;
            }
        }
    }

    /// A gamma draw; shape and scale must be positive, otherwise the mean comes back.
    pub(crate) fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        Gamma::new(shape, scale).map_or(shape * scale, |gamma| gamma.sample(&mut self.0))
    }

    pub(crate) fn exponential(&mut self) -> f64 {
        Exp1.sample(&mut self.0)
    }

    /// A random order of `0..n` (Fisher and Yates).
    pub(crate) fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.index(i + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_neighbouring_labels_are_unrelated() {
        let draws = |label: u64| {
            let mut dice = Dice::new(derive_seed(1, &[label]));
            (0..2000).map(|_| dice.standard_normal()).collect::<Vec<_>>()
        };
        let (a, b) = (draws(0), draws(1));
        let correlation = a.iter().zip(&b).map(|(x, y)| x * y).sum::<f64>() / 2000.0;
        assert!(correlation.abs() < 0.1, "{correlation}");
    }

    #[test]
    fn the_order_of_labels_matters() {
        assert_ne!(derive_seed(7, &[1, 2]), derive_seed(7, &[2, 1]));
    }

    #[test]
    fn a_permutation_holds_every_index_once() {
        let mut order = Dice::new(3).permutation(50);
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
